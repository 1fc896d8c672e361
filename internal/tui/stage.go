package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
)

const (
	// largeLines and largeWidth are all that is said at once in large type.
	largeLines = 7
	largeWidth = 44
)

// stageView is the narration, and below it the chapter's poster, which gets the
// room that it needs first. It also says how many rows of the narration are
// hidden.
func (m Model) stageView(r rect) (lines []string, hidden int) {
	switch {
	case r.W == 0: // another pane has the focus
		return nil, 0
	case m.asked():
		_, hidden = m.head(m.told(r), 0)
		return m.questionPiece(r), hidden
	case m.focus != noFocus:
		return m.focusedStage(r), 0 // the narration is not there to be cut
	case posterOf(m.state.Chapter()) == wordsPoster:
		return m.opening(r)
	}
	blocks := m.told(r)
	piece := m.piece(rect{r.W, m.pieceRoom(r, blocks)})
	room := r.H - len(piece)
	if len(piece) > 0 {
		room -= gapRow
	}
	if m.large {
		room = min(room, largeLines)
	}
	story, hidden := m.head(blocks, room)
	if len(piece) > 0 && len(story) > 0 {
		story = append(story, "")
		piece = m.lowered(piece, r.H-len(story))
	}
	return append(story, piece...), hidden
}

// told is the narration as wide as it is in this density.
func (m Model) told(r rect) []markdown.Block {
	if m.large {
		return m.narration(min(r.W, largeWidth))
	}
	return m.narration(min(r.W, maxText))
}

// pieceLeast is the room from which a poster is worth its narration: with less,
// the words go first.
var pieceLeast = map[poster]int{mapPoster: 1, loadPoster: bigRows + 2, faultPoster: 16, racePoster: 8, claimsPoster: 14, proofsPoster: 14, verdictPoster: 18}

// largeLeast is the room that a poster has before the words where all of it is in
// the stage, as in large type: the
// blocks of a map of three nodes, and figures above a chart.
var largeLeast = map[poster]int{mapPoster: 13, loadPoster: bigRows + watchFrame + gapRow + chartLeast}

// pieceRoom is the height that a poster may fill: what the narration leaves, or
// all where that is too little.
func (m Model) pieceRoom(r rect, blocks []markdown.Block) int {
	story := len(markdown.Rows(blocks))
	if m.large {
		story = min(story, largeLines)
	}
	at := posterOf(m.state.Chapter())
	rest := r.H - story - gapRow
	alone := at == loadPoster && m.layout().at[chartPane].W == 0
	if least := largeLeast[at]; (m.large || alone) && least > 0 {
		return min(r.H, max(rest, least)) // the words have what is left
	}
	if rest >= pieceLeast[at] {
		return rest
	}
	return r.H
}

// lowered puts a poster a little below the words, where there is room: in the
// middle of what is left, but never far.
func (m Model) lowered(piece []string, room int) []string {
	const far = 3
	above := min(far, max(0, (room-len(piece))/2))
	return append(make([]string, above), piece...)
}

// piece is the chapter's poster in the stage.
func (m Model) piece(r rect) []string {
	switch posterOf(m.state.Chapter()) {
	case mapPoster:
		return m.clusterPiece(r)
	case loadPoster:
		return m.loadPiece(r)
	case faultPoster:
		return m.faultPiece(r)
	case racePoster:
		return m.racePiece(r)
	case claimsPoster:
		return m.diagnosisPiece(r)
	case proofsPoster:
		return m.recoveryPiece(r)
	case verdictPoster:
		return m.scorePiece(r)
	}
	return nil
}

// clusterPiece tells how far the cluster is; in large type the map is part of it.
func (m Model) clusterPiece(r rect) []string {
	s := m.state
	if s.Cluster.PD == "" {
		return m.progress()
	}
	ready := m.styles.Good.Render("● ") + m.styles.Text.Render(m.say("ready in %.1f s", s.Cluster.Took.Duration().Seconds())+"  ") + m.styles.Dim.Render(s.Cluster.PD)
	if !m.large {
		return []string{fitLine(ready, r.W)}
	}
	return strings.Split(m.mapView(rect{r.W, max(1, r.H)}), "\n")
}

// progressBar is how wide a bar of progress is.
const progressBar = 20

// progress says how far the chapter's effect is, with a bar where it is known.
func (m Model) progress() []string {
	w := m.state.WorkOf(m.state.Reached)
	if w.State != demo.WorkRunning || w.Text == "" {
		return nil
	}
	if w.Total <= 0 {
		return []string{m.styles.Accent.Render(m.quote(w.Text))}
	}
	done := min(max(0, w.Done), w.Total)
	filled := int(float64(done) / float64(w.Total) * progressBar) // a record may have any number
	bar := m.styles.Accent.Render(strings.Repeat("━", filled)) + m.styles.Dim.Render(strings.Repeat("─", progressBar-filled))
	return []string{m.styles.Text.Render(m.quote(w.Text)), bar + m.styles.Dim.Render("  "+m.say("%d of %d", w.Done, w.Total))}
}

// loadPiece is the throughput in large figures. Where no pane has the chart, as in
// large type, p99 and the chart are part of it.
func (m Model) loadPiece(r rect) []string {
	s := m.state
	if len(s.Load) == 0 {
		return m.progress()
	}
	p := s.Load[len(s.Load)-1]
	if m.layout().at[chartPane].W == 0 {
		return m.largeLoad(p, r)
	}
	unit := m.styles.Text.Render(m.say("operations a second"))
	below := m.styles.Dim.Render(m.say("p99 %s   errors %d", m.tongue.Latency(p99Of(s.Load)), p.Errors))
	lines := m.figure(fmt.Sprint(p.Ops), rect{r.W, min(r.H-2, 3*bigRows)}, m.styles.Big)
	if ansi.StringWidth(unit)+3+ansi.StringWidth(below) <= r.W {
		lines = append(lines, unit+"   "+below)
	} else {
		lines = append(lines, unit, below)
	}
	return lines
}

// largeLoad is both figures, and the chart below them where it has room.
func (m Model) largeLoad(p demo.LoadPoint, r rect) []string {
	lines := m.figureRow([]watch{
		{m.say("OPERATIONS A SECOND"), fmt.Sprint(p.Ops), m.count(int(p.Errors), "%d error", "%d errors"), m.styles.Big},
		{"P99", m.tongue.Milliseconds(p.P99.Duration()), "ms", m.styles.Latency},
	}, rect{r.W, min(r.H-watchFrame, 2*bigRows)})
	if rest := r.H - len(lines) - gapRow; rest >= chartLeast-1 {
		lines = append(append(lines, ""), strings.Split(m.chartView(rect{r.W, rest}), "\n")...)
	}
	return lines
}
