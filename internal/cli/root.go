// Package cli is the command line: it reads flags, wires the packages
// together, and turns every outcome into an exit status and, where
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

	"github.com/tikv-demo/tikv-demo/internal/guard"
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
	root.SetArgs(joinRemote(args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = unwritten(std.Out)
	}
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

// unwritten says that not all of the output was written: a caller that reads a file
// takes status 0 for all of it.
func unwritten(out io.Writer) error {
	o, ok := out.(*guard.Output)
	if !ok || o.Failed() == nil {
		return nil
	}
	return fmt.Errorf("not all of the output was written: %w", o.Failed())
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
		Use:   "tikv-demo",
		Short: "An interactive demo in eight chapters on a live TiKV cluster",
		Long: "tikv-demo is an interactive demo for a conference talk, in eight chapters on a live TiKV cluster: " +
			"health, load, a fault, detection, diagnosis, recovery, and proof that nothing was lost. " +
			"Without a command it runs the talk.",
		Example:           run.Example,
		Version:           version(),
		Args:              noArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: settle,
		RunE:              run.RunE,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	root.SetFlagErrorFunc(badFlag)
	useHelp(root)
	o.bind(root.Flags())
	root.AddCommand(run, newConsole(std), newCluster(std), newChapters(std), newNotes(std), newRehearse(std), newConfig(std), newDoctor(std), newHeal(std), newEval(std), newReplay(std), newVerify(std), newReport(std), newRecordExport(std), newCompare(std),
		newCompletion(std), newVersion(std), newServer(std), newNetem(), newMan(std))
	root.SetHelpCommand(newHelp(std))
	root.InitDefaultHelpCmd()
	if err := completeValues(root); err != nil {
		panic(err) // a flag that is not there
	}
	return root
}

// badFlag is the usage error for a flag that is unknown, or has a bad value.
func badFlag(c *cobra.Command, err error) error {
	if bad := (*pflag.InvalidValueError)(nil); errors.As(err, &bad) {
		return refused("--"+bad.GetFlag().Name+" ", bad.GetValue(), bad.GetFlag(), err)
	}
	hint := ""
	if none := (*pflag.NotExistError)(nil); errors.As(err, &none) {
		var known []string
		c.Flags().VisitAll(func(fl *pflag.Flag) { known = append(known, fl.Name) })
		if near := text.Nearest(none.GetSpecifiedName(), known); near != "" {
			hint = "; did you mean --" + near + "?"
		}
	}
	return usage("%w%s; see %s --help", err, hint, c.CommandPath())
}

// noArgs refuses arguments, and an unknown command by its name.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if st, err := os.Stat(args[0]); err == nil && st.IsDir() && !c.HasParent() {
		return usage("unknown command %q; `tikv-demo run %s` plays the talk in that directory", args[0], args[0])
	}
	return usage("unknown command %q%s; see %s --help", args[0], didYouMean(args[0], commandNames(c)), c.CommandPath())
}

// Stdio gives the process's own input and output, and listens to its signals.
func Stdio() IO {
	l := newLeaving(nil)
	out, err := guard.NewOutput(os.Stdout, l.brisk.Done()), guard.NewOutput(os.Stderr, l.brisk.Done())
	restore := terminalState(out)
	l.gone = func() { restore(); os.Exit(exitInterrupted) }
	l.listen()
	return IO{In: os.Stdin, Out: out, Err: err, Terminal: isTerminal(os.Stdin) && isTerminal(os.Stdout), Leaving: l}
}
