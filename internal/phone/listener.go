package phone

import (
	"net"
	"sync"
)

// Bounds of connections. A phone's browser opens at most six.
const (
	connsKept    = 128
	connsOfOne   = 12 // from one address
	connsReserve = 24 // beyond connsKept, for addresses that were let in
)

// limited is a listener that closes connections beyond the bounds. Those that are
// closed never reach the server.
type limited struct {
	net.Listener
	knows func(address string) bool

	mu   sync.Mutex
	open int
	of   map[string]int
}

func limit(l net.Listener, knows func(string) bool) *limited {
	return &limited{Listener: l, knows: knows, of: map[string]int{}}
}

// Accept gives the next connection within the bounds.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(c.RemoteAddr().String())
		if l.take(address) {
			return &counted{Conn: c, end: func() { l.free(address) }}, nil
		}
		_ = c.Close()
	}
}

func (l *limited) take(address string) bool {
	known := l.knows(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	most := connsKept
	if known {
		most += connsReserve
	}
	if l.of[address] >= connsOfOne || l.open >= most {
		return false
	}
	l.of[address]++
	l.open++
	return true
}

func (l *limited) free(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.of[address]--; l.of[address] == 0 {
		delete(l.of, address)
	}
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	once sync.Once
	end  func()
}

// Close closes the connection.
func (c *counted) Close() error {
	c.once.Do(c.end)
	return c.Conn.Close()
}

// addressOf gives the host of host:port.
func addressOf(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return hostPort
	}
	return host
}
