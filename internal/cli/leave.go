package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// Leaving counts how often the program was told to end. The first time it mends
// and leaves, the second time it leaves what is broken, the third time it is gone.
type Leaving struct {
	ctx, now    context.Context
	first, more context.CancelFunc
	pressed     atomic.Int32 // Ctrl-C on the screen that nobody has acted on yet
	mu          sync.Mutex
	asked       int
	gone        func() // ends the process
}

// Signals begins to listen: Ctrl-C, a closed window, a polite kill.
func Signals() *Leaving {
	l := newLeaving(terminalState())
	sig := make(chan os.Signal, 8)
	signal.Notify(sig, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for range sig {
			l.again()
		}
	}()
	return l
}

func newLeaving(restore func()) *Leaving {
	l := &Leaving{gone: func() { restore(); os.Exit(exitInterrupted) }}
	l.ctx, l.first = context.WithCancel(context.Background())
	l.now, l.more = context.WithCancel(context.Background())
	return l
}

// Context is done when the program was told to end.
func (l *Leaving) Context() context.Context { return l.ctx }

// again is one more wish to leave.
func (l *Leaving) again() {
	l.mu.Lock()
	l.asked++
	n := l.asked
	l.mu.Unlock()
	switch n {
	case 1:
		l.first()
	case 2:
		l.more()
	default:
		l.gone()
	}
}

// abandon is a second wish that the screen has taken: the next one is the third.
func (l *Leaving) abandon() {
	l.mu.Lock()
	l.asked = max(l.asked, 2)
	l.mu.Unlock()
	l.more()
}

// press is a Ctrl-C on the screen, before the screen acts on it. The third that
// nobody has acted on means that the screen hangs.
func (l *Leaving) press() {
	if l.pressed.Add(1) >= 3 {
		l.gone()
	}
}

// heard says that the screen has acted on one.
func (l *Leaving) heard() { l.pressed.Add(-1) }

// terminalState gives what puts the terminal back as it is now.
func terminalState() func() {
	in := int(os.Stdin.Fd())
	was, err := term.GetState(in)
	if err != nil || !isTerminal(os.Stdout) {
		return func() {}
	}
	return func() {
		_ = term.Restore(in, was)
		_, _ = io.WriteString(os.Stdout, "\x1b[?2004l\x1b[?1049l\x1b[?25h")
	}
}

// closing tells what the end of a talk waits for.
func closing(err io.Writer) func(string) {
	return func(what string) { fmt.Fprintln(err, "tikv-demo: "+what) }
}
