package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
)

// actions knows what the actions mean for nodes that are processes, in
// containers or not. look looks one up, as an operator would with ps.
type actions struct {
	containers bool // the nodes are containers, which are frozen by the freezer cgroup
	look       func(ctx context.Context, name string) (diagnose.ProcessFact, error)
}

// Terms are what the presenter is asked to approve.
func (x actions) Terms(a demo.Action, faultType string) demo.Terms {
	switch a.Name {
	case demo.ActionRestart:
		t := demo.Terms{
			Effect:       fmt.Sprintf("start the process of %s again, with the data that it has", a.Target),
			Undo:         "stop it again; its data is as it was",
			Precondition: fmt.Sprintf("the process of %s is still gone", a.Target),
			Risk:         "it may end again if what ended it is still there",
		}
		if !ended(faultType) {
			t.Effect = fmt.Sprintf("end the process of %s and start it again, with the data that it has", a.Target)
			t.Precondition = fmt.Sprintf("the process of %s still runs", a.Target)
			t.Risk = "a second outage while it starts"
		}
		return t
	case demo.ActionResume:
		t := demo.Terms{
			Effect:       fmt.Sprintf("SIGCONT to %s: it goes on where it stood", a.Target),
			Undo:         "SIGSTOP",
			Precondition: fmt.Sprintf("the process of %s is still stopped", a.Target),
			Risk:         "it answers late what it was asked long ago",
		}
		if x.containers {
			t.Effect = fmt.Sprintf("unfreeze the container of %s: it goes on where it stood", a.Target)
			t.Undo = "freeze it again"
			t.Precondition = fmt.Sprintf("the container of %s is still frozen", a.Target)
		}
		return t
	case demo.ActionReconnect:
		return demo.Terms{
			Effect:       fmt.Sprintf("let the connections of %s through again", a.Target),
			Undo:         "cut them again",
			Precondition: fmt.Sprintf("the process of %s still runs", a.Target),
			Risk:         "it has to catch up, which the others feel",
		}
	case demo.ActionRestoreLine:
		return demo.Terms{
			Effect:       fmt.Sprintf("take the delay or loss off the network of %s", a.Target),
			Undo:         "put it there again",
			Precondition: fmt.Sprintf("the process of %s still runs", a.Target),
			Risk:         "none that is known",
		}
	case demo.ActionResumeGRPC:
		return demo.Terms{
			Effect:       fmt.Sprintf("resume gRPC on %s: it takes clients again", a.Target),
			Undo:         "pause it again",
			Precondition: fmt.Sprintf("the process of %s still runs", a.Target),
			Risk:         "its regions may move back to it at once",
		}
	}
	return demo.Terms{}
}

// ended says whether a type of fault leaves no process behind.
func ended(faultType string) bool {
	return slices.Contains([]string{demo.TypeCrashed, demo.TypeStopped, demo.TypeQuorumLost, demo.TypeNoMemory, demo.TypeCannotWrite}, faultType)
}

// Check looks at the process. One that is out of reach is the presenter's to
// look at.
func (x actions) Check(ctx context.Context, a demo.Action, faultType string) error {
	fact, err := x.look(ctx, a.Target)
	switch {
	case errors.Is(err, errOutOfReach):
		return nil
	case err != nil:
		return fmt.Errorf("%s cannot be looked at: %w", a.Target, err)
	}
	is := fmt.Sprintf("%s of %s ", fact.What, a.Target)
	switch a.Name {
	case demo.ActionResume:
		return unless(fact.Running && fact.Stopped, is+"is not stopped")
	case demo.ActionRestart:
		if ended(faultType) {
			return unless(!fact.Running, is+"runs")
		}
		return unless(fact.Running, is+"is gone")
	case demo.ActionReconnect, demo.ActionRestoreLine, demo.ActionResumeGRPC:
		return unless(fact.Running, is+"is gone")
	}
	return fmt.Errorf("%s is nothing that can be done", a)
}

func unless(holds bool, why string) error {
	if holds {
		return nil
	}
	return errors.New(why)
}

// Stands holds what was broken against what undoes it.
func (x actions) Stands(ctx context.Context, p demo.Plan) bool {
	t, err := chaos.Find(p.Fault)
	return err != nil || x.Check(ctx, demo.Action{Name: t.Inverse, Target: p.Target}, p.FaultType) == nil
}
