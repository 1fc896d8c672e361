package store

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// NetFault is a fault of a store's network. The zero value is none.
type NetFault struct {
	Cut   bool    `json:"cut"`      // nothing passes; what was sent arrives after the cut, as with TCP
	Delay int     `json:"delay_ms"` // added to each send, in milliseconds
	Loss  float64 `json:"loss"`     // share of sends that are lost once and sent again, 0 to 1
	CutPD bool    `json:"cut_pd"`   // nothing passes between the store and PD

	// Two faults that are not of the network and are set in the same way, for
	// evaluations: each write of the log takes so much longer, and clients are told
	// that the store is busy.
	Disk int  `json:"disk_ms"`
	Busy bool `json:"busy"`
}

// resend is TCP's minimum retransmission time.
const resend = 200 * time.Millisecond

// link is the store's network as far as its own process can disturb it: every
// connection that the store takes or makes passes through, but for the one by
// which the fault itself is set.
type link struct {
	faulty atomic.Bool // is is not the zero NetFault: every read and write asks
	mu     sync.Mutex
	is     NetFault
	healed chan struct{} // closed while the link is not cut
}

func newLink() *link {
	healed := make(chan struct{})
	close(healed)
	return &link{healed: healed}
}

func (l *link) set(is NetFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case is.Cut && !l.is.Cut:
		l.healed = make(chan struct{})
	case !is.Cut && l.is.Cut:
		close(l.healed)
	}
	l.is = is
	l.faulty.Store(is != NetFault{})
}

func (l *link) get() (NetFault, chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.is, l.healed
}

// disk is how much longer each write of the log takes.
func (l *link) disk() time.Duration {
	if !l.faulty.Load() {
		return 0
	}
	is, _ := l.get()
	return time.Duration(is.Disk) * time.Millisecond
}

// busy says whether clients are told that the store is.
func (l *link) busy() bool {
	if !l.faulty.Load() {
		return false
	}
	is, _ := l.get()
	return is.Busy
}

// pass blocks until a send may go through. It returns false if done came first.
func (l *link) pass(done <-chan struct{}) bool {
	if !l.faulty.Load() {
		return true
	}
	is, healed := l.get()
	select {
	case <-healed:
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

// held blocks while the link is cut.
func (l *link) held(done <-chan struct{}) {
	if !l.faulty.Load() {
		return
	}
	_, healed := l.get()
	select {
	case <-healed:
	case <-done:
	}
}

// dial makes a connection over the link.
func (l *link) dial(ctx context.Context, addr string) (net.Conn, error) {
	if !l.pass(ctx.Done()) {
		return nil, ctx.Err()
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return l.conn(c), nil
}

// listen returns a listener whose connections pass over the link.
func (l *link) listen(under net.Listener) net.Listener { return linkListener{under, l} }

func (l *link) conn(c net.Conn) net.Conn {
	return &linkConn{Conn: c, l: l, closed: make(chan struct{})}
}

type linkListener struct {
	net.Listener
	l *link
}

// Accept returns the next connection.
func (x linkListener) Accept() (net.Conn, error) {
	c, err := x.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return x.l.conn(c), nil
}

type linkConn struct {
	net.Conn
	l      *link
	once   sync.Once
	closed chan struct{}
}

// Read returns what has arrived; what arrives during a cut is held until its end.
func (c *linkConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.l.held(c.closed)
	return n, err
}

// Write sends when the link lets it.
func (c *linkConn) Write(b []byte) (int, error) {
	if !c.l.pass(c.closed) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// Close ends the connection, and what waits on it.
func (c *linkConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
