package contract

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

// BenchmarkLoadAgainstGoYCSB drives the embedded cluster as fast as it goes with
// our workload and with go-ycsb's workload A, 16 operations under way each, in
// turn, and reports the medians and the ratio. go-ycsb reads a row before it
// updates it; ours does not, so that a share of the ratio is that.
func BenchmarkLoadAgainstGoYCSB(b *testing.B) {
	const rounds, underWay = 3, 16
	theirs(b, "go-ycsb")
	url := clusterUp(b)
	settings := append(workloadA.settings(), "operationcount=30000", fmt.Sprintf("threadcount=%d", underWay))
	var ycsbs, ours []float64
	for range rounds {
		requireWhole(b, ycsb(b, "load", url), "INSERT") // it cannot read our rows
		ycsbs = append(ycsbs, throughput(b, ycsb(b, "run", url, settings...)))
		ours = append(ours, asFastAsItGoes(b, url, underWay))
		b.Logf("go-ycsb %.0f, load %.0f operations a second", ycsbs[len(ycsbs)-1], ours[len(ours)-1])
	}
	b.ReportMetric(median(ycsbs), "go-ycsb-ops/s")
	b.ReportMetric(median(ours), "load-ops/s")
	b.ReportMetric(median(ours)/median(ycsbs), "ratio")
	b.ReportMetric(0, "ns/op")
}

// asFastAsItGoes gives the median of some seconds of our workload with a target
// that no cluster reaches: the bound is what limits it then.
func asFastAsItGoes(b *testing.B, url string, underWay int) float64 {
	b.Helper()
	kv, err := tikv.OpenRaw(b.Context(), tikv.RawOptions{PD: []string{url}})
	require.NoError(b, err)
	defer kv.Close()
	w := load.New(load.Config{TargetOps: 50_000, InFlight: underWay}, kv)
	require.NoError(b, w.Prepare(b.Context(), nil))
	ctx, cancel := context.WithTimeout(b.Context(), 7*time.Second)
	defer cancel()
	var seconds []float64
	failed := int64(0)
	require.NoError(b, w.Run(ctx, func(_ time.Time, s demo.LoadSample) {
		failed += s.Errors
		seconds = append(seconds, float64(s.Ops))
	}, nil))
	if failed > 0 { // a machine that others keep busy
		b.Logf("%d operations failed", failed)
	}
	require.NotEmpty(b, seconds)
	return median(seconds)
}
