package cli

import (
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
)

func TestEveryActionThatCanBeProposedSaysWhatItMeans(t *testing.T) {
	for _, name := range diagnose.Actions() {
		for _, fault := range diagnose.Faults() {
			terms := actions{}.Terms(demo.Action{Name: name, Target: "tikv-2"}, fault)
			if name == demo.ActionNone {
				require.Zero(t, terms)
				continue
			}
			require.Contains(t, terms.Effect, "tikv-2")
			require.Contains(t, terms.Precondition, "tikv-2")
			require.NotEmpty(t, terms.Undo)
			require.NotEmpty(t, terms.Risk)
		}
	}
}

// What must hold is looked at on real processes: one that runs, one that was
// frozen, one that was killed.
func TestAnActionIsCheckedAgainstTheProcessItself(t *testing.T) {
	t.Parallel()
	nodes := map[string]chaos.Process{}
	for _, name := range []string{"tikv-1", "tikv-2", "tikv-3"} {
		cmd := exec.Command("sleep", "600")
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		nodes[name] = chaos.Process{PID: cmd.Process.Pid, Running: true}
	}
	require.NoError(t, syscall.Kill(nodes["tikv-2"].PID, syscall.SIGSTOP))
	require.NoError(t, syscall.Kill(nodes["tikv-3"].PID, syscall.SIGKILL))
	nodes["tikv-3"] = chaos.Process{PID: nodes["tikv-3"].PID, Exit: "killed"}
	a := actions{look: func(ctx context.Context, name string) (diagnose.ProcessFact, error) {
		p, ok := nodes[name]
		switch {
		case !ok:
			return diagnose.ProcessFact{}, fmt.Errorf("%s is not a process of this cluster", name)
		case !p.Running:
			return diagnose.ProcessFact{What: fmt.Sprintf("process %d", p.PID), Exit: p.Exit}, nil
		}
		return diagnose.LookAtPID(ctx, p.PID)
	}}
	require.Eventually(t, func() bool {
		fact, err := diagnose.LookAtPID(t.Context(), nodes["tikv-2"].PID)
		return err == nil && fact.Stopped
	}, time.Minute, 5*time.Millisecond)

	restart, resume, reconnect := demo.ActionRestart, demo.ActionResume, demo.ActionReconnect
	crashed, frozen, slow := demo.TypeCrashed, demo.TypeFrozen, demo.TypeSlow
	for _, c := range []struct{ action, target, fault, why string }{
		{restart, "tikv-3", crashed, ""}, {restart, "tikv-2", crashed, "of tikv-2 runs"}, {restart, "tikv-1", crashed, "of tikv-1 runs"},
		{resume, "tikv-2", frozen, ""}, {resume, "tikv-1", frozen, "of tikv-1 is not stopped"}, {resume, "tikv-3", frozen, "of tikv-3 is not stopped"},
		{restart, "tikv-1", slow, ""}, {restart, "tikv-3", slow, "of tikv-3 is gone"},
		{reconnect, "tikv-1", demo.TypePartitioned, ""}, {reconnect, "tikv-3", demo.TypePartitioned, "of tikv-3 is gone"},
		{restart, "tikv-9", crashed, "tikv-9 is not a process of this cluster"}, {"format", "tikv-1", crashed, "nothing that can be done"},
	} {
		err := a.Check(t.Context(), demo.Action{Name: c.action, Target: c.target}, c.fault)
		if c.why == "" {
			require.NoError(t, err, "%s %s", c.action, c.target)
			continue
		}
		require.ErrorContains(t, err, c.why, "%s %s", c.action, c.target)
	}
	stands := func(fault, target, kind string) bool {
		return a.Stands(t.Context(), demo.Plan{Fault: fault, Target: target, FaultType: kind})
	}
	require.True(t, stands(chaos.Kill, "tikv-3", crashed))
	require.False(t, stands(chaos.Kill, "tikv-1", crashed))
	require.True(t, stands(chaos.Pause, "tikv-2", frozen))
	require.False(t, stands(chaos.Pause, "tikv-1", frozen))
	require.True(t, stands("unheard of", "tikv-1", slow))
}

func TestAContainerIsUnfrozenAndNotContinued(t *testing.T) {
	resume := demo.Action{Name: demo.ActionResume, Target: "tikv-2"}
	require.Contains(t, actions{}.Terms(resume, demo.TypeFrozen).Effect, "SIGCONT to tikv-2")
	terms := actions{containers: true}.Terms(resume, demo.TypeFrozen)
	require.Equal(t, "unfreeze the container of tikv-2: it goes on where it stood", terms.Effect)
	require.NotContains(t, terms.Undo+terms.Precondition, "SIG")
}
