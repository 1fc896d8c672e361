package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	require.Equal(t, exitOK, r.status, "%s\n%s", r.err, r.stdout)
	ls := lines(t, r.stdout)
	fault := one(t, ls, "fault.injected")
	broken := []any{fault["target"]}
	if also, more := fault["also"].([]any); more { // two that die at once are missed in either order
		broken = append(broken, also...)
	}
	require.Contains(t, broken, kind(ls, "ticket.opened")[0]["target"])
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

// Colima, OrbStack, Rancher Desktop and rootless Docker are reached by a context.
// The SDK did not follow it, and the fault failed in chapter 4.
func TestATalkOnDockerFollowsTheContext(t *testing.T) {
	d := onDocker(t)
	x := newLeak(t)
	home := t.TempDir()
	make := exec.Command("docker", "context", "create", "elsewhere", "--docker", "host=unix://"+x.path)
	make.Env = slices.Concat(d.env, []string{"HOME=" + home})
	out, err := make.CombinedOutput()
	require.NoError(t, err, string(out))
	d.env = append(d.env, "HOME="+home, "DOCKER_CONTEXT=elsewhere")
	r := d.call("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json", "--seed", "1")
	requireTalkHeld(t, r)
	r = d.call("doctor", "--cluster", "docker")
	require.Contains(t, r.stdout, "unix://"+x.path+" (context elsewhere): engine ")
	x.cut()
	r = d.call("cluster", "status")
	require.Equal(t, exitPrecondition, r.status)
	require.Contains(t, r.err, "does not answer at unix://"+x.path+" (context elsewhere)")
	d.env = append(d.env, "DOCKER_CONTEXT=default")
}

// A cluster in containers, or behind a port-forward, whose PD tells names that mean
// nothing here.
func TestAnOutsideClusterInContainersIsReachedByMap(t *testing.T) {
	d := onDocker(t)
	d.up()
	args := []string{"run", "--cluster", "external", "--fault", "kill", "--auto", "--approve", "auto", "--front", "json", "--seed", "2"}
	r := d.call("cluster", "status")
	for _, m := range regexp.MustCompile(`(?m)^(\S+) .*?((?: ?127\.0\.0\.1:\d+→\d+)+)$`).FindAllStringSubmatch(r.stdout, -1) {
		for _, p := range strings.Fields(m[2]) {
			at, inside, _ := strings.Cut(p, "→")
			args = append(args, "--map", m[1]+":"+inside+"="+at)
			if m[1] == "pd-1" {
				args = append(args, "--pd", "http://"+at)
			}
		}
	}
	require.Len(t, args, 12+2+2*9, r.stdout)
	cmd := d.command(args...)
	var out sink
	cmd.Stdout = &out
	asks, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var done []string
	var told strings.Builder
	order := regexp.MustCompile(`by hand, at (tikv-\d):20160: (SIGKILL|restart)`)
	for said := bufio.NewScanner(io.TeeReader(asks, &told)); said.Scan(); {
		if m := order.FindStringSubmatch(said.Text()); m != nil {
			verb := map[string]string{"SIGKILL": "kill", "restart": "start"}[m[2]]
			d.docker(verb, d.container(m[1]))
			done = append(done, verb)
		}
	}
	require.NoError(t, cmd.Wait(), told.String())
	require.Equal(t, []string{"kill", "start"}, done)
	require.Equal(t, "complete", one(t, lines(t, out.String()), "run.finished")["outcome"])
	d.asItWas()
}

// container gives the id of a service's container.
func (d *dock) container(service string) string {
	d.t.Helper()
	return d.docker("container", "ls", "-aq", "--filter", "label=com.docker.compose.project="+d.project, "--filter", "label=com.docker.compose.service="+service)
}

// Two talks on one cluster found each other's writes "stale" and failed after a
// minute without a hint; `cluster down` took the cluster from under a talk.
func TestAClusterInUseIsNotSharedNorTakenDown(t *testing.T) {
	d := onDocker(t)
	d.up()
	cmd := d.command("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json", "--seed", "1")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(record(t, d.state), `"id":"load"`) }, 2*time.Minute, 50*time.Millisecond)
	other := &dock{t, d.project, t.TempDir(), append(slices.Clone(d.env), "TIKV_DEMO_STATE_DIR="+t.TempDir())}
	from := time.Now()
	r := other.call("run", "--cluster", "docker", "--auto", "--front", "json")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Contains(t, r.err, "another run uses the project "+d.project+": `tikv-demo run --cluster docker --auto")
	require.Contains(t, r.err, fmt.Sprintf("process %d", cmd.Process.Pid))
	require.Less(t, time.Since(from), 20*time.Second)
	r = d.call("cluster", "down", "--cluster", "docker", "--volumes", "--yes")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Contains(t, r.err, fmt.Sprintf("process %d", cmd.Process.Pid))
	require.NoError(t, cmd.Wait(), "the talk is not disturbed")
	d.asItWas()
}

// A heal against another daemon said "0 leftovers", ended well and threw away what
// the right one needed.
func TestHealAgainstAnotherDaemonKeepsTheLedger(t *testing.T) {
	d := onDocker(t)
	d.up()
	cmd := d.command("run", "--cluster", "docker", "--auto", "--front", "json")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(record(t, d.state), `"kind":"ticket.opened"`) }, 2*time.Minute, 50*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait() // says that it was killed
	other := &dock{t, d.project, d.state, append(slices.Clone(d.env), "DOCKER_HOST=tcp://"+anotherDaemon(t))}
	r := other.call("heal")
	require.Equal(t, exitPrecondition, r.status, r.stdout)
	require.Contains(t, r.err, "is still open on another Docker daemon, unix:///var/run/docker.sock (ID ")
	require.Contains(t, r.err, "(ID another-daemon)")
	require.NotEmpty(t, d.whole(), "nothing was mended, and the ledger is there")
	r = d.call("heal")
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "restart tikv-")
	d.asItWas()
}

// anotherDaemon answers as a daemon on which nothing runs.
func anotherDaemon(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Ostype", "linux")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = io.WriteString(w, `{"ID":"another-daemon"}`)
		case strings.HasSuffix(r.URL.Path, "/json"):
			_, _ = io.WriteString(w, "[]")
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// leak passes calls on to the daemon until it is cut; a slow one passes nothing on
// before a delay.
type leak struct {
	delay time.Duration
	mu    sync.Mutex
	l     net.Listener
	conns []net.Conn
	path  string
}

func newLeak(t *testing.T) *leak { return newSlowLeak(t, 0) }

func newSlowLeak(t *testing.T, delay time.Duration) *leak {
	x := &leak{delay: delay, path: filepath.Join(t.TempDir(), "docker.sock")}
	x.open(t)
	t.Cleanup(x.cut)
	return x
}

func (x *leak) open(t *testing.T) {
	l, err := net.Listen("unix", x.path)
	require.NoError(t, err)
	x.mu.Lock()
	x.l = l
	x.mu.Unlock()
	go func() { // ends with the listener
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("unix", "/var/run/docker.sock")
			if err != nil {
				_ = a.Close()
				continue
			}
			x.mu.Lock()
			x.conns = append(x.conns, a, b)
			x.mu.Unlock()
			go func() { _, _ = io.Copy(a, b); _ = a.Close() }()
			go func() { _, _ = io.Copy(late{b, x.delay}, a); _ = b.Close() }()
		}
	}()
}

func (x *leak) cut() {
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = x.l.Close()
	for _, c := range x.conns {
		_ = c.Close()
	}
	x.conns = nil
}

// late is a writer that takes its time over each call, but not over each piece of
// a long one.
type late struct {
	w     io.Writer
	delay time.Duration
}

var beginsCall = regexp.MustCompile(`^(GET|HEAD|POST|PUT|DELETE) /`)

func (l late) Write(p []byte) (int, error) {
	if beginsCall.Match(p) {
		time.Sleep(l.delay)
	}
	return l.w.Write(p)
}

// A daemon that took 2 s over each call kept doctor busy for 50 s, and nobody said
// what was slow.
func TestDoctorSaysThatTheDaemonIsSlow(t *testing.T) {
	d := onDocker(t)
	for delay, says := range map[time.Duration]string{
		700 * time.Millisecond: `(?m)^warn  docker .*it is slow: 0\.[78] s for one answer`,
		2 * time.Second:        `(?m)^fail  docker .*it is slow: 2\.\d s for one answer`,
	} {
		slow := &dock{t, d.project, d.state, append(slices.Clone(d.env), "DOCKER_HOST=unix://"+newSlowLeak(t, delay).path)}
		from := time.Now()
		r := slow.call("doctor", "--cluster", "docker")
		took := time.Since(from)
		t.Logf("%s a call: doctor took %.1f s", delay, took.Seconds())
		require.Regexp(t, says, r.stdout)
		require.Less(t, took, 40*time.Second)
	}
}

// With 0.7 s a call the cluster takes longer to start than its gate may stay closed;
// a play without a presenter failed after 63 s with "the cluster is not up yet".
func TestATalkOnASlowDaemonIsHeld(t *testing.T) {
	d := onDocker(t)
	slow := &dock{t, d.project, d.state, append(slices.Clone(d.env), "DOCKER_HOST=unix://"+newSlowLeak(t, 700*time.Millisecond).path)}
	from := time.Now()
	r := slow.call("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json", "--seed", "1")
	t.Logf("the talk took %.0f s", time.Since(from).Seconds())
	requireTalkHeld(t, r)
}

// The daemon dies in the middle of the talk: one clear line and a way on. When it
// is back, heal mends what was open.
func TestADaemonThatDiesInTheMiddleOfTheTalk(t *testing.T) {
	d := onDocker(t)
	d.up()
	x := newLeak(t)
	cmd := d.command("run", "--cluster", "docker", "--auto", "--approve", "auto", "--front", "json")
	cmd.Env = slices.Concat(d.env, []string{"DOCKER_HOST=unix://" + x.path})
	var errs strings.Builder
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(record(t, d.state), `"kind":"ticket.opened"`) }, 2*time.Minute, 50*time.Millisecond)
	x.cut()
	require.Error(t, cmd.Wait())
	require.Equal(t, exitFailed, cmd.ProcessState.ExitCode())
	t.Log(errs.String())
	require.Contains(t, errs.String(), "the daemon does not answer at unix://")
	require.Equal(t, 1, strings.Count(strings.TrimSpace(errs.String()), "\n")+1, "one line")
	require.NotEmpty(t, d.whole(), "the store is still dead")
	r := d.call("heal")
	require.Zero(t, r.status, r.err)
	d.asItWas()
}
