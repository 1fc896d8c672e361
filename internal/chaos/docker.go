package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
)

// The labels that Compose puts on every container it makes. Containers are
// selected by them and never by a name: a name that contains "tikv" may belong
// to anybody, PD included.
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
)

// deathPoll is how often a killed container is looked at until it is dead; the
// kill call returns once the signal is sent.
const deathPoll = 20 * time.Millisecond

// Docker is a Backend by the Docker SDK over the containers of one Compose
// project. A node's name is its Compose service. It is the only user of the
// SDK, so that a move to the SDK's successor stays small.
type Docker struct {
	api     client.APIClient
	project string
}

// NewDocker connects to the daemon that DOCKER_HOST names (or the local one),
// speaking the newest API that both sides know, for the containers of project.
func NewDocker(project string) (*Docker, error) {
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("docker: %w; check DOCKER_HOST", err)
	}
	return &Docker{api: api, project: project}, nil
}

// Close ends the connection to the daemon.
func (d *Docker) Close() error { return d.api.Close() }

// Kill sends SIGKILL and returns when the container is dead. Docker marks it as
// stopped by hand, so no restart policy brings it back.
func (d *Docker) Kill(ctx context.Context, name string) error {
	id, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	// A container that is not running any more is what was wanted: conflict.
	if err := d.api.ContainerKill(ctx, id, "SIGKILL"); err != nil && !isConflict(err) {
		return d.explain("kill", name, err)
	}
	tick := time.NewTicker(deathPoll)
	defer tick.Stop()
	for {
		c, err := d.Describe(ctx, name)
		if err != nil || !c.Running {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s was sent SIGKILL and is not dead yet: %w", name, ctx.Err())
		}
	}
}

// Start starts a dead container with its data.
func (d *Docker) Start(ctx context.Context, name string) error {
	return d.on(ctx, "start", name, func(id string) error {
		return d.api.ContainerStart(ctx, id, container.StartOptions{})
	})
}

// Pause freezes every process of the container.
func (d *Docker) Pause(ctx context.Context, name string) error {
	return d.on(ctx, "pause", name, func(id string) error { return d.api.ContainerPause(ctx, id) })
}

// Resume ends Pause.
func (d *Docker) Resume(ctx context.Context, name string) error {
	c, err := d.Describe(ctx, name)
	if err != nil || !c.Paused {
		return err
	}
	return d.on(ctx, "unpause", name, func(id string) error { return d.api.ContainerUnpause(ctx, id) })
}

// Describe says how the container is.
func (d *Docker) Describe(ctx context.Context, name string) (Condition, error) {
	id, err := d.find(ctx, name)
	if err != nil {
		return Condition{}, err
	}
	c, err := d.api.ContainerInspect(ctx, id)
	if err != nil {
		return Condition{}, d.explain("inspect", name, err)
	}
	cond := Condition{Running: c.State.Running, Paused: c.State.Paused, What: "container " + id[:min(12, len(id))]}
	if !c.State.Running {
		cond.Exit = fmt.Sprintf("exited with %d at %s", c.State.ExitCode, c.State.FinishedAt)
		if c.State.OOMKilled {
			cond.Exit = "killed for lack of memory at " + c.State.FinishedAt
		}
	}
	return cond, nil
}

// on does one thing to the container of a node.
func (d *Docker) on(ctx context.Context, verb, name string, f func(id string) error) error {
	id, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	if err := f(id); err != nil {
		return d.explain(verb, name, err)
	}
	return nil
}

// find gives the id of the one container of this project's service.
func (d *Docker) find(ctx context.Context, name string) (string, error) {
	list, err := d.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("label", labelProject+"="+d.project),
		filters.Arg("label", labelService+"="+name),
	)})
	if err != nil {
		return "", d.explain("find", name, err)
	}
	switch len(list) {
	case 0:
		return "", fmt.Errorf("no container of project %q runs the service %q; bring the cluster up first", d.project, name)
	case 1:
		return list[0].ID, nil
	}
	return "", fmt.Errorf("project %q has %d containers for the service %q; scale it to one", d.project, len(list), name)
}

// explain says what an error of the daemon means for the user.
func (d *Docker) explain(verb, name string, err error) error {
	switch {
	case client.IsErrConnectionFailed(err):
		return fmt.Errorf("docker: cannot %s %s: the daemon does not answer at %s; start Docker or set DOCKER_HOST", verb, name, d.api.DaemonHost())
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("docker: cannot %s %s: the daemon was too slow: %w", verb, name, err)
	}
	return fmt.Errorf("docker: cannot %s %s: %w", verb, name, err)
}

// isConflict says whether the daemon refused because the container is already
// in another state.
func isConflict(err error) bool {
	var c interface{ Conflict() }
	return errors.As(err, &c)
}
