package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// without gives the environment of the tests without some variables, and with others.
func without(names []string, more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		keep := true
		for _, n := range names {
			keep = keep && n != name
		}
		if keep {
			env = append(env, v)
		}
	}
	return append(env, more...)
}

// Where nothing can be written, nothing is begun, and it is said what to set.
func TestAStateDirectoryThatCannotBeUsedIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	said := func(t *testing.T, cmd *exec.Cmd, says ...string) {
		t.Helper()
		var errs strings.Builder
		cmd.Stderr = &errs
		require.Error(t, cmd.Run())
		require.Equal(t, exitPrecondition, cmd.ProcessState.ExitCode(), errs.String())
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		require.Len(t, lines, 1, errs.String())
		for _, s := range append(says, "TIKV_DEMO_STATE_DIR") {
			require.Contains(t, lines[0], s)
		}
	}
	for _, command := range [][]string{{"run", "--auto", "--front", "json"}, {"heal"}, {"cluster", "up"}} {
		t.Run(strings.Join(command[:1], " "), func(t *testing.T) {
			t.Run("there is none", func(t *testing.T) {
				cmd := exec.Command(program, command...)
				cmd.Env = without([]string{"HOME", "XDG_STATE_HOME", "TIKV_DEMO_STATE_DIR"})
				said(t, cmd, "HOME")
			})
			t.Run("a file", func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "state")
				require.NoError(t, os.WriteFile(file, nil, 0o600))
				cmd := exec.Command(program, command...)
				cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+file)
				said(t, cmd, file)
			})
			t.Run("read-only", func(t *testing.T) {
				dir := t.TempDir()
				alone := func(script string) *exec.Cmd {
					return exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o ro none "+dir+" && "+script)
				}
				if out, err := alone("true").CombinedOutput(); err != nil {
					t.Skipf("skipped: nothing can be mounted here: %s", strings.TrimSpace(string(out)))
				}
				cmd := alone("exec " + program + " " + strings.Join(command, " "))
				cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+dir)
				said(t, cmd, dir, "read-only file system")
			})
			t.Run("somebody else's", func(t *testing.T) {
				if os.Getuid() != 0 {
					t.Skip("skipped: only root can be somebody else")
				}
				dir, err := os.MkdirTemp("", "tikv-demo-state-")
				require.NoError(t, err)
				t.Cleanup(func() { _ = os.RemoveAll(dir) })
				f, err := os.Open(program)
				require.NoError(t, err)
				defer f.Close()
				cmd := exec.Command("/proc/self/fd/3", command...) // the program's own directory is not for others
				cmd.ExtraFiles, cmd.Dir = []*os.File{f}, "/"
				cmd.Env = without([]string{"XDG_RUNTIME_DIR"}, "TIKV_DEMO_STATE_DIR="+dir)
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
				said(t, cmd, dir, "permission denied")
			})
		})
	}
}

// A talk needs no console. It says why none can attach, and goes on.
func TestATalkGoesOnWithoutAPlaceForItsConsole(t *testing.T) {
	t.Parallel()
	long := filepath.Join(t.TempDir(), strings.Repeat("l", 90))
	require.NoError(t, os.Mkdir(long, 0o700))
	file := filepath.Join(t.TempDir(), "run")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct{ dir, says string }{
		"too long":  {long, "set XDG_RUNTIME_DIR to a shorter directory"},
		"not there": {filepath.Join(t.TempDir(), "none"), "no such file or directory"},
		"a file":    {file, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			cmd := exec.Command(program, "run")
			cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color", "XDG_RUNTIME_DIR="+c.dir)
			s := inTerminal(t, cmd)
			s.shows("no console can attach")
			s.shows(c.says)
			s.until(state, `"id":"welcome"`)
			s.press("q")
			require.Equal(t, exitOK, s.ends(), s.tail())
			s.requireWhole()
		})
	}
}
