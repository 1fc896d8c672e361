package diagnose

import (
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// SourceNobody is the label of no one doing anything.
const SourceNobody = "NOBODY"

// Truth is what was done, as the scoring sees it.
type Truth struct {
	Target    string   // "" where nothing was broken
	Also      []string // what else it was done to
	FaultType string
	Mends     []string // actions that undo it
}

// TruthOf reads a plan. A plan for nothing is a round without a fault.
func TruthOf(p demo.Plan) Truth {
	if p.Fault == "" || p.Nothing() || p.FaultType == demo.TypeNone {
		return Truth{FaultType: demo.TypeNone}
	}
	return Truth{Target: p.Target, Also: p.Also, FaultType: p.FaultType, Mends: p.Mends}
}

// Score holds a verdict against the truth. Each part is 0 to 1.
type Score struct {
	Detection    float64 `json:"detection"`    // something was said to be wrong, and it was; or neither
	Localization float64 `json:"localization"` // nodes named rightly, as a share of all that were named or are at fault
	FaultType    float64 `json:"fault_type"`
	Action       float64 `json:"action"` // what was proposed would repair it
}

// Total is the mean of the parts.
func (s Score) Total() float64 {
	return (s.Detection + s.Localization + s.FaultType + s.Action) / 4
}

// ScoreVerdict scores an answer. ticket says whether the monitor opened a ticket
// at all: without one nothing was detected, whatever was said afterwards.
func ScoreVerdict(t Truth, ticket bool, v demo.Verdict) Score {
	alarmed := ticket && v.FaultType != demo.TypeNone
	named := components(v.Component)
	if t.FaultType == demo.TypeNone {
		return Score{
			Detection:    score(!alarmed),
			Localization: score(len(named) == 0),
			FaultType:    score(v.FaultType == demo.TypeNone),
			Action:       score(acts(v.Action) == ""),
		}
	}
	s := Score{Detection: score(alarmed)}
	if !ticket {
		return s
	}
	s.Localization = t.overlap(named)
	s.FaultType = score(v.FaultType == t.FaultType)
	s.Action = score(t.mendedBy(v.Action))
	return s
}

// overlap is how many nodes are both named and at fault, of those that are either.
// Who names everybody has found nobody, and who names one of two has found half.
func (t Truth) overlap(named []string) float64 {
	all, both := 1+len(t.Also), 0
	for _, n := range named {
		if t.broke(n) {
			both++
		} else {
			all++
		}
	}
	return float64(both) / float64(all)
}

// Right says whether an answer names exactly the nodes that are at fault, and what
// is wrong with them.
func Right(p demo.Plan, v demo.Verdict) bool {
	s := ScoreVerdict(TruthOf(p), true, v)
	return s.Localization == 1 && s.FaultType == 1
}

// mendedBy says whether an action is the right one. That none is, where none of
// the list helps, is right too.
func (t Truth) mendedBy(a demo.Action) bool {
	if acts(a) == "" {
		return slices.Contains(t.Mends, demo.ActionNone)
	}
	return slices.Contains(t.Mends, a.Name) && t.broke(a.Target)
}

// broke says whether a node is one that something was done to.
func (t Truth) broke(node string) bool { return node == t.Target || slices.Contains(t.Also, node) }

// Nobody is the verdict of no one doing anything: the baseline that an answer
// must beat. It is right where nothing is wrong.
func Nobody() demo.Verdict {
	return demo.Verdict{Source: SourceNobody, FaultType: demo.TypeNone, Action: demo.Action{Name: demo.ActionNone}}
}

// Line is one line of the card: who, what they said, what it is worth, and what
// it cost.
type Line struct {
	demo.Verdict
	Score Score       `json:"score"`
	Usage *demo.Usage `json:"usage,omitempty"`
	Cost  float64     `json:"cost_usd,omitempty"` // 0 where the price is not known
}

// Price is what a model's tokens cost, in US dollars a million.
type Price struct{ Input, Output float64 }

// Cost is what was used, at a price.
func (p Price) Cost(u *demo.Usage) float64 {
	if u == nil {
		return 0
	}
	return (float64(u.InputTokens)*p.Input + float64(u.OutputTokens)*p.Output) / 1e6
}

// Card scores an answer, those who were asked beside it, and nobody. d is nil
// when nobody was asked; ticket says whether they were asked about a ticket.
func Card(plan demo.Plan, d *demo.DiagnosisFinished, ticket bool, p Price) []Line {
	truth := TruthOf(plan)
	var lines []Line
	if d != nil {
		lines = append(lines, Line{Verdict: VerdictOf(*d), Score: ScoreVerdict(truth, ticket, VerdictOf(*d)), Usage: d.Usage, Cost: p.Cost(d.Usage)})
		for _, v := range d.Beside {
			lines = append(lines, Line{Verdict: v, Score: ScoreVerdict(truth, ticket, v)})
		}
	}
	return append(lines, Line{Verdict: Nobody(), Score: ScoreVerdict(truth, false, Nobody())})
}

// componentsJoin stands between the nodes that an answer names.
const componentsJoin = ", "

// components splits what an answer names.
func components(s string) []string {
	named := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	named = slices.DeleteFunc(named, func(n string) bool { return n == "and" || n == noComponent })
	slices.Sort(named)
	return slices.Compact(named)
}

// acts gives the name of an action that does something.
func acts(a demo.Action) string {
	if a.Name == demo.ActionNone {
		return ""
	}
	return a.Name
}

func score(right bool) float64 {
	if right {
		return 1
	}
	return 0
}
