// Package cli is the command line: it reads flags, wires the rooms of the
// house together, and turns every outcome into an exit status and, where
// something went wrong, one clear line on standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// The exit statuses of the contract.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitPrecondition = 3
	exitInterrupted  = 130
)

// statuses is the contract, for the help.
const statuses = "Exit status: 0 complete, or left early with q (the record says which); 1 failed; 2 usage error;\n3 something must be put right first (standard error says what); 130 interrupted."

// IO is where a command reads and writes.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Terminal bool // In and Out are a terminal
	Leaving  *Leaving
}

// statusError is an error with its exit status.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// usage is an error in how the program was called.
func usage(format string, a ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, a...)}
}

// precondition is something that must be put right outside the program first.
func precondition(format string, a ...any) error {
	return &statusError{exitPrecondition, fmt.Errorf(format, a...)}
}

// errInterrupted ends a command that was told to stop.
var errInterrupted = &statusError{exitInterrupted, errors.New("interrupted")}

// Main runs one command line and gives the exit status.
func Main(ctx context.Context, args []string, std IO) int {
	if std.Leaving == nil {
		std.Leaving = newLeaving(func() {})
	}
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var s *statusError
	if !errors.As(err, &s) {
		s = &statusError{exitFailed, err}
	}
	if ctx.Err() != nil {
		s.status = exitInterrupted
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(std.Err, "tikv-demo: "+oneLine(err))
	}
	return s.status
}

// errSaid is an error that was already told to the user.
var errSaid = errors.New("said")

// oneLine joins what may be several errors into one line, cleaned of anything
// that could harm a terminal.
func oneLine(err error) string {
	return text.Line(strings.Join(strings.Split(err.Error(), "\n"), "; "), 2000)
}

func newRoot(std IO) *cobra.Command {
	o := &options{}
	run := newRun(std, o)
	root := &cobra.Command{
		Use:           "tikv-demo",
		Short:         "A talk in eight chapters over a live TiKV cluster",
		Long:          "tikv-demo walks a hall through eight chapters over a live TiKV cluster:\nhealth, load, a node killed, detection, diagnosis, recovery, and proof that nothing was lost.\n\nWithout a command it runs the talk.\n\n" + statuses,
		Args:          noArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          run.RunE,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if bad := (*pflag.InvalidValueError)(nil); errors.As(err, &bad) {
			return usage("--%s %q is not %s", bad.GetFlag().Name, bad.GetValue(), kindOf(bad.GetFlag()))
		}
		return usage("%w; see %s --help", err, c.CommandPath())
	})
	o.bind(root.Flags())
	root.AddCommand(run, newCluster(std), newChapters(std), newNotes(std), newDoctor(std), newEval(std), newHeal(std), newVersion(std), newServer(std), newNetem())
	return root
}

// noArgs refuses arguments, and an unknown command by its name.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("unknown command %q; see %s --help", args[0], c.CommandPath())
	}
	return nil
}

// Stdio gives the process's own input and output.
func Stdio() IO {
	return IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: isTerminal(os.Stdin) && isTerminal(os.Stdout)}
}
