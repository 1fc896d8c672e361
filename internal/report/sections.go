package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plot"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// missing is said where a record does not hold something.
const missing = "not in this record"

// Tone says how a figure is to be taken.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Bad   Tone = "bad"
	Doubt Tone = "doubt"
)

// Figure is one of the large figures at the head of a report.
type Figure struct {
	Label, Value, Note string
	Tone               Tone
}

// Section is a part of a report with a heading.
type Section struct {
	ID, Title string
	Parts     []Part
}

// Part is one thing in a section: exactly one of its fields is set.
type Part struct {
	Text  string // a paragraph
	Code  string // a command line, or a line that was sealed
	Table *Table
	Chart *Chart
	Map   *Map
}

// Table is rows under headings. A row of fewer cells leaves the last ones empty.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
	Numbers int // so many columns on the right hold figures
}

// Chart is one panel of the plot.
type Chart struct {
	Title string
	Plot  plot.Plot
	Panel plot.Panel
}

// Title is the heading of the report.
func (r Report) Title() string {
	what := "A run without a fault"
	if r.Fault != nil {
		what = r.Fault.Fault + " on " + strings.Join(r.Fault.Targets(), ", ")
	}
	if r.Run.Title != "" {
		return r.Run.Title + ": " + what
	}
	return what
}

// Date is when the run was. A report is always of a run that is over.
func (r Report) Date() string { return r.Run.Began.UTC().Format("2006-01-02 15:04 UTC") }

// Badge says what was run, and when: no report may be taken for something live.
func (r Report) Badge() string {
	parts := []string{"RECORD OF " + r.Date(), r.Run.Label}
	for _, x := range []string{r.Run.Speaker, r.Run.Event} {
		if x != "" {
			parts = append(parts, x)
		}
	}
	if len(r.TakeOvers) > 0 {
		parts = append(parts, "PARTLY SHOWN FROM ANOTHER RECORD")
	}
	return strings.Join(parts, " · ")
}

// Figures are what a reader wants to know first.
func (r Report) Figures() []Figure {
	s := r.Score
	lost := Figure{"acknowledged writes lost", number(s.Lost), fmt.Sprintf("of %s; %s keys read again", number(s.Acked), number(s.Checked)), Good}
	switch {
	case s.Lost > 0:
		lost.Tone = Bad
	case !s.Verified:
		lost = Figure{"acknowledged writes lost", "?", "not read again in this run", Doubt}
	case s.Unknown > 0:
		lost.Note, lost.Tone = number(s.Unknown)+" keys could not be read", Doubt
	}
	out := []Figure{lost}
	if r.Fault == nil {
		return out
	}
	out = append(out, moment("detected", s.TTD, "after the fault, by a monitor that was not told"))
	diagnosis := Figure{"diagnosis", "none", "", Doubt}
	if a := r.answer(); a != nil {
		diagnosis = Figure{"diagnosis by " + a.Source, words.English.Right(a.Correct) + ", " + words.English.Grounded(a.Grounded), "", Good}
		if !a.Correct {
			diagnosis.Tone = Bad
		} else if !a.Grounded {
			diagnosis.Tone = Doubt
		}
		if s.TTDiagnose != nil {
			diagnosis.Note = "answered in " + words.English.Seconds(s.TTDiagnose.Duration())
		}
	}
	recovered := moment("recovered", s.TTR, "after the fault")
	if s.FromAction != nil {
		recovered.Note += ", " + words.English.Seconds(s.FromAction.Duration()) + " after the repair began"
	}
	out = append(out, diagnosis, recovered)
	if h := r.Hypothesis; h != nil {
		out = append(out, Figure{"hypothesis", cmp.Or(h.Verdict, "not judged"), h.Figures, toneOf(h.Verdict)})
	}
	return out
}

func toneOf(verdict string) Tone {
	switch demo.HypothesisVerdict(verdict) {
	case demo.Held:
		return Good
	case demo.Broken:
		return Bad
	}
	return Doubt
}

func moment(label string, d *demo.Millis, note string) Figure {
	if d == nil {
		return Figure{label, "never", "in this run", Bad}
	}
	return Figure{label, words.English.Seconds(d.Duration()), note, Plain}
}

// answer is the last answer, nil without any.
func (r Report) answer() *demo.DiagnosisFinished {
	for i := len(r.Diagnoses) - 1; i >= 0; i-- {
		if a := r.Diagnoses[i].Answer; a != nil {
			return a
		}
	}
	return nil
}

// Sections are the report in the order in which it is read.
func (r Report) Sections() []Section {
	all := []Section{
		{"timeline", "What happened", r.timelineParts()},
		{"takeover", "Shown from another record", r.takeOverParts()},
		{"charts", "What clients saw", r.chartParts()},
		{"regions", "Regions before, during and after", r.regionParts()},
		{"hypothesis", "Hypothesis", r.hypothesisParts()},
		{"cost", "What the fault cost", r.costParts()},
		{"diagnosis", "Diagnosis", r.diagnosisParts()},
		{"score", "Scorecard", r.scoreParts()},
		{"decisions", "What was forced, allowed and refused", r.decisionParts()},
		{"settings", "How it was run", r.settingParts()},
		{"record", "The record", r.recordParts()},
	}
	out := all[:0]
	for _, s := range all {
		if len(s.Parts) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (r Report) timelineParts() []Part {
	var parts []Part
	if f := r.Fault; f != nil {
		parts = append(parts, Part{Text: fmt.Sprintf("%s. Target: %s (%s). Its inverse: %s.", f.Effect, strings.Join(f.Targets(), ", "), f.Why(), f.Undo)})
	}
	if len(r.Timeline) > 0 {
		parts = append(parts, Part{Table: moments("From the seal to the end, in seconds from the fault", r.Timeline)})
	}
	return parts
}

func (r Report) chartParts() []Part {
	var parts []Part
	titles := map[string]string{"ops/s": "Throughput, operations a second", "latency": "Latency, logarithmic scale", "errors": "Operations that failed, a second"}
	for _, p := range r.plot.Panels {
		parts = append(parts, Part{Chart: &Chart{cmp.Or(titles[p.Name], p.Name), r.plot, p}}, Part{Table: r.spanTable(p.Name)})
	}
	return parts
}

func (r Report) regionParts() []Part {
	var parts []Part
	t := &Table{Caption: "Regions that each store leads, of those that it holds, and what the control plane calls it", Head: []string{"store"}}
	rows := map[string][]string{}
	var names []string
	for _, m := range r.Regions {
		if m == nil {
			continue
		}
		parts = append(parts, Part{Map: m})
		t.Head = append(t.Head, m.When)
		for _, n := range m.Nodes {
			if rows[n.Name] == nil {
				names = append(names, n.Name)
				rows[n.Name] = []string{n.Name}
			}
			for len(rows[n.Name]) < len(t.Head)-1 {
				rows[n.Name] = append(rows[n.Name], "")
			}
			rows[n.Name] = append(rows[n.Name], fmt.Sprintf("leads %d of %d, %s", n.Leaders, n.Regions, cmp.Or(m.States[n.Name], "state not known")))
		}
	}
	for _, name := range names {
		t.Rows = append(t.Rows, rows[name])
	}
	switch {
	case len(parts) == 0:
		return []Part{{Text: "Where the regions were is " + missing + "."}}
	case len(t.Rows) == 0:
		return parts
	}
	return append(parts, Part{Table: t})
}

func (r Report) hypothesisParts() []Part {
	h := r.Hypothesis
	if h == nil {
		return nil
	}
	parts := []Part{{Text: "Written down before anything was broken: “" + h.Said + "”."}}
	if h.Verdict == "" {
		return append(parts, Part{Text: "It was not judged: the run ended before."})
	}
	return append(parts, Part{Text: "Verdict: " + h.Verdict + ". " + h.Figures + "."})
}

func (r Report) costParts() []Part {
	c := r.Cost
	if c == nil {
		return nil
	}
	budget := missing
	if c.BudgetShare != nil {
		budget = percent(*c.BudgetShare)
	}
	blast := func(b *Blast) string {
		if b == nil {
			return missing
		}
		return fmt.Sprintf("%s of %s (%s)", number(b.Hit), number(b.All), percent(b.Share()))
	}
	unwritable := missing
	if u := c.Unwritable; u != nil {
		unwritable = "no region was without acknowledged writes"
		if u.Region != "" {
			unwritable = fmt.Sprintf("%.2f s, region %s", u.For.Duration().Seconds(), u.Region)
		}
	}
	until := "to the recovery"
	if r.Score.TTR == nil {
		until = "to the end of the record; it did not recover in it"
	}
	return []Part{{Table: &Table{Caption: "From the fault " + until, Head: []string{"what", "how much"}, Rows: [][]string{
		{"operations that failed, or were due and never started", number(c.Failed)},
		{"error budget burned: their share of what 99.9% allows in 30 days, at the throughput of before", budget},
		{"blast radius: records on which an operation failed", blast(c.Records)},
		{"blast radius: regions in which an operation failed", blast(c.Regions)},
		{"longest time a region could not be written: between two acknowledged writes, with failed ones between them", unwritable},
	}}}}
}

func (r Report) scoreParts() []Part {
	s := r.Score
	when := func(d *demo.Millis) string {
		if d == nil {
			return "never"
		}
		return words.English.Seconds(d.Duration())
	}
	rows := [][]string{
		{"detected, from the fault", when(s.TTD)},
		{"diagnosed, from the question", when(s.TTDiagnose)},
		{"recovered, from the fault", when(s.TTR)},
		{"recovered, from the beginning of the repair", when(s.FromAction)},
	}
	if r.Fault == nil {
		rows = nil
	}
	rows = append(rows,
		[]string{"throughput before", fmt.Sprintf("%.0f operations a second", s.BaselineOps)},
		[]string{"slowest second", fmt.Sprintf("%d operations", s.DipOps)},
		[]string{"seconds below 95% of before", number(int64(s.DipSeconds))},
		[]string{"operations", number(s.Ops)}, []string{"failed", number(s.Errors)}, []string{"due and never started", number(s.Shed)},
		[]string{"tickets that stood for nothing", number(int64(s.FalseTickets))}, []string{"gates that were forced", number(int64(s.Forced))})
	if s.Verified {
		rows = append(rows, []string{"writes acknowledged", number(s.Acked)}, []string{"keys read again", number(s.Checked)},
			[]string{"keys lost", number(s.Lost)}, []string{"keys that could not be read", number(s.Unknown)})
	}
	if len(s.LeftBroken) > 0 {
		rows = append(rows, []string{"left broken", strings.Join(s.LeftBroken, ", ")})
	}
	return []Part{{Table: &Table{Caption: "What the run proved", Head: []string{"what", "how much"}, Rows: rows}}}
}

func (r Report) decisionParts() []Part {
	if len(r.Decisions) == 0 {
		return []Part{{Text: "Nothing was forced, allowed or refused."}}
	}
	return []Part{{Table: moments("In seconds from the fault", r.Decisions)}}
}

func (r Report) recordParts() []Part {
	rec := r.Record
	rows := [][]string{{"file", rec.File}, {"run", cmp.Or(r.Run.ID, missing)}, {"schema", fmt.Sprintf("version %d, %s lines", rec.Schema, number(int64(rec.Lines)))}}
	if rec.Head != "" {
		rows = append(rows, []string{"head", journal.Short(rec.Head) + "  " + rec.Words})
	}
	for _, seal := range rec.Seals {
		rows = append(rows, []string{"head on the last screen", journal.Short(seal) + "  " + journal.Words(seal)})
	}
	state := "whole: no line was changed, taken out or added after it was written"
	if !rec.Whole {
		state = "NOT whole: " + strings.Join(rec.Faults, "; ")
	}
	rows = append(rows, []string{"state", state})
	if n := rec.Damaged; n > 0 {
		rows = append(rows, []string{"could not be read", number(int64(n)) + " lines, left out"})
	}
	if n := rec.Unknown; n > 0 {
		rows = append(rows, []string{"of a newer version", number(int64(n)) + " lines, left out"})
	}
	if n := rec.LeftOut; n > 0 {
		rows = append(rows, []string{"left out", number(int64(n)) + " seconds and events: the record is longer than a report"})
	}
	parts := []Part{{Table: &Table{Caption: "Which record this is of", Head: []string{"what", "is"}, Rows: rows}}}
	if rec.Head == "" || strings.HasPrefix(rec.File, "example ") {
		return parts
	}
	return append(parts,
		Part{Text: "The chain of hashes in a record shows what others changed in it. It does not stop its author from writing all of it anew: only a head that somebody else noted does."},
		Part{Code: "tikv-demo verify --head " + journal.Short(rec.Head) + " " + ShellWord(rec.File)})
}

// number writes 44279 as 44,279.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent writes a share with as many digits as it needs.
func percent(share float64) string {
	p := 100 * share
	switch {
	case p == 0 || p >= 10:
		return fmt.Sprintf("%.0f%%", p)
	case p >= 0.1:
		return fmt.Sprintf("%.1f%%", p)
	case p < 0.001:
		return "less than 0.001%"
	}
	return fmt.Sprintf("%.3f%%", p)
}

// ShellWord quotes a word for a shell, if it must be.
func ShellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// clock writes a time on the axis, which is 0 at the fault.
func clock(d time.Duration) string {
	if d == 0 {
		return "0 s"
	}
	return fmt.Sprintf("%+.0f s", d.Seconds())
}
