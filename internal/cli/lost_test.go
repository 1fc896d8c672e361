package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestTheLastLineNamesWhatWasLostAndWhatIsUnknown(t *testing.T) {
	s := demo.New([]demo.Chapter{{N: 8, ID: "complete"}}, demo.Options{})
	s.Reached = 0
	s.Ledger = &demo.LedgerVerified{Acked: 900, Checked: 700, Lost: 2, Unknown: 3}
	s.Violations = []demo.ViolationPoint{{Violation: demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 4, Upper: 6, Read: 3, Store: "tikv-2"}}}
	s.Finished = &demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 2, Unknown: 3}
	assert.Equal(t, "2 keys lost what was acknowledged or read; the first: stale: user1 reads version 3 through tikv-2, expected versions 4 to 6", whyFailed(s))
	assert.Contains(t, summary(s, "r.jsonl"), "900 acknowledged writes, 700 keys read again, 2 lost, 3 unknown")

	s.Ledger, s.Finished = nil, &demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 1} // it was left before the end
	assert.Contains(t, summary(s, "r.jsonl"), " · 1 lost")
}

// The play had read every key again and was over when the violation was seen.
func TestTheLastLineNamesAKeyThatWasLostWhileTheTalkEnded(t *testing.T) {
	s := demo.New([]demo.Chapter{{N: 8, ID: "complete"}}, demo.Options{})
	s.Reached = 0
	s.Ledger = &demo.LedgerVerified{Acked: 900, Checked: 700}
	s.Finished = &demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 1, Verified: true}
	assert.Regexp(t, `^failed · 900 acknowledged writes, 700 keys read again, 1 lost\n`, summary(s, "r.jsonl"))
}
