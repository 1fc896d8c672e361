package runner

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// lampActions looks at the light.
type lampActions struct{ *lampPost }

func (lampActions) Terms(a demo.Action, _ string) demo.Terms {
	return demo.Terms{Effect: "a new bulb for " + a.Target, Undo: "take it out", Precondition: a.Target + " is dark"}
}

func (l lampActions) Check(_ context.Context, a demo.Action, _ string) error {
	if l.dark() != a.Target {
		return errors.New(a.Target + " shines")
	}
	return nil
}

func (l lampActions) Stands(_ context.Context, p demo.Plan) bool { return l.dark() == p.Target }

// answered executes one effect and gives its last answer.
func answered(t *testing.T, r *Runner, v demo.Verb) demo.Body {
	t.Helper()
	const step = 99
	r.Do(t.Context(), demo.Effect{Step: step, Verb: v})
	for e := range r.Watch() {
		if _, onTheWay := e.Body.(demo.Progressed); e.Step == step && !onTheWay {
			return e.Body
		}
	}
	return nil
}

// broken is a runner whose second lamp is out.
func broken(t *testing.T) (*lampPost, *Runner, demo.Plan) {
	t.Helper()
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	plan := answered(t, r, demo.PlanFault{}).(demo.FaultPlanned).Plan
	require.IsType(t, demo.FaultConfirmed{}, answered(t, r, demo.InjectFault{Plan: plan}))
	require.Equal(t, "lamp-2", post.dark())
	return post, r, plan
}

func TestAnApprovedActionIsTheAgentsCredit(t *testing.T) {
	post, r, _ := broken(t)
	act := demo.Action{Name: demo.ActionRestart, Target: "lamp-2"}
	require.Equal(t, demo.ActionDone{Action: act, By: demo.ByAgent}, answered(t, r, demo.Act{Action: act}))
	require.Empty(t, post.dark())
	require.Equal(t, 1, post.count("fault.lifted"))
}

func TestAnActionIsNotDoneWhenWhatItIsForDoesNotHold(t *testing.T) {
	post, r, _ := broken(t)
	act := demo.Action{Name: demo.ActionRestart, Target: "lamp-1"}
	require.Equal(t, demo.ActionSkipped{Action: act, Why: "lamp-1 shines"}, answered(t, r, demo.Act{Action: act}))
	require.Equal(t, "lamp-2", post.dark(), "nothing else was touched")

	lampChaos{post}.set("lamp-1")
	require.Equal(t, demo.ActionSkipped{Action: act, Why: "nothing was done to lamp-1, so there is nothing to undo"}, answered(t, r, demo.Act{Action: act}))
	require.Equal(t, "lamp-1", post.dark())
}

func TestNobodyIsGivenTheCreditOfAFaultThatStillStands(t *testing.T) {
	post, r, plan := broken(t)
	require.Equal(t, demo.ByDemo, answered(t, r, demo.LiftFault{Plan: plan, By: demo.ByItself}).(demo.FaultLifted).By)
	require.Empty(t, post.dark())
	require.Equal(t, demo.ByItself, answered(t, r, demo.LiftFault{Plan: plan, By: demo.ByItself}).(demo.FaultLifted).By, "it may be lifted again")
	require.Equal(t, demo.ByPresenter, answered(t, r, demo.LiftFault{Plan: plan, By: demo.ByPresenter}).(demo.FaultLifted).By)
}
