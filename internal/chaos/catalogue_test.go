package chaos

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// What each fault asks of the machinery, and its inverse after it.
func TestEachFaultIsDoneAndUndone(t *testing.T) {
	for fault, c := range map[string]struct {
		done, undone []string
		action       string
	}{
		Kill:       {[]string{"kill tikv-2"}, []string{"start tikv-2"}, demo.ActionRestart},
		Stop:       {[]string{"stop tikv-2"}, []string{"start tikv-2"}, demo.ActionRestart},
		Pause:      {[]string{"pause tikv-2"}, []string{"resume tikv-2"}, demo.ActionResume},
		Partition:  {[]string{"cut tikv-2"}, []string{`reconnect {"alias":"tikv-2"} tikv-2`}, demo.ActionReconnect},
		Latency:    {[]string{"spoil(300ms delay) tikv-2"}, []string{"spoil() tikv-2"}, demo.ActionRestoreLine},
		Loss:       {[]string{"spoil(30% loss) tikv-2"}, []string{"spoil() tikv-2"}, demo.ActionRestoreLine},
		Gray:       {[]string{"pause gRPC on tikv-2"}, []string{"resume gRPC on tikv-2"}, demo.ActionResumeGRPC},
		PDKill:     {[]string{"kill pd-1"}, []string{"start pd-1"}, demo.ActionRestart},
		Injection:  {[]string{"plant 2 lines in tikv-2", "kill tikv-2"}, []string{"start tikv-2"}, demo.ActionRestart},
		QuorumLoss: {[]string{"kill tikv-2", "kill tikv-3"}, []string{"start tikv-2", "start tikv-3"}, demo.ActionRestart},
	} {
		t.Run(fault, func(t *testing.T) {
			dir := t.TempDir()
			s := newScene(t, dir, "run-1")
			s.backend.nodes["pd-1"] = &Condition{Running: true}
			target := "tikv-2"
			if fault == PDKill {
				target = TargetPDLeader
			}
			p, err := s.c.Plan(cluster(0, 3, 3), Request{Fault: fault, Target: target})
			require.NoError(t, err)
			kind, err := Find(fault)
			require.NoError(t, err)
			assert.Equal(t, c.action, kind.Inverse)

			require.NoError(t, s.c.Inject(context.Background(), p))
			require.ElementsMatch(t, c.done, s.backend.said())
			require.NoError(t, s.c.Lift(context.Background(), p))
			require.ElementsMatch(t, c.undone, s.backend.said()[len(c.done):])

			// The same by a run that comes after this one died.
			require.NoError(t, s.c.Inject(context.Background(), p))
			require.NoError(t, s.ledger.file.close())
			next := newScene(t, dir, "run-2")
			next.backend.nodes = s.backend.nodes
			healed, err := next.c.Heal(context.Background())
			require.NoError(t, err)
			assert.Equal(t, []demo.Plan{p}, healed)
			require.ElementsMatch(t, c.undone, next.backend.said())
			healed, err = next.c.Heal(context.Background())
			require.NoError(t, err)
			assert.Empty(t, healed, "healing twice changes nothing")
			require.Len(t, next.backend.said(), len(c.undone))
		})
	}
	assert.Len(t, Catalogue(), 10)
}

// A fault whose node dies while it is open ends with a node that runs.
func TestANodeThatDiesWhileItIsBrokenRunsAgainAfterwards(t *testing.T) {
	for _, fault := range []string{Pause, Partition, Latency, Loss, Gray} {
		t.Run(fault, func(t *testing.T) {
			s := newScene(t, t.TempDir(), "run-1")
			p := s.plan(t, fault, "tikv-2")
			require.NoError(t, s.c.Inject(context.Background(), p))
			*s.backend.nodes["tikv-2"] = Condition{Exit: "exit status 1"}
			require.NoError(t, s.c.Lift(context.Background(), p))
			assert.True(t, s.backend.nodes["tikv-2"].Whole())
		})
	}
}

// One of two that cannot be broken leaves the fault open for the other's sake.
func TestAFaultThatIsHalfDoneStaysOpen(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p, err := s.c.Plan(cluster(0, 3, 3), Request{Fault: QuorumLoss, Target: "tikv-2"})
	require.NoError(t, err)
	s.backend.fail["kill tikv-3"] = assert.AnError
	require.ErrorIs(t, s.c.Inject(context.Background(), p), assert.AnError)
	open, err := s.c.Open()
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, open)
	healed, err := s.c.Heal(context.Background())
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, healed)
	assert.True(t, s.backend.nodes["tikv-2"].Whole())
}
