package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aimed is a machine that stands before a fault with everything else behind it.
func aimed(p Plan) *machine {
	s := New([]Chapter{{N: 1, ID: "fault", OnEnter: OnEnterFault, BlocksAdvance: true, Gate: GateFault}}, Options{})
	s.Reached, s.Plan, s.Phase = 0, &p, PhaseAimed
	s.Now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &machine{State: s}
}

func TestTheQuorumIsGivenUpOnlyAfterTwoAnswers(t *testing.T) {
	lost := Plan{Fault: "quorum-loss", Target: "node-1", Also: []string{"node-2"}, CostsQuorum: true}
	for name, c := range map[string]struct {
		plan    Plan
		presses []Intent
		begins  bool
	}{
		"a fault that costs no quorum is not asked about": {Plan{Fault: "kill", Target: "node-1"}, []Intent{Advance}, true},
		"two answers":              {lost, []Intent{Advance, Confirm, Confirm}, true},
		"one answer":               {lost, []Intent{Advance, Confirm}, false},
		"going on is no answer":    {lost, []Intent{Advance, Advance, Advance, Advance}, false},
		"thought better of it":     {lost, []Intent{Advance, Confirm, Dismiss}, false},
		"and again from the start": {lost, []Intent{Advance, Confirm, Dismiss, Advance, Confirm, Confirm}, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := aimed(c.plan)
			for _, p := range c.presses {
				m.revise()
				m.Now = m.Now.Add(deadKeys)
				m.asked(Asked{Intent: p})
			}
			require.Equal(t, c.begins, m.Countdown > 0)
			if c.begins {
				require.Equal(t, NoQuestion, m.Question)
			}
		})
	}
}

// A key that is held down answers one question, not the next one too.
func TestAHeldKeyDoesNotAnswerBothQuestions(t *testing.T) {
	m := aimed(Plan{Fault: "quorum-loss", Target: "node-1", Also: []string{"node-2"}, CostsQuorum: true})
	for _, i := range []Intent{Advance, Confirm, Confirm, Confirm} {
		m.Now = m.Now.Add(30 * time.Millisecond)
		m.revise()
		m.asked(Asked{Intent: i})
	}
	require.Equal(t, AskQuorumAgain, m.Question)
	require.Zero(t, m.Countdown)
}
