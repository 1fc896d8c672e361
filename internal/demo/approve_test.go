package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const asked = "press: [action.asked] | diagnosis\n"

func TestTheProposedActionNeedsAYes(t *testing.T) {
	enter := "[chapter.done 6 key] [chapter.entered 7 key]"
	for _, c := range []struct{ name, script, want string }{
		{
			"yes carries it out", "press; yes",
			asked + "yes: [action.approved presenter] " + enter + " carry out the action wait(20s) wait(1m30s) | recovery\n",
		}, {
			"to press again is to go on without, and a third press mends by hand", "press; press; press; answer",
			asked + "press: " + enter + " | recovery\npress: [action.denied presenter: mended by hand instead] lift the fault wait(20s) wait(1m30s) | recovery\n" +
				"answer: wait(20s) wait(30s) wait(40s) wait(1m0s) [recovery.stage] | recovery\n",
		}, {
			"what was left undecided can be decided later", "press; press; decide; yes",
			asked + "press: " + enter + " | recovery\ndecide: [action.asked] | recovery\nyes: [action.approved presenter] carry out the action wait(20s) wait(1m30s) | recovery\n",
		}, {
			"to go on from the question of the recovery repairs by hand, as it does there without the question", "press; press; decide; press",
			asked + "press: " + enter + " | recovery\ndecide: [action.asked] | recovery\n" +
				"press: [action.denied presenter: mended by hand instead] lift the fault wait(20s) wait(1m30s) | recovery\n",
		}, {
			"no asks why, and goes on with the reason", "press; no; choose 3; press",
			asked + "no: | diagnosis\nchoose 3: [action.denied presenter: the risk is too high] " + enter + " | recovery\npress: lift the fault wait(20s) wait(1m30s) | recovery\n",
		}, {
			"no other number is a reason, and the way back leads to the question", "press; no; choose 0; choose 5; yes; press; back; yes",
			asked + "no: | diagnosis\nchoose 0: | diagnosis\nchoose 5: | diagnosis\nyes: | diagnosis\npress: | diagnosis\nback: | diagnosis\n" +
				"yes: [action.approved presenter] " + enter + " carry out the action wait(20s) wait(1m30s) | recovery\n",
		}, {
			"back decides nothing, and nothing goes on by itself", "press; back; press; back; decide",
			asked + "back: | diagnosis\n" + asked + "back: | diagnosis\ndecide: [action.asked] | diagnosis\n",
		}, {
			"a jump and a forced open gate lead to the question too", "jump 7; back; force",
			"jump 7: [action.asked] | diagnosis\nback: | diagnosis\nforce: [action.asked] | diagnosis\n",
		}, {
			"leaving from the question asks what it always asks", "press; quit; no; press; no; quit; yes",
			asked + "quit: | diagnosis\nno: | diagnosis\n" + asked + "no: | diagnosis\nquit: | diagnosis\nyes: lift the fault | diagnosis\n",
		}, {
			"what was decided is not asked again", "press; no; choose 1; decide; yes; back; decide",
			asked + "no: | diagnosis\nchoose 1: [action.denied presenter: the diagnosis is wrong] " + enter + " | recovery\ndecide: | recovery\nyes: | recovery\nback: | diagnosis\ndecide: | diagnosis\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := tail(t, toAnswer, c.script)
			require.Equal(t, c.want, got)
		})
	}
}

func TestTheQuestionSaysWhatGoingOnDoes(t *testing.T) {
	for script, want := range map[string]Offer{
		"press":                {Intent: Advance, Label: DoWithout, About: "restart lamp-2", Main: true, Enabled: true},
		"press; press; decide": {Intent: Advance, Label: DoMendByHand, About: "lamp-2", Main: true, Enabled: true},
	} {
		p, _ := tail(t, toAnswer, script)
		require.Equal(t, AskApprove, p.Question)
		require.Contains(t, Offers(p.State), want)
	}
}

func TestAPressThatWaitedForTheAnswerApprovesNothing(t *testing.T) {
	_, got := tail(t, toTicket+"; press", "press; answer; tick 1s; press")
	require.Equal(t, "press: | diagnosis\nanswer: [action.proposed] wait(1s) | diagnosis\ntick 1s: [action.asked] | diagnosis\n"+
		"press: [chapter.done 6 key] [chapter.entered 7 key] | recovery\n", got)
}

func TestKeysAreDeadForAMomentAfterTheQuestionAppears(t *testing.T) {
	for _, intent := range []string{"yes", "no", "press", "back", "quit"} {
		p, _ := tail(t, toAnswer, "press")
		shown := p.State
		p.at = p.at.Add(deadKeys - time.Millisecond)
		require.True(t, p.Deaf(p.at))
		p.step(intent)
		shown.Now = p.at
		require.Equal(t, shown, p.State, intent)
		p.at = p.at.Add(time.Millisecond)
		require.False(t, p.Deaf(p.at))
		p.step(intent)
		require.NotEqual(t, AskApprove, p.Question, intent)
	}
}

func TestAQuestionThatWasCoveredIsDeafAgainWhenItIsSeen(t *testing.T) {
	p, _ := tail(t, toAnswer, "press")
	p.at = p.at.Add(time.Minute)
	p.step("decide")
	require.True(t, p.Deaf(p.at))
	p.step("yes")
	require.Empty(t, p.ApprovedBy())
}

// answer gives an answer that names lamp-1 while lamp-2 is out.
func (p *play) wrongAnswer() {
	e := p.take("diagnose", func(v Verb) bool { _, ok := v.(Diagnose); return ok })
	p.apply("wrong", Event{Step: e.Step, Body: DiagnosisFinished{Source: "RULES", Component: "lamp-1", FaultType: TypeCrashed, Action: Action{Name: ActionRestart, Target: "lamp-1"}}})
}

func TestWithoutAPresenterAWrongDiagnosisNeverActsOnAHealthyNode(t *testing.T) {
	p := newPlay(t, Options{AutoApprove: true})
	p.run(toTicket + "; press")
	p.wrongAnswer()
	p.trace.Reset()
	p.run("press; answer")
	require.Contains(t, p.trace.String(), "[action.denied auto: the diagnosis is not what was done] lift the fault")
	require.NotContains(t, p.trace.String(), "carry out")
	require.Empty(t, p.ApprovedBy())
	require.Equal(t, ByDemo, p.MendedBy)
}

func TestAnActionWhosePreconditionDoesNotHoldIsNotDone(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket + "; press")
	p.wrongAnswer()
	p.trace.Reset()
	p.run("press; yes; refuse lamp-1 shines")
	require.Equal(t, "lamp-1 shines", p.SkippedFor())
	require.True(t, p.Unmended())
	p.run("decide; press; answer")
	require.Equal(t, ByPresenter, p.MendedBy)
	require.NotContains(t, p.trace.String(), "denied", "it was decided already")
}

func TestWhereNobodyIsAskedAnActionThatIsNotDoneIsFollowedByTheInverse(t *testing.T) {
	p := newPlay(t, Options{AutoApprove: true})
	p.run(toAnswer + "; press; refuse it cannot be looked at; answer")
	require.Equal(t, ByDemo, p.MendedBy)
	require.Equal(t, ByAuto, p.ApprovedBy())
}
