package tui

import (
	"strings"

	"github.com/charmbracelet/glamour"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/cellbuf"

	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// story is the narration as it was last rendered. Markdown takes milliseconds
// to render, so it is done once for each chapter and width, not once a frame.
type story struct {
	chapter string
	width   int
	blocks  []block
}

// block is a paragraph, an item of a list or the blank line between them, in
// lines of the screen.
type block []string

// hang is what the second line of a list's item begins with, so that it stands
// below the item's words and not below its bullet.
const (
	bullet = "• "
	hang   = "  "
)

// narration gives a chapter's narration in lines of at most w cells.
func (m Model) narration(w int) []block {
	c := m.state.Chapter()
	if m.story.chapter != c.ID || m.story.width != w {
		*m.story = story{c.ID, w, markdown(c.Narration, w, m.styles)}
	}
	return m.story.blocks
}

// head gives the first blocks that fit whole into room lines: half a sentence
// is worse than none.
func head(blocks []block, room int) []string {
	var lines []string
	for _, b := range blocks {
		if len(lines)+len(b) > room {
			break
		}
		lines = append(lines, b...)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// markdown renders Markdown without blank lines around it. What cannot be
// rendered is shown as it was written.
func markdown(md string, w int, s styles.Styles) []block {
	md = text.Clean(md)
	out := md
	// The renderer's own wrapping knows no hanging indent, so it is turned off.
	r, err := glamour.NewTermRenderer(glamour.WithStyles(s.Markdown()), glamour.WithWordWrap(0))
	if err == nil {
		if rendered, err := r.Render(md); err == nil {
			out = rendered
		}
	}
	var blocks []block
	for line := range strings.SplitSeq(strings.Trim(out, "\n"), "\n") {
		blocks = append(blocks, wrapItem(strings.TrimRight(line, " "), w))
	}
	return blocks
}

// wrapItem breaks one rendered line, keeping its looks on every piece.
func wrapItem(line string, w int) block {
	if !strings.HasPrefix(ansi.Strip(line), bullet) {
		return strings.Split(cellbuf.Wrap(line, max(1, w), ""), "\n")
	}
	pieces := strings.Split(cellbuf.Wrap(line, max(1, w-len(hang)), ""), "\n")
	for i := range pieces[1:] {
		pieces[i+1] = hang + pieces[i+1]
	}
	return pieces
}
