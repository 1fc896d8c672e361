package cli

import (
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/runner"
)

// scorer seals plans and scores answers as package diagnose does.
type scorer struct{ price diagnose.Price }

// Seal draws a nonce: there are few plans, and each could be tried.
func (scorer) Seal(p demo.Plan) runner.Sealed {
	nonce := diagnose.NewNonce()
	return runner.Sealed{Hash: diagnose.Seal(p, nonce), Nonce: nonce, Text: diagnose.SealedText(p, nonce)}
}

// Open checks a line against its hash.
func (scorer) Open(hash, text string) (demo.Plan, error) { return diagnose.Open(hash, text) }

// Card scores an answer, the rules beside it, and nobody.
func (s scorer) Card(p demo.Plan, d *demo.DiagnosisFinished, ticket bool) []demo.Scored {
	var card []demo.Scored
	for _, l := range diagnose.Card(p, d, ticket, s.price) {
		card = append(card, demo.Scored{Verdict: l.Verdict, Marks: demo.Marks(l.Score), Usage: l.Usage, Cost: l.Cost})
	}
	return card
}

// Right compares an answer with the plan.
func (scorer) Right(p demo.Plan, d demo.DiagnosisFinished) bool {
	return diagnose.Right(p, diagnose.VerdictOf(d))
}
