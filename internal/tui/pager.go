package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/viewport"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// page is a long text as it was last cut into lines: that is done once for each
// text and width, not once a frame.
type page struct {
	text  string
	prose bool
	width int
	lines []string
}

// head is the lines of a page above its text: a title, and what is said of it.
func (d document) head(m Model) []string {
	lines := []string{m.styles.Title.Render(d.title)}
	if d.said != "" {
		lines = append(lines, d.said)
	}
	return append(lines, "")
}

// document is a long text that is shown over the chapter.
type document struct {
	title string
	said  string // one line about it, drawn
	text  string
	prose bool     // the text is Markdown
	lines []string // instead of a text: drawn, and cut to the width
	foot  string   // the line below it, drawn; "" says how it is scrolled and closed
}

// document gives what the overlay shows.
func (m Model) document() document {
	c := m.state.Chapter()
	switch m.over {
	case helpOverlay:
		return m.helpDocument()
	case notesOverlay:
		return document{title: m.say("Notes: %s", c.Title), said: m.styles.Dim.Render(m.say("budget %s", words.Clock(c.Budget))), lines: m.notesLines()}
	case textOverlay:
		return document{title: c.Title, text: c.Narration, prose: true}
	case sealOverlay:
		return m.sealDocument()
	case overviewOverlay:
		return m.overviewDocument()
	case answerOverlay:
		return document{title: m.say("The whole answer"), lines: append(m.diagnosisPiece(rect{m.width, wholeAnswer}), m.versionLines(m.width)...)}
	}
	return m.outgoingDocument()
}

// notesLines are the notes as the console shows them: who has no second screen reads the
// same.
func (m Model) notesLines() []string {
	lines := m.styles.Notes(m.tongue, m.state.Chapter().Notes, m.state.Marks(), min(maxStage, m.width-2*len(pageMargin)))
	for i, row := range lines {
		lines[i] = pageMargin + row
	}
	return lines
}

// outgoingDocument is what leaves the machine, word for word.
func (m Model) outgoingDocument() document {
	o := m.state.Outgoing
	if o == nil {
		return document{title: m.say("What leaves this machine"), said: m.styles.Dim.Render(m.say("nothing"))}
	}
	said := m.styles.Text.Render(m.say("sent to %s", text.Line(o.To, 200)))
	switch {
	case o.Why != "" && o.To == "":
		said = m.styles.Good.Render(m.say("nothing: %s", o.Why))
	case o.Why != "":
		said = m.styles.Good.Render(m.say("nothing: %s", o.Why)) + m.styles.Dim.Render(m.say(", else this to %s", text.Line(o.To, 200)))
	}
	return document{title: m.say("What leaves this machine"), said: said, text: o.Text}
}

// sealDocument is what was sealed, with what anybody needs to check it.
func (m Model) sealDocument() document {
	s := m.state
	d := document{title: m.say("What was sealed before the fault"), said: m.styles.Dim.Render(m.say("it is opened when the answer is there")), text: "sha256 " + s.Sealed}
	if o := s.Opened; o != nil {
		d.said = strings.Join(m.openedLine(1<<10), " ")
		d.text += "\n\n" + m.say("The line that was sealed:") + "\n\n" + o.Text + "\n\n" + m.say("To check it:") + "\n\nprintf %s '" + strings.ReplaceAll(o.Text, "'", `'\''`) + "' | sha256sum"
	}
	return d
}

// pageView shows a part of a document.
func (m Model) pageView() string {
	d := m.document()
	v := m.viewport(d)
	foot := m.styles.Dim.Render(m.say("any key closes this"))
	switch {
	case d.foot != "":
		foot = d.foot
	case scrolls(v):
		foot = m.styles.Strong.Render("↑ ↓ "+m.say("Space")) + m.styles.Dim.Render(" "+m.say("scroll • any other key closes  %d–%d of %d lines",
			v.YOffset+1, v.YOffset+v.VisibleLineCount(), v.TotalLineCount()))
	}
	return fit(strings.Join(append(d.head(m), v.View(), foot), "\n"), m.width, m.height)
}

// viewport gives the window through which a document is seen.
func (m Model) viewport(d document) viewport.Model {
	v := viewport.New(m.width, max(1, m.height-len(d.head(m))-1))
	v.SetContent(strings.Join(m.pageLines(d), "\n"))
	v.SetYOffset(m.scroll)
	return v
}

// resized takes another size of the terminal. A page that is open goes on showing
// the words that it showed.
func (m Model) resized(w, h int) Model {
	if !m.over.paged() || m.scroll == 0 || m.width == 0 {
		m.width, m.height = w, h
		return m
	}
	before := m.pageLines(m.document())
	read := letters(before[:min(m.scroll, len(before))])
	m.width, m.height = w, h
	m.scroll = 0
	for _, l := range m.pageLines(m.document()) {
		if read -= letters([]string{l}); read < 0 {
			break
		}
		m.scroll++
	}
	return m
}

// letters counts what is not blank.
func letters(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len(strings.Join(strings.Fields(ansi.Strip(l)), ""))
	}
	return n
}

// pageMargin is what stands left of prose.
const pageMargin = "  "

// scrolls says whether a document is longer than its window.
func scrolls(v viewport.Model) bool { return v.TotalLineCount() > v.Height }

// pageLines cuts a document into lines. Text that is not prose is cut hard: no
// blank of it is lost at a line's end.
func (m Model) pageLines(d document) []string {
	if d.lines != nil {
		return d.lines
	}
	if m.page.text == d.text && m.page.width == m.width && m.page.prose == d.prose {
		return m.page.lines
	}
	var lines []string
	switch {
	case d.prose:
		for _, row := range markdown.Rows(markdown.Parse(d.text, m.styles.Markdown()).Blocks(min(maxStage, m.width-2*len(pageMargin)))) {
			lines = append(lines, pageMargin+row)
		}
	case d.text != "":
		for l := range strings.SplitSeq(ansi.Hardwrap(text.Clean(d.text), max(1, m.width), true), "\n") {
			lines = append(lines, m.styles.Text.Render(l))
		}
	}
	*m.page = page{d.text, d.prose, m.width, lines}
	return lines
}

// wholeAnswer is more lines than any answer has.
const wholeAnswer = 1 << 16

// paged says whether what covers the chapter is a page.
func (o overlay) paged() bool {
	switch o {
	case helpOverlay, outgoingOverlay, sealOverlay, answerOverlay, notesOverlay, textOverlay, overviewOverlay:
		return true
	}
	return false
}

// open shows a document from its beginning.
func (m Model) open(o overlay) (tea.Model, tea.Cmd) {
	m.over, m.scroll = o, 0
	return m, nil
}

// turn scrolls a page that is longer than the screen; every other key takes it
// away.
func (m Model) turn(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	v := m.viewport(m.document())
	if !scrolls(v) {
		return m.uncover()
	}
	switch {
	case key.Matches(k, m.keys.Up):
		v.ScrollUp(1)
	case key.Matches(k, m.keys.Down):
		v.ScrollDown(1)
	case key.Matches(k, m.keys.PageUp):
		v.PageUp()
	case key.Matches(k, m.keys.PageDown):
		v.PageDown()
	default:
		return m.uncover()
	}
	m.scroll = v.YOffset
	return m, nil
}
