package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// headerView is the top line: where we are, how long it took, and on what. The
// title keeps its room: what the rail says too goes first.
func (m Model) headerView(r rect) string {
	s := m.state
	c := s.Chapter()
	right := m.clock() + "  " + m.badge()
	room := max(0, r.W-ansi.StringWidth(right)-1)
	for _, where := range []string{"  " + m.say("chapter %d of %d", c.N, len(s.Chapters)), fmt.Sprintf("  %d/%d", c.N, len(s.Chapters)), ""} {
		if ansi.StringWidth(c.Title+where) <= room {
			return fitLine(m.styles.Title.Render(c.Title)+m.styles.Dim.Render(where), room) + " " + right
		}
	}
	return fitLine(m.styles.Title.Render(c.Title), room) + " " + right
}

// clock is the time since the talk began. How that stands against the plan is the
// speaker's to know: the console and the phone say it.
func (m Model) clock() string {
	if m.clocked != "" {
		return m.clocked
	}
	return m.styles.Dim.Render(words.Clock(m.state.Elapsed(m.now)))
}

// badge says which cluster this is and whether it is live.
func (m Model) badge() string {
	s := m.state
	switch {
	case m.label() != "":
		return m.styles.BadgeWarn.Render(" " + m.label() + " ")
	case s.CatchingUp():
		return m.styles.BadgeWarn.Render(" " + m.say("BY ITSELF TO CHAPTER %d", s.Options.From) + " ")
	case s.Cluster.PD == "" && s.Options.Rehearsal:
		return m.styles.BadgeWarn.Render(" " + m.say("REHEARSAL") + " ")
	case s.Cluster.PD == "":
		return m.styles.Dim.Render(m.say("no cluster yet"))
	case s.Snapshot.Error != "":
		return m.styles.BadgeWarn.Render(" LIVE? ") + m.styles.Dim.Render(" "+s.Cluster.Label)
	}
	if s.Options.Rehearsal {
		return m.styles.BadgeWarn.Render(" "+m.say("REHEARSAL")+" ") + m.styles.Dim.Render(" "+s.Cluster.Label)
	}
	return m.styles.Badge.Render(" LIVE ") + m.styles.Dim.Render(" "+s.Cluster.Label)
}

// railView is the eight chapters in one line: done, shown, to come. They go by
// their titles where all of these fit, else by their ids, else by their numbers:
// no word is cut, and the rail stands still while the talk goes on.
func (m Model) railView(r rect) string {
	named := []func(demo.Chapter) string{
		func(c demo.Chapter) string { return c.Title },
		func(c demo.Chapter) string { return c.ID },
	}
	for _, name := range named {
		if line := m.rail(name); ansi.StringWidth(line) <= r.W {
			return line
		}
	}
	return m.rail(func(c demo.Chapter) string {
		if c.N == m.state.Chapter().N {
			return c.ID
		}
		return ""
	})
}

func (m Model) rail(name func(demo.Chapter) string) string {
	s := m.state
	var parts []string
	for i, c := range s.Chapters {
		parts = append(parts, m.stop(s, i, strings.TrimSpace(fmt.Sprintf("%d %s", c.N, name(c)))))
	}
	return strings.Join(parts, m.styles.Dim.Render(" ─ "))
}

func (m Model) stop(s demo.State, i int, name string) string {
	switch {
	case i == s.Current:
		return m.styles.Strong.Render("● " + name)
	case s.Visits[i].LeftBy == demo.ByFrom:
		return m.styles.Warn.Render("» ") + m.styles.Dim.Render(name)
	case i < s.Reached || !s.Visits[i].LeftAt.IsZero():
		return m.styles.Good.Render("✓ ") + m.styles.Dim.Render(name)
	case i == s.Reached:
		return m.styles.Accent.Render("◉ " + name)
	}
	return m.styles.Dim.Render("○ " + name)
}
