package runner

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// lampScorer writes a plan on a slip of paper and turns it over.
type lampScorer struct{}

func (lampScorer) Seal(p demo.Plan) Sealed {
	return Sealed{Hash: "face down", Nonce: "7", Text: p.Fault + " " + p.FaultType + " " + p.Target}
}

func (lampScorer) Open(hash, text string) (demo.Plan, error) {
	var p demo.Plan
	if _, err := fmt.Sscan(text, &p.Fault, &p.FaultType, &p.Target); err != nil || hash != "face down" {
		return p, errors.New("this is another slip")
	}
	return p, nil
}

func (lampScorer) Card(p demo.Plan, d *demo.DiagnosisFinished, _ bool) []demo.Scored {
	nobody := demo.Scored{Verdict: demo.Verdict{Source: "NOBODY"}}
	if d == nil {
		return []demo.Scored{nobody}
	}
	right := demo.Scored{Verdict: demo.Verdict{Source: d.Source}}
	if d.Component == p.Target {
		right.Marks.Localization = 1
	}
	return []demo.Scored{right, nobody}
}

func TestTheSealIsHeldAgainstWhatWasDone(t *testing.T) {
	_, r, plan := broken(t)
	opened := answered(t, r, demo.OpenSeal{}).(demo.FaultOpened)
	require.True(t, opened.Matches)
	require.Equal(t, "7", opened.Nonce)
	require.Len(t, opened.Card, 1, "nobody was asked")

	r.sealed.Text = "unscrew process_crashed lamp-1"
	opened = answered(t, r, demo.OpenSeal{Answer: &demo.DiagnosisFinished{Source: "RULES", Component: "lamp-1"}}).(demo.FaultOpened)
	require.False(t, opened.Matches)
	require.Equal(t, "something else was done: "+plan.Effect, opened.Why)
	require.EqualValues(t, 1, opened.Card[0].Marks.Localization, "an answer is held against what was sealed")

	r.sealed.Hash = "torn"
	opened = answered(t, r, demo.OpenSeal{}).(demo.FaultOpened)
	require.Equal(t, "this is another slip", opened.Why)
	require.Empty(t, opened.Card)
}

func TestWhatWasSealedAndNeverDoneIsSaid(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	require.IsType(t, demo.FaultPlanned{}, answered(t, r, demo.PlanFault{}))
	require.Equal(t, "it was never done", answered(t, r, demo.OpenSeal{}).(demo.FaultOpened).Why)
	require.Equal(t, 1, post.count("fault.sealed"))
}

func (lampScorer) Right(p demo.Plan, d demo.DiagnosisFinished) bool {
	return d.Component == p.Target && d.FaultType == p.FaultType
}
