package tui

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"

	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// input is the terminal as Bubble Tea reads it: a file, so that it is put into
// raw mode and a read can be cancelled, of which only whole keys are read.
type input struct {
	guard.Input
	seq sequence
}

// WholeKeys gives the keys of a terminal, each of them whole, for other programs on the screen.
func WholeKeys(from guard.Input) io.Reader {
	return &input{Input: from, seq: sequence{answered: func(string) {}, interrupted: func() {}}}
}

// Read returns after at most one wait for what may follow an Escape. It may give
// nothing and no error: a sequence that is not whole yet.
func (i *input) Read(p []byte) (int, error) {
	buf := make([]byte, max(1, len(p)-longestKey-1)) // what was held may come with it
	n, err := i.Input.Read(buf)
	if err != nil {
		return 0, err
	}
	out := i.seq.feed(time.Now(), buf[:n])
	if wait := i.seq.wait(); wait > 0 && !readable(int(i.Fd()), wait) {
		out = append(out, i.seq.flush()...)
	}
	return copy(p, out), nil
}

// readable waits until there is something to read.
func readable(fd int, d time.Duration) bool {
	for until := time.Now().Add(d); ; {
		left := unix.NsecToTimeval(max(0, int64(time.Until(until))))
		var set unix.FdSet
		set.Set(fd)
		n, err := unix.Select(fd+1, &set, nil, nil, &left)
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// backgroundLimit is how long after the start an answer still changes the theme:
// one that comes later would change the screen under the presenter's eyes.
const backgroundLimit = 200 * time.Millisecond

// backgroundMsg is what the terminal says of its background.
type backgroundMsg struct{ light bool }

// askBackground asks without waiting; the answer comes as input, or never. The
// Linux console knows no answer, and older ones print the question.
func askBackground(out io.Writer) tea.Cmd {
	if os.Getenv("TERM") == "linux" {
		return nil
	}
	return func() tea.Msg {
		_, _ = io.WriteString(out, "\x1b]11;?\a")
		return nil
	}
}

// background reads the answer to that: "]11;rgb:ffff/ffff/ffff".
func background(text string) (backgroundMsg, bool) {
	rgb, ok := strings.CutPrefix(text, "]11;rgb:")
	parts := strings.Split(rgb, "/")
	if !ok || len(parts) != 3 {
		return backgroundMsg{}, false
	}
	lo, hi := 1.0, 0.0
	for _, hex := range parts {
		n, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			return backgroundMsg{}, false
		}
		share := float64(n) / float64(uint64(1)<<(4*len(hex))-1)
		lo, hi = min(lo, share), max(hi, share)
	}
	return backgroundMsg{light: (lo+hi)/2 >= 0.5}, true
}

// wear puts on the theme that fits the background.
func (m Model) wear(b backgroundMsg) Model {
	if m.cfg.Now().Sub(m.made) > backgroundLimit {
		return m
	}
	theme := styles.Dark
	if b.light {
		theme = styles.Light
	}
	return m.dress(styles.New(m.cfg.Out, theme))
}
