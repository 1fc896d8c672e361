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
