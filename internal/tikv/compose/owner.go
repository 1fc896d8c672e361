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

// ownedSuffix ends the name of the file of a cluster that a talk brought up.
// The talk holds a lock on it for as long as it lives, so the kernel itself says
// which clusters nobody will take down any more.
const ownedSuffix = ".owned"

// Owned is the duty to take a cluster down. The zero value is none.
type Owned struct {
	cfg  Config
	file *os.File
}

// Own takes over the end of a cluster that is not up yet, or of one that a talk
// left which was killed. A cluster that somebody else brought up is not owned,
// and stays up.
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
	b, err := json.Marshal(map[string]string{"file": cfg.File})
	if err == nil {
		_, err = f.WriteAt(b, 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Owned{cfg, f}, nil
}

// End takes the cluster down with its data, if it is owned.
func (o *Owned) End(ctx context.Context) error {
	if o.file == nil {
		return nil
	}
	if err := Down(ctx, o.cfg, true); err != nil {
		return errors.Join(fmt.Errorf("the cluster may still be up: %w; `tikv-demo cluster down --volumes` takes it down", err), o.file.Close())
	}
	return errors.Join(os.Remove(o.file.Name()), o.file.Close())
}

// Disown lets a cluster stay up that a killed talk brought up.
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

// Abandoned gives the clusters that talks brought up which were killed.
func Abandoned(stateDir string) ([]Config, error) {
	entries, err := os.ReadDir(filepath.Join(stateDir, "compose"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var out []Config
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
			var has struct{ File string }
			_ = json.NewDecoder(f).Decode(&has) // nothing: the program's own file
			cfg.File = has.File
			out = append(out, cfg)
		}
		_ = f.Close()
	}
	return out, err
}
