package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// TakeOver is a part of the talk in which the audience saw another record, while
// the live talk stood still.
type TakeOver struct {
	At        time.Time    `json:"at"`
	Until     *time.Time   `json:"until"`   // null: to the end of this record
	Chapter   int          `json:"chapter"` // in which the live talk stood
	Record    string       `json:"record"`
	Run       string       `json:"run"`       // id of that run; "" where this record does not say
	Head      string       `json:"head"`      // of its record, likewise
	Shown     []Moment     `json:"shown"`     // its chapters, as they came
	Meanwhile []Moment     `json:"meanwhile"` // what the live side did
	WellAfter *demo.Millis `json:"well_after_ms"`
}

// takeOversOf gives the parts of a run that were shown from a record.
func takeOversOf(run *Run, voice words.Voice) []TakeOver {
	var out []TakeOver
	var at *TakeOver // the one that goes on
	for _, e := range run.Facts {
		if b, ok := e.Body.(demo.TakenOver); ok {
			out = append(out, TakeOver{At: e.At, Chapter: b.N, Record: b.Record})
			at = &out[len(out)-1]
			continue
		}
		if at == nil {
			continue
		}
		who, said := voice.Tell(e.Body)
		switch b := e.Body.(type) {
		case demo.RecordShown:
			at.Run, at.Head = cmp.Or(at.Run, b.Run), cmp.Or(at.Head, b.Head)
			at.Shown = append(at.Shown, run.moment(e.At, who, fmt.Sprintf("%d %s", b.N, b.ID)))
		case demo.LiveWell:
			at.WellAfter = &b.After
			at.Meanwhile = append(at.Meanwhile, run.moment(e.At, who, said))
		case demo.ClusterReady, demo.FaultLifted, demo.ActionDone, demo.EffectFailed, demo.StageSeen, demo.Recovered:
			at.Meanwhile = append(at.Meanwhile, run.moment(e.At, who, said))
		case demo.LiveAgain:
			until := e.At
			at.Until, at = &until, nil
		}
	}
	return out
}

// takeOverParts say what of the talk was not live.
func (r Report) takeOverParts() []Part {
	var parts []Part
	for _, t := range r.TakeOvers {
		chapters := make([]string, 0, len(t.Shown))
		for _, m := range t.Shown {
			chapters = append(chapters, m.Text)
		}
		head := missing
		if t.Head != "" {
			head = journal.Short(t.Head) + "  " + journal.Words(t.Head)
		}
		back := "never: it was shown to the end of this record"
		if t.Until != nil {
			back = "after " + words.English.Seconds(t.Until.Sub(t.At))
		}
		parts = append(parts,
			Part{Text: fmt.Sprintf("In chapter %d, at %s, the screen went on from %s. The live talk stood still there; what this report says of it between then and its return, no audience saw.", t.Chapter, t.At.UTC().Format("15:04:05 UTC"), t.Record)},
			Part{Table: &Table{Caption: "What was shown, and what the live side did meanwhile", Head: []string{"what", "is"}, Rows: [][]string{
				{"record", t.Record}, {"its run", cmp.Or(t.Run, missing)}, {"its head", head},
				{"its chapters that were shown", cmp.Or(strings.Join(chapters, ", "), "none: it could not be shown, or this record does not say")},
				{"live side", t.liveSide()}, {"back to the live talk", back},
			}}})
		if len(t.Meanwhile) > 0 {
			parts = append(parts, Part{Table: moments("The live side behind it", t.Meanwhile)})
		}
	}
	return parts
}

// liveSide says whether the live side was healed.
func (t TakeOver) liveSide() string {
	switch {
	case t.WellAfter != nil:
		return "well after " + words.English.Seconds(t.WellAfter.Duration())
	case t.Until != nil: // a record from before the play noted it
		return "well: the talk goes back to no other"
	}
	return "not well again in this record"
}
