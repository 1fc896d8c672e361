package cli

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
)

// On macOS, and with a program that was built with cgo, it cannot be its own helper.
func TestABoothOnDockerLeavesOutWhatTheMachineCannotDo(t *testing.T) {
	dockerThat(t, "exit 0")
	t.Setenv("TIKV_DEMO_HELPER_IMAGE", "")
	o := &options{fault: everyFault, cluster: clusterDocker, docker: dockerOptions{project: "p"}}
	all := o.everyFault()
	require.Contains(t, all, chaos.Latency)
	var said bytes.Buffer
	require.NoError(t, ableOnDocker(t.Context(), &said, o))
	require.Regexp(t, `^tikv-demo: --fault all leaves out latency and loss: delay and loss cannot be had here: [^\n]+\n$`, said.String())
	want := slices.DeleteFunc(all, func(f string) bool { return f == chaos.Latency || f == chaos.Loss })
	require.Equal(t, want, o.everyFault())
	for round := range 2 * len(want) {
		require.Equal(t, want[round%len(want)], o.request(round).Fault)
	}

	said.Reset()
	o = &options{fault: chaos.Latency, cluster: clusterDocker, docker: dockerOptions{project: "p"}}
	require.ErrorContains(t, ableOnDocker(t.Context(), &said, o), "--fault latency: delay and loss cannot be had here")
	o.fault = chaos.Kill
	require.NoError(t, ableOnDocker(t.Context(), &said, o))
	require.Empty(t, said.String())
}
