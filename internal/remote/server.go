package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// Bounds of the server.
const (
	writeTimeout = 2 * time.Second // a client that does not read for so long is dropped
	helloTimeout = 5 * time.Second
)

// Server is the talk's side of the socket.
type Server struct {
	hub      *Hub
	run      string
	path     string
	listener *net.UnixListener
	allow    func(*net.UnixConn) error

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Listen serves the socket of a run in dir; run becomes part of its name. A
// socket that a dead talk left there is replaced, and a live one is not.
func Listen(dir, run string, hub *Hub) (*Server, error) { return listen(dir, run, hub, sameUser) }

func listen(dir, run string, hub *Hub, allow func(*net.UnixConn) error) (*Server, error) {
	path, err := place(dir, run)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil && !removeDead(path) {
		return nil, fmt.Errorf("another talk listens at %s", path)
	}
	listener, err := listenPrivately(path)
	if err != nil {
		return nil, fmt.Errorf("the console's socket: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		hub: hub, run: run, path: path, listener: listener, allow: allow,
		ctx: ctx, cancel: cancel,
	}
	s.wg.Go(s.accept)
	return s, nil
}

// listenPrivately makes a socket of mode 0600 that nobody could reach before it
// had that mode: it is made under another name, and the directory is private too.
func listenPrivately(path string) (*net.UnixListener, error) {
	early := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	_ = os.Remove(early)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: early, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it has another name by then
	if err = os.Chmod(early, 0o600); err == nil {
		err = os.Rename(early, path)
	}
	if err != nil {
		_ = os.Remove(early)
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// sameUser refuses the processes of other users. The socket's mode does so too;
// on some systems a socket's mode is not looked at.
func sameUser(c *net.UnixConn) error {
	uid, err := peerUser(c)
	if err != nil {
		return err
	}
	if uid != os.Getuid() {
		return errors.New("another user's process")
	}
	return nil
}

// Path gives where the server listens.
func (s *Server) Path() string { return s.path }

// Close ends all connections, waits for their goroutines, and removes the socket.
func (s *Server) Close() error {
	s.cancel()
	err := s.listener.Close()
	s.wg.Wait() // each connection is closed with the context
	return errors.Join(err, os.Remove(s.path))
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of file descriptors, for example
			case <-time.After(100 * time.Millisecond):
			case <-s.ctx.Done():
				return
			}
			continue
		}
		// A panic ends one connection, and not the talk.
		s.wg.Go(func() { _ = safe.Do(func() error { s.serve(conn); return nil }) })
	}
}
