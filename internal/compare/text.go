package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tikv-demo/tikv-demo/internal/report"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// cell is the most that is shown of a setting.
const cell = 40

// Text writes the comparison: what differs first, then every measure.
func (c Comparison) Text(w io.Writer) error {
	var b strings.Builder
	for _, s := range c.Sides {
		fmt.Fprintf(&b, "%s: %s\n", name(s), plural(len(s.Runs), "run"))
		for _, r := range s.Runs {
			outcome := r.Run.Outcome
			if outcome == "" {
				outcome = "the record does not end"
			}
			fmt.Fprintf(&b, "   %s, %s, %s\n", r.Date(), text.Line(r.Record.File, 100), text.Line(outcome, cell))
			if !r.Record.Whole {
				b.WriteString("      its record is NOT WHOLE\n")
			}
			for _, t := range r.TakeOvers {
				fmt.Fprintf(&b, "      from chapter %d on shown from %s%s\n", t.Chapter, text.Line(t.Record, 100), untilOf(t))
			}
		}
	}
	b.WriteString("\nWhat differs in settings and machines\n")
	if len(c.Differences) == 0 {
		b.WriteString("   nothing that the records hold\n")
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(t, "   "+strings.Join(cells, "\t")) }
	if len(c.Differences) > 0 {
		row(append([]string{""}, names(c.Sides)...)...)
	}
	for _, d := range c.Differences {
		cells := []string{text.Line(d.Name, cell)}
		for _, v := range d.Values {
			cells = append(cells, text.Line(v, cell))
		}
		row(cells...)
	}
	_ = t.Flush() // into a builder
	b.WriteString("\nWhat was measured\n")
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	head := append([]string{""}, names(c.Sides)...)
	for _, s := range c.Sides[min(1, len(c.Sides)):] {
		head = append(head, name(s)+" against "+name(c.Sides[0]))
	}
	row(head...)
	for _, r := range c.Rows {
		cells := []string{strings.TrimSpace(r.Name)}
		for _, s := range r.Sums {
			cells = append(cells, r.sum(s))
		}
		for i, x := range r.Tests {
			cells = append(cells, said(x, r.Sums[0], r.Sums[i+1]))
		}
		row(cells...)
	}
	_ = t.Flush()
	b.WriteString("\n" + c.legend())
	_, err := io.WriteString(w, untrailed(b.String()))
	return err
}

// untilOf says until when another record was shown.
func untilOf(t report.TakeOver) string {
	if t.Until == nil {
		return ", to the end"
	}
	return fmt.Sprintf(", for %.0f s", t.Until.Sub(t.At).Seconds())
}

// notCounted says which runs are in no figure.
func (c Comparison) notCounted() string {
	n := 0
	for _, s := range c.Sides {
		for _, r := range s.Runs {
			if !Counts(r) {
				n++
			}
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "1 run was shown from another record in part: it is in no figure.\n"
	}
	return fmt.Sprintf("%d runs were shown from another record in part: they are in no figure.\n", n)
}

// untrailed takes the blanks at the ends of lines away that a table leaves.
func untrailed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// legend says what the signs mean that were used.
func (c Comparison) legend() string {
	interval, tested := false, 0
	for _, r := range c.Rows {
		for _, s := range r.Sums {
			interval = interval || s.HasInterval
		}
		for _, x := range r.Tests {
			if x.Tested {
				tested++
			}
		}
	}
	out := "A figure is the median; (a to b) is the range of the runs."
	if interval {
		out += " [a, b] is the 95% confidence interval of the median."
	}
	if tested > 0 {
		out += fmt.Sprintf("\np is of the Mann-Whitney U test. Of %d such tests, one in twenty is below 0.05 by chance alone.", tested)
	} else if len(c.Sides) > 1 {
		out += fmt.Sprintf("\nNothing was tested: that needs %d runs a side.", enough)
	}
	return out + "\n" + c.notCounted()
}

// sum writes a measure of a side.
func (r Row) sum(s Summary) string {
	if s.N == 0 {
		return "–"
	}
	out := strings.TrimSpace(r.Figure(s.Median) + " " + r.Unit)
	switch {
	case s.HasInterval:
		out += fmt.Sprintf(" [%s, %s]", r.Figure(s.From), r.Figure(s.To))
	case s.N > 1:
		out += fmt.Sprintf(" (%s to %s)", r.Figure(s.Low), r.Figure(s.High))
	}
	if s.N < s.Of {
		out += fmt.Sprintf(", %d of %d runs", s.N, s.Of)
	}
	return out
}

func said(x Test, a, b Summary) string {
	switch {
	case a.N == 0 || b.N == 0:
		return ""
	case !x.Tested:
		return "too few to test"
	case x.Equal:
		return "the same in every run"
	case x.Differs():
		return fmt.Sprintf("differs, p=%.3f", x.P)
	}
	return fmt.Sprintf("no difference seen, p=%.3f", x.P)
}

func name(s Side) string { return text.Line(s.Name, cell) }

func names(sides []Side) []string {
	var out []string
	for _, s := range sides {
		out = append(out, name(s))
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Bench writes a Go benchmark line for each run that counts, which benchstat reads.
// The side is a key of the configuration: benchstat -col side.
func (c Comparison) Bench(w io.Writer) error {
	var b strings.Builder
	for _, r := range c.Rows {
		fmt.Fprintf(&b, "Unit %s better=%s\n", r.Bench, r.Better)
	}
	for _, s := range c.Sides {
		fmt.Fprintf(&b, "side: %s\n", strings.Join(strings.Fields(name(s)), "_"))
		for _, run := range s.Runs {
			if !Counts(run) {
				continue
			}
			b.WriteString("BenchmarkTalk 1")
			for _, r := range c.Rows {
				if v, ok := r.get(run); ok {
					fmt.Fprintf(&b, " %g %s", v, r.Bench)
				}
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
