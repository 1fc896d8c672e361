package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// maxPath is the longest path of a Unix socket on macOS, the shorter of the two
// systems; Linux takes 108 bytes.
const maxPath = 104

// ErrNoTalk means that no talk runs here.
var ErrNoTalk = errors.New("no talk is running here; start one with `tikv-demo run`")

// Dir gives the directory of the sockets: in the user's runtime directory, or
// where the system has none, in the directory for temporary files. It is made,
// and belongs to this user alone.
func Dir() (string, error) {
	base := os.Getenv("XDG_RUNTIME_DIR")
	name := "tikv-demo"
	if base == "" {
		base, name = os.TempDir(), fmt.Sprintf("tikv-demo-%d", os.Getuid())
	}
	dir := filepath.Join(base, name)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("a directory for the console's socket: %w", err)
	}
	// Anybody may make a directory under /tmp before we do.
	st, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("a directory for the console's socket: %w", err)
	}
	owner, known := st.Sys().(*syscall.Stat_t)
	if !st.IsDir() || known && int(owner.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not a directory of yours; set XDG_RUNTIME_DIR to one", dir)
	}
	if st.Mode().Perm() != 0o700 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return "", fmt.Errorf("a directory for the console's socket: %w", err)
		}
	}
	return dir, nil
}

// place gives the path of a run's socket.
func place(dir, run string) (string, error) {
	path := filepath.Join(dir, run+".sock")
	if len(path) >= maxPath {
		return "", fmt.Errorf("the path of the console's socket has %d bytes, and a socket's has at most %d: %s; set XDG_RUNTIME_DIR to a shorter directory", len(path), maxPath-1, path)
	}
	return path, nil
}

// Live lists the sockets in dir behind which a talk answers, the newest first.
// Those of talks that were killed are removed.
func Live(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for a talk: %w", err)
	}
	type found struct {
		path string
		at   time.Time
	}
	var all []found
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".sock") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil || removeDead(path) {
			continue
		}
		all = append(all, found{path, info.ModTime()})
	}
	slices.SortFunc(all, func(a, b found) int { return b.at.Compare(a.at) })
	var paths []string
	for _, f := range all {
		paths = append(paths, f.path)
	}
	return paths, nil
}

// removeDead removes a socket that nobody listens at, and says whether it was one.
func removeDead(path string) bool {
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close()
		return false
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.Remove(path)
		return true
	}
	return errors.Is(err, fs.ErrNotExist)
}
