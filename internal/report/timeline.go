package report

import (
	"cmp"
	"fmt"
	"regexp"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// momentsKept bounds the timeline: a record may have any number of signals.
const momentsKept = 400

// timelineOf tells the run from the seal on, or all of it where nothing was sealed.
func timelineOf(run *Run, voice words.Voice) []Moment {
	var out []Moment
	_, _, sealed := fact[demo.FaultSealed](run)
	began := !sealed && !run.broken
	for _, e := range run.Facts {
		switch e.Body.(type) {
		case demo.FaultSealed, demo.FaultInjected:
			began = true
		case demo.RunStarted, demo.HypothesisStated: // they have sections of their own
			continue
		}
		if who, said := voice.Tell(e.Body); began && who != "" && len(out) < momentsKept {
			out = append(out, run.moment(e.At, who, said))
		}
	}
	return out
}

// moment is a line of the timeline.
func (run *Run) moment(at time.Time, who, said string) Moment {
	m := Moment{At: at, Who: who, Text: said}
	if _, fault, ok := fact[demo.FaultInjected](run); ok {
		since := demo.Millis(at.Sub(fault))
		m.Since = &since
	}
	return m
}

// sinceFault is how an event ends that says itself when it was.
var sinceFault = regexp.MustCompile(` \([^()]* after the fault\)$`)

func moments(caption string, all []Moment) *Table {
	t := &Table{Caption: caption, Head: []string{"time", "who", "what"}}
	for _, m := range all {
		at := m.At.UTC().Format("15:04:05.0")
		if m.Since != nil {
			at = fmt.Sprintf("%+.1f s", m.Since.Duration().Seconds())
		}
		text := m.Text
		if m.Since != nil { // the first column says it
			text = sinceFault.ReplaceAllString(text, "")
		}
		t.Rows = append(t.Rows, []string{at, m.Who, text})
	}
	return t
}

// decisionsOf tells what people forced, allowed, refused and asked for.
func decisionsOf(run *Run) []Moment {
	var out []Moment
	for _, e := range run.Facts {
		switch b := e.Body.(type) {
		case demo.ChapterDone:
			if b.By == demo.ByForced {
				out = append(out, run.moment(e.At, run.whoAsked(e.At, demo.Force), fmt.Sprintf("forced the closed gate of chapter %d, %s", b.N, b.Title)))
			}
		case demo.ActionApproved:
			out = append(out, run.moment(e.At, b.By, "allowed: "+b.String()))
		case demo.ActionDenied:
			out = append(out, run.moment(e.At, b.By, "refused: "+b.String()+", because "+cmp.Or(words.English.Denied(b.Reason), "no reason was given")))
		case demo.ActionSkipped:
			out = append(out, run.moment(e.At, demo.ByDemo, "did not do what was allowed, "+b.String()+": "+b.Why))
		case demo.QuestionClosed:
			out = append(out, run.moment(e.At, demo.ByPresenter, "took a question for "+words.English.Seconds(b.Took.Duration())))
		case demo.TakenOver:
			out = append(out, run.moment(e.At, demo.ByPresenter, fmt.Sprintf("showed %s from here, not the live talk, which stood in chapter %d", b.Record, b.N)))
		case demo.LiveAgain:
			out = append(out, run.moment(e.At, demo.ByPresenter, fmt.Sprintf("showed the live talk again, in chapter %d", b.N)))
		case demo.EffectFailed:
			out = append(out, run.moment(e.At, demo.ByDemo, "failed: "+b.Effect+": "+b.Err))
		}
	}
	return out
}

// whoAsked says who asked for what came at that moment.
func (run *Run) whoAsked(at time.Time, what demo.Intent) string {
	for _, e := range run.Asked {
		if a, ok := e.Body.(demo.Asked); ok && a.Intent == what && e.At.Equal(at) {
			return cmp.Or(a.Who, "at the screen")
		}
	}
	return demo.ByPresenter
}

// Diagnosis is one answer with what it stands on.
type Diagnosis struct {
	At       time.Time               `json:"at"`
	Source   string                  `json:"source"`
	Ticket   string                  `json:"ticket"`
	Why      string                  `json:"why"` // why those before gave none
	Evidence []demo.Evidence         `json:"evidence"`
	Answer   *demo.DiagnosisFinished `json:"answer"` // null where it gave none
}

func diagnosesOf(run *Run) []Diagnosis {
	var out []Diagnosis
	for _, e := range run.Facts {
		switch b := e.Body.(type) {
		case demo.DiagnosisStarted:
			out = append(out, Diagnosis{At: e.At, Source: b.Source, Ticket: b.Ticket, Why: b.Why, Evidence: b.Evidence})
		case demo.DiagnosisFinished:
			if n := len(out); n > 0 {
				out[n-1].Answer = &b
			}
		}
	}
	return out
}
