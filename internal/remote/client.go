package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// RefusedError is what the talk said when it did not let a client attach.
type RefusedError struct{ Why string }

func (e RefusedError) Error() string { return "the talk refused: " + e.Why }

// Client is the console's side of one connection.
type Client struct {
	Run  string // which run this is
	lang string
	conn net.Conn
	r    *protocol.Reader

	id   atomic.Uint64
	out  chan []byte // written by one goroutine, so that presses keep their order
	done chan struct{}
	once sync.Once
	wg   sync.WaitGroup
}

// askedKept is how many intents may wait to be written.
const askedKept = 64

// Dial attaches to the talk at path.
func Dial(ctx context.Context, path, name string) (*Client, error) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("attach to the talk: %w", err)
	}
	c := &Client{conn: conn, r: protocol.NewReader(conn, protocol.MaxLine), out: make(chan []byte, askedKept), done: make(chan struct{})}
	if err := c.greet(name); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c.wg.Go(c.send)
	return c, nil
}

func (c *Client) greet(name string) error {
	if err := c.conn.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return err
	}
	l, err := c.r.Next()
	switch {
	case err != nil:
		return fmt.Errorf("attach to the talk: %w", err)
	case l.Kind == protocol.KindRefuse:
		return RefusedError{l.Why}
	case l.Kind != protocol.KindHello || l.Role != protocol.RoleTalk:
		return errors.New("what listens there is not a talk")
	case l.Version != protocol.Version:
		return RefusedError{fmt.Sprintf("it speaks version %d of the protocol, and this console %d: use the same tikv-demo for both", l.Version, protocol.Version)}
	}
	c.Run, c.lang = l.Run, l.Lang
	hello, err := protocol.Encode(protocol.Line{Kind: protocol.KindHello, Version: protocol.Version, Role: protocol.RoleConsole, Name: name})
	if err != nil {
		return err
	}
	return c.write(hello)
}

// Lang names the language of the talk, "" for English.
func (c *Client) Lang() string { return c.lang }

// Next waits for the next state, answer or beat. Without a line for LostAfter
// the link is lost.
func (c *Client) Next() (protocol.Line, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(protocol.LostAfter)); err != nil {
		return protocol.Line{}, err
	}
	l, err := c.r.Next()
	if err == nil && l.Kind == protocol.KindRefuse {
		return protocol.Line{}, RefusedError{l.Why}
	}
	return l, err
}

// Ask sends an intent, and gives the id that its answer will have. It does not
// wait for the talk.
func (c *Client) Ask(i protocol.Intent) (uint64, error) {
	i.ID = c.id.Add(1)
	b, err := protocol.Encode(protocol.Line{Kind: protocol.KindIntent, Intent: &i})
	if err != nil {
		return 0, err
	}
	select {
	case <-c.done:
		return 0, net.ErrClosed
	case c.out <- b:
		return i.ID, nil
	default:
		return 0, errors.New("the talk does not read what is asked of it")
	}
}

func (c *Client) send() {
	for {
		select {
		case b := <-c.out:
			if c.write(b) != nil {
				_ = c.conn.Close() // so that Next ends too
				return
			}
		case <-c.done:
			return
		}
	}
}

func (c *Client) write(b []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

// Close ends the connection.
func (c *Client) Close() error {
	c.once.Do(func() { close(c.done) })
	err := c.conn.Close()
	c.wg.Wait()
	return err
}
