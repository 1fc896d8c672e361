package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// dockerOptions are the flags of a cluster in Docker.
type dockerOptions struct {
	project string
	file    string
	detach  bool
}

// daemon gives the Docker daemon that every part of the program talks to.
func daemon() (dockerhost.Endpoint, error) {
	at, err := dockerhost.Find(os.Getenv)
	if err != nil {
		return at, precondition("%w", err)
	}
	return at, nil
}

// docker gives a client of the daemon for the containers of a project.
func docker(project string) (*chaos.Docker, error) {
	at, err := daemon()
	if err != nil {
		return nil, err
	}
	d, err := chaos.NewDocker(project, at)
	if err != nil {
		return nil, precondition("%w", err)
	}
	return d, nil
}

func (d *dockerOptions) bind(f *pflag.FlagSet) {
	f.StringVar(&d.project, "project", compose.DefaultProject, "`NAME` of the Compose project, for --cluster docker")
	f.StringVar(&d.file, "compose-file", "", "Compose `FILE` in place of the built-in one")
}

func (d *dockerOptions) config(o *options) (compose.Config, error) {
	if err := compose.CheckProject(d.project); err != nil {
		return compose.Config{}, usage("--project %w", err)
	}
	dir, err := stateDir()
	if err != nil {
		return compose.Config{}, err
	}
	at, err := daemon()
	if err != nil {
		return compose.Config{}, err
	}
	return compose.Config{
		At: at, Project: d.project, File: d.file, StateDir: dir, Profile: o.profile,
		SplitKeys: load.SplitKeys(o.records, o.regions),
		// What a stand-in store cuts its regions by.
		Env: []string{fmt.Sprintf("TIKV_DEMO_RECORDS=%d", o.records), fmt.Sprintf("TIKV_DEMO_REGIONS=%d", o.regions)},
	}, nil
}

// fromCompose gives an error of compose its exit status.
func fromCompose(err error) error {
	if errors.Is(err, compose.ErrPrecondition) {
		return precondition("%w", err)
	}
	return err
}

// dockerUp brings the cluster up. In the foreground it takes down at the end
// what it brought up; the data stay for the next time.
func dockerUp(ctx context.Context, std IO, o *options, d *dockerOptions) error {
	cfg, err := d.config(o)
	if err != nil {
		return err
	}
	if err := cfg.At.Remote(); err != nil {
		return precondition("%w", err)
	}
	// Whoever asks for it by hand keeps it, though a killed talk brought it up.
	if err := compose.Disown(cfg); err != nil {
		return fromCompose(err)
	}
	before, err := compose.Parts(ctx, cfg, true)
	if err != nil {
		return fromCompose(err)
	}
	from := time.Now()
	tell := newTeller(std.Err)
	cl, err := compose.Up(ctx, cfg, tell.tell)
	tell.end()
	if err != nil {
		if len(before["container"]) == 0 { // nothing half made stays, nor data that this attempt began
			err = errors.Join(fromCompose(err), downAtEnd(std, cfg, len(before["volume"]) == 0))
		}
		if ctx.Err() != nil {
			return errors.Join(errInterrupted, err)
		}
		return fromCompose(err)
	}
	fmt.Fprintf(std.Err, "ready in %.1f s\n", time.Since(from).Seconds())
	fmt.Fprintf(std.Out, "pd: %s\n", cl.PD()[0])
	if d.detach {
		return nil
	}
	<-ctx.Done()
	if cl.Found() {
		fmt.Fprintf(std.Err, "the cluster was up before and stays up; `tikv-demo cluster down --cluster docker` takes it down\n")
		return nil
	}
	if who, err := compose.HeldBy(cfg); err != nil || who != "" {
		fmt.Fprintf(std.Err, "the cluster stays up, for another run uses it: %s; `tikv-demo cluster down --cluster docker` takes it down\n", who)
		return err
	}
	return downAtEnd(std, cfg, false)
}

// downAtEnd takes down what this command brought up, unless it is told to leave at
// once.
func downAtEnd(std IO, cfg compose.Config, volumes bool) error {
	std.Leaving.ownEnd()
	closing(std.Err)("taking " + cfg.Project + " down; press Ctrl-C to leave it as it is")
	err := dockerDown(std.Leaving.now, std, cfg, volumes)
	if err != nil && std.Leaving.now.Err() != nil {
		return fmt.Errorf("parts of %s may still be up; `tikv-demo cluster down --cluster docker --project %s` takes them down", cfg.Project, cfg.Project)
	}
	return err
}

func dockerDown(ctx context.Context, std IO, cfg compose.Config, volumes bool) error {
	from := time.Now()
	if err := compose.Down(ctx, cfg, volumes); err != nil {
		return fromCompose(err)
	}
	if err := compose.Disown(cfg); err != nil {
		return err
	}
	removeHelperImages(ctx, cfg.Project)
	what := "down"
	if volumes {
		what = "down, and its data removed"
	}
	fmt.Fprintf(std.Err, "%s is %s, in %.1f s\n", cfg.Project, what, time.Since(from).Seconds())
	return nil
}

func newClusterStatus(std IO) *cobra.Command {
	o, d := &options{}, &dockerOptions{}
	c := &cobra.Command{
		Use: "status", Short: "Say which clusters run: embedded ones, and the one in Docker", Args: noArgs,
		Long:    "Say how many embedded clusters run, and how the containers of the one in\nDocker are. An embedded cluster belongs to the command that started it,\nand ends with it.",
		Example: "  tikv-demo cluster status\n  tikv-demo cluster status --project my-talk",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := d.config(o)
			if err != nil {
				return err
			}
			running, err := embedded.Running(cfg.StateDir)
			if err != nil {
				return err
			}
			if running > 0 {
				fmt.Fprintf(std.Out, "embedded clusters: %d running, each until the command that started it ends\n", running)
			}
			services, err := compose.Status(c.Context(), cfg)
			if err == nil && len(services) == 0 {
				err = precondition("no cluster is up in the project %s; `tikv-demo cluster up --cluster docker` brings one up", cfg.Project)
			}
			if err != nil && running > 0 { // there is one, so it is no failure
				fmt.Fprintf(std.Err, "tikv-demo: in Docker: %s\n", oneLine(err))
				return nil
			}
			if err != nil {
				return fromCompose(err)
			}
			for _, s := range services {
				fmt.Fprintf(std.Out, "%-8s %-20s %-24s %s\n", s.Name, strings.TrimSpace(s.State+" "+s.Says), s.Image, ports(s))
			}
			return nil
		},
	}
	in(c.Flags(), groupCluster, d.bind)
	o.bindSettings(c.Flags())
	return c
}

// ports gives where a service is reached, by the port that it listens on.
func ports(s compose.Service) string {
	var out []string
	for _, inside := range slices.Sorted(maps.Keys(s.Ports)) {
		out = append(out, s.Ports[inside]+"→"+inside)
	}
	return strings.Join(out, " ")
}
