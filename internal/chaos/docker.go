package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

const (
	// deathPoll is how often a container that was sent a signal is looked at
	// until it is dead.
	deathPoll = 20 * time.Millisecond
	// callLimit bounds one call about a container: a daemon that hangs must not
	// hang the talk. A daemon under load takes two seconds to start a container.
	callLimit = 20 * time.Second
	// slowAnswer is longer than a healthy daemon ever takes for an answer.
	slowAnswer = 500 * time.Millisecond
	// StopLimit bounds a graceful stop. The limit of the whole fault must be
	// longer.
	StopLimit = 60 * time.Second
)

// Docker is a Backend for the containers of one Compose project, through the Docker
// SDK. A node's name is its Compose service. The docker*.go files of this package
// are the only users of the SDK, so that a move to its successor stays small.
type Docker struct {
	api     client.APIClient
	at      string // the daemon, in words
	project string
	program string // this program's file, from which the helper's image is made

	mu      sync.Mutex
	took    time.Duration     // by its latest answer to a simple request
	home    Home              // once it was asked for
	spoiled map[string]string // by container: what was done to its network or service, which no inspection shows
}

// NewDocker makes a client of the daemon at an endpoint, speaking the newest API
// that both sides know, for the containers of project.
func NewDocker(project string, at dockerhost.Endpoint) (*Docker, error) {
	options := []client.Opt{client.WithAPIVersionNegotiation(), client.WithVersionFromEnv()}
	if at.TLS() {
		files := tlsconfig.Options{InsecureSkipVerify: at.Insecure}
		if at.CertDir != "" {
			files.CAFile, files.CertFile, files.KeyFile = filepath.Join(at.CertDir, "ca.pem"), filepath.Join(at.CertDir, "cert.pem"), filepath.Join(at.CertDir, "key.pem")
		}
		c, err := tlsconfig.Client(files)
		if err != nil {
			return nil, fmt.Errorf("docker: the certificates for %s: %w", at, err)
		}
		options = append(options, client.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: c}, CheckRedirect: client.CheckRedirect}))
	}
	api, err := client.NewClientWithOpts(append(options, client.WithHost(at.Host))...)
	if err != nil {
		return nil, fmt.Errorf("docker: %s: %w; see `docker context ls` and DOCKER_HOST", at, err)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	return &Docker{api: api, at: at.String(), project: project, program: program, spoiled: map[string]string{}}, nil
}

// Close ends the connection to the daemon.
func (d *Docker) Close() error { return d.api.Close() }

// Kill sends SIGKILL and returns when the container is dead. Docker marks it as
// stopped by hand, so no restart policy brings it back.
func (d *Docker) Kill(ctx context.Context, name string) error {
	return d.end(ctx, name, "SIGKILL", callLimit)
}

// Stop sends SIGTERM and returns when the container has ended. Unlike `docker stop`
// it never follows with SIGKILL: the fault is a graceful stop or none.
func (d *Docker) Stop(ctx context.Context, name string) error {
	return d.end(ctx, name, "SIGTERM", StopLimit)
}

func (d *Docker) end(ctx context.Context, name, signal string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	id, err := d.find(ctx, name)
	if err != nil {
		return notDone{err}
	}
	// A conflict means that it no longer runs, which is what was wanted.
	if err := d.api.ContainerKill(ctx, id, signal); err != nil && !cerrdefs.IsConflict(err) {
		return d.explain("send "+signal+" to", name, err)
	}
	tick := time.NewTicker(deathPoll)
	defer tick.Stop()
	for {
		c, err := d.api.ContainerInspect(ctx, id)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("%s was sent %s and has not ended yet: %w", name, signal, ctx.Err())
		case err != nil:
			return sent{d.explain("inspect", name, err)}
		case !c.State.Running:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// Start starts a dead container with its data.
func (d *Docker) Start(ctx context.Context, name string) error {
	return d.on(ctx, "start", name, func(ctx context.Context, id string) error {
		return d.api.ContainerStart(ctx, id, container.StartOptions{})
	})
}

// Pause freezes every process of the container, by the freezer cgroup.
func (d *Docker) Pause(ctx context.Context, name string) error {
	return d.on(ctx, "freeze", name, func(ctx context.Context, id string) error {
		err := d.api.ContainerPause(ctx, id)
		if cerrdefs.IsConflict(err) { // not running, or already frozen, which is what was wanted
			if c, look := d.api.ContainerInspect(ctx, id); look == nil && c.State.Paused {
				return nil
			}
		}
		return err
	})
}

// Resume ends Pause.
func (d *Docker) Resume(ctx context.Context, name string) error {
	c, err := d.Describe(ctx, name)
	if err != nil || !c.Paused {
		return err
	}
	return d.on(ctx, "unpause", name, d.api.ContainerUnpause)
}

// Describe says how the container is.
func (d *Docker) Describe(ctx context.Context, name string) (Condition, error) {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return Condition{}, err
	}
	cond := Condition{Running: c.State.Running, Paused: c.State.Paused, What: "container " + c.ID[:min(12, len(c.ID))], Life: c.ID + c.State.StartedAt}
	switch {
	case !c.State.Running && c.State.OOMKilled:
		cond.Exit = "killed for lack of memory at " + c.State.FinishedAt
	case !c.State.Running:
		cond.Exit = fmt.Sprintf("exited with %d at %s", c.State.ExitCode, c.State.FinishedAt)
	case len(c.NetworkSettings.Networks) == 0:
		cond.Spoiled = "cut off the network"
	default:
		d.mu.Lock()
		defer d.mu.Unlock()
		cond.Spoiled = d.spoiled[c.ID+c.State.StartedAt]
	}
	return cond, nil
}

// note remembers what was done to a container while it runs; "" means that it was
// undone.
func (d *Docker) note(c container.InspectResponse, what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.spoiled, c.ID+c.State.StartedAt)
	if what != "" {
		d.spoiled[c.ID+c.State.StartedAt] = what
	}
}

// inspect returns all that the daemon knows about a node's container.
func (d *Docker) inspect(ctx context.Context, name string) (c container.InspectResponse, err error) {
	err = d.on(ctx, "inspect", name, func(ctx context.Context, id string) (err error) {
		c, err = d.api.ContainerInspect(ctx, id)
		return err
	})
	return c, err
}

// on runs one call on the container of a node.
func (d *Docker) on(ctx context.Context, verb, name string, do func(ctx context.Context, id string) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	id, err := d.find(ctx, name)
	if err != nil {
		return notDone{err}
	}
	if err := do(ctx, id); err != nil {
		return d.explain(verb, name, err)
	}
	return nil
}

// find gives the id of the one container of this project's service.
func (d *Docker) find(ctx context.Context, name string) (string, error) {
	defer d.timed(time.Now())
	list, err := d.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("label", dockerhost.LabelProject+"="+d.project),
		filters.Arg("label", dockerhost.LabelService+"="+name),
	)})
	if err != nil {
		return "", d.explain("find", name, err)
	}
	switch len(list) {
	case 0:
		return "", gone{fmt.Errorf("the project %s has no container for %s any more; `tikv-demo cluster up --cluster docker` makes it again", d.project, name)}
	case 1:
		return list[0].ID, nil
	}
	return "", fmt.Errorf("project %q has %d containers for the service %q; scale it to one", d.project, len(list), name)
}

// timed remembers how long a request took, for messages about a slow daemon.
func (d *Docker) timed(from time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took = time.Since(from)
}

// slow says how slow the daemon is.
func (d *Docker) slow() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.took < slowAnswer {
		return ""
	}
	return fmt.Sprintf(" (its latest answer took %.1f s)", d.took.Seconds())
}

// gone is ErrGone with its own text.
type gone struct{ error }

func (gone) Is(target error) bool { return target == ErrGone }

func (g gone) Unwrap() error { return g.error }

// sent is an error after a signal was sent: whatever the daemon answers later, it
// does not mean that nothing was done.
type sent struct{ error }

// explain says what an error of the daemon means for the user.
func (d *Docker) explain(verb, name string, err error) error {
	if refused(err) {
		return notDone{d.words(verb, name, err)}
	}
	return d.words(verb, name, err)
}

func (d *Docker) words(verb, name string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("docker: cannot %s %s: the daemon at %s may not be used by you; join the group docker, or set DOCKER_HOST", verb, name, d.at)
	case client.IsErrConnectionFailed(err):
		return fmt.Errorf("docker: cannot %s %s: the daemon does not answer at %s; start Docker or set DOCKER_HOST", verb, name, d.at)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("docker: cannot %s %s: the daemon at %s is too slow%s; look whether it is well, or restart it", verb, name, d.at, d.slow())
	}
	return fmt.Errorf("docker: cannot %s %s: %w", verb, name, err)
}

// refused says whether the daemon certainly did nothing: it said so itself, or it
// was never reached.
func refused(err error) bool {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false
	case cerrdefs.IsInternal(err): // it may have given up half way
		return !strings.Contains(err.Error(), "deadline") && !strings.Contains(err.Error(), "timeout")
	case client.IsErrConnectionFailed(err):
		return errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), "Cannot connect to the Docker daemon")
	}
	return errors.Is(err, os.ErrPermission) || cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) || cerrdefs.IsInvalidArgument(err) ||
		cerrdefs.IsPermissionDenied(err) || cerrdefs.IsUnauthorized(err) || cerrdefs.IsNotImplemented(err) || cerrdefs.IsUnavailable(err)
}
