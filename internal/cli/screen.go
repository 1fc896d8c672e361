package cli

import (
	"context"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/display"
)

// terminalInput gives the terminal to a program on the whole screen; that it hangs up
// is a wish to leave.
func terminalInput(std IO) io.Reader {
	f, ok := std.In.(*os.File)
	if !ok || std.Leaving == nil {
		return std.In
	}
	return tui.WholeKeys(guard.Input{File: f, Lost: std.Leaving.hangUp})
}

// terminalState gives what puts the terminal back as it is now. The process ends then.
func terminalState(out *guard.Output) func() {
	in := int(os.Stdin.Fd())
	was, err := term.GetState(in)
	if err != nil || !isTerminal(out.File) {
		return func() {}
	}
	return func() {
		_ = term.Restore(in, was)
		_ = out.Last(guard.Whole)
		guard.Stop(out)
	}
}

// wholeScreen runs a model on the whole terminal, apart from the talk's own.
func wholeScreen(ctx context.Context, std IO, m tea.Model) (tea.Model, error) {
	tty, ok := std.Out.(display.TTY)
	if !ok {
		return m, precondition("this needs a terminal")
	}
	return display.NewProgram(m, display.New(tty, nil), tea.WithContext(ctx), tea.WithInput(terminalInput(std)), tea.WithoutSignalHandler()).Run()
}

// guarded guards the terminal while a program has the whole screen, which waits for
// no reader: while it did, it took no key. The result ends that.
func guarded(std IO) (end func()) {
	out, ok := std.Out.(*guard.Output)
	if !ok {
		return func() {}
	}
	std.Leaving.hurry()
	guard.Start(out)
	return func() { guard.Stop(out) }
}
