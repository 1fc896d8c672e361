package cli

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

func TestClusterCommandsWithoutDocker(t *testing.T) {
	state := t.TempDir()
	nobody := []string{"PATH=" + t.TempDir()}
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{exitPrecondition, "there is no docker command here", []string{"cluster", "up", "--cluster", "docker"}},
		{exitPrecondition, "there is no docker command here", []string{"cluster", "status"}},
		{exitPrecondition, "there is no docker command here", []string{"cluster", "down", "--cluster", "docker", "--volumes"}},
		{exitUsage, "--volumes, --project and --compose-file are for --cluster docker", []string{"cluster", "down", "--volumes"}},
		{exitOK, "the embedded cluster ends with the command that started it", []string{"cluster", "down"}},
		{exitPrecondition, "the Compose file cannot be read", []string{"cluster", "status", "--compose-file", filepath.Join(state, "none.yaml")}},
		{exitUsage, "--project \"No Good\" is not a project's name for Compose", []string{"cluster", "status", "--project", "No Good"}},
		{exitUsage, "--detach is for --cluster docker", []string{"cluster", "up", "--detach"}},
		{exitUsage, "--cluster \"podman\" is not known", []string{"cluster", "up", "--cluster", "podman"}},
	} {
		r := callWith(t, state, nobody, c.args...)
		require.Equal(t, c.status, r.status, "%v: %s", c.args, r.err)
		require.Contains(t, r.err, c.says, c.args)
		require.Len(t, strings.Split(strings.TrimSpace(r.err), "\n"), 1, "%v: %s", c.args, r.err)
	}
}

// On a terminal there is one line, drawn over again; elsewhere a line each time.
func TestTheBarOfALongStep(t *testing.T) {
	var lines strings.Builder
	w := newTeller(&lines)
	w.tell("images are here", 1, 7)
	w.tell("every store leads", 7, 7)
	w.end()
	require.Equal(t, "images are here (1 of 7)\nevery store leads (7 of 7)\n", lines.String())

	screen, tty, err := pty.Open()
	require.NoError(t, err)
	defer screen.Close()
	defer tty.Close()
	require.NoError(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 60}))
	t.Setenv("TERM", "xterm-256color")
	w = newTeller(tty)
	w.tell("images are here", 1, 7)
	w.tell("6 containers run: pd-1, pd-2, pd-3, tikv-1, tikv-2, tikv-3", 2, 7)
	w.end()
	said, err := bufio.NewReader(screen).ReadString('\n')
	require.NoError(t, err)
	drawn := strings.Split(said, "\r\x1b[K")
	require.Len(t, drawn, 3, "drawn over again: %q", said)
	require.Equal(t, "━━━·················· 1 of 7  images are here", ansi.Strip(drawn[1]))
	require.Equal(t, "━━━━━━··············· 2 of 7  6 containers run: pd-1, pd-2…\r\n", ansi.Strip(drawn[2]))
}

func TestDockerClusterCommands(t *testing.T) {
	d := onDocker(t)
	r := d.call("cluster", "status")
	require.Equal(t, exitPrecondition, r.status)
	require.Contains(t, r.err, "no cluster is up in the project "+d.project)

	// In the foreground: what it brought up it takes down, and keeps the data.
	end := d.foreground()
	r = d.call("cluster", "status")
	require.Zero(t, r.status, r.err)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 6)
	require.Regexp(t, `^pd-1 +running (starting|healthy) +tikv-demo/pd:dev +127\.0\.0\.1:\d+→2379$`, lines[0])
	require.Regexp(t, `^tikv-3 .* 127\.0\.0\.1:\d+→20160 127\.0\.0\.1:\d+→20180$`, lines[5])
	end()
	require.Empty(t, d.ids("container", "com.docker.compose.project="+d.project))
	require.Len(t, d.ids("volume", "com.docker.compose.project="+d.project), 6)

	// What was up before stays up.
	d.up()
	d.foreground()()
	require.Len(t, d.ids("container", "com.docker.compose.project="+d.project), 6)
	r = d.call("cluster", "down", "--cluster", "docker", "--volumes", "--yes")
	require.Zero(t, r.status, r.err)
	d.nothing()

	// Interrupted halfway it leaves no container behind.
	cmd := d.command("cluster", "up", "--cluster", "docker", "--detach")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return len(d.ids("container", "com.docker.compose.project="+d.project)) > 0 }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, cmd.Wait())
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	require.Empty(t, d.ids("container", "com.docker.compose.project="+d.project))
	require.Empty(t, d.ids("network", "com.docker.compose.project="+d.project))
}

// A cluster up that fails half-way left its containers running.
func TestADockerClusterThatDoesNotComeUpLeavesNothing(t *testing.T) {
	d := onDocker(t)
	bad := &dock{t, d.project, d.state, append(slices.Clone(d.env), "TIKV_IMAGE=tikv-demo/pd:dev")} // a store's flags are none of PD's
	r := bad.call("cluster", "up", "--cluster", "docker", "--detach")
	require.Equal(t, exitFailed, r.status, r.err)
	require.Regexp(t, `tikv-\d ended with \d`, r.err)
	d.nothing()
}

// The helper's image is 45 MB, and stayed for good.
func TestTheImageOfTheDockerHelperIsRemoved(t *testing.T) {
	d := onDocker(t)
	for _, remove := range [][]string{{"heal"}, {"cluster", "down", "--cluster", "docker", "--yes"}} {
		d.call("doctor", "--cluster", "docker") // tries the kernel by a helper
		require.NotEmpty(t, d.docker("image", "ls", "-q", "tikv-demo/helper"))
		r := d.call(remove...)
		require.Zero(t, r.status, r.err)
		require.Empty(t, d.docker("image", "ls", "-q", "tikv-demo/helper"), remove)
	}
}

// foreground brings the cluster up in the foreground; what it gives interrupts it
// as Ctrl-C does and waits for its end.
func (d *dock) foreground() (end func()) {
	d.t.Helper()
	cmd := d.command("cluster", "up", "--cluster", "docker")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(d.t, err)
	require.NoError(d.t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(d.t, err)
	require.Contains(d.t, line, "pd: http://127.0.0.1:")
	return func() {
		d.t.Helper()
		require.NoError(d.t, cmd.Process.Signal(syscall.SIGINT))
		require.NoError(d.t, cmd.Wait())
	}
}
