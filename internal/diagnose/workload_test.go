package diagnose

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The monitor raises no signal for the workload, and its ticket opens after the
// last sample. All three were answered "nothing is wrong", 100% verified.
func TestATicketAboutTheWorkloadIsNeverAnsweredNothingIsWrong(t *testing.T) {
	for _, invariant := range []string{"throughput_drop", "error_rate", "high_latency"} {
		for name, seconds := range map[string]int{"as the monitor sees it": 5, "no sample since": 0} {
			t.Run(invariant+" "+name, func(t *testing.T) {
				s := newStage(t)
				for i := range seconds {
					at := 57.2 + float64(i)
					s.clientErrors(at, "tikv-1", "timeout", 70)
					s.clientErrors(at, "tikv-2", "timeout", 60)
					s.clientErrors(at, "tikv-3", "timeout", 70)
					s.load(at, 300, 200, 900*time.Millisecond)
				}
				d, b, _ := s.diagnose(demo.TicketOpened{Invariant: invariant, Target: "workload"})
				for _, e := range b.Items {
					t.Logf("E%d %s", e.N, e.Text)
				}
				assert.Equal(t, demo.TypeInconclusive, d.FaultType, d.RootCause)
				if seconds > 0 {
					assert.Contains(t, d.RootCause, "throughput fell")
					f, _ := b.find("", Throughput)
					assert.Contains(t, d.Evidence, f.N)
				}
			})
		}
	}
}

func TestNobodyCanSayThatNothingIsWrongOfAnOpenTicket(t *testing.T) {
	b := killed(t)
	assert.NotContains(t, faultsFor(b), demo.TypeNone)
	r := goodReport()
	r["component"], r["fault_type"], r["action"] = "none", demo.TypeNone, "none"
	in, err := json.Marshal(r)
	require.NoError(t, err)
	_, err = readReport(in, b, "")
	require.EqualError(t, err, "a ticket is open, so something is wrong")
	assert.Contains(t, faultsFor(Bundle{}), demo.TypeNone)

	s := newStage(t)
	d, _, _ := s.diagnose(demo.TicketOpened{Invariant: "throughput_drop"})
	assert.Equal(t, demo.TypeInconclusive, d.FaultType, "nothing was measured that speaks against the ticket")
}

func TestWithoutAMeasuredWorkloadNothingIsCalledWell(t *testing.T) {
	w := NewWitness(Config{})
	w.Snapshot(second(61), healthy(second(61)))
	b := w.Freeze(context.Background(), second(62), demo.TicketOpened{})
	d, err := Rules().Diagnose(t.Context(), b, func(string) {})
	require.NoError(t, err)
	assert.Equal(t, demo.TypeInconclusive, d.FaultType, "no fact is not no drop")
}
