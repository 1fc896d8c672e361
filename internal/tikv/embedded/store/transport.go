package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"
)

type trackerProgress = tracker.Progress

// Raft messages go over one TCP connection to each other store, to a port of its
// own (the store's peer address), framed as length, region, message, after a hello
// of each side. TiKV sends them over gRPC. Only these stores speak this protocol, and plain frames take a
// third of the processor time.
const (
	frameHead    = 4 + 8
	frameMax     = 256 << 20
	bufferKeep   = 1 << 20 // a larger buffer, of a snapshot, is not kept
	dialEvery    = 100 * time.Millisecond
	writeTimeout = 5 * time.Second // a frozen store must not hold a connection for ever
)

type transport struct {
	log     *slog.Logger
	link    *link
	self    func() hello // with no to
	resolve func(ctx context.Context, store uint64) (addr string, err error)
	deliver func(x any)
	paused  func() bool // a pause of gRPC stops Raft messages too, as in TiKV

	mu    sync.Mutex
	out   map[uint64]*outbox
	wg    sync.WaitGroup
	ctx   context.Context
	conns map[net.Conn]bool
}

func newTransport(ctx context.Context, log *slog.Logger, ln *link, self func() hello, resolve func(context.Context, uint64) (string, error)) *transport {
	return &transport{ctx: ctx, log: log, link: ln, self: self, resolve: resolve, out: map[uint64]*outbox{}, conns: map[net.Conn]bool{}}
}

// send queues messages for their stores. It never blocks.
func (t *transport) send(p *peer, ms []*raftpb.Message) {
	for _, m := range ms {
		store, known := p.stores[m.GetTo()]
		if !known {
			continue
		}
		if !t.outbox(store).put(outgoing{p.meta.ID, m}, p.others.urgent(m)) && m.GetType() == raftpb.MsgSnap {
			go t.deliver(delivery{p.meta.ID, m.GetTo(), true, false})
		}
	}
}

func (t *transport) outbox(store uint64) *outbox {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.out[store]
	if b == nil {
		b = newOutbox()
		t.out[store] = b
		t.wg.Go(func() { t.pump(store, b) })
	}
	return b
}

// pump sends the queued messages of one store over one connection and reconnects
// when it breaks.
func (t *transport) pump(store uint64, b *outbox) {
	var conn net.Conn
	var buf []byte
	retryAt := time.Time{}
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	for {
		select {
		case <-b.wake:
		case <-t.ctx.Done():
			return
		}
		ms := b.take()
		if len(ms) == 0 {
			continue
		}
		if conn == nil && time.Now().After(retryAt) {
			if conn = t.dial(store); conn == nil {
				retryAt = time.Now().Add(dialEvery)
			}
		}
		err := errors.New("no connection")
		if conn != nil {
			buf, err = writeFrames(conn, buf, ms)
		}
		if err != nil && conn != nil {
			_ = conn.Close()
			conn = nil
		}
		t.report(ms, err == nil)
	}
}

// report tells Raft which messages could not be sent, and the fate of every
// snapshot.
func (t *transport) report(ms []outgoing, sent bool) {
	for _, o := range ms {
		if snap := o.m.GetType() == raftpb.MsgSnap; snap || !sent {
			t.deliver(delivery{o.region, o.m.GetTo(), snap, sent})
		}
	}
}

func (t *transport) dial(store uint64) net.Conn {
	ctx, cancel := context.WithTimeout(t.ctx, time.Second)
	defer cancel()
	addr, err := t.resolve(ctx, store)
	if err != nil {
		return nil
	}
	conn, err := t.link.dial(ctx, addr)
	if err != nil {
		return nil
	}
	me := t.self()
	me.to = store
	if err := me.greet(t.ctx, conn); err != nil {
		_ = conn.Close()
		t.log.Warn("a raft connection was not made", "store", store, "address", addr, "error", err)
		return nil
	}
	return conn
}

// writeFrames writes messages in one call, and returns its buffer for reuse.
func writeFrames(conn net.Conn, buf []byte, ms []outgoing) ([]byte, error) {
	buf = buf[:0]
	for _, o := range ms {
		head := len(buf)
		buf = append(buf, make([]byte, frameHead)...)
		var err error
		if buf, err = (proto.MarshalOptions{}).MarshalAppend(buf, o.m); err != nil {
			return nil, err
		}
		binary.BigEndian.PutUint32(buf[head:], uint32(len(buf)-head-frameHead))
		binary.BigEndian.PutUint64(buf[head+4:], o.region)
	}
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(buf); err != nil || cap(buf) > bufferKeep {
		return nil, err
	}
	return buf, nil
}

// serve accepts connections of other stores until ctx is done.
func (t *transport) serve(l net.Listener) {
	stop := context.AfterFunc(t.ctx, func() {
		_ = l.Close()
		t.mu.Lock()
		defer t.mu.Unlock()
		for c := range t.conns {
			_ = c.Close()
		}
	})
	defer stop()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		t.mu.Lock()
		t.conns[c] = true
		t.mu.Unlock()
		t.wg.Go(func() {
			defer func() {
				_ = c.Close()
				t.mu.Lock()
				delete(t.conns, c)
				t.mu.Unlock()
			}()
			if err := t.receive(c); err != nil && !errors.Is(err, io.EOF) && t.ctx.Err() == nil {
				t.log.Warn("a raft connection ended", "from", c.RemoteAddr().String(), "error", err)
			}
		})
	}
}

func (t *transport) receive(c net.Conn) error {
	r := bufio.NewReaderSize(c, 256<<10)
	if err := t.self().answer(c, r); err != nil {
		return err
	}
	frame := make([]byte, 64<<10) // for all but large ones: a message keeps nothing of its frame
	for t.ctx.Err() == nil {
		var head [frameHead]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > frameMax {
			return fmt.Errorf("a frame of %d bytes is not raft", n)
		}
		b := frame
		if int(n) > len(b) {
			b = make([]byte, n)
		}
		b = b[:n]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if t.paused() {
			continue
		}
		m := &raftpb.Message{}
		if err := proto.Unmarshal(b, m); err != nil {
			return fmt.Errorf("not a raft message: %w", err)
		}
		t.deliver(raftMessage{binary.BigEndian.Uint64(head[4:]), m})
	}
	return nil
}

// raftLogger passes Raft's log messages to slog.
type raftLogger struct{ l *slog.Logger }

var _ raft.Logger = raftLogger{}

func (r raftLogger) Debug(...any)                {}
func (r raftLogger) Debugf(string, ...any)       {}
func (r raftLogger) Info(v ...any)               { r.l.Debug(fmt.Sprint(v...)) }
func (r raftLogger) Infof(f string, v ...any)    { r.l.Debug(fmt.Sprintf(f, v...)) }
func (r raftLogger) Warning(v ...any)            { r.l.Warn(fmt.Sprint(v...)) }
func (r raftLogger) Warningf(f string, v ...any) { r.l.Warn(fmt.Sprintf(f, v...)) }
func (r raftLogger) Error(v ...any)              { r.l.Error(fmt.Sprint(v...)) }
func (r raftLogger) Errorf(f string, v ...any)   { r.l.Error(fmt.Sprintf(f, v...)) }
func (r raftLogger) Fatal(v ...any)              { panic(fmt.Sprint(v...)) }
func (r raftLogger) Fatalf(f string, v ...any)   { panic(fmt.Sprintf(f, v...)) }
func (r raftLogger) Panic(v ...any)              { panic(fmt.Sprint(v...)) }
func (r raftLogger) Panicf(f string, v ...any)   { panic(fmt.Sprintf(f, v...)) }
