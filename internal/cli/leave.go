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
)

// Leaving counts how often the program was told to end. The first time it repairs
// and leaves, the second time it leaves what is broken, the third time it is gone.
type Leaving struct {
	ctx, now    context.Context
	first, more context.CancelFunc
	brisk       context.Context // done: no reader is waited for any more
	hurry       context.CancelFunc
	pressed     atomic.Int32 // Ctrl-C on the screen that nobody has acted on yet
	interrupted atomic.Bool  // by a Ctrl-C on the screen
	mu          sync.Mutex
	asked       int
	gone        func() // ends the process
}

// listen takes signals from now on: Ctrl-C, a closed window, a polite kill. What nohup,
// or a shell for what it starts in the background, has had ignored stays ignored.
func (l *Leaving) listen() {
	sig := make(chan os.Signal, 8)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(sig, s)
		}
	}
	go func() {
		for s := range sig {
			if s == syscall.SIGHUP {
				l.hangUp()
				continue
			}
			l.again()
		}
	}()
}

func newLeaving(restore func()) *Leaving {
	l := &Leaving{gone: func() { restore(); os.Exit(exitInterrupted) }}
	l.ctx, l.first = context.WithCancel(context.Background())
	l.now, l.more = context.WithCancel(context.Background())
	l.brisk, l.hurry = context.WithCancel(l.ctx)
	return l
}

// Context is done when the program was told to end.
func (l *Leaving) Context() context.Context { return l.ctx }

// hangUp is the end of the terminal. It is told more than once when a window closes:
// by the shell, by the kernel, and by whoever reads. So it is a first wish to leave
// and never a second one: what is broken is repaired.
func (l *Leaving) hangUp() {
	l.mu.Lock()
	first := l.asked == 0
	l.asked = max(l.asked, 1)
	l.mu.Unlock()
	if first {
		l.first()
	}
}

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

// ownEnd says that the program leaves without having been told to: its repair has
// begun, and so the next wish to leave is the second.
func (l *Leaving) ownEnd() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = max(l.asked, 1)
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
	l.interrupted.Store(true)
	if l.pressed.Add(1) >= 3 {
		l.gone()
	}
}

// heard says that the screen has acted on one.
func (l *Leaving) heard() { l.pressed.Add(-1) }

// closing tells what the end of a talk waits for.
func closing(err io.Writer) func(string) {
	return func(what string) { fmt.Fprintln(err, "tikv-demo: "+what) }
}
