package cli

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestLinesArePressesWhereThereIsNoScreen(t *testing.T) {
	out := make(chan demo.Asked)
	go readPresses(t.Context(), strings.NewReader("\n y \nn\n2\nwhat?\na\nq\n"), out)
	var got []demo.Asked
	for p := range out {
		got = append(got, p)
	}
	require.Equal(t, []demo.Asked{
		{Intent: demo.Advance}, {Intent: demo.Confirm}, {Intent: demo.Dismiss}, {Intent: demo.Choose, N: 2}, {Intent: demo.Decide}, {Intent: demo.Quit},
	}, got)
}

// script is a stage that answers what the play wants with what a test has ready.
type script struct {
	events chan demo.Event
	answer func(demo.Verb) demo.Body
}

func (s script) Watch() <-chan demo.Event { return s.events }

func (s script) Do(_ context.Context, e demo.Effect) {
	if body := s.answer(e.Verb); body != nil {
		s.events <- demo.Event{At: time.Now(), Step: e.Step, Body: body}
	}
}

func TestTheEndOfInputEndsTheTalkOnlyWhereAPressIsNeeded(t *testing.T) {
	cs := []demo.Chapter{
		{N: 1, ID: "welcome"},
		{N: 2, ID: "load", OnEnter: demo.OnEnterCluster, BlocksAdvance: true, AutoAdvance: true},
		{N: 3, ID: "wait"},
		{N: 4, ID: "end"},
	}
	started := make(chan struct{})
	st := script{events: make(chan demo.Event, 10), answer: func(v demo.Verb) demo.Body {
		switch v.(type) {
		case demo.StartCluster:
			<-started // the input has ended long before
			return demo.ClusterReady{PD: "x"}
		case demo.Wait:
			return demo.Waited{}
		}
		return nil
	}}
	in, press := io.Pipe()
	go func() {
		_, _ = press.Write([]byte("\n"))
		_ = press.Close()
		close(started)
	}()
	end, err := drive(t.Context(), demo.New(cs, demo.Options{}), st, in, io.Discard)
	require.ErrorContains(t, err, "waits for a press")
	require.Equal(t, 3, end.Reached+1, "chapter 2 went on by itself, and chapter 3 does not")
}

func TestAGermanTalkWithoutAScreenAsksInGerman(t *testing.T) {
	cs := []demo.Chapter{{N: 1, ID: "welcome"}, {N: 2, ID: "end"}}
	for lang, says := range map[string]string{"": "Enter: next, q: leave", "de": "Enter: weiter, q: Ende"} {
		var out strings.Builder
		_, err := drive(t.Context(), demo.New(cs, demo.Options{Lang: lang}), script{answer: func(demo.Verb) demo.Body { return nil }}, strings.NewReader(""), &out)
		require.Error(t, err)
		require.Equal(t, "tikv-demo: "+says+"\n", out.String())
	}
}

// Whoever forces a talk past the repair stands at the scorecard with a fault that is
// still open. The end of input there repairs it and ends the talk, once.
func TestTheEndOfInputAtTheScorecardRepairsWhatIsStillBroken(t *testing.T) {
	cs := []demo.Chapter{
		{N: 1, ID: "welcome"},
		demo.FaultChapter(demo.Chapter{N: 2, ID: "fault"}),
		{N: 3, ID: "complete", OnEnter: demo.OnEnterVerify, Gate: demo.GateVerified},
	}
	plan := demo.Plan{Fault: "kill", FaultType: demo.TypeCrashed, Target: "tikv-2", Effect: "kill tikv-2", Undo: "start tikv-2"}
	at := time.Now().Add(-time.Minute)
	s, effects := demo.Open(demo.New(cs, demo.Options{}), at)
	hear := func(b demo.Body, step demo.Step) {
		at = at.Add(time.Second)
		s, effects = demo.Take(s, demo.Event{At: at, Step: step, Body: b})
	}
	answer := func(wanted string, b demo.Body) {
		for _, e := range effects {
			if demo.NameOf(e.Verb) == wanted {
				hear(b, e.Step)
				return
			}
		}
		require.Fail(t, "nobody wanted to "+wanted)
	}
	hear(demo.Asked{Intent: demo.Advance}, 0)
	answer(demo.NameOf(demo.PlanFault{}), demo.FaultPlanned{Plan: plan})
	hear(demo.Asked{Intent: demo.Advance}, 0)
	hear(demo.FaultInjected{Plan: plan, By: demo.ByDemo}, 0)
	hear(demo.FaultConfirmed{Fault: plan.Fault, Target: plan.Target}, 0)
	hear(demo.Asked{Intent: demo.Force}, 0)
	answer(demo.NameOf(demo.Verify{}), demo.LedgerVerified{Acked: 1})
	require.True(t, s.Complete())
	require.True(t, s.FaultOpen())

	inputs, lifts := 0, 0
	st := script{events: make(chan demo.Event, 10), answer: func(v demo.Verb) demo.Body {
		switch v := v.(type) {
		case demo.Record:
			if taken, ok := v.Body.(demo.Taken); ok {
				if _, asked := taken.Event.Body.(demo.Asked); asked {
					inputs++
					require.Equal(t, 1, inputs, "it asks again and again")
				}
			}
		case demo.LiftFault:
			lifts++
			return demo.FaultLifted{Fault: plan.Fault, Target: plan.Target}
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	h := &headless{s: s, st: st, out: io.Discard}
	require.NoError(t, h.play(ctx, nil))
	require.NotNil(t, h.s.Finished)
	require.True(t, h.s.Lifted())
	require.Equal(t, 1, lifts)
}
