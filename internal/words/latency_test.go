package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestALatencyIsWrittenTheSameWayEverywhere(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0.0 ms", 3521 * time.Microsecond: "3.5 ms", 9949 * time.Microsecond: "9.9 ms", 9960 * time.Microsecond: "10 ms", 412 * time.Millisecond: "412 ms", 2 * time.Second: "2000 ms"} {
		require.Equal(t, want, English.Latency(d))
	}
	s := demo.New([]demo.Chapter{{Gate: demo.GateSteady}}, demo.Options{})
	s.Baseline = demo.Baseline{At: time.Unix(1, 0), Ops: 1000, P99: 3521 * time.Microsecond}
	require.Equal(t, "baseline 1000 ops/s, p99 3.5 ms", Voice{}.Gate(s, 0))
}
