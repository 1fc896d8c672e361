package store

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Line is what is wrong with a store's network. The zero value is a good one.
type Line struct {
	Cut   bool    `json:"cut"`      // nothing passes; what was sent arrives after the cut has ended, as with TCP
	Delay int     `json:"delay_ms"` // added to each send, in milliseconds
	Loss  float64 `json:"loss"`     // share of sends that are lost once and sent again, 0 to 1
	CutPD bool    `json:"cut_pd"`   // nothing passes between the store and PD; all else does
}

// resend is how long TCP waits, at the least, before it sends again.
const resend = 200 * time.Millisecond

// line is the store's network as far as its own process can spoil it: every
// connection that the store takes or makes passes through, but for the one by
// which the line itself is set.
type line struct {
	spoilt atomic.Bool // is is not the zero Line: every read and write asks
	mu     sync.Mutex
	is     Line
	joined chan struct{} // closed when the line is not cut
}

func newLine() *line {
	joined := make(chan struct{})
	close(joined)
	return &line{joined: joined}
}

func (l *line) set(is Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case is.Cut && !l.is.Cut:
		l.joined = make(chan struct{})
	case !is.Cut && l.is.Cut:
		close(l.joined)
	}
	l.is = is
	l.spoilt.Store(is != Line{})
}

func (l *line) get() (Line, chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.is, l.joined
}

// pass returns when what was sent is through: false when done came first.
func (l *line) pass(done <-chan struct{}) bool {
	if !l.spoilt.Load() {
		return true
	}
	is, joined := l.get()
	select {
	case <-joined:
	case <-done:
		return false
	}
	wait := time.Duration(is.Delay) * time.Millisecond
	if is.Loss > 0 && rand.Float64() < is.Loss {
		wait += resend
	}
	if wait == 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
		return false
	}
}

// held waits only for the end of a cut.
func (l *line) held(done <-chan struct{}) {
	if !l.spoilt.Load() {
		return
	}
	_, joined := l.get()
	select {
	case <-joined:
	case <-done:
	}
}

// dial makes a connection over the line.
func (l *line) dial(ctx context.Context, addr string) (net.Conn, error) {
	if !l.pass(ctx.Done()) {
		return nil, ctx.Err()
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return l.conn(c), nil
}

// listen gives a listener whose connections pass over the line.
func (l *line) listen(under net.Listener) net.Listener { return lineListener{under, l} }

func (l *line) conn(c net.Conn) net.Conn {
	return &lineConn{Conn: c, l: l, closed: make(chan struct{})}
}

type lineListener struct {
	net.Listener
	l *line
}

// Accept gives the next connection.
func (x lineListener) Accept() (net.Conn, error) {
	c, err := x.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return x.l.conn(c), nil
}

type lineConn struct {
	net.Conn
	l      *line
	once   sync.Once
	closed chan struct{}
}

// Read gives what has arrived; what arrives during a cut is held until its end.
func (c *lineConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.l.held(c.closed)
	return n, err
}

// Write sends when the line lets it.
func (c *lineConn) Write(b []byte) (int, error) {
	if !c.l.pass(c.closed) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// Close ends the connection, and what waits on it.
func (c *lineConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
