package diagnose

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// asked freezes without a ticket and asks the rules.
func asked(t *testing.T, s *stage) (Bundle, demo.DiagnosisFinished) {
	b := s.w.Freeze(t.Context(), second(62), demo.TicketOpened{})
	d, err := Rules().Diagnose(t.Context(), b, func(string) {})
	require.NoError(t, err)
	return b, d
}

func TestWithoutATicketTheRulesCanSayThatNothingIsWrong(t *testing.T) {
	for name, script := range map[string]func(s *stage){
		"all is as ever":            func(*stage) {},
		"one second was slow":       func(s *stage) { s.load(61, 700, 0, 60*time.Millisecond) },
		"one operation failed once": func(s *stage) { s.clientErrors(20, "tikv-1", "timeout", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			script(s)
			b, d := asked(t, s)
			assert.Equal(t, demo.TypeNone, d.FaultType, d.RootCause)
			assert.Empty(t, d.Component)
			assert.Equal(t, demo.ActionNone, d.Action.Name)
			assert.InDelta(t, 1, d.Verified, 1e-9)
			assert.Contains(t, question(b), "No alert has opened a ticket.")
			assert.NotContains(t, question(b), "Ticket:")
		})
	}
}

func TestWithoutATicketATroubledStoreIsNamedAllTheSame(t *testing.T) {
	s := newStage(t)
	s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "connection refused")
	s.processes["tikv-2"] = ProcessFact{What: "process 4713", Exit: "signal: killed"}
	_, d := asked(t, s)
	assert.Equal(t, "tikv-2", d.Component)
	assert.Equal(t, demo.TypeCrashed, d.FaultType)
}

func TestALastingDropIsNotCalledNothing(t *testing.T) {
	s := newStage(t)
	for at := 57.5; at < 62; at++ {
		s.load(at, 300, 0, 60*time.Millisecond)
	}
	_, d := asked(t, s)
	assert.Equal(t, demo.TypeInconclusive, d.FaultType)
}
