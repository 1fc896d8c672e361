package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
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
	o := &options{}
	c := &cobra.Command{
		Use: "doctor", Short: "Check that the talk can run here; each finding with its remedy", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := stateDir()
			if err != nil {
				return err
			}
			if err := o.checkDoctor(c.Flags()); err != nil {
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
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	c.Flags().StringVar(&o.cluster, "cluster", clusterEmbedded, "what the talk will run on: embedded, docker or external (--pd)")
	c.Flags().StringSliceVar(&o.pd, "pd", nil, "URLs of the external cluster's PD")
	o.bindMap(c.Flags())
	c.Flags().StringVar(&o.profile, "profile", "stage", "timings of the cluster: stage or real")
	o.docker.bind(c.Flags())
	return c
}

// checkDoctor looks at the flags of doctor.
func (o *options) checkDoctor(f *pflag.FlagSet) error {
	if err := fromEnv(f); err != nil {
		return err
	}
	if err := checkWords(word{"cluster", o.cluster, clusters}, word{"profile", o.profile, profiles}); err != nil {
		return err
	}
	var err error
	if o.pdURLs, err = tikv.ParsePD(o.pd); err != nil {
		return usage("--pd: %w", err)
	}
	return o.checkPD()
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
			doctor.Reached((&externalGround{o: o}).reachable))
	default:
		all = append(all, doctor.Loopback(needPorts), doctor.Child(startChild),
			doctor.Leftovers(func(ctx context.Context) (int, error) { return leftovers(ctx, dir, nil) }))
	}
	return append(all, doctor.Clock(time.Now, programTime()), doctor.Terminal(screenOf(std))), end
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
	w, h, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return doctor.Screen{Terminal: true}
	}
	colours := map[termenv.Profile]int{termenv.Ascii: 0, termenv.ANSI: 16, termenv.ANSI256: 256, termenv.TrueColor: 1 << 24}
	return doctor.Screen{Terminal: true, Width: w, Height: h, Colours: colours[termenv.EnvColorProfile()]}
}
