package compose

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// threeAndThree is a cluster as docker inspect tells of it.
func threeAndThree() *Cluster {
	c := &Cluster{cfg: Config{Project: "tikv-demo"}}
	for n := range 3 {
		for kind, ports := range map[string]map[string]int{"pd": {defaults.PDPort: 2379 + 2*n}, "tikv": {defaults.StorePort: 20160 + n, defaults.StatusPort: 20180 + n}} {
			var i inspected
			i.Name = fmt.Sprintf("/tikv-demo_%s-%d_1", kind, n+1)
			i.State.Status = "running"
			i.Config.Labels = map[string]string{dockerhost.LabelService: fmt.Sprintf("%s-%d", kind, n+1)}
			i.HostConfig.PortBindings = map[string][]struct{ HostIP, HostPort string }{}
			for inside, outside := range ports {
				i.HostConfig.PortBindings[inside+"/tcp"] = []struct{ HostIP, HostPort string }{{"127.0.0.1", fmt.Sprint(outside)}}
			}
			c.services = append(c.services, i.service())
		}
	}
	return c
}

func TestAddresses(t *testing.T) {
	c := threeAndThree()
	require.NoError(t, c.check())
	require.ElementsMatch(t, []string{"http://127.0.0.1:2379", "http://127.0.0.1:2381", "http://127.0.0.1:2383"}, c.PD())
	for address, at := range map[string]string{
		"tikv-2:20160":   "127.0.0.1:20161",
		"tikv-3:20180":   "127.0.0.1:20182",
		"pd-3:2379":      "127.0.0.1:2383",
		"tikv-2:1":       "tikv-2:1", // not published
		"db-1:20160":     "db-1:20160",
		"127.0.0.1:2379": "127.0.0.1:2379",
		"no address":     "no address",
	} {
		require.Equal(t, at, c.Resolve(address))
	}
	for address, name := range map[string]string{
		"tikv-2:20160":             "tikv-2",
		"127.0.0.1:20161":          "tikv-2",
		"127.0.0.1:20182":          "tikv-3",
		"pd-1:2379":                "pd-1",
		"tikv-demo_pd-1_1:2379":    "pd-1",
		"127.0.0.1:1":              "",
		"somebody-else:20160":      "",
		"":                         "",
		"http://tikv-2:20160/path": "",
	} {
		require.Equal(t, name, c.NameOf(address), address)
	}
}

func TestAClusterNeedsBothKinds(t *testing.T) {
	c := threeAndThree()
	c.services = c.ofKind("tikv")
	require.ErrorIs(t, c.check(), ErrPrecondition)
	require.ErrorContains(t, c.check(), "must publish both")
}

// Both Composes tell their file with every variable filled in, each in its way.
func TestPortsOfBothComposes(t *testing.T) {
	for _, said := range []string{"127.0.0.1:2381:2379/tcp", `"127.0.0.1:2381:2379"`, "{mode: ingress, host_ip: 127.0.0.1, target: 2379, published: \"2381\", protocol: tcp}", "{target: 2379, published: 2381}"} {
		var n yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(said), &n))
		inside, outside := portOf(*n.Content[0])
		require.Equal(t, []string{"2379", "2381"}, []string{inside, outside}, said)
	}
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte("2379/tcp"), &n))
	_, outside := portOf(*n.Content[0])
	require.Empty(t, outside, "any free port is no port that can be told")
}

func TestATakenPortIsNamedBeforeAnythingStarts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	all := []wanted{{name: "tikv-2", ports: map[string]string{defaults.StatusPort: port}}}

	err = checkPorts(all, nil, true)
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "port "+port+" on 127.0.0.1, which tikv-2 is to have, is taken; stop what uses it, or choose another with TIKV_STATUS_PORT_2")
	require.NotContains(t, checkPorts(all, nil, false).Error(), "TIKV_STATUS_PORT_2", "a file of the user's may have no such variable")
	require.NoError(t, checkPorts(all, []Service{{Name: "tikv-2", State: "running"}}, true), "it is its own")
	require.Error(t, checkPorts(all, []Service{{Name: "tikv-2", State: "exited"}}, true))
}

// What Docker and Compose say, word for word, and what the presenter reads.
var daemonAt = &tool{at: "unix:///var/run/docker.sock (context colima)"}

func TestErrorsAreOneLine(t *testing.T) {
	for said, want := range map[string]string{
		"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?":                                                                                                                                    "the Docker daemon does not answer at unix:///var/run/docker.sock (context colima)",
		"Couldn't connect to Docker daemon at http+docker://localhost - is it running?\n\nIf it's at a non-standard location, specify the URL with the DOCKER_HOST environment variable.":                                                      "the Docker daemon does not answer at unix:///var/run/docker.sock (context colima)",
		"docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))":                                                                                   "the Docker daemon does not answer at unix:///var/run/docker.sock (context colima)",
		"permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.41/version\": dial unix /var/run/docker.sock: connect: permission denied":            "you may not use Docker's socket",
		"docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', PermissionError(13, 'Permission denied'))":                                                                                            "you may not use Docker's socket",
		"ERROR: for pd-1  Cannot start service pd-1: driver failed programming external connectivity on endpoint t1_pd-1_1 (e2): Bind for 127.0.0.1:2379 failed: port is already allocated\nEncountered errors while bringing up the project.": "port 2379 on 127.0.0.1 is taken",
		"Error response from daemon: driver failed programming external connectivity on endpoint t: Error starting userland proxy: listen tcp4 127.0.0.1:20160: bind: address already in use":                                                  "port 20160 on 127.0.0.1 is taken",
		"Error response from daemon: Ports are not available: exposing port TCP 127.0.0.1:2379 -> 0.0.0.0:0: listen tcp 127.0.0.1:2379: bind: address already in use":                                                                          "port 2379 on 127.0.0.1 is taken",
		"client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version":                                                                                                                 "docker-compose is too old for this Docker daemon (it speaks API 1.41, the daemon 1.44 and later); install Docker's Compose plugin",
		"Creating network \"t1_default\" with the default driver\nPool overlaps with other one on this address space\n":                                                                                                                        "subnet clashes with another network of Docker's; choose another with TIKV_DEMO_NET",
	} {
		err := daemonAt.explain("docker-compose up", said)
		require.ErrorIs(t, err, ErrPrecondition, said)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	err := daemonAt.explain("docker-compose up", "Creating network\nERROR: something new\nsee above\n")
	require.EqualError(t, err, "docker-compose up: ERROR: something new")
	require.False(t, errors.Is(err, ErrPrecondition))
	require.EqualError(t, daemonAt.explain("docker ps", "strange\x1b[2J\n"), "docker ps: strange")
	require.EqualError(t, daemonAt.explain("docker ps", ""), "docker ps: it failed and did not say why")
}

// command puts a program into PATH that does what script says.
func command(t *testing.T, dir, name, script string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

func TestWithoutDocker(t *testing.T) {
	dir := t.TempDir()
	sh, err := exec.LookPath("sh")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(sh, filepath.Join(dir, "sh")))
	t.Setenv("PATH", dir)
	cfg := Config{StateDir: t.TempDir()}

	_, err = Status(t.Context(), cfg)
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "there is no docker command here")

	command(t, dir, "docker", `echo "unknown command: docker $1" >&2; exit 1`)
	_, err = Status(t.Context(), cfg)
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "there is neither `docker compose` nor `docker-compose` here")

	command(t, dir, "docker-compose", "exit 0")
	_, err = Status(t.Context(), cfg)
	require.ErrorContains(t, err, "docker ps: unknown command: docker ps")
}

// Both of Docker's programs, where they are here, say in their own words that no
// daemon answers.
func TestNoDaemon(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("skipped: no docker command here")
	}
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	cfg := Config{StateDir: t.TempDir()}
	_, err := Status(t.Context(), cfg)
	if err != nil && strings.Contains(err.Error(), "there is neither") {
		t.Skip("skipped: no Compose here")
	}
	for _, err := range []error{err, Down(t.Context(), cfg, true), upErr(t.Context(), cfg)} {
		require.ErrorIs(t, err, ErrPrecondition)
		require.ErrorContains(t, err, "the Docker daemon does not answer at unix://")
		require.NotContains(t, err.Error(), "\n")
	}
}

func upErr(ctx context.Context, cfg Config) error {
	_, err := Up(ctx, cfg, func(string, int, int) {})
	return err
}

// A call that takes too long is ended, and so is one that nobody waits for.
func TestSlowDaemon(t *testing.T) {
	tool := &tool{env: os.Environ()}
	from := time.Now()
	_, err := tool.run(t.Context(), 50*time.Millisecond, "docker ps", []string{"sleep", "60"}, nil)
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "docker ps took longer than 50ms")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = tool.run(ctx, time.Minute, "docker ps", []string{"sleep", "60"}, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(from), 30*time.Second)
}

func TestAnImageThatCannotBePulled(t *testing.T) {
	dir := t.TempDir()
	command(t, dir, "docker", `
case "$1" in
image) echo "Error: No such image: $5" >&2; exit 1;;
pull) case "$2" in
  *pd*) echo "abc: Pulling fs layer"; echo "def: Pulling fs layer"; echo "abc: Pull complete"; echo "def: Pull complete";;
  *) echo "Error response from daemon: Get https://registry.example/v2/: dial tcp: no route to host" >&2; exit 1;;
  esac;;
esac`)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	tool := &tool{env: os.Environ()}
	var told []string
	err := tool.pull(t.Context(), []wanted{
		{name: "pd-1", image: "pingcap/pd:v8.5.7", ports: map[string]string{defaults.PDPort: "2379"}},
		{name: "pd-2", image: "pingcap/pd:v8.5.7", ports: map[string]string{defaults.PDPort: "2381"}},
		{name: "tikv-1", image: "pingcap/tikv:v8.5.7", ports: map[string]string{defaults.StorePort: "20160"}},
	}, func(text string) { told = append(told, text) })
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "not here, and not to be pulled: pingcap/tikv:v8.5.7 (docker pull: Error response from daemon: Get")
	require.ErrorContains(t, err, "`make images` and name them: export TIKV_IMAGE=tikv-demo/tikv:dev")
	require.Equal(t, []string{
		"pulling pingcap/pd:v8.5.7",
		"pulling pingcap/pd:v8.5.7, 0 of 1 layers", "pulling pingcap/pd:v8.5.7, 0 of 2 layers",
		"pulling pingcap/pd:v8.5.7, 1 of 2 layers", "pulling pingcap/pd:v8.5.7, 2 of 2 layers",
		"pulling pingcap/tikv:v8.5.7",
	}, told)
}

func TestImagesThatCannotBeHadAreNamedTogether(t *testing.T) {
	dir := t.TempDir()
	command(t, dir, "docker", `
case "$1" in
image) echo "Error: No such image: $5" >&2; exit 1;;
pull) echo "Error response from daemon: no route to host" >&2; exit 1;;
esac`)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	err := (&tool{env: os.Environ()}).pull(t.Context(), []wanted{
		{name: "pd-1", image: "pingcap/pd:v8.5.7", ports: map[string]string{defaults.PDPort: "2379"}},
		{name: "tikv-1", image: "pingcap/tikv:v8.5.7", ports: map[string]string{defaults.StorePort: "20160"}},
		{name: "tikv-2", image: "pingcap/tikv:v8.5.7", ports: map[string]string{defaults.StorePort: "20161"}},
	}, func(string) {})
	require.ErrorContains(t, err, "pingcap/pd:v8.5.7, pingcap/tikv:v8.5.7 (")
	require.ErrorContains(t, err, "export PD_IMAGE=tikv-demo/pd:dev TIKV_IMAGE=tikv-demo/tikv:dev")
}

// What runs has the settings mounted: a file that is as it should be stays the
// same file.
func TestFilesAreWrittenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "compose")
	path, err := writeFiles(dir)
	require.NoError(t, err)
	settings := filepath.Join(dir, "settings", "tikv-stage.toml")
	before, err := os.Stat(settings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("services: {}"), 0o600))
	_, err = writeFiles(dir)
	require.NoError(t, err)
	after, err := os.Stat(settings)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(b), "tikv-3:", "what somebody changed is put right")
	all, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestProjectNames(t *testing.T) {
	require.NoError(t, CheckProject("tikv-demo_2"))
	for _, name := range []string{"", "TiKV", "-x", "a b", "../x"} {
		require.Error(t, CheckProject(name), name)
	}
	_, err := Status(t.Context(), Config{Project: "No Good", StateDir: t.TempDir()})
	require.ErrorIs(t, err, ErrPrecondition)
}

// Docker's command line has its settings in the environment, and no business with
// the key of the model's API.
func TestDockerIsNotGivenTheKeyOfTheModel(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789")
	t.Setenv("DOCKER_CONTEXT", "elsewhere")
	env := (&Config{}).environ()
	require.Contains(t, env, "DOCKER_CONTEXT=elsewhere")
	for _, v := range env {
		require.NotContains(t, v, "sk-ant-0123456789")
	}
}
