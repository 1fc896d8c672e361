package chaos

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose/composetest"
)

// daemon gives the real daemon, and a project of its own in it that is gone
// after the test. `make test-docker` says where the static program is that the
// containers are made of.
func daemon(t testing.TB) *Docker {
	t.Helper()
	bin := os.Getenv("TIKV_DEMO_TEST_DOCKER")
	if bin == "" {
		t.Skip("no Docker: TIKV_DEMO_TEST_DOCKER does not name a directory with a static tikv-demo (make test-docker sets it)")
	}
	d, err := NewDocker(composetest.Project("test"), found(t))
	require.NoError(t, err)
	d.program = filepath.Join(bin, "tikv-demo")
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// found gives the daemon that the environment names.
func found(t testing.TB) dockerhost.Endpoint {
	t.Helper()
	at, err := dockerhost.Find(os.Getenv)
	require.NoError(t, err)
	return at
}

// aNet makes a network whose user chose its subnet, as docker/compose.yaml does.
func aNet(t testing.TB, d *Docker) string {
	t.Helper()
	ctx := context.Background()
	n, err := d.api.NetworkCreate(ctx, d.project+"_default", network.CreateOptions{
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: composetest.Net(t) + ".0/24"}}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.api.NetworkRemove(ctx, n.ID)) })
	return n.ID
}

// aNode makes and starts a container as Compose would for the service tikv-1: a
// store that looks for its PD for ever.
func aNode(t testing.TB, d *Docker, project, name, on string) string {
	t.Helper()
	ctx := context.Background()
	ref, err := d.helperImage(ctx)
	require.NoError(t, err)
	hall, err := d.api.NetworkInspect(ctx, on, network.InspectOptions{})
	require.NoError(t, err)
	address := strings.TrimSuffix(hall.IPAM.Config[0].Subnet, ".0/24") + ".21"
	made, err := d.api.ContainerCreate(ctx,
		&container.Config{Image: ref, Cmd: []string{"tikv-server", "--data-dir", "/data", "--pd-endpoints", "pd-1:2379"},
			Labels: map[string]string{dockerhost.LabelProject: project, dockerhost.LabelService: "tikv-1"}},
		&container.HostConfig{NetworkMode: container.NetworkMode(on)},
		&network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{on: {
			Aliases: []string{"tikv-1", "store.of.the.hall"}, IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: address},
		}}},
		nil, name)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, d.api.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true}))
	})
	require.NoError(t, d.api.ContainerStart(ctx, made.ID, container.StartOptions{}))
	return made.ID
}

// awaitWords returns when a container has said something since it was started.
// Before that its process may not listen to SIGTERM, and the first process of a
// container is not ended by a signal that it does not listen to.
func awaitWords(ctx context.Context, t *testing.T, d *Docker, id string) {
	t.Helper()
	c, err := d.api.ContainerInspect(ctx, id)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		r, err := d.api.ContainerLogs(ctx, id, container.LogsOptions{ShowStderr: true, Since: c.State.StartedAt})
		require.NoError(t, err)
		defer r.Close()
		n, _ := r.Read(make([]byte, 1)) // nothing yet: the end
		return n > 0
	}, 30*time.Second, 20*time.Millisecond)
}

func TestContainersAreBrokenAndMended(t *testing.T) {
	d := daemon(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	hall := aNet(t, d)
	id := aNode(t, d, d.project, d.project+"_tikv-1_1", hall)
	l, err := OpenLedger(t.TempDir(), "run-1")
	require.NoError(t, err)
	c := New(Config{Backend: d, Ledger: l, Where: "docker/" + d.project})
	plan := func(fault string) demo.Plan { return demo.Plan{Fault: fault, Target: "tikv-1"} }
	before, err := d.api.ContainerInspect(ctx, id)
	require.NoError(t, err)

	for _, fault := range []string{Kill, Stop, Pause, Partition} {
		t.Run(fault, func(t *testing.T) {
			awaitWords(ctx, t, d, id)
			require.NoError(t, c.Inject(ctx, plan(fault)))
			is, err := d.Describe(ctx, "tikv-1")
			require.NoError(t, err)
			require.False(t, is.Whole(), "%+v", is)
			t.Log(is)
			require.NoError(t, c.Lift(ctx, plan(fault)))
			is, err = d.Describe(ctx, "tikv-1")
			require.NoError(t, err)
			require.True(t, is.Whole(), "%+v", is)
			require.NoError(t, c.Lift(ctx, plan(fault)), "lifting twice changes nothing")
		})
	}

	after, err := d.api.ContainerInspect(ctx, id)
	require.NoError(t, err)
	name := d.project + "_default"
	was, is := before.NetworkSettings.Networks[name], after.NetworkSettings.Networks[name]
	assert.Equal(t, was.IPAddress, is.IPAddress, "the address is restored")
	assert.ElementsMatch(t, was.Aliases, is.Aliases, "and the names")
}

// A partition that outlived its run, by a ledger on disk, and a container that
// was killed besides while it was cut off.
func TestAContainerThatDiedWhileItWasCutOffIsHealed(t *testing.T) {
	d := daemon(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	aNode(t, d, d.project, d.project+"_tikv-1_1", aNet(t, d))
	dir := t.TempDir()
	l, err := OpenLedger(dir, "run-1")
	require.NoError(t, err)
	where := "docker/" + d.project
	require.NoError(t, New(Config{Backend: d, Ledger: l, Where: where}).Inject(ctx, demo.Plan{Fault: Partition, Target: "tikv-1"}))
	require.NoError(t, d.Kill(ctx, "tikv-1"))
	require.NoError(t, l.file.close()) // as the kernel does when the run dies

	next, err := OpenLedger(dir, "run-2")
	require.NoError(t, err)
	c := New(Config{Backend: d, Ledger: next, Where: where})
	healed, err := c.Heal(ctx)
	require.NoError(t, err)
	require.Len(t, healed, 1)
	is, err := d.Describe(ctx, "tikv-1")
	require.NoError(t, err)
	require.True(t, is.Whole(), "%+v", is)
	healed, err = c.Heal(ctx)
	require.NoError(t, err)
	require.Empty(t, healed)
}

// A store that takes its time over SIGTERM: whoever waits for it gives up, the
// store ends later, and the next run still knows about it.
func TestAContainerThatEndsLaterThanSomebodyWaitsIsHealed(t *testing.T) {
	d := daemon(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	id := aNode(t, d, d.project, d.project+"_tikv-1_1", aNet(t, d))
	awaitWords(ctx, t, d, id)
	c, err := d.api.ContainerInspect(ctx, id)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(c.State.Pid, syscall.SIGSTOP))

	dir := t.TempDir()
	l, err := OpenLedger(dir, "run-1")
	require.NoError(t, err)
	where := "docker/" + d.project
	short, giveUp := context.WithTimeout(ctx, time.Second)
	defer giveUp()
	err = New(Config{Backend: d, Ledger: l, Where: where}).Inject(short, demo.Plan{Fault: Stop, Target: "tikv-1"})
	require.ErrorContains(t, err, "tikv-1 was sent SIGTERM and has not ended yet")
	require.NoError(t, l.file.close()) // as the kernel does when the run dies
	require.NoError(t, syscall.Kill(c.State.Pid, syscall.SIGCONT))

	next, err := OpenLedger(dir, "run-2")
	require.NoError(t, err)
	healed, err := New(Config{Backend: d, Ledger: next, Where: where}).Heal(ctx)
	require.NoError(t, err)
	require.Len(t, healed, 1)
	after, err := d.api.ContainerInspect(ctx, id)
	require.NoError(t, err)
	require.True(t, after.State.Running)
	require.NotEqual(t, c.State.StartedAt, after.State.StartedAt, "it has ended, and was started again")
}

func TestContainersOfOthersAreNeverTouched(t *testing.T) {
	d := daemon(t)
	ctx := context.Background()
	hall := aNet(t, d)
	foreign := aNode(t, d, d.project+"-of-somebody", "tikv-1-of-"+d.project, hall)
	require.ErrorContains(t, d.Kill(ctx, "tikv-1"), "has no container for tikv-1")
	require.ErrorContains(t, d.Kill(ctx, "tikv-1-of-"+d.project), "has no container for tikv-1-of-")
	_, err := d.RemoveHelpers(ctx)
	require.NoError(t, err)
	c, err := d.api.ContainerInspect(ctx, foreign)
	require.NoError(t, err)
	require.True(t, c.State.Running)
}

// Delay and loss where the kernel has netem; where it has none a clear reason.
// Either way the helpers are gone.
func TestTheHelperSpoilsTheNetworkWhereTheKernelCan(t *testing.T) {
	d := daemon(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	aNode(t, d, d.project, d.project+"_tikv-1_1", aNet(t, d))
	probed := d.ProbeNetem(ctx)
	t.Log("probe:", probed)
	spoiled := d.Spoil(ctx, "tikv-1", Line{Delay: latencyDelay})
	if probed != nil {
		require.ErrorContains(t, probed, "this kernel has no netem")
		require.ErrorContains(t, spoiled, "the network of tikv-1: eth0: this kernel has no netem")
	} else {
		require.NoError(t, spoiled)
		is, err := d.Describe(ctx, "tikv-1")
		require.NoError(t, err)
		require.Equal(t, "300ms delay", is.Spoiled)
	}
	require.NoError(t, d.Spoil(ctx, "tikv-1", Line{}), "to mend is possible anywhere")
	is, err := d.Describe(ctx, "tikv-1")
	require.NoError(t, err)
	require.True(t, is.Whole(), "%+v", is)
	n, err := d.Leftovers(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestTiesAreKeptWithoutTheNamesThatDockerGivesByItself(t *testing.T) {
	d := daemon(t)
	ctx := context.Background()
	id := aNode(t, d, d.project, d.project+"_tikv-1_1", aNet(t, d))
	b, err := d.Ties(ctx, "tikv-1")
	require.NoError(t, err)
	var ties []tie
	require.NoError(t, json.Unmarshal(b, &ties))
	require.Len(t, ties, 1)
	require.Contains(t, ties[0].Aliases, "store.of.the.hall")
	require.Contains(t, ties[0].Aliases, "tikv-1")
	require.False(t, strings.Contains(string(b), id[:12]))
	require.Regexp(t, `^10\.213\.\d+\.21$`, ties[0].Address)
}

// What the daemon's failures look like to the speaker: one line each, with what to do.
func TestADaemonThatIsNotThereIsOneClearLine(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(dir, "nobody.sock"))
	d, err := NewDocker("tikv-demo", found(t))
	require.NoError(t, err)
	defer d.Close()
	_, err = d.Describe(context.Background(), "tikv-1")
	require.ErrorContains(t, err, "the daemon does not answer at unix://")
	require.ErrorContains(t, err, "start Docker or set DOCKER_HOST")
	require.NotContains(t, err.Error(), "\n")
}

// Whoever runs the tests may be allowed everything.
func TestADaemonThatMayNotBeUsedIsOneClearLine(t *testing.T) {
	forbidden := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}
	api, err := client.NewClientWithOpts(client.WithHost("unix:///var/run/docker.sock"), client.WithVersion("1.41"),
		client.WithHTTPClient(&http.Client{Transport: wire(func(*http.Request) (*http.Response, error) { return nil, forbidden })}))
	require.NoError(t, err)
	d := &Docker{api: api, at: dockerhost.Local, project: "tikv-demo"}
	defer d.Close()
	_, err = d.Describe(context.Background(), "tikv-1")
	require.EqualError(t, err, "docker: cannot find tikv-1: the daemon at unix:///var/run/docker.sock may not be used by you; join the group docker, or set DOCKER_HOST")
}

// A daemon that takes the call and never answers.
func TestADaemonThatHangsIsTooSlowAndNotWaitedForForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slow.sock")
	l, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	require.NoError(t, err)
	defer l.Close()
	t.Setenv("DOCKER_HOST", "unix://"+path)
	d, err := NewDocker("tikv-demo", found(t))
	require.NoError(t, err)
	defer d.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err = d.Describe(ctx, "tikv-1")
	require.ErrorContains(t, err, "too slow")
}
