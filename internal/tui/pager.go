package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// page is a long text as it was last cut into lines: that is done once for each
// text and width, not once a frame.
type page struct {
	text  string
	width int
	lines []string
}

// pagerFrame is the lines of a page that are not its text: a title, what is said
// of it, a blank line, and the keys.
const pagerFrame = 4

// document is a long text that is shown over the chapter.
type document struct {
	title string
	said  string // one line about it, drawn
	text  string
	lines []string // instead of a text: drawn, and cut to the width
}

// document gives what the overlay shows.
func (m Model) document() document {
	switch m.over {
	case sealOverlay:
		return m.sealDocument()
	case answerOverlay:
		return document{title: "The whole answer", lines: append(m.diagnosisPiece(rect{m.width, wholeAnswer}), m.versionLines(m.width)...)}
	}
	return m.outgoingDocument()
}

// outgoingDocument is what leaves the machine, word for word.
func (m Model) outgoingDocument() document {
	o := m.state.Outgoing
	said := m.styles.Text.Render("sent to " + text.Line(o.To, 200))
	switch {
	case o.Why != "" && o.To == "":
		said = m.styles.Good.Render("nothing: " + o.Why)
	case o.Why != "":
		said = m.styles.Good.Render("nothing: "+o.Why) + m.styles.Dim.Render(", else this to "+text.Line(o.To, 200))
	}
	return document{title: "What leaves this machine", said: said, text: o.Text}
}

// sealDocument is what was sealed, with what anybody needs to check it.
func (m Model) sealDocument() document {
	s := m.state
	d := document{title: "What was sealed before the fault", said: m.styles.Dim.Render("it is opened when the answer is there"), text: "sha256 " + s.Sealed}
	if o := s.Opened; o != nil {
		d.said = strings.Join(m.openedLine(1<<10), " ")
		d.text += "\n\nThe line that was sealed:\n\n" + o.Text + "\n\nTo check it:\n\nprintf %s '" + strings.ReplaceAll(o.Text, "'", `'\''`) + "' | sha256sum"
	}
	return d
}

// pageView shows a part of a document.
func (m Model) pageView() string {
	d := m.document()
	lines := m.pageLines()
	room := m.pageRoom()
	from := min(m.scroll, max(0, len(lines)-room))
	shown := lines[from:min(len(lines), from+room)]
	rows := []string{m.styles.Title.Render(d.title), d.said, ""}
	rows = append(rows, shown...)
	for len(rows) < m.height-1 {
		rows = append(rows, "")
	}
	where := ""
	if len(lines) > room {
		where = fmt.Sprintf("  %d–%d of %d lines", from+1, from+len(shown), len(lines))
	}
	foot := m.styles.Strong.Render("↑ ↓ Space") + m.styles.Dim.Render(" scroll • any other key closes"+where)
	return fit(strings.Join(append(rows, foot), "\n"), m.width, m.height)
}

// pageRoom is how many lines of text a page shows.
func (m Model) pageRoom() int { return max(1, m.height-pagerFrame) }

// pageLines cuts the text hard: no blank of it is lost at a line's end.
func (m Model) pageLines() []string {
	d := m.document()
	t := d.text
	if d.lines != nil {
		return d.lines
	}
	if m.page.text != t || m.page.width != m.width {
		var lines []string
		if t != "" {
			lines = strings.Split(ansi.Hardwrap(text.Clean(t), max(1, m.width), true), "\n")
		}
		for i, l := range lines {
			lines[i] = m.styles.Text.Render(l)
		}
		*m.page = page{t, m.width, lines}
	}
	return m.page.lines
}

// wholeAnswer is more lines than any answer has.
const wholeAnswer = 1 << 16

// paged says whether what covers the chapter is a page.
func (o overlay) paged() bool {
	return o == outgoingOverlay || o == sealOverlay || o == answerOverlay
}

// open shows a document from its beginning.
func (m Model) open(o overlay) (tea.Model, tea.Cmd) {
	m.over, m.scroll = o, 0
	return m, nil
}

// turn scrolls the page; every other key takes it away.
func (m Model) turn(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	by := 0
	switch {
	case key.Matches(k, m.keys.Up):
		by = -1
	case key.Matches(k, m.keys.Down):
		by = 1
	case key.Matches(k, m.keys.PageUp):
		by = -m.pageRoom()
	case key.Matches(k, m.keys.PageDown):
		by = m.pageRoom()
	default:
		return m.uncover()
	}
	m.scroll = min(max(0, m.scroll+by), max(0, len(m.pageLines())-m.pageRoom()))
	return m, nil
}
