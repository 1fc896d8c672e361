package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
)

// dockerBackend is PD and TiKV in containers. A cluster that was up before the
// talk stays up after it; one that the talk brought up goes with it.
type dockerBackend struct {
	*compose.Cluster
	o        *options
	stateDir string
	cfg      compose.Config
	claim    *compose.Claim // of the project, for as long as the talk lasts
	owned    *compose.Owned // while this run answers for the cluster's end
	docker   *chaos.Docker
	chaos    *controlled
}

func newDockerBackend(o *options, stateDir string) (*dockerBackend, error) {
	cfg, err := o.docker.config(o)
	if err != nil {
		return nil, err
	}
	d, err := docker(cfg.Project)
	if err != nil {
		return nil, err
	}
	return &dockerBackend{o: o, stateDir: stateDir, cfg: cfg, docker: d}, nil
}

// whereDocker names the cluster in the ledger of open faults.
func whereDocker(project string) string { return clusterDocker + "/" + project }

// Start brings the cluster up, or attaches to the one that runs.
func (d *dockerBackend) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	home, err := d.docker.Home(ctx)
	if err != nil {
		return demo.ClusterReady{}, precondition("%w", err)
	}
	d.cfg.Daemon = home.ID
	if d.claim == nil { // a start that failed may be tried again
		if d.claim, err = compose.Hold(d.cfg, "tikv-demo "+strings.Join(os.Args[1:], " ")); err != nil {
			return demo.ClusterReady{}, fromCompose(err)
		}
	}
	if d.owned, err = d.owned.Again(ctx, d.cfg); err != nil {
		return demo.ClusterReady{}, fromCompose(err)
	}
	c, err := compose.Up(ctx, d.cfg, func(text string, done, total int) { p(text, int64(done), int64(total)) })
	if err != nil {
		return demo.ClusterReady{}, fromCompose(err)
	}
	d.Cluster = c
	return demo.ClusterReady{
		Stores: len(c.Stores()),
		Label:  fmt.Sprintf("docker · %d PD + %d TiKV", len(c.Members()), len(c.Stores())),
	}, nil
}

// needNetem are the faults for which a container's kernel needs netem, and the program
// a helper.
var needNetem = []string{chaos.Latency, chaos.Loss}

// ableOnDocker says before anything starts, and not in the fourth chapter, that
// the machine cannot do what is to be done. A booth of every fault leaves out what it
// cannot do, and told gets the line that says so.
func ableOnDocker(ctx context.Context, told io.Writer, o *options) error {
	if o.cluster != clusterDocker {
		return nil
	}
	at, err := daemon()
	if err != nil {
		return err
	}
	if err := at.Remote(); err != nil {
		return precondition("%w", err)
	}
	if !slices.Contains(needNetem, o.fault) && o.fault != everyFault {
		return nil
	}
	d, err := docker(o.docker.project)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Version(ctx); err != nil {
		return precondition("%w", err)
	}
	switch err := d.ProbeNetem(ctx); {
	case err != nil && o.fault == everyFault:
		o.leftOut = needNetem
		fmt.Fprintf(told, "tikv-demo: --fault %s leaves out %s: %s\n", everyFault, strings.Join(needNetem, " and "), oneLine(err))
	case err != nil:
		return precondition("--fault %s: %w; choose another fault, or rehearse this one with --cluster embedded", o.fault, err)
	}
	return nil
}

// Stop takes down what Start brought up.
func (d *dockerBackend) Stop(ctx context.Context) error {
	var errs []error
	if d.chaos != nil {
		errs = append(errs, d.chaos.Close())
	}
	if d.owned != nil {
		errs = append(errs, d.owned.End(ctx))
	}
	return errors.Join(append(errs, d.claim.Release(), d.docker.Close())...)
}

// Chaos breaks and repairs the containers.
func (d *dockerBackend) Chaos() (runner.Chaos, error) {
	c, err := newControlled(d.o, d.stateDir, chaos.Config{Backend: d.docker, Containers: true, Where: whereDocker(d.cfg.Project)})
	if err != nil {
		return nil, err // not a nil *controlled in the interface
	}
	d.chaos = c
	return c, nil
}

// Log gives the end of a container's log.
func (d *dockerBackend) Log(ctx context.Context, name string) ([]string, error) {
	return d.docker.Logs(ctx, name, logLines)
}

// Process looks a node's container up as docker inspect would.
func (d *dockerBackend) Process(ctx context.Context, name string) (diagnose.ProcessFact, error) {
	s, err := d.docker.Look(ctx, name)
	if err != nil {
		return diagnose.ProcessFact{}, err
	}
	f := diagnose.ProcessFact{What: s.What, Running: s.Status == "running" || s.Status == "paused", Stopped: s.Status == "paused", OOMKilled: s.OOM, Since: s.StartedAt}
	if !f.Running {
		f.Exit, f.Since = fmt.Sprintf("exit status %d", s.ExitCode), s.FinishedAt
	}
	f.CutOff = f.Running && s.Networks == 0
	return f, nil
}
