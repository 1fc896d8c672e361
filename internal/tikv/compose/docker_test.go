package compose

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose/composetest"
)

const records, regions = 2000, 9

// withDocker gives a cluster's Config that no other test has, in images of ours,
// and takes the cluster down at the end. It needs `make test-docker`.
func withDocker(t *testing.T) Config {
	t.Helper()
	if os.Getenv("TIKV_DEMO_TEST_DOCKER") == "" {
		t.Skip("skipped: needs a Docker daemon and images of ours; run `make test-docker`")
	}
	if out, err := exec.Command("docker", "image", "inspect", "tikv-demo:dev", "tikv-demo/pd:dev", "tikv-demo/tikv:dev").CombinedOutput(); err != nil {
		t.Skipf("skipped: %s", reason(string(out)))
	}
	cfg := Config{
		Project: composetest.Project("test"), StateDir: t.TempDir(), Profile: "stage", SplitKeys: load.SplitKeys(records, regions),
		Env: append(composetest.Env(t), fmt.Sprintf("TIKV_DEMO_RECORDS=%d", records), fmt.Sprintf("TIKV_DEMO_REGIONS=%d", regions)),
	}
	t.Cleanup(func() {
		from := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, Down(ctx, cfg, true))
		t.Logf("down in %.1f s", time.Since(from).Seconds())
		requireNothingLeft(t, cfg.Project)
	})
	return cfg
}

// requireNothingLeft asks the daemon itself.
func requireNothingLeft(t *testing.T, project string) {
	t.Helper()
	label := "label=" + dockerhost.LabelProject + "=" + project
	require.Empty(t, dockerSays(t, "container", "ls", "-aq", "--filter", label))
	require.Empty(t, dockerSays(t, "volume", "ls", "-q", "--filter", label))
	require.Empty(t, dockerSays(t, "network", "ls", "-q", "--filter", label))
	require.NotContains(t, dockerSays(t, "volume", "ls", "-q"), project)
}

func dockerSays(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	require.NoError(t, err, "docker %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

func up(t *testing.T, cfg Config) *Cluster {
	t.Helper()
	from := time.Now()
	c, err := Up(t.Context(), cfg, func(text string, done, total int) {
		t.Logf("%5.1f s  %d/%d %s", time.Since(from).Seconds(), done, total, text)
	})
	require.NoError(t, err)
	return c
}

func (c *Cluster) service(t *testing.T, name string) Service {
	t.Helper()
	for _, s := range c.services {
		if s.Name == name {
			return s
		}
	}
	require.Fail(t, "no such service", name)
	return Service{}
}

func ids(services []Service) []string {
	var out []string
	for _, s := range services {
		out = append(out, s.ID)
	}
	return out
}

// What runs is used as it is, what does not is started, and a frozen container is
// in nobody's way at the end.
func TestDockerUpTwiceAndDown(t *testing.T) {
	cfg := withDocker(t)
	c := up(t, cfg)
	require.False(t, c.Found())
	require.Equal(t, []string{"pd-1", "pd-2", "pd-3"}, c.Members())
	require.Equal(t, []string{"tikv-1", "tikv-2", "tikv-3"}, c.Stores())
	for _, s := range c.services {
		for inside, at := range s.Ports {
			require.True(t, strings.HasPrefix(at, "127.0.0.1:"), "%s %s", s.Name, inside)
		}
	}
	// The healthchecks of the Compose file work in images that have no shell.
	require.Eventually(t, func() bool {
		now, err := Status(t.Context(), cfg)
		require.NoError(t, err)
		for _, s := range now {
			if s.Says != "healthy" {
				return false
			}
		}
		return len(now) == 6
	}, 60*time.Second, 500*time.Millisecond, "not every container is healthy")

	again := up(t, cfg)
	require.True(t, again.Found())
	require.Equal(t, ids(c.services), ids(again.services), "containers that ran were made anew")
	attached, err := Attach(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, c.PD(), attached.PD())

	dockerSays(t, "kill", c.service(t, "tikv-1").ID)
	now, err := Status(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, "exited with 137", now[3].State+" "+now[3].Says)
	require.Equal(t, c.service(t, "tikv-1").Ports, now[3].Ports, "a dead store's ports are known")
	require.False(t, up(t, cfg).Found())

	dockerSays(t, "pause", c.service(t, "tikv-3").ID)
	_, err = Up(t.Context(), cfg, func(string, int, int) {})
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "tikv-3 is frozen")

	require.NoError(t, Down(t.Context(), cfg, false))
	require.Empty(t, dockerSays(t, "container", "ls", "-aq", "--filter", "label="+dockerhost.LabelProject+"="+cfg.Project))
	require.Len(t, strings.Fields(dockerSays(t, "volume", "ls", "-q", "--filter", "label="+dockerhost.LabelProject+"="+cfg.Project)), 6, "the data stay")
	require.NoError(t, Down(t.Context(), cfg, false), "taking down what is not up does nothing")
}

// traffic is a workload through the published ports, from the host.
type traffic struct {
	*load.Workload
	ops   atomic.Int64
	ended chan error
	stop  context.CancelFunc
}

func startTraffic(t *testing.T, c *Cluster) *traffic {
	t.Helper()
	tikv.MapAddresses(c.Resolve)
	t.Cleanup(func() { tikv.MapAddresses(nil) })
	kv, err := tikv.OpenRaw(t.Context(), tikv.RawOptions{PD: c.PD(), NodeOf: c.NameOf})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kv.Close() })
	w := &traffic{Workload: load.New(load.Config{Records: records, TargetOps: 500, InFlight: 8, Seed: 1}, kv), ended: make(chan error, 1)}
	require.NoError(t, w.Prepare(t.Context(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	w.stop = cancel
	go func() {
		w.ended <- w.Run(ctx, func(at time.Time, s demo.LoadSample) {
			w.ops.Add(s.Ops)
			if s.Errors > 0 {
				t.Logf("%s: %d operations, failures by kind %v, by node %v", at.Format(time.TimeOnly), s.Ops, s.ErrorsByKind, s.ErrorsByNode)
			}
		}, func(load.OpError) {})
	}()
	return w
}

// flows waits until two seconds' worth of operations have succeeded.
func (w *traffic) flows(t *testing.T) {
	t.Helper()
	from := w.ops.Load()
	require.Eventually(t, func() bool { return w.ops.Load() > from+1000 }, 30*time.Second, 100*time.Millisecond, "no traffic")
}

// The cluster serves the host through its published ports, after the death of
// PD's leader and after the death and the return of a store.
func TestDockerTrafficOverDeaths(t *testing.T) {
	c := up(t, withDocker(t))
	w := startTraffic(t, c)
	poller := tikv.NewHealthPoller(tikv.PollerConfig{PD: c.PD(), NameOf: c.NameOf, Resolve: c.Resolve})
	// sees waits for a node of which is says yes.
	sees := func(what string, is func(demo.Node) bool) (found demo.Node) {
		t.Helper()
		from := time.Now()
		require.Eventually(t, func() bool {
			for _, n := range poller.Poll(t.Context()).Nodes {
				if is(n) {
					found = n
					return true
				}
			}
			return false
		}, 60*time.Second, 100*time.Millisecond, what)
		t.Logf("%s: %s, after %.1f s", what, found.Name, time.Since(from).Seconds())
		return found
	}
	for _, name := range c.Stores() {
		n := sees("a store", func(n demo.Node) bool { return n.Name == name })
		require.Equal(t, name+":20160", n.Address, "as PD says it")
		require.NoError(t, tikv.Probe(t.Context(), n))
	}
	w.flows(t)

	old := sees("PD is led", func(n demo.Node) bool { return n.Leader })
	dockerSays(t, "kill", c.service(t, old.Name).ID)
	w.flows(t)
	sees("PD is led again", func(n demo.Node) bool { return n.Leader && n.Name != old.Name })

	// The next death comes before the client has asked PD anything of its own.
	dockerSays(t, "kill", c.service(t, "tikv-2").ID)
	w.flows(t)
	dead := sees("the dead store", func(n demo.Node) bool { return n.Name == "tikv-2" && n.Leaders == 0 })
	require.Error(t, tikv.Probe(t.Context(), dead))
	dockerSays(t, "start", c.service(t, "tikv-2").ID)
	back := sees("the store leads again", func(n demo.Node) bool { return n.Name == "tikv-2" && n.State == "Up" && n.Leaders > 0 })
	require.NoError(t, tikv.Probe(t.Context(), back))
	served := func() int { return requestsOf(t, back.StatusAddress) }
	before := served()
	require.Eventually(t, func() bool { return served() > before+100 }, 30*time.Second, 200*time.Millisecond, "tikv-2 is asked nothing again")
	w.flows(t)

	w.stop()
	require.NoError(t, <-w.ended)
	v, err := w.Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Positive(t, v.Checked)
	require.Zero(t, v.Lost)
	t.Logf("%d operations, %d acknowledged writes, none lost", w.ops.Load(), v.Acked)
}

// requestsOf gives how many requests a store has taken since its start.
func requestsOf(t *testing.T, statusAddress string) (n int) {
	t.Helper()
	resp, err := http.Get("http://" + statusAddress + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if s, ok := strings.CutPrefix(lines.Text(), "tikv_grpc_requests_total "); ok {
			n, err = strconv.Atoi(s)
			require.NoError(t, err)
		}
	}
	require.NoError(t, lines.Err())
	return n
}

// A container that does not stay up ends the wait at once, with its own words.
func TestDockerAContainerThatEnds(t *testing.T) {
	cfg := withDocker(t)
	cfg.Env = append(cfg.Env, "TIKV_IMAGE=tikv-demo:dev") // it knows no such flags
	from := time.Now()
	_, err := Up(t.Context(), cfg, func(string, int, int) {})
	require.ErrorContains(t, err, "ended with 2: tikv-demo: unknown flag: --addr")
	require.Less(t, time.Since(from), healthyLimit)
}
