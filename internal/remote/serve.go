package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// client is one connection of the server.
type client struct {
	conn *net.UnixConn
	wmu  sync.Mutex // answers and states are written by two goroutines
	last time.Time  // when something was written
}

// givenUp says whether this program told a client nothing for so long that the client
// has given the link up. What its user pressed meanwhile was pressed for nothing.
func (c *client) givenUp() bool {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	return !c.last.IsZero() && time.Since(c.last) > protocol.LostAfter
}

func (c *client) write(l protocol.Line) error {
	b, err := protocol.Encode(l)
	if err != nil {
		return err
	}
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err = c.conn.Write(b)
	c.last = time.Now()
	return err
}

// serve speaks with one client until either side ends it.
func (s *Server) serve(conn *net.UnixConn) {
	defer conn.Close()
	c := &client{conn: conn}
	defer context.AfterFunc(s.ctx, func() { _ = conn.Close() })()
	if err := s.allow(conn); err != nil {
		_ = c.write(protocol.Line{Kind: protocol.KindRefuse, Why: err.Error()})
		return
	}
	r := protocol.NewReader(conn, protocol.MaxIntent)
	peer, err := s.greet(c, r)
	var leave func()
	if err == nil {
		leave, err = s.hub.Join(peer)
	}
	if err != nil {
		_ = c.write(protocol.Line{Kind: protocol.KindRefuse, Why: err.Error()})
		return
	}
	defer leave()

	wg, ctx := safe.Within(s.ctx)
	defer wg.Wait()
	defer wg.Stop()
	wg.Go(func() {
		defer conn.Close() // so that the reader ends too
		s.tell(ctx, c)
	})
	s.hear(ctx, c, r, peer)
	_ = conn.Close() // so that a write under way ends
}

// greet says hello and takes the client's.
func (s *Server) greet(c *client, r *protocol.Reader) (protocol.Peer, error) {
	hello := protocol.Line{Kind: protocol.KindHello, Version: protocol.Version, Run: s.run, Lang: string(s.hub.tongue), Role: protocol.RoleTalk}
	if err := c.write(hello); err != nil {
		return protocol.Peer{}, err
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return protocol.Peer{}, err
	}
	l, err := r.Next()
	switch {
	case err != nil:
		return protocol.Peer{}, err
	case l.Kind != protocol.KindHello:
		return protocol.Peer{}, fmt.Errorf("a hello was expected, not %q", l.Kind)
	case l.Version != protocol.Version:
		return protocol.Peer{}, fmt.Errorf("this talk speaks version %d of the protocol, not %d: use the same tikv-demo for both", protocol.Version, l.Version)
	case l.Role != protocol.RoleConsole:
		return protocol.Peer{}, fmt.Errorf("the role %q cannot attach here", l.Role)
	case len(l.Name) > 64:
		return protocol.Peer{}, errors.New("the name is too long")
	}
	return protocol.Peer{Role: l.Role, Name: l.Name, Since: time.Now()}, c.conn.SetReadDeadline(time.Time{})
}

// tell sends what is new.
func (s *Server) tell(ctx context.Context, c *client) {
	protocol.Follow(ctx, s.hub.Newest, func(st *protocol.State) bool {
		if c.givenUp() {
			return false
		}
		if st == nil {
			return c.write(protocol.Line{Kind: protocol.KindBeat}) == nil
		}
		return c.write(protocol.Line{Kind: protocol.KindState, State: st}) == nil
	})
}

// hear takes the client's intents, one after the other.
func (s *Server) hear(ctx context.Context, c *client, r *protocol.Reader, p protocol.Peer) {
	for {
		l, err := r.Next()
		if err != nil || c.givenUp() {
			return
		}
		if l.Kind != protocol.KindIntent || l.Intent == nil {
			_ = c.write(protocol.Line{Kind: protocol.KindRefuse, Why: fmt.Sprintf("an intent was expected, not %q", l.Kind)})
			return
		}
		a := s.hub.Ask(ctx, p, *l.Intent)
		if c.write(protocol.Line{Kind: protocol.KindAnswer, Answer: &a}) != nil {
			return
		}
	}
}
