package cli

import (
	"strings"
	"sync"
)

// sink keeps what a terminal was sent, or what a program says; it is read while it is
// written.
type sink struct {
	reads sync.Mutex // held: nobody reads the terminal
	mu    sync.Mutex
	b     strings.Builder // whose String copies nothing
}

func (s *sink) Write(p []byte) (int, error) {
	s.reads.Lock()
	defer s.reads.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
