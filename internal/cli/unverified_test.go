package cli

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Status 0 means complete, or left with q. A talk that came to its end by itself, behind
// a last reading that was forced, is neither.
func TestATalkThatEndsByItselfUnverifiedHasFailed(t *testing.T) {
	ctx := context.Background()
	std := IO{Leaving: &Leaving{ctx: ctx}}
	end := func(outcome string, as demo.Mode) error {
		s := demo.State{Finished: &demo.RunFinished{Outcome: outcome}}
		s.Mode = as
		return (&session{}).outcome(ctx, std, t.TempDir(), s, nil)
	}
	require.ErrorContains(t, end(demo.OutcomeQuit, demo.ModeRunning), "before every key was read again")
	require.NoError(t, end(demo.OutcomeQuit, demo.ModeLeaving))
	require.NoError(t, end(demo.OutcomeComplete, demo.ModeRunning))
}
