package guard

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// ErrUnread says that nobody reads what is written.
var ErrUnread = errors.New("nobody reads the output")

// patience is how long a write waits for a reader once nobody may be waited for. A
// connection that is only slow takes a frame within that.
const patience = time.Second

// Output is a terminal or a pipe that may stop being read: a connection hangs, a
// pager waits for a key. A write to one never returns, and the program could neither
// repair what is broken nor end. So once brisk is closed a write waits for a moment
// alone, and after one that was given up the next ones fail at once, until the
// reader has come back.
type Output struct {
	*os.File
	brisk <-chan struct{}

	mu     sync.Mutex
	unread chan struct{} // of the write that was given up: closed when it is done; nil for none
	failed error         // of the first write that the file refused
	ended  bool          // nothing is written any more
	unsaid bool          // nor was the last word
	missed bool          // something was not written, since nobody read
	back   func()        // called when the reader has come back
}

// NewOutput gives the output for a file.
func NewOutput(f *os.File, brisk <-chan struct{}) *Output { return &Output{File: f, brisk: brisk} }

// OnBack has back called whenever the reader has come back and something was not
// written meanwhile.
func (o *Output) OnBack(back func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.back = back
}

// away says whether the reader is away. The lock is held.
func (o *Output) away() bool {
	if o.unread == nil {
		return false
	}
	select {
	case <-o.unread:
		o.unread = nil
	default:
	}
	return o.unread != nil
}

// Write writes p, or fails with ErrUnread.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return 0, os.ErrClosed
	}
	return o.write(p)
}

// Last writes s and nothing more: the process ends, and what still draws would draw on
// the shell's screen.
func (o *Output) Last(s string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.write([]byte(s))
	o.ended, o.unsaid = true, errors.Is(err, ErrUnread)
	return err
}

// makeWhole makes the terminal whole where what should have done so may not have been
// written, though somebody reads it now. It fails with ErrUnread where somebody else has
// to do it later.
func (o *Output) makeWhole() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.unsaid:
		return ErrUnread
	case o.ended || !o.missed:
		return nil
	}
	_, err := o.write([]byte(Whole))
	return err
}

// write writes p. The lock is held.
func (o *Output) write(p []byte) (int, error) {
	if o.away() {
		o.missed = true
		return 0, ErrUnread
	}
	done := make(chan struct{})
	b := bytes.Clone(p) // the write may outlive this call
	var n int
	var err error
	go func() {
		n, err = o.File.Write(b)
		close(done)
	}()
	if o.waited(done) {
		if o.failed == nil {
			o.failed = err
		}
		return n, err
	}
	o.unread, o.missed = done, true
	go o.await(done)
	return 0, ErrUnread
}

// Failed gives why something could not be written, as on a full disk; nil where all was,
// or was given up because nobody read it.
func (o *Output) Failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// WriteString writes s, or fails with ErrUnread.
func (o *Output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

// ReadFrom copies by Write: the file's own would wait for ever.
func (o *Output) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{o}, r) }

// waited waits for a write, and says whether it is done.
func (o *Output) waited(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-o.brisk:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// await tells when the reader has come back.
func (o *Output) await(done <-chan struct{}) {
	<-done
	o.mu.Lock()
	back := o.back
	o.mu.Unlock()
	if back != nil {
		back()
	}
}
