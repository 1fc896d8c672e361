package cli

import (
	"fmt"
	"io"

	"github.com/charmbracelet/bubbles/progress"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// barWidth is how many cells the bar of a long step has.
const barWidth = 21

// teller says how far a long step is: one line with a bar that is drawn over
// again on a terminal, and a line for each step where there is none.
type teller struct {
	out   io.Writer
	width int // of the terminal; 0: there is none
	bar   progress.Model
	drawn bool
}

func newTeller(out io.Writer) *teller {
	t := &teller{out: out, bar: styles.Bar(out, barWidth)}
	if f, ok := out.(interface{ Fd() uintptr }); ok && term.IsTerminal(int(f.Fd())) {
		t.width, _, _ = term.GetSize(int(f.Fd())) // 0 when it cannot be had
	}
	return t
}

func (t *teller) tell(text string, done, total int) {
	if t.width == 0 {
		fmt.Fprintf(t.out, "%s (%d of %d)\n", text, done, total)
		return
	}
	line := fmt.Sprintf("%s %d of %d  %s", t.bar.ViewAs(float64(done)/float64(total)), done, total, text)
	fmt.Fprint(t.out, "\r"+ansi.EraseLineRight+ansi.Truncate(line, t.width-1, "…"))
	t.drawn = true
}

// end leaves the bar's line.
func (t *teller) end() {
	if t.drawn {
		fmt.Fprintln(t.out)
		t.drawn = false
	}
}
