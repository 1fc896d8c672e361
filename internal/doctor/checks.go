package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// StateDir checks that dir can be written, and that need bytes are free there.
func StateDir(dir string, need uint64) Check {
	return Check{"state directory", func(context.Context) Finding {
		elsewhere := "make it writable, or set TIKV_DEMO_STATE_DIR to a directory that is"
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return Finding{Fail, err.Error(), elsewhere}
		}
		if err := tryWrite(dir); err != nil {
			return Finding{Fail, err.Error(), elsewhere}
		}
		free, err := Free(dir)
		if err != nil {
			return Finding{Warn, fmt.Sprintf("%s: free space is not known: %v", dir, err), fmt.Sprintf("see yourself that %s are free", readable(need))}
		}
		if free < need {
			return Finding{Fail, fmt.Sprintf("%s free in %s, %s needed", readable(free), dir, readable(need)), "make room, or set TIKV_DEMO_STATE_DIR to another disk"}
		}
		return Finding{OK, fmt.Sprintf("%s free in %s", readable(free), dir), ""}
	}}
}

// Free gives the bytes that may be written where dir is.
func Free(dir string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), nil //nolint:unconvert // the types differ between systems
}

func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("can be written\n")
	return errors.Join(err, f.Close(), os.Remove(filepath.Clean(f.Name())))
}

// FileDescriptors checks how many files a process may open; need is what the
// busiest one has open.
func FileDescriptors(need uint64) Check {
	return Check{"file descriptors", func(context.Context) Finding {
		var l unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
			return Finding{Warn, "the limit is not known: " + err.Error(), ""}
		}
		if have := uint64(l.Cur); have < need { //nolint:unconvert // the type differs between systems
			return Finding{Fail, fmt.Sprintf("%d may be open, %d are needed", have, need), fmt.Sprintf("ulimit -n %d", need)}
		}
		return Finding{OK, fmt.Sprintf("at least %d may be open", need), ""}
	}}
}

// Loopback checks that n ports can be opened on 127.0.0.1 at once, and that one
// of them can be reached.
func Loopback(n int) Check {
	return Check{"loopback ports", func(ctx context.Context) Finding {
		remedy := "look for a firewall or a sandbox that forbids it"
		var open []net.Listener
		defer func() {
			for _, l := range open {
				_ = l.Close() // nothing was written
			}
		}()
		var lc net.ListenConfig
		for range n {
			l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return Finding{Fail, fmt.Sprintf("port %d of %d cannot be opened on 127.0.0.1: %v", len(open)+1, n, err), remedy}
			}
			open = append(open, l)
		}
		if n > 0 {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", open[0].Addr().String())
			if err != nil {
				return Finding{Fail, "a port on 127.0.0.1 cannot be reached: " + err.Error(), remedy}
			}
			_ = c.Close() // nothing was written
		}
		return Finding{OK, fmt.Sprintf("%d ports opened on 127.0.0.1", n), ""}
	}}
}

// BuildTools checks that what macOS needs to build this program is here; find gives
// where it is. A program that runs was built somewhere, so it is a warning.
func BuildTools(find func(ctx context.Context) (string, error)) Check {
	return Check{"build tools", func(ctx context.Context) Finding {
		at, err := find(ctx)
		if err != nil {
			return Finding{Warn, "the Xcode command line tools are not here; make and a build need them, the talk does not", "xcode-select --install"}
		}
		return Finding{OK, "Xcode command line tools in " + at, ""}
	}}
}

// Child checks that the program can start itself as a child process; start does
// it, and waits for the child's end.
func Child(start func(ctx context.Context) error) Check {
	return Check{"child process", func(ctx context.Context) Finding {
		began := time.Now()
		if err := start(ctx); err != nil {
			return Finding{Fail, "the program cannot start itself: " + err.Error(), "look for a noexec mount, a limit of processes (ulimit -u), or a policy that forbids it"}
		}
		return Finding{OK, fmt.Sprintf("started and ended in %d ms", time.Since(began).Milliseconds()), ""}
	}}
}

// Screen is what is known of the terminal.
type Screen struct {
	Terminal      bool   // standard output is one
	Width, Height int    // in characters
	Colours       int    // 0 for none
	None          string // why no screen can be shown on it, "" where one can
}

// The sizes that the screen is drawn for.
const (
	leastWidth, leastHeight   = 60, 18 // below this only a message is shown
	usableWidth, usableHeight = 80, 24
)

// Terminal checks the size and the colours of a terminal.
func Terminal(s Screen) Check {
	return Check{"terminal", func(context.Context) Finding {
		if !s.Terminal {
			return Finding{Warn, "standard output is no terminal", "run in a terminal for the screen; without one --front plain or json is used"}
		}
		if s.None != "" {
			return Finding{Warn, s.None, "set TERM to the kind of this terminal, such as xterm-256color; without it --front plain is used"}
		}
		size := fmt.Sprintf("%d×%d", s.Width, s.Height)
		switch {
		case s.Width < leastWidth || s.Height < leastHeight:
			return Finding{Warn, fmt.Sprintf("%s is too small for the screen, which needs %d×%d", size, leastWidth, leastHeight), "enlarge the window or choose a smaller font"}
		case s.Width < usableWidth || s.Height < usableHeight:
			return Finding{Warn, fmt.Sprintf("%s is narrow; everything is shown from %d×%d", size, usableWidth, usableHeight), "enlarge the window or choose a smaller font"}
		case s.Colours == 0:
			return Finding{OK, size + ", without colours", ""}
		}
		return Finding{OK, fmt.Sprintf("%s, %d colours", size, s.Colours), ""}
	}}
}

// Clock checks that the clock is not behind notBefore, a time that has surely
// passed, such as that of the program's own file: every time in the record
// would be wrong.
func Clock(now func() time.Time, notBefore time.Time) Check {
	return Check{"clock", func(context.Context) Finding {
		t := now()
		if t.Before(notBefore) {
			return Finding{Warn, fmt.Sprintf("%s is before %s, when this program was built", t.Format(time.RFC3339), notBefore.Format(time.RFC3339)), "set the clock: the times in the record would be wrong"}
		}
		return Finding{OK, t.Format(time.RFC3339), ""}
	}}
}

// Leftovers checks that no former run left anything behind; find counts what
// is there and removes nothing.
func Leftovers(find func(ctx context.Context) (int, error)) Check {
	return Check{"leftovers", func(ctx context.Context) Finding {
		n, err := find(ctx)
		switch {
		case err != nil:
			return Finding{Warn, "not known: " + err.Error(), "tikv-demo heal"}
		case n > 0:
			return Finding{Warn, fmt.Sprintf("%d left by a run that was killed", n), "tikv-demo heal (the next run does it too)"}
		}
		return Finding{OK, "none", ""}
	}}
}

// readable gives a size as people read it.
func readable(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
