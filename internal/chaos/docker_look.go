package chaos

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

// logLimit bounds what is read of a container's log.
const logLimit = 1 << 20

// Logs gives the last lines of a node's log.
func (d *Docker) Logs(ctx context.Context, name string, lines int) (said []string, err error) {
	err = d.on(ctx, "read the log of", name, func(ctx context.Context, id string) (err error) {
		said, err = d.lastWords(ctx, id, lines)
		return err
	})
	return said, err
}

// State is a container's state as `docker inspect` shows it, without the
// environment, which may hold secrets.
type State struct {
	What       string // "container 0123456789ab"
	Status     string // running, paused, exited …
	ExitCode   int
	OOM        bool // the kernel killed it for lack of memory
	Networks   int  // that it is on
	StartedAt  time.Time
	FinishedAt time.Time // of the last end, zero for none
	Error      string
}

// Look gives the state of a node's container.
func (d *Docker) Look(ctx context.Context, name string) (State, error) {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return State{}, err
	}
	s := State{
		What: "container " + c.ID[:min(12, len(c.ID))], Status: c.State.Status, ExitCode: c.State.ExitCode,
		OOM: c.State.OOMKilled, Networks: len(c.NetworkSettings.Networks), Error: c.State.Error,
	}
	s.StartedAt, _ = time.Parse(time.RFC3339Nano, c.State.StartedAt) // zero when the daemon says something else
	s.FinishedAt, _ = time.Parse(time.RFC3339Nano, c.State.FinishedAt)
	return s, nil
}

// Version is what the daemon is.
type Version struct {
	Engine, API string
	OS, Arch    string
	Memory      int64 // bytes
	CPUs        int
	At          string        // where it is, and who said so
	Took        time.Duration // over one question
}

// Version asks the daemon what it is.
func (d *Docker) Version(ctx context.Context) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	v, err := d.api.ServerVersion(ctx)
	if err != nil {
		return Version{}, d.explain("ask", "for its version", err)
	}
	from := time.Now()
	i, err := d.api.Info(ctx)
	took := time.Since(from)
	if err != nil {
		return Version{}, d.explain("ask", "what it runs on", err)
	}
	return Version{Engine: v.Version, API: d.api.ClientVersion(), OS: v.Os, Arch: v.Arch, Memory: i.MemTotal, CPUs: i.NCPU, At: d.at, Took: took}, nil
}

// Home gives the daemon's own ID, which outlives its restarts.
func (d *Docker) Home(ctx context.Context) (Home, error) {
	d.mu.Lock()
	known := d.home
	d.mu.Unlock()
	if known.ID != "" {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	defer d.timed(time.Now())
	i, err := d.api.Info(ctx)
	if err != nil {
		return Home{}, d.explain("ask", "the daemon for its ID", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.home = Home{ID: i.ID, At: d.at}
	return d.home, nil
}

// Vanished says whether the daemon has no container of the project any more.
func (d *Docker) Vanished(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, err := d.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", dockerhost.LabelProject+"="+d.project))})
	if err != nil {
		return false, d.explain("find", "the containers of "+d.project, err)
	}
	return len(list) == 0, nil
}

// Leftovers counts the helpers that a run which was killed left with the daemon.
func (d *Docker) Leftovers(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, err := d.helpers(ctx)
	return len(list), err
}
