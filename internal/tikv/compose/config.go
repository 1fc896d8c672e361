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

// DefaultProject is what Compose calls the cluster when nobody says otherwise.
const DefaultProject = "tikv-demo"

// Config says which cluster.
type Config struct {
	Project   string   // of Compose; DefaultProject when empty
	File      string   // a Compose file of the user's; empty: the one in this program
	StateDir  string   // where the program's own file is written
	Profile   string   // stage or real; what the program's own file has settings for
	Env       []string // more variables for the file, KEY=value
	SplitKeys [][]byte // borders between the regions, sorted

	At     dockerhost.Endpoint // the daemon; the command line's own when zero
	Daemon string              // its ID, where it is known
}

// ErrPrecondition is in every error that must be put right outside the program:
// no Docker, a port that is taken, an image that cannot be had.
var ErrPrecondition = errors.New("a precondition is not met")

// unmet is such an error. It does not say the sentinel's words.
type unmet struct{ error }

func (unmet) Is(target error) bool { return target == ErrPrecondition }

func (u unmet) Unwrap() error { return u.error }

func precondition(format string, a ...any) error { return unmet{fmt.Errorf(format, a...)} }

var projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// CheckProject says why Compose would not take a project's name.
func CheckProject(name string) error {
	if !projectName.MatchString(name) {
		return fmt.Errorf("%q is not a project's name for Compose; use small letters, digits, - and _", name)
	}
	return nil
}

// settle fills in what was left out, and gives the path of the Compose file.
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

// environ is what Compose and Docker's command line are run with: this program's
// environment, for they have settings and helpers of their own there, without
// what is for the model's API alone.
func (c *Config) environ() []string {
	env := slices.DeleteFunc(c.At.Environ(os.Environ()), func(v string) bool { return strings.HasPrefix(v, "ANTHROPIC_") })
	if c.Profile != "" {
		env = append(env, "TIKV_DEMO_PROFILE="+c.Profile)
	}
	return slices.Concat(env, c.Env)
}

// writeFiles writes what the program carries to dir, and gives the path of the
// Compose file. Containers that run have the folder of settings mounted, so a
// file that is as it should be is left alone.
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

// replaceFile puts b into a file at once: two programs may do it together.
func replaceFile(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	// Whoever the container's process is, it must be able to read it.
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
