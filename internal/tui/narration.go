package tui

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
)

// story is the narration as it was last laid out. That takes a millisecond, so
// it is done once for each chapter and width, not once a frame.
type story struct {
	text   string
	width  int
	blocks []markdown.Block
}

// narration gives a chapter's narration in rows of at most w cells.
func (m Model) narration(w int) []markdown.Block {
	c := m.state.Chapter()
	if m.story.text != c.Narration || m.story.width != w {
		*m.story = story{c.Narration, w, markdown.Parse(c.Narration, m.styles.Markdown()).Blocks(w)}
	}
	return m.story.blocks
}

// head gives the first blocks that fit whole into room rows, because half a
// sentence is worse than none, and the number of rows that are hidden. A block
// that is longer than the room could never be seen whole, so as much of it as
// fits is given, and it ends in "…".
func (m Model) head(blocks []markdown.Block, room int) (rows []string, hidden int) {
	for i, b := range blocks {
		left := room - len(rows)
		if len(b.Rows) <= left {
			rows = append(rows, b.Rows...)
			continue
		}
		if len(b.Rows) > room && left > 1 {
			rows = append(append(rows, b.Rows[:left-1]...), m.styles.Dim.Render("…"))
			hidden = len(b.Rows) - left + 1
		} else {
			hidden = len(filled(b.Rows))
		}
		hidden += len(filled(markdown.Rows(blocks[i+1:])))
		break
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows, hidden
}

// filled gives the rows that are not blank.
func filled(rows []string) []string {
	var out []string
	for _, r := range rows {
		if r != "" {
			out = append(out, r)
		}
	}
	return out
}

// Misfit is a part of a chapter that is not seen whole on a terminal of a common
// size.
type Misfit struct {
	Key           string // "" for the narration
	Line          int    // of the narration, from 1
	Width, Height int
	Needs, Has    int
	Unit          string
}

// lintSizes are the terminals that a chapter must fit: the smallest one that is
// comfortable, and two that are common on projectors.
var lintSizes = [][2]int{{80, 24}, {100, 30}, {120, 36}}

const (
	// usualRight is the width of the header's right end: clock and badge.
	usualRight = len("00:00 / 00:00") + len("   LIVE  embedded · 1 PD + 3 stores")
	// usualStatus leaves room for what is waited for, before the key hint.
	usualStatus = 34
	// barest is a rail of eight numbers, without the name of the chapter shown.
	barest = 8*len("o 1") + 7*len(" - ") + 1
)

// Misfits gives what of a chapter does not fit where it is shown. Notes scroll,
// so they always fit. The narration is given the column that it has before the
// chapter's own figures need the room.
func Misfits(c demo.Chapter) []Misfit {
	var out []Misfit
	for _, size := range lintSizes {
		w, h := size[0], size[1]
		stage := arrange(wish{W: w, H: h, poster: posterOf(c)}).at[stagePane]
		if posterOf(c) == wordsPoster {
			// Its heading is drawn in letters only where the rest has room beside it.
			stage.W = min(stage.W, openingWidth)
		}
		cells := func(key, text string, has int) {
			if needs := ansi.StringWidth(text); needs > has {
				out = append(out, Misfit{Key: key, Width: w, Height: h, Needs: needs, Has: has, Unit: "cells"})
			}
		}
		cells("title", c.Title, w-usualRight-1)
		cells("id", c.ID, w-barest)
		cells("key_hint", c.KeyHint, w-usualStatus)
		rows := 0
		for _, b := range markdown.Parse(c.Narration, markdown.Look{}).Blocks(stage.W) {
			if rows += len(b.Rows); rows > stage.H {
				needs := len(markdown.Rows(markdown.Parse(c.Narration, markdown.Look{}).Blocks(stage.W)))
				out = append(out, Misfit{Line: b.Line, Width: w, Height: h, Needs: needs, Has: stage.H, Unit: "rows"})
				break
			}
		}
	}
	return out
}
