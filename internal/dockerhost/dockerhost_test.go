package dockerhost

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// env is an environment with a home of its own.
func env(t *testing.T, vars map[string]string) func(string) string {
	t.Helper()
	if vars["HOME"] == "" {
		vars["HOME"] = t.TempDir()
	}
	return func(name string) string { return vars[name] }
}

// aContext writes a context as docker does. The name's SHA-256 was taken from a
// store that docker itself had written.
func aContext(t *testing.T, home, meta string, certs bool) {
	t.Helper()
	const colima = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16"
	dir := filepath.Join(home, ".docker", "contexts")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "meta", colima), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "meta", colima, "meta.json"), []byte(meta), 0o600))
	if certs {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "tls", colima, "docker"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "tls", colima, "docker", "ca.pem"), nil, 0o600))
	}
}

func current(t *testing.T, home, config string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(home, ".docker"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".docker", "config.json"), []byte(config), 0o600))
}

const colimaMeta = `{"Name":"colima","Metadata":{"Description":"colima"},"Endpoints":{"docker":{"Host":"unix:///home/me/.colima/docker.sock","SkipTLSVerify":false}}}`

func TestTheDaemonIsTheOneOfTheCommandLine(t *testing.T) {
	home := t.TempDir()
	aContext(t, home, colimaMeta, false)
	e, err := Find(env(t, map[string]string{"HOME": home}))
	require.NoError(t, err)
	require.Equal(t, Local, e.String(), "a context that is not chosen is not used")

	current(t, home, `{"auths":{},"currentContext":"colima"}`)
	e, err = Find(env(t, map[string]string{"HOME": home}))
	require.NoError(t, err)
	require.Equal(t, "unix:///home/me/.colima/docker.sock (context colima)", e.String())

	e, err = Find(env(t, map[string]string{"HOME": home, "DOCKER_CONTEXT": "default"}))
	require.NoError(t, err)
	require.Equal(t, Endpoint{Host: Local}, e)

	e, err = Find(env(t, map[string]string{"HOME": home, "DOCKER_HOST": "127.0.0.1:2375"}))
	require.NoError(t, err)
	require.Equal(t, Endpoint{Host: "tcp://127.0.0.1:2375", Source: "DOCKER_HOST"}, e, "DOCKER_HOST overrides every context")

	e, err = Find(env(t, map[string]string{"DOCKER_CONFIG": filepath.Join(home, ".docker")}))
	require.NoError(t, err)
	require.Equal(t, "context colima", e.Source)
}

func TestAContextWithCertificates(t *testing.T) {
	home := t.TempDir()
	aContext(t, home, strings.Replace(colimaMeta, "unix:///home/me/.colima/docker.sock", "tcp://127.0.0.1:2376", 1), true)
	e, err := Find(env(t, map[string]string{"HOME": home, "DOCKER_CONTEXT": "colima"}))
	require.NoError(t, err)
	require.True(t, e.TLS())
	require.Equal(t, []string{"PATH=/bin", "DOCKER_HOST=tcp://127.0.0.1:2376", "DOCKER_CERT_PATH=" + e.CertDir, "DOCKER_TLS_VERIFY=1"},
		e.Environ([]string{"PATH=/bin", "DOCKER_CONTEXT=other", "DOCKER_TLS=1"}))
}

func TestAContextThatCannotBeUsedIsNamed(t *testing.T) {
	home := t.TempDir()
	aContext(t, home, `{"Name":"colima","Endpoints":{"kubernetes":{}}}`, false)
	for name, says := range map[string]string{"gone": `there is no Docker context "gone"`, "colima": `"colima" names no daemon`} {
		_, err := Find(env(t, map[string]string{"HOME": home, "DOCKER_CONTEXT": name}))
		require.ErrorContains(t, err, says)
	}
	current(t, home, "{")
	_, err := Find(env(t, map[string]string{"HOME": home}))
	require.ErrorContains(t, err, "config.json cannot be read")
}

func TestADaemonOnAnotherMachineIsSaid(t *testing.T) {
	for host, says := range map[string]string{
		Local: "", "tcp://127.0.0.1:2375": "", "tcp://[::1]:2375": "", "tcp://localhost:2375": "", "npipe:////./pipe/docker_engine": "",
		"ssh://me@box": "opens no ssh connections", "tcp://10.0.0.7:2376": "on another machine", "tcp://box:2375": "on another machine",
	} {
		err := Endpoint{Host: host}.Remote()
		if says == "" {
			require.NoError(t, err, host)
			continue
		}
		require.ErrorContains(t, err, says, host)
		require.ErrorContains(t, err, "run tikv-demo on that machine")
	}
}

// Docker's own command line is the judge, where it is installed.
func TestDockerItselfAgrees(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("skipped: no docker command here")
	}
	home := t.TempDir()
	docker := func(args ...string) string {
		cmd := exec.Command("docker", args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return strings.TrimSpace(string(out))
	}
	docker("context", "create", "elsewhere", "--docker", "host=unix:///tmp/elsewhere.sock")
	for _, name := range []string{"elsewhere", "default"} {
		docker("context", "use", name)
		e, err := Find(env(t, map[string]string{"HOME": home}))
		require.NoError(t, err)
		require.Equal(t, docker("context", "inspect", "-f", "{{.Endpoints.docker.Host}}"), e.Host)
	}
}
