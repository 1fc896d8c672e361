package compose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ownedSuffix ends the name of the file of a cluster that a talk brought up. The
// talk holds a lock on it while it lives, so the kernel tells which clusters have
// lost their talk.
const ownedSuffix = ".owned"

// Owned is the duty to take a cluster down. The zero value is no duty.
type Owned struct {
	cfg  Config
	file *os.File
}

// owned is what is in the file.
type owned struct {
	File   string // Compose file
	Daemon string // ID of the daemon that it was brought up on
	At     string // and where that was reached
}

// Own makes this run responsible for taking down a cluster that is not up yet, or
// that a killed talk left. A cluster that somebody else brought up is not owned and
// stays up.
func Own(ctx context.Context, cfg Config) (*Owned, error) {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	services, err := t.services(ctx)
	if err != nil {
		return nil, err
	}
	path := ownedPath(cfg)
	if _, err := os.Stat(path); err != nil && len(services) > 0 {
		return &Owned{}, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, precondition("another talk runs on the project %s; wait for its end, or choose another --project and other ports", cfg.Project)
	}
	b, err := json.Marshal(owned{cfg.File, cfg.Daemon, cfg.At.String()})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(b, 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Owned{cfg, f}, nil
}

// Again is Own for the next attempt of a talk to bring the cluster up. A duty that
// stands is kept: the kernel would refuse a second lock to the talk itself, and what
// the attempt before left behind would stay up. Otherwise the cluster is looked at
// anew: somebody may have brought it up or taken it down meanwhile.
func (o *Owned) Again(ctx context.Context, cfg Config) (*Owned, error) {
	if o.stands() {
		return o, nil
	}
	now, err := Own(ctx, cfg)
	if err != nil {
		return o, err
	}
	if o != nil && o.file != nil {
		_ = o.file.Close() // of a file that is gone
	}
	return now, nil
}

// stands says whether there is a duty that nobody took over with `cluster up` or
// `cluster down`.
func (o *Owned) stands() bool {
	return o != nil && o.file != nil && samePath(o.file, o.file.Name())
}

// End takes the cluster down with its data, if it is owned.
func (o *Owned) End(ctx context.Context) error {
	if o.file == nil {
		return nil
	}
	if !o.stands() {
		return o.file.Close()
	}
	if err := Down(ctx, o.cfg, true); err != nil {
		return errors.Join(fmt.Errorf("the cluster may still be up: %w; `tikv-demo cluster down --cluster docker --volumes` takes it down", err), o.file.Close())
	}
	return errors.Join(os.Remove(o.file.Name()), o.file.Close())
}

// Disown keeps a cluster up that a killed talk had brought up.
func Disown(cfg Config) error {
	if _, err := cfg.settle(); err != nil {
		return err
	}
	if err := os.Remove(ownedPath(cfg)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func ownedPath(cfg Config) string {
	return filepath.Join(cfg.StateDir, "compose", cfg.Project+ownedSuffix)
}

// Leftover is a cluster that a killed talk had brought up.
type Leftover struct {
	Config
	Reached string // where its daemon was reached
}

// Abandoned returns the clusters that killed talks had brought up.
func Abandoned(stateDir string) ([]Leftover, error) {
	entries, err := os.ReadDir(filepath.Join(stateDir, "compose"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var out []Leftover
	for _, e := range entries {
		project, ok := strings.CutSuffix(e.Name(), ownedSuffix)
		if !ok {
			continue
		}
		cfg := Config{Project: project, StateDir: stateDir}
		f, err := os.OpenFile(ownedPath(cfg), os.O_RDWR, 0)
		if err != nil {
			continue // its talk ended just now
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			var has owned
			_ = json.NewDecoder(f).Decode(&has) // nothing: the program's own file
			cfg.File, cfg.Daemon = has.File, has.Daemon
			out = append(out, Leftover{cfg, has.At})
		}
		_ = f.Close()
	}
	return out, err
}
