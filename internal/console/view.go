package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// The smallest console that shows everything that matters.
const (
	minWidth, minHeight = 60, 18
	sideWidth           = 46 // of the right column
	wideFrom            = 100
)

// View draws the console.
func (m Model) View() string {
	if m.width == 0 {
		return ""
	}
	if m.width < minWidth || m.height < minHeight {
		return m.styles.Paint(fit([]string{m.tongue.Say("the console needs %d×%d", minWidth, minHeight)}, m.width, m.height))
	}
	var rows []string
	switch {
	case m.state.Seq == 0:
		rows = []string{m.styles.Title.Render(m.tongue.Say("Console")), "", m.linkLine(), "", m.styles.Dim.Render(m.tongue.Say("q closes this console")), "", m.styles.Warn.Render(m.said)}
	case m.page == screenPage:
		rows = m.screenRows()
	case m.page == helpPage:
		rows = m.helpRows()
	case m.page == codePage:
		rows = m.codeRows()
	default:
		rows = m.mainRows()
	}
	return m.styles.Paint(fit(rows, m.width, m.height))
}

// fit makes rows exactly w by h.
func fit(rows []string, w, h int) string {
	out := make([]string, h)
	for i := range out {
		line := ""
		if i < len(rows) {
			line = ansi.Truncate(rows[i], w, "…")
		}
		out[i] = line + strings.Repeat(" ", max(0, w-ansi.StringWidth(line)))
	}
	return strings.Join(out, "\n")
}

// linkLine says how the link is, "" when it is well.
func (m Model) linkLine() string {
	switch {
	case m.link != nil:
		return ""
	case m.heard.IsZero():
		if m.why == "" {
			return m.styles.Dim.Render(m.tongue.Say("looking for the talk …"))
		}
		return m.styles.Warn.Render(m.tongue.Say("%s; trying again", m.why))
	}
	return m.badge(m.styles.BadgeBad, m.styles.Bad, m.tongue.Say("NO LINK"), m.tongue.Say("for %s; what is shown is from then. Trying again", words.Clock(m.now.Sub(m.heard))))
}

func (m Model) mainRows() []string {
	top := m.topRows()
	bottom := m.bottomRows()
	room := m.height - len(top) - len(bottom)
	if m.width < wideFrom {
		side := m.sideRows(m.width)
		side = side[:min(len(side), max(3, room/2))]
		rows := slices.Concat(top, side, []string{m.rule()}, m.notesRows(m.width, room-len(side)-1))
		return slices.Concat(padded(rows, m.height-len(bottom)), bottom)
	}
	left := m.notesRows(m.width-sideWidth-3, room)
	right := m.sideRows(sideWidth)
	rows := top
	for i := range room {
		rows = append(rows, cell(left, i, m.width-sideWidth-3)+m.styles.Rule.Render(" │ ")+cell(right, i, sideWidth))
	}
	return slices.Concat(rows, bottom)
}

func cell(rows []string, i, w int) string {
	line := ""
	if i < len(rows) {
		line = ansi.Truncate(rows[i], w, "…")
	}
	return line + strings.Repeat(" ", max(0, w-ansi.StringWidth(line)))
}

func padded(rows []string, n int) []string {
	for len(rows) < n {
		rows = append(rows, "")
	}
	return rows[:max(0, n)]
}

func (m Model) rule() string { return m.styles.Rule.Render(strings.Repeat("─", m.width)) }

// topRows say where the talk is and how it stands against its plan.
func (m Model) topRows() []string {
	s := m.state
	c, _ := m.chapter(s.Current)
	where := m.styles.Title.Render(c.Title) + m.styles.Dim.Render("  "+m.tongue.Say("%d of %d", c.N, len(s.Chapters)))
	if s.Current != s.Reached {
		where += m.styles.Warn.Render("  " + m.tongue.LookingBack(s.Reached+1))
	}
	pace := m.styles.Strong.Render(words.Clock(millis(s.Pace.Elapsed))) + m.styles.Dim.Render(" "+m.tongue.OfPlan(millis(s.Pace.Total)))
	said := m.styles.Text.Render(s.Pace.Said)
	switch {
	case s.Pace.Asked:
		said = m.badge(m.styles.BadgeWarn, m.styles.Warn, m.tongue.Say("QUESTION"), m.tongue.StoodStill(millis(s.Pace.Question)))
	case s.Pace.Behind:
		said = m.styles.Warn.Render(s.Pace.Said)
	}
	rows := []string{spread(where, m.styles.Dim.Render(s.Badge), m.width), spread(pace+"  "+said, "", m.width)}
	if line := m.linkLine(); line != "" {
		rows = append(rows, line)
	}
	if s.Notice != "" {
		rows = append(rows, m.styles.Warn.Render(text.Line(s.Notice, 0)))
	}
	return append(rows, m.rule())
}

// spread puts one text left and one right.
func spread(left, right string, w int) string {
	gap := w - ansi.StringWidth(left) - ansi.StringWidth(right)
	if gap < 2 {
		return left
	}
	return left + strings.Repeat(" ", gap) + right
}

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// badge is a word on a coloured ground, and what it means.
func (m Model) badge(ground, look styles.Look, word, means string) string {
	return ground.Render(" "+word+" ") + look.Render(" "+means)
}

// notesRows are the speaker's notes: what has just become true first, then the
// rest, and last what waits for something that has not happened.
func (m Model) notesRows(w, h int) []string {
	rows := m.notes(w)
	if h <= 0 {
		return nil
	}
	from := min(m.scroll, max(0, len(rows)-h))
	rows = rows[from:]
	if len(rows) > h {
		more := len(rows) - h + 1
		rows = append(slices.Clone(rows[:h-1]), m.styles.Dim.Render("↓ "+m.tongue.Count(more, "%d more line", "%d more lines")))
	}
	return rows
}

// deepest is how far the notes may be scrolled.
func (m Model) deepest() int {
	w := m.width
	if w >= wideFrom {
		w -= sideWidth + 3
	}
	return max(0, len(m.notes(w))-1)
}

func (m Model) notes(w int) []string {
	return m.styles.Notes(m.tongue, m.state.Notes, m.state.Marks, w)
}

// sideRows are the next chapter, the gate, the cluster, and who looks on.
func (m Model) sideRows(w int) []string {
	s := m.state
	entry := func(name, text string, look func(...string) string) []string {
		var rows []string
		for i, line := range strings.Split(ansi.Wordwrap(text, max(10, w-9), ""), "\n") {
			label := strings.Repeat(" ", 9)
			if i == 0 {
				label = fmt.Sprintf("%-9s", name)
			}
			rows = append(rows, m.styles.Dim.Render(label)+look(line))
		}
		return rows
	}
	var rows []string
	gate, look := "… "+s.Gate, m.styles.Accent.Render
	switch {
	case s.Open:
		gate, look = "✓ "+s.Gate, m.styles.Good.Render
	case s.Late:
		gate, look = m.tongue.Late(s.Gate), m.styles.Warn.Render
	}
	if s.Gate != "" {
		rows = append(rows, entry(m.tongue.Say("gate"), gate, look)...)
	}
	if next, ok := m.chapter(s.Current + 1); ok {
		rows = append(rows, entry(m.tongue.Say("next"), fmt.Sprintf("%d %s", next.N, next.Title), m.styles.Strong.Render)...)
		if next.First != "" {
			rows = append(rows, entry("", next.First, m.styles.Dim.Render)...)
		}
	}
	rows = append(rows, entry(m.tongue.Say("cluster"), s.Health, m.styles.Text.Render)...)
	rows = append(rows, m.coverRows()...)
	if s.Phone != nil && s.Phone.Locked {
		rows = append(rows, m.badge(m.styles.BadgeBad, m.styles.Bad, m.tongue.Say("PHONE LOCKED"), m.letsIn()))
	}
	if len(s.Attached) > 1 {
		var who []string
		for _, p := range s.Attached {
			who = append(who, strings.TrimSpace(m.tongue.Word(p.Role)+" "+p.Name))
		}
		rows = append(rows, entry(m.tongue.Say("attached"), strings.Join(who, ", "), m.styles.Text.Render)...)
	}
	if w >= sideWidth {
		rows = append(rows, "", m.styles.Dim.Render(m.tongue.Say("the audience's screen, v shows it whole")))
		rows = append(rows, m.thumbnail(w)...)
	}
	return rows
}

// coverRows say that the audience does not see the talk.
func (m Model) coverRows() []string {
	switch sc := m.state.Screen; {
	case !sc.Blank.IsZero():
		name, sees := m.tongue.Cover(false)
		return []string{m.badge(m.styles.BadgeBad, m.styles.Bad, name, m.tongue.For(sees, words.Clock(m.now.Sub(sc.Blank))))}
	case !sc.Frozen.IsZero():
		name, sees := m.tongue.Cover(true)
		return []string{m.badge(m.styles.BadgeWarn, m.styles.Warn, name, m.tongue.For(sees, words.Clock(m.now.Sub(sc.Frozen))))}
	case sc.Rewound > 0:
		name, sees := m.tongue.Rewound(millis(sc.Rewound))
		return []string{m.badge(m.styles.BadgeWarn, m.styles.Warn, name, sees)}
	}
	return nil
}

// bottomRows are the open question or the state of things, and the keys.
func (m Model) bottomRows() []string {
	s := m.state
	status := m.styles.Text.Render(ansi.Strip(s.Status))
	switch {
	case m.page == leavePage:
		return []string{m.rule(), m.badge(m.styles.BadgeWarn, m.styles.Warn, "?", m.tongue.Say("leave the talk, or close this console?")), m.keyLine([]protocol.Offer{
			{Key: "t", Label: m.tongue.Say("the talk")}, {Key: "c", Label: m.tongue.Say("this console")}, {Key: m.tongue.Say("any other"), Label: m.tongue.Say("neither")},
		})}
	case m.said != "":
		status = m.styles.Warn.Render(m.said)
	case s.Over:
		status = m.styles.Strong.Render(m.tongue.Ended() + "; " + m.tongue.Say("q closes this console"))
	case s.Question != "":
		status = m.badge(m.styles.BadgeWarn, m.styles.Warn, "?", s.Question)
	case len(m.asked) > 0:
		status = m.styles.Dim.Render(m.tongue.Say("asked …"))
	}
	return []string{m.rule(), status, m.keyLine(m.shown())}
}

// shown gives the offers that are worth a place.
func (m Model) shown() []protocol.Offer {
	var out []protocol.Offer
	for _, o := range m.state.Offers {
		if o.Main && o.Enabled {
			out = append(out, o)
		}
	}
	leave := m.tongue.Say("leave")
	if m.asksWhatToLeave() {
		leave = m.tongue.Say("leave?")
	}
	return append(out, protocol.Offer{Key: "?", Label: m.tongue.Say("keys")}, protocol.Offer{Key: "q", Label: leave})
}

// jump gives an offer to show another chapter, one that can be taken where there is one.
func (m Model) jump() (jump protocol.Offer, offered bool) {
	for _, o := range m.state.Offers {
		if o.Do == protocol.DoJump && !jump.Enabled {
			jump, offered = o, true
		}
	}
	return jump, offered
}

// keyLine is the keys that fit; the last two always do.
func (m Model) keyLine(offers []protocol.Offer) string {
	draw := func() string {
		var parts []string
		for _, o := range offers {
			parts = append(parts, m.styles.Strong.Render(o.Key)+" "+m.styles.Dim.Render(o.Label))
		}
		return strings.Join(parts, m.styles.Dim.Render(" • "))
	}
	for ansi.StringWidth(draw()) > m.width && len(offers) > 3 {
		offers = slices.Delete(slices.Clone(offers), len(offers)-3, len(offers)-2)
	}
	return draw()
}

// helpRows list everything that may be asked for, and why not where it may not.
func (m Model) helpRows() []string {
	rows := []string{m.styles.Title.Render(m.tongue.Say("Keys")), ""}
	line := func(key, text string, enabled bool) {
		look := m.styles.Text
		if !enabled {
			look = m.styles.Dim
		}
		rows = append(rows, m.styles.Strong.Render(fmt.Sprintf("%-10s", key))+look.Render(text))
	}
	for _, o := range m.state.Offers {
		switch {
		case o.Do == protocol.DoJump: // eight of them
		case o.Enabled:
			line(o.Key, o.Label, true)
		default:
			line(o.Key, o.Why, false)
		}
	}
	if o, offered := m.jump(); o.Enabled {
		line("1-8", m.tongue.Say("show another chapter"), true)
	} else if offered {
		line("1-8", o.Why, false)
	}
	rows = append(rows, "")
	line("↑ ↓", m.tongue.Say("scroll the notes"), true)
	line("v", m.tongue.Say("the audience's screen"), true)
	line("P", m.tongue.Say("the code that lets a phone in"), m.state.Phone != nil)
	line(m.tongue.Say("Ctrl-C"), m.tongue.Say("close this console; the talk goes on"), true)
	return rows
}
