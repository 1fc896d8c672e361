package diagnose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func evidence(words ...string) Bundle {
	b := Bundle{Nodes: healthy(noon).Nodes}
	for i, w := range words {
		b.Items = append(b.Items, demo.Evidence{N: i + 1, Text: w})
	}
	return b
}

var known = func() Bundle {
	b := evidence(
		"tikv-2: process 4713 is gone: signal: killed",
		"workload: 1,000 → 640 ops/s in its slowest second, 212 failed",
	)
	b.Facts = []Fact{{N: 1, Kind: ProcessGone, Node: "tikv-2", Detail: "signal: killed"}, {N: 2, Kind: Throughput, Before: 1000, Value: 640}}
	return b
}()

func TestAClaimMustStandInTheEvidenceItCites(t *testing.T) {
	for name, c := range map[string]struct {
		prose string
		ok    bool
		why   string
	}{
		"a cited sentence without figures":            {"The process of tikv-2 has ended [E1].", true, ""},
		"a figure that stands there":                  {"Throughput fell from 1000 to 640 ops/s [E2].", true, ""},
		"a quotation that stands there":               {`It ended with "signal: killed" [E1].`, true, ""},
		"two citations, each for its part":            {"tikv-2 died [E1] and 212 operations failed [E2].", true, ""},
		"a name with a figure in it":                  {"The workload of v8 suffers [E2].", true, ""},
		"a citation after the full stop":              {"tikv-2 died. [E1]\n", true, ""},
		"evidence that does not exist":                {"tikv-2 died [E7].", false, "there is no E7"},
		"evidence with an absurd number":              {"tikv-2 died [E999].", false, "there is no E999"},
		"a figure that is invented":                   {"Throughput fell to 12 ops/s [E2].", false, "12 does not stand in the cited evidence"},
		"a figure from other evidence than was cited": {"640 operations failed [E1].", false, "640 does not stand in the cited evidence"},
		"a quotation that is invented":                {`The log says "disk full" [E1].`, false, `"disk full" does not stand in the cited evidence`},
		"a node that the evidence does not speak of":  {"tikv-3 died [E1].", false, "tikv-3 does not stand in the cited evidence"},
		"figures without a citation":                  {"It lost 37 regions.", false, "no evidence is cited"},
	} {
		t.Run(name, func(t *testing.T) {
			checker := NewChecker(known)
			claims := append(checker.Add(c.prose), checker.Done()...)
			require.Len(t, claims, 1)
			assert.Equal(t, c.ok, claims[0].OK)
			assert.Equal(t, c.why, claims[0].Why)
		})
	}
}

func TestASentenceThatCitesNothingIsNotShown(t *testing.T) {
	c := NewChecker(known)
	claims := append(c.Add("A switch between the racks lost its configuration. Well. "), c.Done()...)
	require.Len(t, claims, 1, "a word or two is no sentence")
	assert.False(t, claims[0].OK)
	assert.Equal(t, "no evidence is cited", claims[0].Why)
}

func TestClaimsAreTheSameHoweverTheProseStreams(t *testing.T) {
	prose := "tikv-2 died [E1]. Throughput fell to 640.0 ops/s [E2]! Restart it.\n37 regions are lost. p99 is 4.5 ms [E2]."
	whole := NewChecker(known)
	want := append(whole.Add(prose), whole.Done()...)
	require.Len(t, want, 4)
	for step := 1; step < 9; step++ {
		c := NewChecker(known)
		var got []Claim
		for rest := prose; rest != ""; {
			n := min(step, len(rest))
			got = append(got, c.Add(rest[:n])...)
			rest = rest[n:]
		}
		assert.Equal(t, want, append(got, c.Done()...), "in pieces of %d", step)
	}
}

func TestTheVerifiedShareCountsEveryPartOfAnAnswer(t *testing.T) {
	d := demo.DiagnosisFinished{
		Component: "tikv-2", FaultType: demo.TypeCrashed, Evidence: []int{1},
		RootCause:    "tikv-2 died [E1]. It lost 37 regions [E2].",
		Alternatives: []demo.Alternative{{Cause: "frozen", Against: "it is gone", Evidence: []int{1}}, {Cause: "slow", Against: "no idea"}},
	}
	r := Check(known, d)
	require.Len(t, r.Claims, 5)
	assert.InDelta(t, 3.0/5, r.Verified, 1e-9)

	d.Component, d.Evidence = "tikv-3", []int{9}
	assert.InDelta(t, 1.0/5, Check(known, d).Verified, 1e-9, "what speaks of tikv-2 says nothing of tikv-3")
	assert.Zero(t, Check(known, demo.DiagnosisFinished{RootCause: "Something is wrong."}).Verified, "no claims, nothing verified")
}

func TestAnEndlessAnswerIsReadToALimit(t *testing.T) {
	c := NewChecker(known)
	c.Add(strings.Repeat("tikv-2 died [E1]. ", 100_000))
	c.Add("37 lost. 38 lost. ")
	assert.LessOrEqual(t, len(c.claims), maxProse/len("tikv-2 died [E1]. ")+1)
}

func TestKeysAndTokensAreRedacted(t *testing.T) {
	for in, want := range map[string]string{
		"key sk-ant-REDACTED end":                             "key [redacted] end",
		"AKIAABCDEFGHIJKLMNOP":                                "[redacted]",
		"Authorization: Bearer abcdefgh.ijkl":                 "Authorization: Bearer [redacted]",
		"postgres://root:hunter2@db/x":                        "postgres://root:[redacted]@db/x",
		`"password": "hunter2", "user": "bob"`:                `"password": "[redacted]", "user": "bob"`,
		"ANTHROPIC_API_KEY=abc def":                           "ANTHROPIC_API_KEY=[redacted] def",
		"ghp_abcdefghijklmnopqrstuvwxyz012345":                "[redacted]",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\nno end":       "[redacted]",
		"store 2 is Up at 127.0.0.1:20160, token bucket full": "store 2 is Up at 127.0.0.1:20160, token bucket full",
	} {
		assert.Equal(t, want, Redact(in))
	}
}
