package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// What a talk on the embedded cluster needs: a record and the raft logs of a
// long rehearsal, a port and a connection or two for each node and client.
const (
	needDisk  = 1 << 30
	needFiles = 512
	needPorts = 16
)

// newDoctor looks for what would stop the show, ten minutes before it.
func newDoctor(std IO) *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "doctor", Short: "Check that the talk can run here; each finding with its remedy", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := stateDir()
			if err != nil {
				return err
			}
			report := doctor.Run(c.Context(), checks(std, dir))
			if asJSON {
				err = report.WriteJSON(std.Out)
			} else {
				err = report.WriteText(std.Out)
			}
			if err == nil && report.ExitStatus() != exitOK {
				return &statusError{report.ExitStatus(), errSaid}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return c
}

func checks(std IO, dir string) []doctor.Check {
	return []doctor.Check{
		doctor.StateDir(dir, needDisk),
		doctor.FileDescriptors(needFiles),
		doctor.Loopback(needPorts),
		doctor.Child(startChild),
		doctor.Leftovers(func(context.Context) (int, error) { return embedded.Leftovers(dir) }),
		doctor.Clock(time.Now, programTime()),
		doctor.Terminal(screenOf(std)),
	}
}

// startChild starts this program as a child, as every node is.
func startChild(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, exe, "version").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// programTime is when this program's file was written: a time that has passed.
func programTime() time.Time {
	exe, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	st, err := os.Stat(exe)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

// screenOf looks at the terminal behind standard output.
func screenOf(std IO) doctor.Screen {
	if !std.Terminal {
		return doctor.Screen{}
	}
	w, h, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return doctor.Screen{Terminal: true}
	}
	colours := map[termenv.Profile]int{termenv.Ascii: 0, termenv.ANSI: 16, termenv.ANSI256: 256, termenv.TrueColor: 1 << 24}
	return doctor.Screen{Terminal: true, Width: w, Height: h, Colours: colours[termenv.EnvColorProfile()]}
}
