package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// dockerChecks are what a talk on containers needs.
func dockerChecks(o *options, dir string) ([]doctor.Check, func()) {
	none := func() {}
	refused := func(err error) []doctor.Check {
		return []doctor.Check{doctor.Docker(func(context.Context) (doctor.Daemon, error) { return doctor.Daemon{}, err })}
	}
	cfg, err := o.docker.config(o)
	if err != nil {
		return refused(err), none
	}
	if err := cfg.At.Remote(); err != nil {
		return refused(err), none
	}
	d, err := docker(cfg.Project)
	if err != nil {
		return refused(err), none
	}
	look := once(func(ctx context.Context) (compose.Preflight, error) { return compose.Look(ctx, cfg) })
	daemon := doctor.Docker(func(ctx context.Context) (doctor.Daemon, error) {
		v, err := d.Version(ctx)
		return doctor.Daemon(v), err
	})
	return doctor.Behind(daemon,
		doctor.Images(func(ctx context.Context) (all []doctor.Image, err error) {
			p, err := look(ctx)
			for _, i := range p.Images {
				all = append(all, doctor.Image(i))
			}
			return all, err
		}),
		doctor.Ports(func(ctx context.Context) error {
			p, err := look(ctx)
			return errors.Join(err, p.Ports)
		}),
		doctor.Netem(d.ProbeNetem),
		doctor.Cluster(func(ctx context.Context) (doctor.Health, error) { return healthOfDocker(ctx, cfg) },
			doctor.Finding{Status: doctor.OK, Text: "not up; the talk brings them up, or `tikv-demo cluster up --cluster docker --detach` before it"}),
		doctor.Leftovers(func(ctx context.Context) (int, error) { return leftovers(ctx, dir, d) }),
	), func() { _ = d.Close() } // nothing was written
}

// once asks a question for all who want its answer.
func once[T any](ask func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	var asked sync.Once
	var is T
	var err error
	return func(ctx context.Context) (T, error) {
		asked.Do(func() { is, err = ask(ctx) })
		return is, err
	}
}

// leftovers counts what heal would repair or remove; d is nil where Docker is not asked.
func leftovers(ctx context.Context, dir string, d *chaos.Docker) (int, error) {
	n, err := embedded.Leftovers(dir)
	open, err2 := chaos.LeftOpen(faultsDir(dir))
	for _, o := range open {
		if o.Where != clusterEmbedded { // those ended with their run
			n++
		}
	}
	abandoned, err3 := compose.Abandoned(dir)
	errs := []error{err, err2, err3}
	if d != nil {
		helpers, err := d.Leftovers(ctx)
		n += helpers
		errs = append(errs, err)
	}
	return n + len(abandoned), errors.Join(errs...)
}

func healthOfDocker(ctx context.Context, cfg compose.Config) (doctor.Health, error) {
	services, err := compose.Status(ctx, cfg)
	if err != nil {
		return doctor.Health{}, err
	}
	if len(services) == 0 {
		return doctor.Health{}, doctor.ErrNotUp
	}
	for _, s := range services {
		if !s.Running() { // PD calls a store Up for 20 s after its death
			return doctor.Health{}, fmt.Errorf("%s is %s; `tikv-demo heal` repairs what a talk left, `tikv-demo cluster up --cluster docker` starts it", s.Name, strings.TrimSpace(s.State+" "+s.Says))
		}
	}
	c, err := compose.Attach(ctx, cfg)
	if err != nil {
		return doctor.Health{}, err
	}
	return healthOf(ctx, c.PD())
}

// healthOf asks PD.
func healthOf(ctx context.Context, pd []string) (doctor.Health, error) {
	s := tikv.NewHealthPoller(tikv.PollerConfig{PD: pd}).Poll(ctx)
	if s.Error != "" {
		return doctor.Health{}, errors.New(s.Error)
	}
	var h doctor.Health
	for _, n := range s.Nodes {
		up := n.Health == demo.HealthUp
		switch n.Role {
		case demo.RoleControl:
			h.Members++
			if up {
				h.HealthyMembers++
			}
			if n.Leader {
				h.Leader = n.Name
			}
		case demo.RoleData:
			h.Stores++
			if up {
				h.UpStores++
			}
			if n.Leaders > 0 {
				h.LeadingStores++
			}
		}
	}
	return h, nil
}
