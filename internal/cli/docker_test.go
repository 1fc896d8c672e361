package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose/composetest"
)

// dock is a Compose project of the tests' own on a real daemon, with a state
// directory. It runs the real PD and the stand-in stores.
type dock struct {
	t       *testing.T
	project string
	state   string
	env     []string
}

var docks sync.Mutex // two clusters at once are too much for a small machine

// onDocker gives a dock whose cluster is not up. After the test nothing of its
// project is left with the daemon, or the test fails.
func onDocker(t *testing.T) *dock {
	t.Helper()
	bin := os.Getenv("TIKV_DEMO_TEST_DOCKER")
	if bin == "" {
		t.Skip("skipped: needs a Docker daemon and images of ours; run `make test-docker`")
	}
	docks.Lock()
	t.Cleanup(docks.Unlock)
	d := &dock{t: t, project: composetest.Project("talk"), state: t.TempDir()}
	d.env = slices.Concat(os.Environ(), composetest.Env(t))
	d.env = append(d.env, "TIKV_DEMO_STATE_DIR="+d.state, "TIKV_DEMO_PROJECT="+d.project)
	t.Cleanup(func() {
		r := d.call("cluster", "down", "--cluster", "docker", "--volumes", "--yes")
		require.Zero(t, r.status, r.err)
		d.nothing()
	})
	return d
}

// command is the static program with the dock's environment.
func (d *dock) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(os.Getenv("TIKV_DEMO_TEST_DOCKER"), "tikv-demo"), args...)
	cmd.Env = d.env
	return cmd
}

func (d *dock) call(args ...string) result {
	d.t.Helper()
	cmd := d.command(args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if _, ended := err.(*exec.ExitError); err != nil && !ended { //nolint:errorlint // Output gives it as it is
		require.NoError(d.t, err)
	}
	return result{cmd.ProcessState.ExitCode(), string(out), errs.String()}
}

func (d *dock) up() {
	d.t.Helper()
	r := d.call("cluster", "up", "--cluster", "docker", "--detach")
	require.Zero(d.t, r.status, r.err)
	require.Contains(d.t, r.stdout, "pd: http://127.0.0.1:")
}

// docker asks the daemon itself.
func (d *dock) docker(args ...string) string {
	d.t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	require.NoError(d.t, err, "docker %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

// ids gives what of a kind carries a label.
func (d *dock) ids(kind, label string) []string {
	args := []string{kind, "ls", "-q", "--filter", "label=" + label}
	if kind == "container" {
		args = append(args, "-a", "--no-trunc")
	}
	return strings.Fields(d.docker(args...))
}

// nothing holds that the daemon knows nothing of the project any more.
func (d *dock) nothing() {
	d.t.Helper()
	for _, kind := range []string{"container", "network", "volume"} {
		require.Empty(d.t, d.ids(kind, "com.docker.compose.project="+d.project), kind)
	}
	require.Empty(d.t, d.ids("container", "tikv-demo.helper="+d.project))
}

// whole gives a sentence for whatever of the cluster is not as a talk finds it.
func (d *dock) whole() []string {
	var wrong []string
	ids := d.ids("container", "com.docker.compose.project="+d.project)
	if len(ids) != 6 {
		wrong = append(wrong, fmt.Sprintf("%d containers", len(ids)))
	}
	for _, id := range ids {
		var c []struct {
			Name            string
			State           struct{ Status string }
			NetworkSettings struct {
				Networks map[string]struct{ Aliases []string }
			}
			Config struct{ Labels map[string]string }
		}
		require.NoError(d.t, json.Unmarshal([]byte(d.docker("container", "inspect", id)), &c))
		if c[0].State.Status != "running" {
			wrong = append(wrong, c[0].Name+" is "+c[0].State.Status)
		}
		service, found := c[0].Config.Labels["com.docker.compose.service"], false
		for n := range maps.Values(c[0].NetworkSettings.Networks) {
			for _, a := range n.Aliases {
				found = found || a == service
			}
		}
		if !found {
			wrong = append(wrong, c[0].Name+" is not called "+service+" on any network")
		}
	}
	if h := d.ids("container", "tikv-demo.helper="+d.project); len(h) > 0 {
		wrong = append(wrong, "a helper is left")
	}
	left, err := filepath.Glob(filepath.Join(d.state, "faults", "*"))
	require.NoError(d.t, err)
	return append(wrong, left...)
}

// asItWas holds that the cluster is as a talk finds it, and that PD says so too.
func (d *dock) asItWas() {
	d.t.Helper()
	require.Empty(d.t, d.whole())
	require.Eventually(d.t, func() bool {
		r := d.call("doctor", "--cluster", "docker")
		return strings.Contains(r.stdout, "3 of 3 PD members healthy") && strings.Contains(r.stdout, "3 of 3 stores Up, 3 leading")
	}, 90*time.Second, time.Second, "PD does not say that the cluster is well")
}

// times says how often a test is to do what it does.
func times(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// The whole walkthrough on containers, for each fault of the catalogue, on one
// cluster. Somebody else's container with a name like a store's is not touched.
// TIKV_DEMO_TEST_TALKS says how many talks of each fault.
func TestTheTalkOnDockerForEachFault(t *testing.T) {
	d := onDocker(t)
	d.up()
	foreign := d.docker("run", "-d", "--name", "tikv-1-"+d.project, "--label", "com.docker.compose.project=somebody",
		"--label", "com.docker.compose.service=tikv-1", "tikv-demo/tikv:dev", "--pd-endpoints", "127.0.0.1:1", "--data-dir", "/data")
	t.Cleanup(func() { d.docker("rm", "-f", foreign) })
	began := d.docker("inspect", "-f", "{{.State.StartedAt}}", foreign)

	for _, fault := range chaos.Catalogue() {
		if fault.Name == chaos.Injection {
			continue // for the embedded cluster alone
		}
		t.Run(fault.Name, func(t *testing.T) {
			d := &dock{t, d.project, d.state, d.env}
			for seed := range times("TIKV_DEMO_TEST_TALKS", 1) {
				r := d.call("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json", "--fault", fault.Name, "--seed", strconv.Itoa(seed+1))
				if r.status == exitPrecondition && (fault.Name == chaos.Latency || fault.Name == chaos.Loss) {
					require.Contains(t, r.err, "delay and loss cannot be had here")
					require.Equal(t, 1, strings.Count(r.err, "\n"), "one line, before anything starts: %s", r.err)
					require.Empty(t, r.stdout)
					t.Skip("skipped: " + strings.TrimSpace(r.err))
				}
				requireTalkHeld(t, r)
				d.asItWas()
			}
		})
	}
	require.Equal(t, began+" running", d.docker("inspect", "-f", "{{.State.StartedAt}} {{.State.Status}}", foreign))
}

// requireTalkHeld holds that a walkthrough saw, named and mended what was done,
// and lost nothing.
func requireTalkHeld(t *testing.T, r result) {
	t.Helper()
	require.Equal(t, exitOK, r.status, "%s\n%s", r.stdout, r.err)
	ls := lines(t, r.stdout)
	fault := one(t, ls, "fault.injected")
	broken := []any{fault["target"]}
	if also, more := fault["also"].([]any); more { // two that die at once are missed in either order
		broken = append(broken, also...)
	}
	require.Contains(t, broken, ticketOfFault(t, ls)["target"])
	require.Equal(t, true, one(t, ls, "diagnosis.finished")["correct"], one(t, ls, "diagnosis.finished"))
	require.NotEmpty(t, one(t, ls, "recovered"))
	require.EqualValues(t, 0, one(t, ls, "ledger.verified")["lost"])
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])
}

// Killed at random moments and healed: the cluster is well and nothing is left.
// TIKV_DEMO_TEST_KILLS says how often; 20 is what the talk is judged by.
func TestAKilledTalkOnDockerIsHealed(t *testing.T) {
	d := onDocker(t)
	d.up()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	faults := []string{chaos.Kill, chaos.Pause, chaos.Partition, chaos.Gray, chaos.QuorumLoss, chaos.Stop}
	for i := range times("TIKV_DEMO_TEST_KILLS", 3) {
		fault := faults[i%len(faults)]
		cmd := d.command("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json", "--fault", fault)
		require.NoError(t, cmd.Start())
		// Most moments in which something is broken come after 15 s.
		after := time.Duration(r.Float64() * float64(35*time.Second))
		time.Sleep(after)
		require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
		_ = cmd.Wait() // says that it was killed
		t.Logf("%s, killed after %.1f s: %v", fault, after.Seconds(), d.whole())
		require.Zero(t, d.call("heal").status)
		d.asItWas()
		again := d.call("heal")
		require.Zero(t, again.status, again.err)
		require.Contains(t, again.stdout, "0 leftovers")
	}
}

// A cluster that a talk brought up goes with it, though the talk was killed.
func TestAClusterThatAKilledTalkBroughtUpIsTakenDown(t *testing.T) {
	d := onDocker(t)
	cmd := d.command("run", "--cluster", "docker", "--auto", "--front", "json")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(record(t, d.state), `"kind":"fault.injected"`) }, 2*time.Minute, 100*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait() // says that it was killed
	r := d.call("heal")
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "took down "+d.project)
	d.nothing()
}
