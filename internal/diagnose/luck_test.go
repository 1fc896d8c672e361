package diagnose

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestAStoreThatLosesPacketsIsNotCalledGrayForFourLuckyAnswers(t *testing.T) {
	for slow, want := range map[bool]string{true: demo.TypeSlow, false: demo.TypeGray} {
		s := newStage(t)
		s.answersAfter("tikv-2", 0)
		if !slow {
			s.serves["tikv-2"] = errPaused
		}
		s.clientErrors(60.6, "tikv-2", "region", 52)
		s.clientErrors(61, "tikv-2", "timeout", 22)
		s.signal(60.7, demo.SignalClientErrors, "tikv-2", "74 errors")
		if slow {
			s.signal(61.5, demo.SignalSlowProbe, "tikv-2", "8 of 27 answers took over 150 ms, half of them 203 ms or more")
		}
		d, b, _ := s.diagnose(demo.TicketOpened{Invariant: "store_slow", Target: "tikv-2"})
		assert.Equal(t, want, d.FaultType, d.RootCause)
		assert.Equal(t, "tikv-2", d.Component)
		assert.InDelta(t, 1, d.Verified, 1e-9)
		_, cited := b.find("tikv-2", ProbeSlow)
		assert.Equal(t, slow, cited)
	}
}
