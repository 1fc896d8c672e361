// Package screentest runs a program on a pseudo-terminal and measures how soon it
// answers. The benchmarks of the screen share it.
package screentest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/creack/pty"
)

// Limit is how long anything may take before it counts as not coming at all.
const Limit = time.Minute

// frameBegins is where a program that synchronizes its output begins a frame.
var frameBegins = []byte("\x1b[?2026h")

// Terminal is a program on a pseudo-terminal, and what it has sent.
type Terminal struct {
	Cmd     *exec.Cmd
	Started time.Time

	tty    *os.File
	ended  chan struct{} // closed when nothing more can be read
	mu     sync.Mutex
	news   chan struct{} // has an item when something was read
	sent   []byte        // since the latest key
	pieces []piece
}

// piece is when the bytes up to end had come.
type piece struct {
	end int
	at  time.Time
}

// Start runs a command on a terminal of this size.
func Start(cmd *exec.Cmd, columns, rows uint16) (*Terminal, error) {
	t := &Terminal{Cmd: cmd, Started: time.Now(), ended: make(chan struct{}), news: make(chan struct{}, 1)}
	var err error
	if t.tty, err = pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		return nil, err
	}
	go t.read()
	return t, nil
}

func (t *Terminal) read() {
	defer close(t.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.tty.Read(buf)
		at := time.Now()
		t.mu.Lock()
		t.sent = append(t.sent, buf[:n]...)
		t.pieces = append(t.pieces, piece{len(t.sent), at})
		t.mu.Unlock()
		select {
		case t.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Await waits until the program has sent what, and gives the moment at which the
// frame that holds it began to arrive.
func (t *Terminal) Await(what string) (time.Time, error) {
	limit := time.After(Limit)
	for {
		if at, ok := t.find([]byte(what)); ok {
			return at, nil
		}
		select {
		case <-t.news:
		case <-t.ended:
			return time.Time{}, fmt.Errorf("the program ended before it sent %q", what)
		case <-limit:
			return time.Time{}, fmt.Errorf("the program did not send %q", what)
		}
	}
}

func (t *Terminal) find(what []byte) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := bytes.Index(t.sent, what)
	if end < 0 {
		return time.Time{}, false
	}
	from := max(0, bytes.LastIndex(t.sent[:end], frameBegins))
	i, _ := slices.BinarySearchFunc(t.pieces, from+1, func(p piece, pos int) int { return p.end - pos })
	return t.pieces[i].at, true
}

// Press sends a key and waits for the frame that shows what. It gives the time
// from the key to the first byte of that frame.
func (t *Terminal) Press(key, what string) (time.Duration, error) {
	t.mu.Lock()
	t.sent, t.pieces = nil, nil
	t.mu.Unlock()
	pressed := time.Now()
	if _, err := t.tty.WriteString(key); err != nil {
		return 0, err
	}
	at, err := t.Await(what)
	return at.Sub(pressed), err
}

// Stop interrupts the program and waits for its end.
func (t *Terminal) Stop() error {
	_ = t.Cmd.Process.Signal(os.Interrupt)
	killed := time.AfterFunc(Limit, func() { _ = t.Cmd.Process.Kill() })
	defer killed.Stop()
	err := t.Cmd.Wait()
	_ = t.tty.Close()
	<-t.ended
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil // an interrupted program says so by its status
	}
	return err
}
