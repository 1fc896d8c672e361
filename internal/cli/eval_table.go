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
)

// evalRow sums up what one source said of one fault. Shares are of the rounds in
// which it was asked.
type evalRow struct {
	Fault        string      `json:"fault"`
	Source       string      `json:"source"`
	Rounds       int         `json:"rounds"`
	Marks        demo.Marks  `json:"score"`
	Detect       percentiles `json:"ttd"`
	Answer       percentiles `json:"answer"`
	Tokens       int64       `json:"tokens,omitempty"`
	Cost         float64     `json:"cost_usd,omitempty"`
	FalseTickets int         `json:"false_tickets"`
	Lost         int64       `json:"lost"`

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
	r.FalseTickets += p.FalseTickets
	r.Lost += p.Lost
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
	if ev.o.json {
		return ev.line("eval.summary", struct {
			Rounds int       `json:"rounds"`
			Failed int       `json:"failed"`
			Rows   []evalRow `json:"rows"`
		}{len(ev.played), failed, table})
	}
	w := tabwriter.NewWriter(ev.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\tsource\trounds\tdetected\tnode\ttype\taction\tticket s\tanswer s\ttokens\tcost\tfalse\tlost")
	for _, r := range table {
		fmt.Fprintln(w, strings.Join([]string{r.Fault, r.Source, fmt.Sprint(r.Rounds),
			percent(r.Marks.Detection), percent(r.Marks.Localization), percent(r.Marks.FaultType), percent(r.Marks.Action),
			r.Detect.String(), r.Answer.String(), known(r.Tokens > 0, "%d", r.Tokens), known(r.Cost > 0, "$%.4f", r.Cost),
			fmt.Sprint(r.FalseTickets), fmt.Sprint(r.Lost)}, "\t"))
	}
	err := w.Flush()
	for _, p := range ev.played {
		if p.Failed != "" {
			_, e := fmt.Fprintf(ev.out, "round %d, %s, seed %d: %s\n", p.N, p.Fault, p.Seed, p.Failed)
			err = errors.Join(err, e)
		}
	}
	_, e := fmt.Fprintf(ev.out, "%d rounds; seconds are p50/p95/max; records in %s\n", len(ev.played), ev.runs)
	return cmp.Or(err, e)
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }

func known(is bool, format string, v any) string {
	if !is {
		return "-"
	}
	return fmt.Sprintf(format, v)
}
