package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/console"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote"
	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// newConsole is the speaker's second screen.
func newConsole(std IO) *cobra.Command {
	o, socket, theme := &options{}, "", "auto"
	c := &cobra.Command{
		Use: "console", Short: "Attach to a running talk from a second terminal", Args: noArgs,
		Long: "Attach to a running talk from a second terminal: the notes, the pace, what the gate waits for, the open question, and the audience's screen in small. " +
			"It drives the talk with the keys of the main screen; Ctrl-C closes the console alone. It waits for a talk, and attaches again when the link is lost.",
		Example: "  tikv-demo console\n  tikv-demo console --theme light",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := needScreen(std, "the console"); err != nil {
				return err
			}
			return runConsole(c.Context(), std, theme, socket)
		},
	}
	in(c.Flags(), groupOutput, func(f *pflag.FlagSet) {
		f.Var(oneOf(&theme, "auto", themes), "theme", "colours of the screen")
		f.StringVar(&socket, "socket", "", "`FILE` of the talk's socket, where several talks run")
	})
	o.bindSettings(c.Flags())
	return c
}

// errSeveral says that nobody can tell which talk is meant.
type errSeveral struct{ sockets []string }

func (e errSeveral) Error() string {
	return "several talks run here; choose one with --socket: " + strings.Join(e.sockets, ", ")
}

// findTalk gives the socket of the talk that runs here. The one that was found
// before is kept as long as it answers.
func findTalk(chosen, before string) (string, error) {
	if chosen != "" {
		return chosen, nil
	}
	dir, err := remote.Dir()
	if err != nil {
		return "", err
	}
	live, err := remote.Live(dir)
	switch {
	case err != nil:
		return "", err
	case slices.Contains(live, before):
		return before, nil
	case len(live) == 0:
		return "", remote.ErrNoTalk
	case len(live) > 1:
		return "", errSeveral{live}
	}
	return live[0], nil
}

func runConsole(ctx context.Context, std IO, theme, socket string) error {
	found := ""
	m := console.New(ctx, console.Config{
		Theme: theme, Out: std.Out,
		Dial: func(ctx context.Context) (console.Link, error) {
			path, err := findTalk(socket, found)
			if err != nil {
				return nil, err
			}
			link, err := remote.Dial(ctx, path, os.Getenv("SSH_TTY"))
			if err != nil {
				return nil, err
			}
			found = path
			return link, nil
		},
		Final: func(err error) bool {
			return errors.As(err, &remote.RefusedError{}) || errors.As(err, &errSeveral{})
		},
	})
	defer guarded(std)()
	end, err := wholeScreen(ctx, std, m)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if last, ok := end.(console.Model); ok && last.Err() != nil {
		return precondition("%w", last.Err())
	}
	return nil
}

// showTalk shows the talk, and lets consoles attach to it. A talk goes on where
// none can attach, and says why.
func showTalk(ctx context.Context, std IO, hub *remote.Hub, c tui.Config) (demo.State, error) {
	defer guarded(std)()
	defer collectSeldom()()
	c.Attached, c.Out = hub, std.Out
	c.Pressed, c.Heard, c.HungUp = std.Leaving.press, std.Leaving.heard, std.Leaving.hangUp
	server, err := serveConsole(hub)
	if err != nil {
		fmt.Fprintln(std.Err, "tikv-demo: no console can attach: "+oneLine(err))
		return tui.Run(ctx, c)
	}
	end, err := tui.Run(ctx, c)
	return end, errors.Join(err, server.Close())
}

// collectSeldom has the garbage collector work less often, unless GOGC says how often. A
// key waited for its cycles: on two busy cores one in a hundred took 11 ms to be seen,
// and takes 6. The talk's live memory is about 25 MiB, so it costs 100 more at the most.
func collectSeldom() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

func serveConsole(hub *remote.Hub) (*remote.Server, error) {
	dir, err := remote.Dir()
	if err != nil {
		return nil, err
	}
	return remote.Listen(dir, fmt.Sprintf("talk-%d", os.Getpid()), hub)
}
