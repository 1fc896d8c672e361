package diagnose

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The answer that the first version of the check called 100% verified: it denies
// E1 in the words of E1, invents a cause, and concludes what the facts exclude.
func TestAnAnswerThatTalksRoundTheCheckIsNotTaken(t *testing.T) {
	b := killed(t)
	clients, ok := b.find("tikv-2", ClientErrors)
	require.True(t, ok)
	e := "E" + itoa(clients.N)
	d := demo.DiagnosisFinished{
		Component: "tikv-2", FaultType: demo.TypePartitioned, Evidence: []int{1, 2}, Action: demo.Action{Name: demo.ActionReconnect, Target: "tikv-2"},
		RootCause: "The process of tikv-2 runs perfectly well and was never gone [E1]. A switch between the racks lost its configuration. Clients of tikv-2 had no failures at all [" + e + "].",
		Alternatives: []demo.Alternative{
			{Cause: "its process crashed", Against: "the workload shows that it did not [E1]", Evidence: []int{1}},
			{Cause: "it is frozen", Against: "look at it [" + e + "]", Evidence: []int{clients.N}},
		},
	}
	r := Check(b, d)
	for _, c := range r.Claims {
		assert.False(t, c.OK, c.Text)
	}
	assert.Zero(t, r.Verified)
	assert.False(t, r.Grounded)
	assert.Contains(t, r.Excluded, "E1 (process gone) speaks against network partition")
}

func TestASentenceIsHeldAgainstWhatItsFactsMean(t *testing.T) {
	b := Bundle{Nodes: healthy(noon).Nodes}
	for i, f := range []struct {
		kind Kind
		text string
	}{
		{ProcessGone, "tikv-2: process 4713 is gone: signal: killed"},
		{ProbeTimedOut, "tikv-1: its status port does not answer in time"},
		{ClientErrors, "tikv-2: 212 operations of clients failed"},
		{ProcessExecutes, "tikv-1: process 4712 runs: it got a processor 40 times while it was looked at"},
		{ProcessFrozen, "tikv-3: process 4714 exists but its control group is frozen, it executes nothing"},
	} {
		b.Facts = append(b.Facts, Fact{N: i + 1, Kind: f.kind})
		b.Items = append(b.Items, demo.Evidence{N: i + 1, Text: f.text})
	}
	for sentence, ok := range map[string]bool{
		"The process of tikv-2 was killed [E1].":                          true,
		"Its process is dead [E1].":                                       true,
		"It isn't running any more [E1].":                                 true,
		"The process of tikv-2 runs perfectly well [E1].":                 false,
		"The process of tikv-2 was never gone [E1].":                      false,
		"tikv-2 did not crash [E1].":                                      false,
		"It's alive and healthy [E1].":                                    false,
		"It is a switch that lost its configuration [E1].":                false,
		"A broken switch made the process of tikv-2 go, it is gone [E1].": false,
		"Its disk filled up and the process is gone [E1].":                false,
		"It ran out of memory and was killed [E1].":                       false,
		"The status port of tikv-1 lets calls time out [E2].":             true,
		"The status port of tikv-1 answers at once [E2].":                 false,
		"Packets to tikv-1 do not get through, calls time out [E2].":      true,
		"Clients had no failures [E3].":                                   false,
		"Clients failed [E3].":                                            true,
		"Clients are fine, and their operations succeed [E3].":            false,
		"The process runs, yet its port does not answer [E4][E2].":        true,
		"The process has crashed [E4].":                                   false,
		"The process executes, so it is not frozen [E4].":                 true,
		"The process of tikv-3 is frozen [E5].":                           true,
		"The process of tikv-3 is not frozen at all [E5].":                false,
		"Aliens did it [E1].":                                             false,
		"The evidence does not decide [E2].":                              true,
		"It was the moon.":                                                false,
	} {
		c := NewChecker(b)
		claims := append(c.Add(sentence), c.Done()...)
		if assert.Len(t, claims, 1, sentence) {
			assert.Equal(t, ok, claims[0].OK, sentence+" "+claims[0].Why)
		}
	}
}

func TestAConclusionNeedsFactsThatShowItAndNoneThatExcludeIt(t *testing.T) {
	b := killed(t)
	for _, c := range []struct {
		component, fault string
		cited            []int
		why              string
		excluded         bool
	}{
		{"tikv-2", demo.TypeCrashed, []int{1}, "", false},
		{"tikv-2", demo.TypeCrashed, []int{2}, "what shows process crashed is not cited", false},
		{"tikv-2", demo.TypeFrozen, []int{1}, "E1 (process gone) speaks against process frozen", true},
		{"tikv-1", demo.TypeCrashed, []int{1}, "no fact shows process crashed", false},
		{"tikv-2", demo.TypeQuorumLost, []int{1}, "no fact shows quorum lost", false},
		{"", demo.TypeNone, []int{1}, "a ticket is open", true},
		{"tikv-2", demo.TypeInconclusive, []int{1}, "", false},
		{"tikv-1", demo.TypeInconclusive, []int{1}, "no symptom of tikv-1 is in the evidence", false},
	} {
		why, excluded := b.unsupported(c.component, c.fault, c.cited)
		assert.Equal(t, c.why, why, c.fault)
		assert.Equal(t, c.excluded, excluded, c.fault)
	}
}

// Whoever adds a type of fault must say what shows it.
func TestEveryFaultThatMayBeNamedIsInTheTableOfCauses(t *testing.T) {
	for _, f := range Faults() {
		if _, ok := causeOf(f); !ok && f != demo.TypeNone && f != demo.TypeInconclusive {
			t.Errorf("%s is not in the table of causes", f)
		}
	}
	for _, c := range causes {
		assert.Contains(t, Faults(), c.fault)
		for _, set := range c.shows {
			for _, k := range set {
				assert.NotContains(t, c.excludes, k, c.fault)
			}
		}
	}
}

// What one fault shows must not show another one: with the facts of one row no
// second row may hold.
func TestNoTwoCausesAreShownByTheSameFacts(t *testing.T) {
	for _, c := range causes {
		for _, set := range c.shows {
			var b Bundle
			for i, k := range set {
				b.Facts = append(b.Facts, Fact{N: i + 1, Kind: k, Node: "tikv-1"})
			}
			got, ok := b.shown("tikv-1")
			assert.True(t, ok, "%s by %v", c.fault, set)
			assert.Equal(t, c.fault, got.fault, "%v", set)
		}
	}
}

func TestAnAnswerThatIsExcludedStepsDownAndOneThatNothingShowsHasNoAction(t *testing.T) {
	b := killed(t)
	answer := func(fault, action string) demo.DiagnosisFinished {
		return demo.DiagnosisFinished{Component: "tikv-2", FaultType: fault, RootCause: "The process of tikv-2 was killed [E1].", Evidence: []int{1},
			Action: demo.Action{Name: action, Target: "tikv-2"}, Alternatives: []demo.Alternative{{Cause: "it is frozen", Against: "the process is gone [E1]"}}}
	}
	try := func(d demo.DiagnosisFinished) (demo.DiagnosisFinished, error) {
		l := NewLadder(nil, nil)
		rules, err := l.askRules(t.Context(), b)
		require.NoError(t, err)
		return l.try(t.Context(), says{d}, rules, func(demo.Body) {}, nil)
	}
	_, err := try(answer(demo.TypeFrozen, demo.ActionResume))
	require.ErrorContains(t, err, "its conclusion does not hold: E1 (process gone) speaks against process frozen")
	d, err := try(answer(demo.TypeQuorumLost, demo.ActionRestart))
	require.NoError(t, err)
	assert.False(t, d.Grounded)
	assert.Equal(t, demo.ActionNone, d.Action.Name, "nothing is done for what nothing shows")
	d, err = try(answer(demo.TypeCrashed, demo.ActionRestart))
	require.NoError(t, err)
	assert.True(t, d.Grounded)
	assert.Equal(t, "restart tikv-2", d.Action.String())
}

// says is a diagnoser that has one answer.
type says struct{ d demo.DiagnosisFinished }

func (says) Name() string { return SourceClaude }
func (says) opening(_ context.Context, b Bundle) (opening, error) {
	return opening{about: b}, nil
}
func (s says) Diagnose(context.Context, Bundle, func(string)) (demo.DiagnosisFinished, error) {
	return s.d, nil
}
