package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSealIsOpenedWhenTheAnswerIsThere(t *testing.T) {
	p, got := tail(t, toTicket+"; seal; press", "answer; open")
	require.Equal(t, "answer: open the seal [action.proposed] | diagnosis\nopen: | diagnosis\n", got)
	require.Equal(t, "3fa9", p.Opened.Hash)
	require.Equal(t, "true", p.Opened.Text, "the answer is held against it")
	_, got = tail(t, toTicket+"; seal; press; answer; open", "press; yes")
	require.NotContains(t, got, "open the seal", "once is enough")
}

func TestWithoutAnAnswerTheSealIsOpenedBeforeAnythingIsMended(t *testing.T) {
	p, got := tail(t, toDark+"; seal; press; force", "press; open")
	require.Equal(t, "press: [chapter.done 6 key] [chapter.entered 7 key] open the seal | recovery\nopen: | recovery\n", got)
	require.Equal(t, "false", p.Opened.Text)
}

func TestASealThatCannotBeOpenedStopsNothing(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true})
	p.run("tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer; seal")
	p.run("tick 2s; tick 1s; tick 1s; tick 1s; answer; tick 3s; signal status_probe; ticket; lamps out; tick 3s; answer")
	e := p.take("seal", func(v Verb) bool { _, ok := v.(OpenSeal); return ok })
	p.apply("fail", Event{Step: e.Step, Body: EffectFailed{Err: "it slipped"}})
	require.Nil(t, p.Finished)
	require.Equal(t, WorkDone, p.Visits[p.Reached].Work.State)
}
