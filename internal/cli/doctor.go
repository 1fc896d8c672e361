package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// What a talk on the embedded cluster needs: a record and the raft logs of a
// long rehearsal, a port and a connection or two for each node and client.
const (
	needDisk  = 1 << 30
	needFiles = 512
	needPorts = 16
)

// newDoctor looks for what would stop the talk, ten minutes before it.
func newDoctor(std IO) *cobra.Command {
	asJSON, clicker := false, false
	o := &options{}
	c := &cobra.Command{
		Use: "doctor", Short: "Check that the talk can run here; each finding with its remedy", Args: noArgs,
		Long:    "Look, ten minutes before the talk, for what would stop it: each finding with its remedy. A warning spoils the look of the talk (status 0), a failure the talk (status 3).",
		Example: "  tikv-demo doctor\n  tikv-demo doctor --cluster docker\n  tikv-demo doctor --chapters my-talk --json\n  tikv-demo doctor --remote=wlan0\n  tikv-demo doctor --clicker",
		RunE: func(c *cobra.Command, _ []string) error {
			if clicker {
				return tryClicker(c.Context(), std)
			}
			dir, err := stateDir()
			if err != nil {
				return err
			}
			if err := o.parsePD(); err != nil {
				return err
			}
			if err := o.checkPD(); err != nil {
				return err
			}
			all, end := checks(std, o, dir)
			defer end()
			report := doctor.Run(c.Context(), all)
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
	in(c.Flags(), groupCluster, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.cluster, clusterEmbedded, clusters), "cluster", "what the talk will run on")
		o.bindPD(f)
		o.docker.bind(f)
		f.Var(oneOf(&o.profile, "stage", profiles), "profile", "timings of the cluster")
	})
	in(c.Flags(), groupTalk, func(f *pflag.FlagSet) {
		bindRemote(f, &o.remote, "look also whether a phone can reach its page at this `ADDR`, or without a value at the first address")
	})
	in(c.Flags(), groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&clicker, "clicker", false, "look at nothing but a clicker: what its buttons send, and what that would do")
		f.BoolVar(&asJSON, "json", false, "print the findings as JSON")
	})
	o.bindSettings(c.Flags())
	return c
}

// checks are what the chosen kind of cluster needs; end lets go of what they use.
func checks(std IO, o *options, dir string) (all []doctor.Check, end func()) {
	end = func() {}
	all = []doctor.Check{doctor.StateDir(dir, needDisk), doctor.FileDescriptors(needFiles)}
	switch o.cluster {
	case clusterDocker:
		var more []doctor.Check
		more, end = dockerChecks(o, dir)
		all = append(all, more...)
	case clusterExternal:
		all = append(all, doctor.Cluster(func(ctx context.Context) (doctor.Health, error) { return healthOf(ctx, o.pdURLs) }, doctor.Finding{}),
			doctor.Reached((&externalBackend{o: o}).reachable))
	default:
		all = append(all, doctor.Loopback(needPorts), doctor.Child(startChild),
			doctor.Leftovers(func(ctx context.Context) (int, error) { return leftovers(ctx, dir, nil) }))
	}
	if runtime.GOOS == "darwin" {
		all = append(all, doctor.BuildTools(xcodeTools))
	}
	if o.remote != "" {
		all = append(all, doctor.Remote(func() doctor.Page { return pageAt(o.remote) })...)
	}
	return append(all, doctor.Clock(time.Now, programTime()), doctor.Terminal(screenOf(std))), end
}

// xcodeTools gives where the Xcode command line tools are.
func xcodeTools(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "xcode-select", "-p").Output()
	return text.Line(string(out), 200), err
}

// startChild starts this program as a child, as every node is.
func startChild(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe, "version")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")} // no child is given a key
	if out, err := cmd.CombinedOutput(); err != nil {
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
	none := noScreen(std)
	w, h, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return doctor.Screen{Terminal: true, None: none}
	}
	colours := map[termenv.Profile]int{termenv.Ascii: 0, termenv.ANSI: 16, termenv.ANSI256: 256, termenv.TrueColor: 1 << 24}
	return doctor.Screen{Terminal: true, None: none, Width: w, Height: h, Colours: colours[termenv.EnvColorProfile()]}
}
