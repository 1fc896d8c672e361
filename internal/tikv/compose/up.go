package compose

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// slowAnswer is longer than a healthy daemon takes to list what runs: two calls of
// the command line, 50 ms each.
const slowAnswer = time.Second

// The steps of Up, for its progress.
const (
	stepImages = 1 + iota
	stepStarted
	stepHealthy
	stepBootstrapped
	stepSplit
	stepScattered
	stepBalanced
	steps = stepBalanced
)

// Up brings the cluster up and returns when it is ready for a talk: PD is healthy,
// every store is Up and serving, the regions are split at the given borders, and
// every store leads some. Services that already run are used as they are. progress
// gets the current step and the number of finished ones; its calls do not overlap.
func Up(ctx context.Context, cfg Config, progress func(text string, done, total int)) (*Cluster, error) {
	tell := func(done int, format string, a ...any) { progress(fmt.Sprintf(format, a...), done, steps) }
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, tool: t}
	if err := c.start(ctx, tell); err != nil {
		return nil, err
	}
	if err := c.ready(ctx, tell); err != nil {
		return nil, err
	}
	return c, nil
}

// start starts every container.
func (c *Cluster) start(ctx context.Context, tell func(int, string, ...any)) error {
	asked := time.Now()
	now, err := c.tool.services(ctx)
	if err != nil {
		return err
	}
	if took := time.Since(asked); took > slowAnswer {
		tell(0, "the Docker daemon is slow: %.1f s to say what runs; this takes a while", took.Seconds())
	}
	for _, s := range now {
		if s.State == "paused" {
			return precondition("%s is frozen; run `tikv-demo heal` if a talk left it so, or `docker unpause`", s.Name)
		}
	}
	all, err := c.tool.wanted(ctx)
	if err != nil {
		return err
	}
	if err := checkPorts(all, now, c.cfg.File == ""); err != nil {
		return err
	}
	if err := c.tool.pull(ctx, all, func(text string) { tell(stepImages-1, "%s", text) }); err != nil {
		return err
	}
	tell(stepImages, "images are here")
	c.found = allRun(all, now)
	if _, err := c.tool.composed(ctx, upLimit, "up", "-d", "--no-recreate"); err != nil {
		return err
	}
	if c.services, err = c.tool.services(ctx); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	tell(stepStarted, "%d containers run: %s", len(c.services), strings.Join(names(c.services), ", "))
	return nil
}

func allRun(all []wanted, now []Service) bool {
	return !slices.ContainsFunc(all, func(w wanted) bool {
		return !slices.ContainsFunc(now, func(s Service) bool { return s.Name == w.name && s.Running() })
	})
}
