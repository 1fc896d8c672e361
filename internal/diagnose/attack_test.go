package diagnose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// attacks are sentences about a store that was killed, each false or empty, each
// with citations that exist. E1 says that the process of tikv-2 is gone, E2 that its
// port refuses, E3 that it turns clients away, E4 counts 212 failures on it, E5 that
// PD calls it Up, E6 that its leaders went, E7 that PD calls the others healthy, E8
// and E9 are throughput and latency, E10 and E11 the cluster before and after.
var attacks = map[string]string{
	"a plain denial":                       "tikv-2 is not gone [E1].",
	"a denial by contraction":              "tikv-2 didn't end [E1].",
	"the opposite, by name of evidence":    "E1 shows it is healthy.",
	"the opposite, at length":              "The process of tikv-2 is up, running and serving requests as usual [E1].",
	"never":                                "E1 proves that tikv-2 never went away or ended.",
	"false that":                           "It is false that the process of tikv-2 is gone [E1].",
	"far from":                             "The process of tikv-2 is far from dead [E1].",
	"anything but":                         "tikv-2 is anything but gone [E1].",
	"nothing suggests":                     "Nothing in the evidence suggests that tikv-2 was killed [E1].",
	"wrong to say":                         "It would be wrong to say that the process of tikv-2 has ended [E1].",
	"no sign of":                           "There is no sign of the process of tikv-2 having been killed [E1].",
	"failed to":                            "The process of tikv-2 failed to crash [E1].",
	"rather than":                          "tikv-2 serves its clients rather than being gone [E1].",
	"both at once":                         "The process of tikv-2 is gone and it is perfectly healthy [E1].",
	"gone, yet running":                    "Its process ended but still runs [E1].",
	"another store, not in the evidence":   "tikv-1 was killed [E1].",
	"another store, by a second citation":  "The process of tikv-1 is gone [E1][E10].",
	"swapped stores":                       "tikv-1 is gone and tikv-2 is healthy [E1][E7].",
	"swapped stores, with a comma":         "The process of tikv-3 was killed, while tikv-2 is healthy [E1][E7].",
	"leaders that came instead of leaving": "Leaders moved from tikv-1 to tikv-2 [E6].",
	"leaders that stayed":                  "tikv-2 kept its leaders [E6].",
	"a port that is open":                  "The status port of tikv-2 accepts connections [E2].",
	"a port that is reachable":             "tikv-2 is reachable at its status port [E2].",
	"clients that are welcome":             "tikv-2 accepts its clients [E3].",
	"no failures":                          "No operation of clients failed on tikv-2 [E4].",
	"zero failures":                        "Clients of tikv-2 saw zero errors [E4].",
	"unaffected":                           "Clients of tikv-2 are unaffected [E4].",
	"throughput that held":                 "Throughput held steady [E8].",
	"throughput that rose":                 "Throughput rose from 640 to 1,000 ops/s [E8].",
	"figures the wrong way round":          "Throughput went from 640 to 1,000 ops/s [E8].",
	"latency that fell":                    "The p99 latency went from 980 to 4 ms [E9].",
	"PD's word turned round":               "PD calls tikv-2 Down [E5].",
	"the others' health denied":            "PD calls tikv-1 and tikv-3 unhealthy [E7].",
	"an invented network fault":            "A switch failed, and the process of tikv-2 is gone [E1].",
	"an invented lack of memory":           "The kernel killed tikv-2 for want of memory [E1].",
	"an invented full disk":                "The disk of tikv-2 is full, so the process is gone [E1].",
	"an invented operator":                 "An operator killed tikv-2 by mistake [E1].",
	"an invented upgrade":                  "A faulty upgrade killed the process of tikv-2 [E1].",
	"an invented attacker":                 "A hacker killed the process of tikv-2 [E1].",
	"everything is cited":                  "All of it proves a partition of the network [E1][E2][E3][E4][E5][E6][E7][E8][E9].",
	"a list of citations":                  "It is the moon, see [E1, E2, E4] and (E5–E7).",
	"an empty claim":                       "Everything is explained by this [E1].",
	"evidence that does not exist":         "tikv-2 was killed [E99].",
	"the figure of a node's name":          "2 operations of clients failed on tikv-2 [E4].",
	"the hour of a time":                   "14 operations of clients failed on tikv-2 [E4].",
	"the minute of a time":                 "02 operations of clients failed on tikv-2 [E4].",
	"the second of a time":                 "59.4 operations of clients failed on tikv-2 [E4].",
	"another time":                         "Operations of clients failed on tikv-2 since 14:02:58 [E4].",
	"a time made of figures":               "Operations of clients failed on tikv-2 since 21:32 [E4].",
	"another store's name in capitals":     "TiKV-3 was killed [E1].",
	"a name with another in it":            "The process of x-tikv-3 was killed [E1].",
	"a quotation with another name":        "It says \"tikv-3: process 4713 is gone\", as tikv-2 was killed [E1].",
	"a figure of other evidence":           "The process 212 of tikv-2 is gone [E1].",
	"a hedge":                              "Perhaps the process of tikv-2 is gone [E1].",
	"a hedge that says nothing":            "The process of tikv-2 may or may not be gone [E1].",
	"a question":                           "Is the process of tikv-2 gone [E1]?",
	"a Cyrillic i":                         "The process of tіkv-1 was killed [E1].",
	"a Cyrillic o in the denial":           "tikv-2 is nоt gone [E1].",
	"a soft hyphen in the denial":          "tikv-2 is n\u00adot gone [E1].",
	"a zero-width space in the denial":     "tikv-2 is n\u200bot gone [E1].",
	"small capitals":                       "tikv-2 is ɴᴏᴛ gone [E1].",
	"a fullwidth figure":                   "５00 operations failed [E4].",
	"a claim in a heading":                 "## tikv-1 crashed and has to be replaced\n",
	"a claim in a label":                   "The network between tikv-1 and PD is cut:\n",
	"a denial in bold":                     "**tikv-2** is **not** gone [E1].",
	"a denial in a list":                   "1. tikv-2 is `not` gone [E1]\n",
}

func TestNoAttackOnTheCheckIsVerified(t *testing.T) {
	require.GreaterOrEqual(t, len(attacks), 30)
	b := killed(t)
	for name, sentence := range attacks {
		c := NewChecker(b)
		claims := append(c.Add(sentence), c.Done()...)
		require.NotEmpty(t, claims, name)
		for _, claim := range claims {
			assert.False(t, claim.OK, "%s: %s", name, claim.Text)
			assert.NotEmpty(t, claim.Why, name)
		}
	}
}

// What is right passes, however it is put.
func TestWhatIsRightIsVerifiedHoweverItIsPut(t *testing.T) {
	b := killed(t)
	for _, sentence := range []string{
		"There is no doubt that the process of tikv-2 was killed [E1].",
		"It cannot be denied that the process of tikv-2 is gone [E1].",
		"The process of tikv‑2 is gone [E1].", // with a hyphen that does not break
		"tikv-2’s process is gone (signal: killed) [E1], so nobody listens on its status port, which refuses connections [E2].",
		"Unlike tikv-1 and tikv-3, which PD calls healthy, tikv-2 is gone [E1, E7].",
		"This isn't a freeze: the process is gone [E1].",
		"It is not a network partition, because the process itself is gone, and the port refuses connections instead of timing out [E1][E2].",
		"There is no sign of a partition, since the process is gone [E1].",
		"Leaders moved from tikv-2 to tikv-1 and tikv-3 [E6].",
		"tikv-2 no longer runs [E1].",
		"TiKV-2 was killed [E1].",
		"The evidence is \"tikv-2: process 4713 is gone\" [E1].",
		"PD calls \"tikv-1 and tikv-3 healthy\" [E7].",
		"212 operations of clients failed on tikv-2 since 14:02:59.400 [E4].",
		"Operations of clients of tikv-2 have failed since 14:02:59 [E4].",
		"The status port of tikv-2 refused connections at 14:03, and operations of its clients have failed since 14:02:59.4 [E2][E4].",
		"Throughput fell from 1,000 to 640 ops/s and p99 latency rose from 4 ms to 980 ms [E8, E9].",
		"212 operations failed, e.g. 180 with \"unavailable\" [E4].",
		"- **Clients**: 212 operations on `tikv-2` failed (180 `unavailable`, 32 `timeout`) [E4]",
		"2. **Status port** of `tikv-2`: connection refused [E2]\n",
		"PD still calls tikv-2 Up, because it has not missed enough heartbeats yet [E5].",
	} {
		c := NewChecker(b)
		claims := append(c.Add(sentence), c.Done()...)
		if assert.Len(t, claims, 1, sentence) {
			assert.True(t, claims[0].OK, "%s: %s", sentence, claims[0].Why)
		}
	}
}

// The digits of a date or a time are no figures, in the log of a store either; the
// time as a whole, or the beginning of it, stands there.
func TestADateAndATimeStandInTheEvidenceAsAWhole(t *testing.T) {
	b := evidence(
		`log of tikv-2: "[2026/11/26 09:08:07.065 +00:00] [WARN] took 5s on 127.0.0.1:20160"`,
		"tikv-2: process 4713 is gone since 2026-11-26T09:08:05Z: signal: killed",
	)
	for sentence, ok := range map[string]bool{
		"The log of tikv-2 has a warning of 09:08:07 [E1].":               true,
		"The log of tikv-2 has a warning of 2026/11/26 09:08:07.065 [E1]": true,
		"The log of tikv-2 says that 127.0.0.1:20160 took 5 s [E1].":      true,
		"The process of tikv-2 is gone since 09:08:05 [E2].":              true,
		"The process of tikv-2 is gone since 2026-11-26 [E2].":            true,
		"26 warnings are in the log of tikv-2 [E1].":                      false,
		"9 warnings are in the log of tikv-2 [E1].":                       false,
		"2 processes are gone [E2].":                                      false,
		"The process of tikv-2 is gone since 09:08:06 [E2].":              false,
		"The process of tikv-2 is gone since 08:05 [E2].":                 false,
		"The process of tikv-2 is gone since 2026-11-25 [E2].":            false,
	} {
		c := NewChecker(b)
		claims := append(c.Add(sentence), c.Done()...)
		require.Len(t, claims, 1, sentence)
		assert.Equal(t, ok, claims[0].OK, "%s: %s", sentence, claims[0].Why)
	}
}

const liveStyle = `## Root cause

**tikv-2 crashed.** [E1] Its process (4713) is gone, ended by "signal: killed" [E1].

### What the evidence shows

- **Process:** process 4713 of ` + "`tikv-2`" + ` no longer exists [E1].
- **Status port:** it refuses connections outright ("connection refused") rather than timing out, which means that nobody is listening [E2].
- **Clients:** 212 operations on tikv-2 failed, 180 of them with ` + "`unavailable`" + ` and 32 with ` + "`timeout`" + ` [E4].
- **Leaders:** tikv-2 went from 3 leaders to 0, and tikv-1 and tikv-3 took over, going from 3 to 5 each [E6].

As a consequence throughput fell from 1,000 to 640 ops/s, and p99 latency rose from 4 ms to 980 ms [E8, E9].

### What it cannot be

1. It is not a frozen process: a frozen process would still exist, and this one is gone [E1].
2. It is not a network partition: the port actively refuses connections, it does not let them time out [E2].

PD still reports tikv-2 as Up, since its last heartbeat is only 1.0 s old [E5]. The other nodes are healthy according to PD [E7].
`

// A model that ignores "no Markdown" is right all the same.
func TestALongAnswerInMarkdownIsVerifiedWhenItIsRight(t *testing.T) {
	d := demo.DiagnosisFinished{
		Component: "tikv-2", FaultType: demo.TypeCrashed, Evidence: []int{1, 2}, Action: demo.Action{Name: demo.ActionRestart, Target: "tikv-2"},
		RootCause: "The process of tikv-2 was killed [E1] and nobody listens on its status port, which refuses connections [E2].",
		Alternatives: []demo.Alternative{
			{Cause: "a network partition", Against: "the port refuses connections instead of timing out, and the process is gone [E1][E2]", Evidence: []int{1, 2}},
			{Cause: "the process is frozen", Against: "it is gone, not stopped [E1]", Evidence: []int{1}},
		},
	}
	b := killed(t)
	r := check(b, liveStyle, d)
	for _, c := range r.Claims {
		assert.True(t, c.OK, "%s: %s", c.Text, c.Why)
	}
	assert.True(t, r.Grounded)

	// The same words about another store are not.
	other := strings.ReplaceAll(liveStyle, "tikv-2", "tikv-3")
	d.Component, d.RootCause = "tikv-3", strings.ReplaceAll(d.RootCause, "tikv-2", "tikv-3")
	assert.False(t, check(b, other, d).Grounded)
}

// An alternative is ruled out by a fact against it, and by nothing else.
func TestAlternativesNeedFactsAgainstThem(t *testing.T) {
	b := killed(t)
	for _, a := range []demo.Alternative{
		{Cause: "it is frozen", Against: "I do not think so"},
		{Cause: "it is frozen", Against: "no idea", Evidence: []int{1}},
		{Cause: "it is frozen", Against: "212 operations failed [E4]"},
		{Cause: "it is frozen", Against: "the process is not gone [E1]"},
		{Cause: "it is frozen", Against: "the process of tikv-1 is gone [E1][E10]"},
		{Cause: "a network partition", Against: "throughput fell from 1,000 to 640 ops/s [E8]"},
		{Cause: "its process crashed", Against: "its process is gone [E1]"},
		{Cause: "a bad upgrade", Against: "look there [E1]"},
	} {
		c := NewChecker(b)
		c.alternative(a, "tikv-2")
		require.Len(t, c.claims, 1)
		assert.False(t, c.claims[0].OK, c.claims[0].Text)
	}
}
