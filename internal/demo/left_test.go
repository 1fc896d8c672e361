package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A record that a signal ended tells what the play knew: it used to say that
// nothing was detected and nothing forced.
func TestAPlayThatIsEndedFromOutsideKeepsWhatItMeasured(t *testing.T) {
	now := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	var s State
	s.Forced, s.Phase = 2, PhaseOpen
	s.FaultAt = now
	s.Plan = &Plan{Fault: "unscrew", Target: "lamp-2"}
	s.Tickets = []Ticket{{TicketOpened: TicketOpened{ID: "T-1", Target: "lamp-2"}, OpenedAt: now.Add(500 * time.Millisecond)}}
	left := s.Left()
	require.Equal(t, OutcomeQuit, left.Outcome)
	require.Equal(t, 2, left.Forced)
	require.Equal(t, Millis(500*time.Millisecond), left.TTD)
	require.Nil(t, s.Finished, "asking ends nothing")
}
