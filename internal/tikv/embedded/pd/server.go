package pd

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pingcap/kvproto/pkg/pdpb"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

const memberName = "pd-1"

// Config configures a PD.
type Config struct {
	Dir   string           // of its state; made if it is not there
	Addr  string           // wanted address; a taken port gives way to a free one
	Log   *slog.Logger     // of what goes wrong
	Ready func(url string) // called once it serves
	Now   func() time.Time // time.Now when nil
}

// Run runs one PD until ctx is done. HTTP and gRPC share its port.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	c, err := openCluster(cfg.Dir, cfg.Now)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		host, _, _ := net.SplitHostPort(cfg.Addr)
		if l, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			return err
		}
	}
	url := "http://" + l.Addr().String()
	svc := &service{c: c, url: url}
	g, ctx := errgroup.WithContext(ctx)
	gl, hl := split(ctx, l)
	g.Go(func() error { return serveGRPC(gl, svc) })
	g.Go(func() error { return serveHTTP(hl, (&api{c: c, svc: svc, started: cfg.Now()}).handler()) })
	cfg.Ready(url)
	return g.Wait()
}

// serveGRPC returns when its listener is closed and the last handler is done: a
// heartbeat writes a file.
func serveGRPC(l net.Listener, svc *service) error {
	srv := grpc.NewServer(grpc.WaitForHandlers(true), grpc.UnknownServiceHandler(svc.newer), grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 3 * time.Second, PermitWithoutStream: true}))
	pdpb.RegisterPDServer(srv, svc)
	grpc_health_v1.RegisterHealthServer(srv, health.NewServer())
	err := srv.Serve(l) // of a closed listener it does not wait for handlers
	srv.Stop()
	return unlessClosed(err)
}

// unlessClosed drops the error of a closed listener, which is how Run ends.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// endHTTP is how long a request may take when PD ends; some write a file.
const endHTTP = 500 * time.Millisecond

// serveHTTP returns when its listener is closed and the last handler is done.
func serveHTTP(l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 2 * time.Second, MaxHeaderBytes: 16 << 10}
	err := srv.Serve(l)
	ctx, cancel := context.WithTimeout(context.Background(), endHTTP)
	defer cancel()
	if srv.Shutdown(ctx) != nil { // it waits for whoever has connected and asks nothing, too
		_ = srv.Close()
	}
	return unlessClosed(err)
}

// sniffTime is how long a new connection may take to send its first bytes.
const sniffTime = 5 * time.Second

// http2Start is the first of HTTP/2's preface, with which every gRPC connection
// begins and no HTTP/1 request does.
const http2Start = "PRI * HTTP/2.0"

// split divides the connections of one port by their first bytes. A multiplexer
// library would replace forty lines.
func split(ctx context.Context, l net.Listener) (grpcs, https net.Listener) {
	a, b := newSide(l.Addr()), newSide(l.Addr())
	context.AfterFunc(ctx, func() { _ = l.Close(); _ = a.Close(); _ = b.Close() })
	go func() { // ends when the listener is closed
		for {
			c, err := l.Accept()
			if err != nil {
				_ = a.Close()
				_ = b.Close()
				return
			}
			go func() { // ends within sniffTime
				r := bufio.NewReaderSize(c, 4096)
				_ = c.SetReadDeadline(time.Now().Add(sniffTime))
				start, err := r.Peek(len("PRI"))
				if err != nil {
					_ = c.Close()
					return
				}
				_ = c.SetReadDeadline(time.Time{})
				to := b
				if string(start) == http2Start[:len(start)] {
					to = a
				}
				to.hand(&sniffed{c, r})
			}()
		}
	}()
	return a, b
}

// sniffed is a connection whose first bytes have been read.
type sniffed struct {
	net.Conn
	r *bufio.Reader
}

func (s *sniffed) Read(b []byte) (int, error) { return s.r.Read(b) }

// side is one half of a split listener.
type side struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newSide(a net.Addr) *side {
	return &side{addr: a, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (s *side) hand(c net.Conn) {
	select {
	case s.conns <- c:
	case <-s.done:
		_ = c.Close()
	}
}

// Accept returns the next connection of this side.
func (s *side) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (s *side) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// Addr is that of the shared port.
func (s *side) Addr() net.Addr { return s.addr }
