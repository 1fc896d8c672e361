package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// newHeal puts right what a run that was killed left behind.
func newHeal(std IO) *cobra.Command {
	o, project := &options{}, compose.DefaultProject
	c := &cobra.Command{
		Use: "heal", Short: "Repair and remove what a talk that was killed left behind", Args: noArgs,
		Example: "  tikv-demo heal\n  tikv-demo heal --project my-talk",
		Long:    "Repair what a talk that was killed left broken: containers are started, unpaused and reconnected, gRPC is resumed, helpers are removed, clusters that the talk brought up are taken down. Healing twice changes nothing; talks that run are left alone.",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := stateDir()
			if err != nil {
				return err
			}
			n, err := healAll(c.Context(), dir, func(text string) { fmt.Fprintln(std.Out, text) })
			n += removeStrays(c.Context(), dir, project)
			fmt.Fprintf(std.Out, "%d leftovers repaired or removed\n", n)
			if unusable(err, dir) {
				return explained(err, dir)
			}
			return notHealed(c.Context(), err)
		},
	}
	in(c.Flags(), groupCluster, func(f *pflag.FlagSet) {
		f.StringVar(&project, "project", project, "`NAME` of the Compose project of which helpers are removed that no ledger names")
	})
	o.bindSettings(c.Flags())
	return c
}

// strayLimit bounds the look for helpers that no ledger names.
const strayLimit = 5 * time.Second

// removeStrays removes the helper of a probe that was killed: a probe breaks
// nothing, so no ledger names it. Where no daemon answers there is none to
// remove, and nothing else needs one. A run that is alive keeps its helper.
func removeStrays(ctx context.Context, dir, project string) int {
	d, err := docker(project)
	if err != nil {
		return 0
	}
	defer d.Close()
	if who, err := compose.HeldBy(compose.Config{Project: project, StateDir: dir}); err != nil || who != "" {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, strayLimit)
	defer cancel()
	n, _ := d.RemoveHelpers(ctx)
	d.RemoveHelperImages(ctx)
	return n
}

// healAll repairs whatever dead runs left, and tells each thing that it did.
func healAll(ctx context.Context, dir string, tell func(string)) (n int, err error) {
	swept, err := embedded.Sweep(dir)
	errs := []error{err}
	n += swept
	open, err := chaos.LeftOpen(faultsDir(dir))
	errs = append(errs, err)
	for _, project := range projectsOf(open) {
		healed, err := healDocker(ctx, dir, project, tell)
		n += healed
		errs = append(errs, err, elsewhere(ctx, dir, project))
	}
	errs = append(errs, healEmbedded(ctx, dir))
	abandoned, err := compose.Abandoned(dir)
	errs = append(errs, err)
	for _, left := range abandoned {
		if err := takeDown(ctx, left); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", left.Project, err))
			continue
		}
		n++
		tell("took down " + left.Project + ", which a talk had brought up")
	}
	return n, errors.Join(errs...)
}

// takeDown removes a cluster that a killed talk had brought up, from the daemon on
// which it did so.
func takeDown(ctx context.Context, left compose.Leftover) error {
	here, err := theDaemon(ctx, left.Project)
	if err != nil {
		return err
	}
	if left.Daemon != "" && left.Daemon != here.ID {
		return fmt.Errorf("a talk brought it up on another Docker daemon, %s (ID %s); here answers %s (ID %s). Point DOCKER_HOST or the Docker context at the first and heal again",
			left.Reached, left.Daemon, here.At, here.ID)
	}
	return errors.Join(compose.Down(ctx, left.Config, true), compose.Disown(left.Config))
}

// projectsOf gives the Compose projects in which faults are open.
func projectsOf(open []chaos.OpenFault) []string {
	var projects []string
	for _, o := range open {
		if project, ok := strings.CutPrefix(o.Where, clusterDocker+"/"); ok {
			projects = append(projects, project)
		}
	}
	slices.Sort(projects)
	return slices.Compact(projects)
}

// elsewhere says which faults in a project could not be repaired because they were
// done on another daemon than the one that answers here.
func elsewhere(ctx context.Context, dir, project string) error {
	open, err := chaos.LeftOpen(faultsDir(dir))
	errs := []error{err}
	here, err := theDaemon(ctx, project)
	if err != nil {
		return errors.Join(errs...) // healDocker has said so
	}
	for _, o := range open {
		if o.Where == whereDocker(project) && o.Home.ID != "" && o.Home.ID != here.ID {
			errs = append(errs, fmt.Errorf("%s of %s in %s is still open on another Docker daemon, %s (ID %s); here answers %s (ID %s). Point DOCKER_HOST or the Docker context at the first and heal again",
				o.Plan.Fault, strings.Join(o.Plan.Targets(), " and "), project, o.Home.At, o.Home.ID, here.At, here.ID))
		}
	}
	return errors.Join(errs...)
}

// healDocker repairs what is open in a Compose project.
func healDocker(ctx context.Context, dir, project string, tell func(string)) (int, error) {
	d, err := docker(project)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	plans, err := healAt(ctx, dir, chaos.Config{Backend: d, Where: whereDocker(project)})
	for _, p := range plans {
		tell(fmt.Sprintf("%s after %s in %s", p.Undo, p.Fault, project))
	}
	helpers, err2 := d.RemoveHelpers(ctx)
	return len(plans) + helpers, errors.Join(err, err2)
}

// healEmbedded closes what is open on clusters that died with their runs.
func healEmbedded(ctx context.Context, dir string) error {
	_, err := healAt(ctx, dir, chaos.Config{Where: clusterEmbedded, DiesWithOwner: true})
	return err
}

func healAt(ctx context.Context, dir string, cfg chaos.Config) ([]demo.Plan, error) {
	ledger, err := chaos.OpenLedger(faultsDir(dir), "heal")
	if err != nil {
		return nil, err
	}
	cfg.Ledger = ledger
	c := chaos.New(cfg)
	plans, err := c.Heal(ctx)
	return plans, errors.Join(err, c.Close())
}

// openHere gives the faults that dead runs left open in a project of the daemon
// that answers here.
func openHere(ctx context.Context, dir, project string) ([]demo.Plan, error) {
	open, err := chaos.LeftOpen(faultsDir(dir))
	if err != nil || !slices.Contains(projectsOf(open), project) {
		return nil, err
	}
	d, err := docker(project)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	here, err := d.Home(ctx)
	if err != nil {
		return nil, precondition("%w", err)
	}
	var plans []demo.Plan
	for _, o := range open {
		if o.Where == whereDocker(project) && (o.Home.ID == "" || o.Home.ID == here.ID) {
			plans = append(plans, o.Plan)
		}
	}
	return plans, nil
}

// offerToHeal asks, before a talk on containers that a former one left broken,
// whether they should be repaired first. Where nobody can be asked it is done.
func offerToHeal(ctx context.Context, std IO, o *options, dir string) error {
	if o.cluster != clusterDocker {
		return nil
	}
	plans, err := openHere(ctx, dir, o.docker.project)
	if err != nil || len(plans) == 0 {
		return err
	}
	for _, p := range plans {
		fmt.Fprintf(std.Err, "a talk that was killed left %s broken (%s)\n", strings.Join(p.Targets(), " and "), p.Fault)
	}
	if std.Terminal && !o.auto {
		if yes, err := agreed(ctx, std, "repair it now? [Y/n] ", true); err != nil || !yes {
			return err
		}
	}
	_, err = healDocker(ctx, dir, o.docker.project, func(text string) { fmt.Fprintln(std.Err, text) })
	return notHealed(ctx, err)
}

// notHealed says what became of a repair that failed, or was interrupted.
func notHealed(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.New("interrupted: what was not repaired is still broken; `tikv-demo heal` goes on with it")
	}
	return precondition("not all could be repaired: %w", err)
}
