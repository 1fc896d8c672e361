package cli

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
)

// evalRow sums up what one source said of one fault. Shares are of the rounds in
// which it was asked.
type evalRow struct {
	Fault        string      `json:"fault"`
	Source       string      `json:"source"`
	Rounds       int         `json:"n"`
	Marks        demo.Marks  `json:"score"`
	Detection    share       `json:"detection"`    // something is wrong, or it is not
	Localization share       `json:"localization"` // of the right node and no other
	RootCause    share       `json:"root_cause"`   // of the right type
	Mitigation   share       `json:"mitigation"`   // what was proposed would undo it
	Grounded     share       `json:"grounded"`     // verified against the evidence, right or not
	Wrong        int         `json:"wrong"`        // rounds that named a cause, and a wrong one
	Detect       percentiles `json:"ttd"`
	Answer       percentiles `json:"answer"`
	Tokens       int64       `json:"tokens,omitempty"`
	Cost         float64     `json:"cost_usd,omitempty"`
	FalseTickets int         `json:"false_tickets"`
	Lost         int64       `json:"lost"`
	Unknown      int64       `json:"unknown,omitempty"`    // keys that could not be read: neither intact nor lost
	Unverified   int         `json:"unverified,omitempty"` // rounds at whose end no key was read again

	detect, answer []time.Duration
}

// percentiles is how long something took, over all rounds in which it happened.
type percentiles struct {
	N   int         `json:"n"`
	P50 demo.Millis `json:"p50_ms"`
	P95 demo.Millis `json:"p95_ms"`
	Max demo.Millis `json:"max_ms"`
}

// percentilesOf takes for each share the smallest time that so many are not above.
func percentilesOf(took []time.Duration) percentiles {
	if len(took) == 0 {
		return percentiles{}
	}
	slices.Sort(took)
	at := func(share float64) demo.Millis {
		return demo.Millis(took[int(math.Ceil(share*float64(len(took))))-1])
	}
	return percentiles{len(took), at(0.5), at(0.95), at(1)}
}

func (s percentiles) String() string {
	if s.N == 0 {
		return "-"
	}
	word := func(m demo.Millis) string { return fmt.Sprintf("%.1f", m.Duration().Seconds()) }
	return word(s.P50) + "/" + word(s.P95) + "/" + word(s.Max)
}

// rows gives a row for each fault and source, in the order in which they came.
func rows(played []evalRound) []evalRow {
	var all []*evalRow
	row := func(fault, source string) *evalRow {
		i := slices.IndexFunc(all, func(r *evalRow) bool { return r.Fault == fault && r.Source == source })
		if i < 0 {
			i = len(all)
			all = append(all, &evalRow{Fault: fault, Source: source})
		}
		return all[i]
	}
	for _, p := range played {
		for _, c := range p.Card {
			row(p.Fault, c.Source).add(p, c)
		}
	}
	var out []evalRow
	for _, p := range played { // all rows of a fault together
		for _, r := range all {
			if r.Fault == p.Fault && !slices.ContainsFunc(out, func(o evalRow) bool { return o.Fault == r.Fault && o.Source == r.Source }) {
				out = append(out, r.sum())
			}
		}
	}
	return out
}

func (r *evalRow) add(p evalRound, c demo.Scored) {
	r.Rounds++
	r.Marks.Detection += c.Marks.Detection
	r.Marks.Localization += c.Marks.Localization
	r.Marks.FaultType += c.Marks.FaultType
	r.Marks.Action += c.Marks.Action
	r.Detection.count(c.Marks.Detection == 1)
	r.Localization.count(c.Marks.Localization == 1)
	r.RootCause.count(c.Marks.FaultType == 1)
	r.Mitigation.count(c.Marks.Action == 1)
	r.Grounded.count(c.Grounded)
	// Without a ticket nothing counts as found, and a right answer is no wrong one.
	unfound := p.Ticket == nil && c.Marks.Detection == 0
	if !unfound && c.Marks.FaultType < 1 && c.FaultType != demo.TypeInconclusive && c.FaultType != demo.TypeNone {
		r.Wrong++
	}
	r.FalseTickets += p.FalseTickets
	r.Lost += p.Lost
	r.Unknown += p.Unknown
	if !p.Verified {
		r.Unverified++
	}
	r.Cost += c.Cost
	if c.Usage != nil {
		r.Tokens += c.Usage.InputTokens + c.Usage.OutputTokens
	}
	if c.Source == p.Card[len(p.Card)-1].Source {
		return // the last is no one doing anything: nobody waits for an answer
	}
	if p.Ticket != nil {
		r.detect = append(r.detect, p.TTD.Duration())
	}
	r.answer = append(r.answer, c.Took.Duration())
}

// sum turns what was added up into shares.
func (r *evalRow) sum() evalRow {
	n := float64(r.Rounds)
	s := *r
	s.Marks = demo.Marks{Detection: r.Marks.Detection / n, Localization: r.Marks.Localization / n, FaultType: r.Marks.FaultType / n, Action: r.Marks.Action / n}
	s.Detect, s.Answer = percentilesOf(r.detect), percentilesOf(r.answer)
	return s
}

// print gives the summary: a table, or the last JSON object.
func (ev *evaluation) print() error {
	table := rows(ev.played)
	failed := 0
	for _, p := range ev.played {
		if p.Failed != "" {
			failed++
		}
	}
	for i := range table {
		table[i].intervals()
	}
	if ev.o.json {
		return ev.line("eval.summary", struct {
			Rounds int       `json:"rounds"`
			Failed int       `json:"failed"`
			Rows   []evalRow `json:"rows"`
		}{len(ev.played), failed, table})
	}
	w := tabwriter.NewWriter(ev.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\tsource\tn\tdetection\tlocalization\troot cause\tmitigation\tgrounded\twrong\tticket s\tanswer s\ttokens\tcost\tfalse\tlost")
	for _, r := range table {
		fmt.Fprintln(w, strings.Join([]string{r.Fault, r.Source, fmt.Sprint(r.Rounds),
			r.Detection.String(), r.Localization.String(), r.RootCause.String(), r.Mitigation.String(), grounded(r), fmt.Sprint(r.Wrong),
			r.Detect.String(), r.Answer.String(), known(r.Tokens > 0, "%d", r.Tokens), known(r.Cost > 0, "$%.4f", r.Cost),
			fmt.Sprint(r.FalseTickets), r.lost()}, "\t"))
	}
	err := w.Flush()
	for _, p := range ev.played {
		if p.Failed != "" {
			_, e := fmt.Fprintf(ev.out, "round %d, %s, seed %d: %s\n", p.N, p.Fault, p.Seed, p.Failed)
			err = errors.Join(err, e)
		}
	}
	_, e := fmt.Fprintf(ev.out, "%d rounds; seconds are p50/p95/max; records in %s\n"+
		"[a,b] is the exact 95%% interval of a share in percent: 3 rounds of 100%% are %s\n", len(ev.played), ev.runs, share{Right: 3, N: 3}.interval())
	return cmp.Or(err, e)
}

// grounded is of those who give evidence: nobody gives none.
func grounded(r evalRow) string {
	return known(r.Source != diagnose.SourceNobody, "%s", r.Grounded.String())
}

// lost says how many keys are lost, of how many nobody knows, and in how many rounds
// nobody looked: there a 0 would prove nothing.
func (r evalRow) lost() string {
	if r.Unverified == r.Rounds && r.Lost == 0 {
		return "not read again"
	}
	text := fmt.Sprint(r.Lost)
	if r.Unknown > 0 {
		text += fmt.Sprintf(", %d unknown", r.Unknown)
	}
	if r.Unverified > 0 {
		text += fmt.Sprintf(", not read again in %d", r.Unverified)
	}
	return text
}

func (r *evalRow) intervals() {
	for _, s := range []*share{&r.Detection, &r.Localization, &r.RootCause, &r.Mitigation, &r.Grounded} {
		s.Low, s.High = binomial95(s.Right, s.N)
	}
}

func known(is bool, format string, v any) string {
	if !is {
		return "-"
	}
	return fmt.Sprintf(format, v)
}
