// Package composetest gives tests on a real Docker daemon what no other test, and
// nothing that an earlier one left there, has: a name, ports and a network.
package composetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Project gives a name for a Compose project.
func Project(of string) string {
	return fmt.Sprintf("tikv-demo-%s-%d-%d", of, os.Getpid(), time.Now().Unix())
}

// Env gives the variables of the Compose file for images of ours, ports that were
// free a moment ago, and a network.
func Env(t testing.TB) []string {
	t.Helper()
	env := []string{"PD_IMAGE=tikv-demo/pd:dev", "TIKV_IMAGE=tikv-demo/tikv:dev", "TIKV_DEMO_NET=" + Net(t)}
	for _, name := range []string{"PD_PORT_", "TIKV_PORT_", "TIKV_STATUS_PORT_"} {
		for n := range 3 {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close() // not before all are had, so that none is given twice
			env = append(env, fmt.Sprintf("%s%d=%d", name, n+1, l.Addr().(*net.TCPAddr).Port))
		}
	}
	return env
}

// Net gives the first three numbers of a subnet that the daemon has not given
// away. Where the search begins differs from process to process.
func Net(t testing.TB) string {
	t.Helper()
	taken := says(t, "network", "ls", "-q")
	if taken != "" {
		format := "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
		taken = says(t, append([]string{"network", "inspect", "-f", format}, strings.Fields(taken)...)...)
	}
	const first, nets = 100, 150
	for n := range nets {
		subnet := fmt.Sprintf("10.213.%d", first+(os.Getpid()+n)%nets)
		if !strings.Contains(taken, subnet+".") {
			return subnet
		}
	}
	require.Fail(t, "every subnet for tests is taken", taken)
	return ""
}

func says(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	require.NoError(t, err, "docker %s: %s", strings.Join(args, " "), out)
	return string(out)
}
