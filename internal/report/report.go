package report

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plot"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Schema is the version of the report's JSON.
const Schema = 1

// Report is what a report says. Durations are in milliseconds; null is not in the
// record, or did not happen.
type Report struct {
	Schema     int              `json:"schema"`
	Record     Record           `json:"record"`
	Run        About            `json:"run"`
	Fault      *Fault           `json:"fault"`
	Score      Score            `json:"score"`
	Hypothesis *Hypothesis      `json:"hypothesis"`
	Cost       *Cost            `json:"cost"`
	Timeline   []Moment         `json:"timeline"`
	Regions    [3]*Map          `json:"regions"` // before, during and after the fault
	Diagnoses  []Diagnosis      `json:"diagnoses"`
	TakeOvers  []TakeOver       `json:"take_overs"` // parts that were shown from another record
	Decisions  []Moment         `json:"decisions"`  // what people forced, allowed, refused and asked
	Card       []CardLine       `json:"card"`
	Seconds    []demo.LoadPoint `json:"-"`      // the export has them
	Repeat     string           `json:"repeat"` // the command that repeats the run

	plot  plot.Plot
	voice words.Voice
}

// Record says which record it is.
type Record struct {
	File    string   `json:"file"`
	Schema  int      `json:"schema"`
	Lines   uint64   `json:"lines"`
	Head    string   `json:"head"`  // SHA-256 of the last line; "" in version 1
	Words   string   `json:"words"` // its first eight characters
	Seals   []string `json:"seals"` // heads that the screen showed
	Whole   bool     `json:"whole"`
	Ended   bool     `json:"ended"`
	Faults  []string `json:"faults"`
	Damaged int      `json:"damaged_lines"`
	Unknown int      `json:"unknown_lines"`
	LeftOut int      `json:"left_out"` // seconds and events of a record that is longer than a report
}

// About says what was run, where and by which versions.
type About struct {
	ID       string            `json:"id"`
	Began    time.Time         `json:"began"`
	Took     demo.Millis       `json:"took_ms"`
	Outcome  string            `json:"outcome"` // "" where the record does not end
	Version  string            `json:"version"`
	Cluster  string            `json:"cluster"`
	Label    string            `json:"label"`
	Profile  string            `json:"profile"`
	Seed     int64             `json:"seed"`
	Title    string            `json:"title"`
	Speaker  string            `json:"speaker"`
	Event    string            `json:"event"`
	Build    map[string]string `json:"build"`
	Host     map[string]string `json:"host"`
	Versions map[string]string `json:"versions"` // of the cluster's programs
	Flags    map[string]string `json:"flags"`
}

// Fault is what was broken.
type Fault struct {
	demo.Plan
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Sealed   string    `json:"sealed_sha256"`
	Text     string    `json:"sealed_text"`
	Matches  *bool     `json:"seal_matches"`
	LiftedBy string    `json:"lifted_by"`
}

// Score is what the run proved; see demo.Scorecard.
type Score struct {
	TTD          *demo.Millis `json:"ttd_ms"`
	TTDiagnose   *demo.Millis `json:"diagnosis_ms"`
	TTR          *demo.Millis `json:"ttr_ms"`
	FromAction   *demo.Millis `json:"from_action_ms"`
	BaselineOps  float64      `json:"baseline_ops"`
	DipOps       int64        `json:"dip_ops"`
	DipSeconds   int          `json:"dip_seconds"`
	Ops          int64        `json:"ops"`
	Errors       int64        `json:"errors"`
	Shed         int64        `json:"shed"`
	Verified     bool         `json:"verified"` // every key was read again
	Acked        int64        `json:"acked"`
	Checked      int64        `json:"checked"`
	Lost         int64        `json:"lost"`
	Unknown      int64        `json:"unknown"`
	FalseTickets int          `json:"false_tickets"`
	Forced       int          `json:"forced"`
	LeftBroken   []string     `json:"left_broken"`
}

// Hypothesis is what was expected, and what became of it.
type Hypothesis struct {
	Said    string `json:"said"`
	Verdict string `json:"verdict"` // held, broken, unknown; "" where it was not judged
	Figures string `json:"figures"`
}

// Moment is one line of the timeline.
type Moment struct {
	At    time.Time    `json:"at"`
	Since *demo.Millis `json:"since_fault_ms"`
	Who   string       `json:"who"`
	Text  string       `json:"text"`
}

// Map is one look at the regions.
type Map struct {
	When string `json:"when"`
	demo.RegionMap
	States map[string]string `json:"states"` // what the control plane calls each node
}

// CardLine is how right one answer was.
type CardLine struct {
	demo.Scored
	Total float64 `json:"total"`
}

// Make works a report out of a run. repeat is the command that repeats it.
func Make(run *Run, repeat string) Report {
	s := run.State
	r := Report{
		Schema: Schema, Repeat: repeat, Seconds: run.Load, plot: plot.Report(s),
		Record: recordOf(run), Run: aboutOf(run), Score: scoreOf(s),
		Cost: costOf(run), Diagnoses: diagnosesOf(run), Decisions: decisionsOf(run),
	}
	if run.Health.Before != nil {
		r.voice = words.Of(words.English, *run.Health.Before)
	}
	r.Timeline = timelineOf(run, r.voice)
	r.TakeOvers = takeOversOf(run, r.voice)
	r.Fault = faultOf(run)
	if h, _, ok := fact[demo.HypothesisStated](run); ok {
		r.Hypothesis = &Hypothesis{Said: words.English.Hypothesis(h.Hypothesis)}
	}
	if j, _, ok := fact[demo.HypothesisJudged](run); ok {
		r.Hypothesis = &Hypothesis{words.English.Hypothesis(j.Hypothesis), string(j.Verdict), words.English.Figures(j)}
	}
	if s.Opened != nil {
		for _, c := range s.Opened.Card {
			r.Card = append(r.Card, CardLine{c, c.Marks.Total()})
		}
	}
	r.Regions = mapsOf(run)
	// A field that is added later is cleaned too.
	text.Each(&r, func(s string) string { return text.Clean(s[:min(len(s), textKept)]) })
	return r
}

// JSON gives the report as one object.
func (r Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	return append(b, '\n'), err
}

func recordOf(run *Run) Record {
	c := run.Check
	r := Record{File: run.File, Schema: c.Schema, Lines: c.Lines, Whole: c.Whole(), Ended: c.Ended, Faults: c.Faults, Damaged: run.Damaged, Unknown: run.Skipped, LeftOut: run.LeftOut}
	if c.Schema >= 2 {
		r.Head, r.Words, r.Seals = c.Head, journal.Words(c.Head), c.Seals
	}
	return r
}

func aboutOf(run *Run) About {
	s := run.Started
	a := About{
		ID: s.Run, Began: run.Began, Took: demo.Millis(run.end().Sub(run.Began)), Version: s.Version, Cluster: s.Cluster, Label: run.label(),
		Profile: s.Profile, Seed: s.Seed, Title: run.flag("title"), Speaker: run.flag("speaker"), Event: run.flag("event"),
		Build: s.Build, Host: s.Host, Versions: run.State.Cluster.Versions, Flags: s.Flags,
	}
	if end, _, ok := fact[demo.RunFinished](run); ok {
		a.Outcome = end.Outcome
	}
	return a
}

func faultOf(run *Run) *Fault {
	b, at, ok := fact[demo.FaultInjected](run)
	if !ok {
		return nil
	}
	f := &Fault{Plan: b.Plan, At: at, By: b.By}
	sealed, _, _ := fact[demo.FaultSealed](run)
	f.Sealed = sealed.Hash
	if opened, _, ok := fact[demo.FaultOpened](run); ok {
		f.Text, f.Matches = opened.Text, &opened.Matches
	}
	lifted, _, _ := fact[demo.FaultLifted](run)
	f.LiftedBy = lifted.By
	return f
}

// unlessNever is null for a moment that never came.
func unlessNever(d time.Duration) *demo.Millis {
	if d == 0 {
		return nil
	}
	m := demo.Millis(d)
	return &m
}

func scoreOf(s demo.State) Score {
	c := demo.ScoreOf(s)
	out := Score{
		TTD: unlessNever(c.TTD), TTR: unlessNever(c.TTR), FromAction: unlessNever(c.FromAction),
		BaselineOps: c.BaselineOps, DipOps: c.DipOps, DipSeconds: c.DipSeconds, Ops: c.Ops, Errors: c.Errors, Shed: c.Shed,
		Verified: c.Verified, Acked: c.Acked, Checked: c.Checked, Lost: c.Lost, Unknown: c.Unknown, FalseTickets: c.FalseTickets, Forced: c.Forced,
	}
	if s.Answer != nil { // an answer at once took no time, and is one
		took := s.Answer.Took
		out.TTDiagnose = &took
	}
	if s.Finished != nil {
		out.LeftBroken = s.Finished.LeftBroken
		out.Forced = max(out.Forced, s.Finished.Forced)
	}
	return out
}

func mapsOf(run *Run) [3]*Map {
	var out [3]*Map
	looks := [3]*demo.RegionMap{run.Regions.Before, run.Regions.During, run.Regions.After}
	states := [3]*demo.Snapshot{run.Health.Before, run.Health.During, run.Health.After}
	for i, when := range [3]string{"before the fault", "before its end", "after the recovery"} {
		look := looks[i]
		if look == nil && i > 0 && run.broken {
			look = looks[i-1] // a look is recorded when it differs from the one before
			looks[i] = look
		}
		if look == nil {
			continue
		}
		out[i] = &Map{When: when, RegionMap: *look, States: map[string]string{}}
		if states[i] != nil {
			for _, n := range states[i].Nodes {
				out[i].States[n.Name] = cmp.Or(n.State, string(n.Health))
			}
		}
	}
	return out
}

// textKept bounds one text of a report.
const textKept = 16 << 10
