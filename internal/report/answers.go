package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

func (r Report) diagnosisParts() []Part {
	var parts []Part
	for _, d := range r.Diagnoses {
		parts = append(parts, d.parts()...)
	}
	if len(r.Card) > 0 {
		t := &Table{Caption: "How right each was, held against what was sealed", Head: []string{"who", "node", "cause", "action", "took", "grounded", "score"}}
		for _, c := range r.Card {
			t.Rows = append(t.Rows, []string{c.Source, c.Component, c.FaultType, c.Action.String(), words.English.Seconds(c.Took.Duration()), yes(c.Grounded), percent(c.Total)})
		}
		parts = append(parts, Part{Table: t})
	}
	if f := r.Fault; f != nil && f.Sealed != "" {
		said := "What would be done was sealed before: SHA-256 " + f.Sealed + "."
		switch {
		case f.Matches == nil:
			parts = append(parts, Part{Text: said + " The seal was not opened in this run."})
		case *f.Matches:
			parts = append(parts, Part{Text: said + " The seal holds; it is of this line:"}, Part{Code: f.Text})
		default:
			parts = append(parts, Part{Text: said + " The seal does NOT hold; the line that was shown:"}, Part{Code: f.Text})
		}
	}
	return parts
}

func (d Diagnosis) parts() []Part {
	head := fmt.Sprintf("%s looked at %d facts for %s.", d.Source, len(d.Evidence), d.Ticket)
	if d.Why != "" {
		head += " Before that: " + d.Why + "."
	}
	parts := []Part{{Text: head}}
	if len(d.Evidence) > 0 {
		t := &Table{Caption: "Evidence, frozen when the ticket opened; logs say what they like", Head: []string{"", "who says so", "what"}}
		for _, e := range d.Evidence {
			t.Rows = append(t.Rows, []string{fmt.Sprintf("E%d", e.N), e.Source, e.Text})
		}
		parts = append(parts, Part{Table: t})
	}
	a := d.Answer
	if a == nil {
		return append(parts, Part{Text: d.Source + " gave no answer."})
	}
	parts = append(parts, Part{Text: fmt.Sprintf("Answer: %s on %s, after %s. %s, %s: %.0f%% of its claims are verified.",
		cmp.Or(a.FaultType, "nothing"), cmp.Or(a.Component, "no node"), words.English.Seconds(a.Took.Duration()), words.English.Right(a.Correct), words.English.Grounded(a.Grounded), 100*a.Verified)},
		Part{Text: a.RootCause})
	if len(a.Claims) > 0 {
		t := &Table{Caption: "Its claims, each held against the evidence", Head: []string{"claim", "cites", "holds"}}
		for _, c := range a.Claims {
			t.Rows = append(t.Rows, []string{c.Text, cited(c.Cites), holds(c)})
		}
		parts = append(parts, Part{Table: t})
	}
	if len(a.Alternatives) > 0 {
		t := &Table{Caption: "What else it could have been", Head: []string{"cause", "against it"}}
		for _, x := range a.Alternatives {
			t.Rows = append(t.Rows, []string{x.Cause, x.Against})
		}
		parts = append(parts, Part{Table: t})
	}
	return append(parts, Part{Text: "Proposed: " + a.Action.String() + termsOf(a.Terms) + "."}, usageOf(a.Usage))
}

func termsOf(t demo.Terms) string {
	var said []string
	for _, x := range []struct{ name, text string }{{"effect", t.Effect}, {"only if", t.Precondition}, {"undo", t.Undo}, {"risk", t.Risk}} {
		if x.text != "" {
			said = append(said, x.name+": "+x.text)
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "; " + strings.Join(said, "; ")
}

func usageOf(u *demo.Usage) Part {
	if u == nil {
		return Part{Text: "No model was asked for it."}
	}
	return Part{Text: fmt.Sprintf("Model %s: %s tokens in, %s out, %d turns, %d looks.", u.Model, number(u.InputTokens), number(u.OutputTokens), u.Turns, u.ToolCalls)}
}

func cited(cites []int) string {
	var out []string
	for _, n := range cites {
		out = append(out, fmt.Sprintf("E%d", n))
	}
	return strings.Join(out, " ")
}

func holds(c demo.Claim) string {
	if c.OK {
		return "✓"
	}
	return "✗ " + c.Why
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func (r Report) settingParts() []Part {
	a := r.Run
	rows := [][]string{
		{"cluster", strings.TrimSpace(a.Cluster + ", " + a.Label)}, {"profile", a.Profile}, {"seed", fmt.Sprint(a.Seed)},
		{"began", a.Began.UTC().Format("2006-01-02 15:04:05 UTC")}, {"took", words.English.Seconds(a.Took.Duration())}, {"outcome", cmp.Or(a.Outcome, "the record does not end")},
		{"program", a.Version}, {"versions", pairs(a.Build)}, {"cluster's versions", pairs(a.Versions)}, {"machine", pairs(a.Host)},
	}
	var parts []Part
	if r.Repeat != "" {
		parts = append(parts, Part{Text: "The same run again:"}, Part{Code: r.Repeat})
	}
	parts = append(parts, Part{Table: &Table{Caption: "Versions and machine", Head: []string{"what", "is"}, Rows: rows}})
	if len(a.Flags) == 0 {
		return append(parts, Part{Text: "The flags in force are " + missing + "."})
	}
	t := &Table{Caption: "Every flag in force", Head: []string{"flag", "value"}}
	for _, name := range slices.Sorted(maps.Keys(a.Flags)) {
		if v := a.Flags[name]; v != "" {
			t.Rows = append(t.Rows, []string{"--" + name, v})
		}
	}
	return append(parts, Part{Table: t})
}

func pairs(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+" "+m[k])
	}
	return cmp.Or(strings.Join(out, ", "), missing)
}
