package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// racePiece is two stopwatches: how long our monitor took to open a ticket, and
// how long the control plane goes on calling the node healthy. Below, or beside
// them where the room is low, is each signal as it came next to when it was due.
func (m Model) racePiece(r rect) []string {
	s := m.state
	if !s.FaultBegun() || s.Plan.Nothing() {
		return []string{m.styles.Dim.Render(m.say("nothing was broken"))}
	}
	head, list, note := m.signalLines()
	whole := slices.Concat(head, list, note)
	left := rect{r.W - lipgloss.Width(strings.Join(whole, "\n")) - columnGap, r.H - watchFrame}
	if r.H < bigRows+watchFrame+gapRow+len(whole) && m.watchScale(m.bothWatches(), left) > 0 {
		return m.sideBySide(m.figureRow(m.bothWatches(), left), whole)
	}
	watches := m.figureRow(m.bothWatches(), rect{r.W, max(bigRows, r.H-len(whole)-watchFrame-gapRow)})
	var lines []string
	for _, less := range [][]string{whole, slices.Concat(head, list), list} { // a signal says more than what stands around it
		if lines = squeeze(slices.Concat(watches, []string{""}, less), r.H); len(lines) <= r.H {
			break
		}
	}
	return lines
}

const watchFrame = 2 // the lines above and below the figures

// sideBySide puts two blocks next to each other.
func (m Model) sideBySide(left, right []string) []string { return beside(left, right, columnGap) }

func beside(left, right []string, gap int) []string {
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(left, "\n"), strings.Repeat(" ", gap), strings.Join(right, "\n")), "\n")
}

// watch is one stopwatch, or another figure: whose it is, what it shows, and what
// that means.
type watch struct {
	who, figure, says string
	look              styles.Look
}

func (m Model) bothWatches() []watch { return []watch{m.ourWatch(), m.theirWatch()} }

// widestWatch is how wide a stopwatch gets in most talks. It has the room from the
// beginning, so that no figure gets smaller when it reaches ten seconds.
const widestWatch = "20.0"

// watchScale gives how large figures may be side by side, 0 where they do not fit.
func (m Model) watchScale(all []watch, r rect) int {
	for n := largestScale; n > 0; n-- {
		each := rect{eachOf(len(all), n, r.W), r.H}
		if !slices.ContainsFunc(all, func(x watch) bool { return scaleFor(x.figure, each) < n || scaleFor(widestWatch, each) < n }) {
			return n
		}
	}
	return 0
}

// eachOf is the width that each of so many figures has. Between two of them is
// more room than between two of their digits: 0.2 beside 6.0 is not 0.26.0.
func eachOf(figures, scale, w int) int {
	return max(1, (w-(figures-1)*figureGap(scale))/figures)
}

func figureGap(scale int) int { return max(columnGap, 4*scale) }

// figureRow draws figures side by side, as large as all of them fit.
func (m Model) figureRow(all []watch, r rect) []string {
	n := m.watchScale(all, r)
	each := eachOf(len(all), n, r.W)
	row := []string{}
	for i, x := range all {
		rows := []string{x.look.Render(x.figure)}
		if n > 0 {
			rows = nil
			for _, row := range scaled(x.figure, n) {
				rows = append(rows, x.look.Render(row))
			}
		}
		block := slices.Concat([]string{m.styles.Strong.Render(x.who)}, rows, []string{m.styles.Text.Render(x.says)})
		block = strings.Split(fit(strings.Join(block, "\n"), each, len(block)), "\n")
		if i == 0 {
			row = block
			continue
		}
		row = beside(row, block, figureGap(n))
	}
	return row
}

// ourWatch runs until the ticket is open.
func (m Model) ourWatch() watch {
	s := m.state
	if t, ok := s.TargetTicket(); ok {
		return watch{m.say("OUR MONITOR"), figures(t.OpenedAt.Sub(s.FaultAt)), m.say("s to %s for %s", t.ID, t.Target), m.styles.BigGood}
	}
	return watch{m.say("OUR MONITOR"), m.running(m.now.Sub(s.FaultAt)), m.say("s, no ticket yet"), m.styles.Big}
}

// theirWatch runs for as long as the control plane calls the target healthy: it
// waits on purpose, and whoever relies on it waits too.
func (m Model) theirWatch() watch {
	s := m.state
	w := watch{who: strings.ToUpper(m.controlName()), look: m.styles.Big}
	n, _ := s.Snapshot.Node(s.Plan.Target)
	switch {
	case !s.DoubtedAt.IsZero():
		w.figure, w.says = figures(s.DoubtedAt.Sub(s.FaultAt)), m.say("s to %s", s.DoubtedAs)
	case s.Lifted():
		w.figure, w.says = figures(s.LiftedAt.Sub(s.FaultAt)), m.say("s, and it never noticed")
	case s.Snapshot.Error != "":
		w.figure, w.says = m.running(m.now.Sub(s.FaultAt)), m.say("s, and it does not answer")
	case s.StillTrusted():
		w.figure, w.says, w.look = m.running(m.now.Sub(s.FaultAt)), m.say("s, still says %s", n.State), m.styles.Big
	default:
		w.figure, w.says = m.running(m.now.Sub(s.FaultAt)), "s"
	}
	return w
}

// running is a time that still grows.
func (m Model) running(d time.Duration) string {
	if m.cfg.ReducedMotion {
		return fmt.Sprintf("%.0f", max(0, d).Truncate(time.Second).Seconds())
	}
	return figures(d)
}

// figures is a time for large figures: three of them are enough.
func figures(d time.Duration) string {
	d = max(0, d)
	if d >= 100*time.Second {
		return fmt.Sprintf("%.0f", d.Seconds())
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// signalLines is each signal, below what its columns are, and above which of them
// opened the ticket.
func (m Model) signalLines() (head, lines, note []string) {
	ticket, _ := m.state.TargetTicket()
	if len(m.state.Plan.Expect) > 0 {
		head = append(head, m.styles.Dim.Render(fmt.Sprintf("%9s%7s", m.say("seen"), m.say("due"))))
	}
	for _, name := range m.raceOrder() {
		lines = append(lines, m.raceLine(name, ticket.Signals))
	}
	if opened := len(ticket.Signals); opened > 0 {
		said := m.say("these opened %s", ticket.ID)
		if opened == 2 {
			said = m.say("this pair opened %s", ticket.ID)
		}
		note = append(note, m.styles.Good.Render("◆ "+said))
	}
	return head, lines, note
}

// squeeze takes blank lines out, the upper ones first, until the rest fits.
func squeeze(lines []string, room int) []string {
	for len(lines) > room {
		i := slices.Index(lines, "")
		if i < 0 {
			return lines
		}
		lines = slices.Delete(lines, i, i+1)
	}
	return lines
}

// raceOrder is the signals as they came, then those that are still awaited as
// they are due. One that is not expected of this fault is not awaited.
func (m Model) raceOrder() []string {
	due := func(name string) time.Duration {
		d, _ := m.state.Plan.Due(name)
		return d
	}
	all := demo.SignalNames()
	for _, x := range m.state.Plan.Expect {
		if !slices.Contains(all, x.Signal) {
			all = append(all, x.Signal)
		}
	}
	names := slices.DeleteFunc(all, func(name string) bool {
		_, seen := m.firstSignal(name)
		_, expected := m.state.Plan.Due(name)
		return !seen && !expected && len(m.state.Plan.Expect) > 0
	})
	slices.SortStableFunc(names, func(a, b string) int {
		atA, seenA := m.firstSignal(a)
		atB, seenB := m.firstSignal(b)
		switch {
		case seenA && seenB:
			return cmp.Compare(atA, atB)
		case seenA:
			return -1
		case seenB:
			return 1
		}
		return cmp.Compare(due(a), due(b))
	})
	return names
}

// raceLine is one signal: whether it opened the ticket, when it came, and when
// it was due.
func (m Model) raceLine(name string, opened []string) string {
	at, seen := m.firstSignal(name)
	mark, when, look := "  ", "   …   ", m.styles.Dim
	if seen {
		when, look = fmt.Sprintf("%5.1f s", at.Seconds()), m.styles.Text
		if at < 0 {
			when = fmt.Sprintf("%7s", m.say("before"))
		}
	}
	if slices.Contains(opened, name) {
		mark = "◆ "
	}
	due := ""
	if len(m.state.Plan.Expect) > 0 {
		due = strings.Repeat(" ", 7)
		if d, ok := m.state.Plan.Due(name); ok {
			due = fmt.Sprintf("%5.1f s", d.Seconds())
		}
	}
	return m.styles.Good.Render(mark) + m.styles.Strong.Render(when) + m.styles.Dim.Render(due) + " " + look.Render(m.voice().Signal(name))
}

// firstSignal gives the time from the fault to a signal of the target. It is
// negative for one that was there already, as on a machine that is too busy.
func (m Model) firstSignal(name string) (time.Duration, bool) {
	s := m.state
	var at time.Time
	seen := false
	for _, p := range s.Signals {
		if p.Name != name || p.Target != s.Plan.Target {
			continue
		}
		if seen && !p.At.Before(s.FaultAt) {
			break
		}
		if !seen {
			at = p.At
		}
		seen = !p.Cleared
	}
	return at.Sub(s.FaultAt), seen
}
