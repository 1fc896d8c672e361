package diagnose

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var killPlan = demo.Plan{Fault: "kill", FaultType: demo.TypeCrashed, Target: "tikv-2", Reason: "drawn", Seed: 7, Effect: "SIGKILL to <4711>", Undo: "restart", Mends: []string{demo.ActionRestart}}

func verdict(component, fault, action string) demo.Verdict {
	v := demo.Verdict{Component: component, FaultType: fault, Action: demo.Action{Name: action}}
	if action != demo.ActionNone {
		v.Action.Target = component
	}
	return v
}

func TestEachPartOfAnAnswerIsScored(t *testing.T) {
	broken := TruthOf(killPlan)
	calm := TruthOf(demo.Plan{Fault: demo.FaultNone})
	both := TruthOf(demo.Plan{Fault: "quorum-loss", FaultType: demo.TypeQuorumLost, Target: "tikv-2", Also: []string{"tikv-3"}, Mends: []string{demo.ActionRestart}})
	elsewhere := verdict("tikv-2", demo.TypeCrashed, demo.ActionRestart)
	elsewhere.Action.Target = "tikv-1"
	for name, c := range map[string]struct {
		truth   Truth
		ticket  bool
		verdict demo.Verdict
		want    Score
	}{
		"all of it right":                        {broken, true, verdict("tikv-2", demo.TypeCrashed, demo.ActionRestart), Score{1, 1, 1, 1}},
		"the wrong fault":                        {broken, true, verdict("tikv-2", demo.TypeFrozen, demo.ActionResume), Score{1, 1, 0, 0}},
		"the wrong node":                         {broken, true, verdict("tikv-1", demo.TypeCrashed, demo.ActionRestart), Score{1, 0, 1, 0}},
		"one of two nodes":                       {broken, true, verdict("tikv-1, tikv-2", demo.TypeCrashed, demo.ActionNone), Score{1, 0.5, 1, 0}},
		"one of all nodes":                       {broken, true, verdict("tikv-1, tikv-2, tikv-3 and pd-1", demo.TypeCrashed, demo.ActionNone), Score{1, 0.25, 1, 0}},
		"a node twice is one":                    {broken, true, verdict("tikv-2 tikv-2", demo.TypeCrashed, demo.ActionNone), Score{1, 1, 1, 0}},
		"tikv-2 is not in tikv-20":               {broken, true, verdict("tikv-20", demo.TypeCrashed, demo.ActionRestart), Score{1, 0, 1, 0}},
		"the right action on another node":       {broken, true, elsewhere, Score{1, 1, 1, 0}},
		"inconclusive about the right node":      {broken, true, verdict("tikv-2", demo.TypeInconclusive, demo.ActionNone), Score{1, 1, 0, 0}},
		"nothing is wrong, says the answer":      {broken, true, verdict("", demo.TypeNone, demo.ActionNone), Score{}},
		"no ticket, so nothing was found":        {broken, false, verdict("tikv-2", demo.TypeCrashed, demo.ActionRestart), Score{}},
		"nobody did anything":                    {broken, false, Nobody(), Score{}},
		"nothing is wrong and nobody says so":    {calm, false, Nobody(), Score{1, 1, 1, 1}},
		"the other one of two":                   {both, true, verdict("tikv-3", demo.TypeQuorumLost, demo.ActionRestart), Score{1, 0.5, 1, 1}},
		"both of two":                            {both, true, verdict("tikv-2, tikv-3", demo.TypeQuorumLost, demo.ActionNone), Score{1, 1, 1, 0}},
		"two of three":                           {both, true, verdict("tikv-1, tikv-3", demo.TypeQuorumLost, demo.ActionNone), Score{1, 1.0 / 3, 1, 0}},
		"a false ticket that is seen through":    {calm, true, verdict("", demo.TypeNone, demo.ActionNone), Score{1, 1, 1, 1}},
		"a false ticket that is believed":        {calm, true, verdict("tikv-1", demo.TypeCrashed, demo.ActionRestart), Score{}},
		"a false ticket that nobody understands": {calm, true, verdict("", demo.TypeInconclusive, demo.ActionNone), Score{0, 1, 0, 1}},
	} {
		assert.Equal(t, c.want, ScoreVerdict(c.truth, c.ticket, c.verdict), name)
	}
	assert.InDelta(t, 0.875, Score{1, 0.5, 1, 1}.Total(), 1e-9)
}

func TestTwoFaultsAtOnceAreRightOnlyIfBothAreNamed(t *testing.T) {
	p := demo.Plan{Fault: "quorum-loss", FaultType: demo.TypeQuorumLost, Target: "tikv-2", Also: []string{"tikv-3"}}
	for named, right := range map[string]bool{"tikv-2, tikv-3": true, "tikv-3, tikv-2": true, "tikv-2": false, "tikv-3": false, "tikv-1, tikv-2, tikv-3": false, "": false} {
		assert.Equal(t, right, Right(p, verdict(named, demo.TypeQuorumLost, demo.ActionNone)), named)
	}
	assert.False(t, Right(p, verdict("tikv-2, tikv-3", demo.TypeCrashed, demo.ActionNone)))
}

func TestTheCardHasEverybodyOnIt(t *testing.T) {
	d := demo.DiagnosisFinished{Source: SourceClaude, Component: "tikv-2", FaultType: demo.TypeCrashed, Action: demo.Action{Name: demo.ActionRestart, Target: "tikv-2"},
		Usage: &demo.Usage{InputTokens: 2_000_000, OutputTokens: 500_000}, Beside: []demo.Verdict{{Source: SourceRules, Component: "tikv-1", FaultType: demo.TypeCrashed}}}
	lines := Card(killPlan, &d, true, Price{Input: 3, Output: 10})
	require.Len(t, lines, 3)
	for i, want := range []struct {
		who   string
		total float64
		cost  float64
	}{{SourceClaude, 1, 11}, {SourceRules, 0.5, 0}, {SourceNobody, 0, 0}} {
		assert.Equal(t, want.who, lines[i].Source)
		assert.InDelta(t, want.total, lines[i].Score.Total(), 1e-9, want.who)
		assert.InDelta(t, want.cost, lines[i].Cost, 1e-9)
	}
	calm := Card(demo.Plan{}, nil, false, Price{})
	require.Len(t, calm, 1)
	assert.InDelta(t, 1, calm[0].Score.Total(), 1e-9)
}

func TestASealKeepsWhatWillBeDone(t *testing.T) {
	nonce := NewNonce()
	assert.Len(t, nonce, 32)
	assert.NotEqual(t, nonce, NewNonce())
	seal, text := Seal(killPlan, nonce), SealedText(killPlan, nonce)
	sum := sha256.Sum256([]byte(text))
	assert.Equal(t, hex.EncodeToString(sum[:]), seal, "what anybody can check")
	assert.NotContains(t, text, "\n")
	assert.NotEqual(t, seal, Seal(killPlan, "another"))

	p, err := Open(seal, text)
	require.NoError(t, err)
	assert.Equal(t, killPlan, p)

	other := killPlan
	other.Target = "tikv-1"
	_, err = Open(seal, SealedText(other, nonce))
	require.ErrorIs(t, err, ErrSeal)
	sum = sha256.Sum256([]byte("no plan"))
	_, err = Open(hex.EncodeToString(sum[:]), "no plan")
	require.ErrorIs(t, err, ErrSeal)
}
