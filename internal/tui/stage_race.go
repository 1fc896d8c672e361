package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// racePiece is the stopwatch since the fault, each signal as it came next to
// when it was due, and how long the control plane has noticed nothing.
func (m Model) racePiece(r rect, large bool) []string {
	s := m.state
	if !s.FaultBegun() {
		return []string{m.styles.Dim.Render("nothing was broken")}
	}
	ticket, noticed := s.TargetTicket()
	since, look := m.now.Sub(s.FaultAt), m.styles.Big
	if noticed {
		since, look = ticket.OpenedAt.Sub(s.FaultAt), m.styles.BigGood
	}
	var lines []string
	if large {
		lines = append(m.bigLines(fmt.Sprintf("%.1f", max(0, since).Seconds()), look), "")
	}
	words := "seconds, and nobody has noticed"
	if noticed {
		words = fmt.Sprintf("seconds until %s was opened", ticket.ID)
	}
	if !large {
		words = fmt.Sprintf("%.1f %s", max(0, since).Seconds(), words)
	}
	lines = append(lines, look.Render(words), "")
	if len(s.Plan.Expect) > 0 {
		lines = append(lines, m.styles.Dim.Render(fmt.Sprintf("%9s%7s", "seen", "due")))
	}
	for _, name := range m.raceOrder() {
		lines = append(lines, m.raceLine(name, ticket.Signals))
	}
	lines = append(lines, "")
	if opened := len(ticket.Signals); opened > 0 {
		who := map[bool]string{true: "this pair", false: "these"}[opened == 2]
		lines = append(lines, m.styles.Good.Render(fmt.Sprintf("◆ %s opened %s", who, ticket.ID)))
	}
	return squeeze(append(lines, m.lagLine()), r.H)
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

// lagLine says how long the control plane goes on calling a node healthy that
// is broken: it waits on purpose, and whoever relies on it waits too.
func (m Model) lagLine() string {
	s := m.state
	switch {
	case !s.DoubtedAt.IsZero():
		return m.styles.Text.Render(fmt.Sprintf("%s noticed after %.1f s", m.controlName(), s.DoubtedAt.Sub(s.FaultAt).Seconds()))
	case s.Lifted():
		return m.styles.Text.Render(fmt.Sprintf("%s never noticed: it was mended after %.1f s", m.controlName(), s.LiftedAt.Sub(s.FaultAt).Seconds()))
	case s.Snapshot.Error != "":
		return m.styles.Dim.Render(m.controlName() + " does not answer")
	case s.StillTrusted():
		n, _ := s.Snapshot.Node(s.Plan.Target)
		return m.styles.Warn.Render(fmt.Sprintf("%s still says %s, %.1f s after the fault", m.controlName(), n.State, max(0, m.now.Sub(s.FaultAt)).Seconds()))
	}
	return ""
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
			when = " before"
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
