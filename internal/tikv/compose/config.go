package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/docker"
	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

// DefaultProject is the default name of the cluster in Compose.
const DefaultProject = "tikv-demo"

// Config names a cluster.
type Config struct {
	Project   string   // of Compose; DefaultProject when empty
	File      string   // the user's own Compose file; empty: the embedded one
	StateDir  string   // where the program's own file is written
	Profile   string   // stage or real, for the embedded file
	Env       []string // more variables for the file, KEY=value
	SplitKeys [][]byte // borders between the regions, sorted

	At     dockerhost.Endpoint // the daemon; the command line's own when zero
	Daemon string              // its ID, where it is known
}

// ErrPrecondition marks every error that must be fixed outside the program: no
// Docker, a port in use, an image that cannot be pulled.
var ErrPrecondition = errors.New("a precondition is not met")

// unmet is such an error, without the sentinel's text.
type unmet struct{ error }

func (unmet) Is(target error) bool { return target == ErrPrecondition }

func (u unmet) Unwrap() error { return u.error }

func precondition(format string, a ...any) error { return unmet{fmt.Errorf(format, a...)} }

var projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// CheckProject says why Compose would reject a project's name.
func CheckProject(name string) error {
	if !projectName.MatchString(name) {
		return fmt.Errorf("%q is not a project's name for Compose; use small letters, digits, - and _", name)
	}
	return nil
}

// settle fills in the defaults, and returns the path of the Compose file.
func (c *Config) settle() (file string, err error) {
	if c.Project == "" {
		c.Project = DefaultProject
	}
	if err := CheckProject(c.Project); err != nil {
		return "", precondition("%w", err)
	}
	if c.At == (dockerhost.Endpoint{}) {
		at, err := dockerhost.Find(os.Getenv)
		if err != nil {
			return "", unmet{err}
		}
		c.At = at
	}
	if c.File == "" {
		return writeFiles(filepath.Join(c.StateDir, "compose"))
	}
	if _, err := os.Stat(c.File); err != nil {
		return "", precondition("the Compose file cannot be read: %w", err)
	}
	return filepath.Abs(c.File)
}

// environ is the environment of Docker's and Compose's command lines: this
// program's, because their settings and helpers are there, without the keys of the
// model's API.
func (c *Config) environ() []string {
	env := slices.DeleteFunc(c.At.Environ(os.Environ()), func(v string) bool { return strings.HasPrefix(v, "ANTHROPIC_") })
	if c.Profile != "" {
		env = append(env, "TIKV_DEMO_PROFILE="+c.Profile)
	}
	return slices.Concat(env, c.Env)
}

// writeFiles writes the embedded files to dir, and returns the path of the Compose
// file. Running containers have the settings folder mounted, so a file that is
// already right is left alone.
func writeFiles(dir string) (string, error) {
	err := fs.WalkDir(docker.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, path)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		b, err := docker.Files.ReadFile(path)
		if err != nil {
			return err
		}
		return replaceFile(to, b)
	})
	if err != nil {
		return "", fmt.Errorf("the Compose file cannot be written: %w", err)
	}
	return filepath.Join(dir, "compose.yaml"), nil
}

// replaceFile replaces a file atomically: two programs may do it at the same time.
func replaceFile(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	// The container's process must be able to read it, whatever its user.
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
