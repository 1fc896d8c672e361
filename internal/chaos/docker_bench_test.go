package chaos

import (
	"context"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"
)

// BenchmarkKillAgainstTheCommandLine kills a container by turns through the SDK
// and with `docker kill`, and measures until the daemon says that it is dead.
func BenchmarkKillAgainstTheCommandLine(b *testing.B) {
	d := daemon(b)
	ctx := context.Background()
	id := aNode(b, d, d.project, d.project+"_tikv-1_1", aNet(b, d))
	dead := func() bool {
		c, err := d.api.ContainerInspect(ctx, id)
		require.NoError(b, err)
		return !c.State.Running
	}
	timed := func(kill func() error) time.Duration {
		if dead() {
			require.NoError(b, d.api.ContainerStart(ctx, id, container.StartOptions{}))
		}
		from := time.Now()
		require.NoError(b, kill())
		for !dead() { // asked again at once: this is what is measured
		}
		return time.Since(from)
	}
	var mine, theirs []time.Duration
	for range 15 {
		mine = append(mine, timed(func() error { return d.Kill(ctx, "tikv-1") }))
		theirs = append(theirs, timed(func() error { return exec.Command("docker", "kill", id).Run() }))
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	ms := func(all []time.Duration) float64 { return float64(all[len(all)/2].Microseconds()) / 1000 }
	b.ReportMetric(ms(mine), "sdk-p50-ms")
	b.ReportMetric(ms(theirs), "docker-kill-p50-ms")
	b.ReportMetric(ms(mine)/ms(theirs), "ratio")
	b.ReportMetric(0, "ns/op")
}
