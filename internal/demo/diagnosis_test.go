package demo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func claims(how string) []Claim {
	var out []Claim
	for _, c := range how {
		out = append(out, Claim{Text: "said", OK: c == '+'})
	}
	return out
}

func TestClaimsAreKeptAsTheyComeAndAStepDownBeginsAfresh(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket + "; press")
	e := p.take("diagnose", func(v Verb) bool { _, ok := v.(Diagnose); return ok })
	hear := func(b Body) State {
		p.apply("hear", Event{Step: e.Step, Body: b})
		return p.State
	}
	hear(DiagnosisStarted{Source: "CLAUDE LIVE"})
	first := hear(DiagnosisDelta{Text: "one ", Claims: claims("+")})
	second := hear(DiagnosisDelta{Text: "two", Claims: claims("-+")})
	require.Len(t, first.Claims, 1, "an older state keeps what it knew")
	good, all := second.VerifiedClaims()
	require.Equal(t, []int{2, 3}, []int{good, all})

	require.Empty(t, hear(DiagnosisStarted{Source: "RULES", Why: "CLAUDE LIVE: cut off"}).Claims)
	hear(DiagnosisDelta{Text: "three", Claims: claims("+")})
	require.Equal(t, claims("++-"), hear(DiagnosisFinished{Source: "RULES", Claims: claims("++-")}).Claims)
}

func TestAnAnswerWithoutEndDoesNotFillTheMemory(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket + "; press")
	for range 100 {
		p.apply("hear", Event{Body: DiagnosisDelta{Text: strings.Repeat("x", 1000), Claims: claims("+++++")}})
	}
	require.LessOrEqual(t, len(p.Prose), proseKept)
	require.Len(t, p.Claims, claimsKept)
}
