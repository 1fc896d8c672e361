package tui

import "github.com/tikv-demo/tikv-demo/internal/demo"

// rect is the size of a piece of the screen, in cells.
type rect struct{ W, H int }

// box is a rectangle on the screen: its upper left corner and its size.
type box struct {
	X, Y int
	rect
}

// pane names a rectangle of the screen.
type pane int

// The panes. The stage holds the narration and what the chapter is about.
const (
	headerPane pane = iota
	railPane
	rulePane
	stagePane
	mapPane
	chartPane
	logPane
	footerPane
	paneCount
)

// poster is the one thing to look at in a chapter.
type poster int

// The posters, in the order of the chapters.
const (
	wordsPoster   poster = iota // the name of the talk
	mapPoster                   // where the regions are
	loadPoster                  // throughput, and the chart
	faultPoster                 // target, countdown, and what was done
	racePoster                  // our monitor against the control plane
	claimsPoster                // the answer, claim by claim
	proofsPoster                // the stages of the recovery
	verdictPoster               // what was lost
)

// posterOf gives the poster of a chapter.
func posterOf(c demo.Chapter) poster {
	switch c.OnEnter {
	case demo.OnEnterCluster:
		return mapPoster
	case demo.OnEnterLoad:
		return loadPoster
	case demo.OnEnterFault:
		return faultPoster
	case demo.OnEnterDiagnose:
		return claimsPoster
	case demo.OnEnterRecover:
		return proofsPoster
	case demo.OnEnterVerify:
		return verdictPoster
	}
	if c.Gate == demo.GateTicket {
		return racePoster
	}
	return wordsPoster
}

// wish is all that decides how the screen is cut up.
type wish struct {
	W, H   int
	poster poster
	large  bool  // fewer and larger things
	focus  focus // one pane has the whole body
	log    bool  // the event log is shown
}

// layout is the screen cut into named rectangles. A pane that is not shown has
// no cells. Panes get their size from here and never ask for the terminal's.
type layout struct {
	small bool // too small for anything but a message
	at    [paneCount]box
}

const (
	minWidth   = 60
	minHeight  = 18
	twoColumns = 76  // from this width on
	wide       = 100 // from here on both columns are comfortable
	veryWide   = 160 // from here on what was proved leaves room beside it
	tall       = 30  // from this height on
	headRows   = 3   // header, rail and rule
	footerRows = 2
	columnGap  = 3
	hugeWide   = 240 // from here on figures fill a wider stage
	maxText    = 110 // text wider than this is hard to read
	maxStage   = 110 // and so is the stage, but for figures
	hugeStage  = 160
	leastMap   = 5 // rows of a map below which the chart has to go
	gapRow     = 1
)

// arrange is the one place where the screen is cut up.
func arrange(w wish) layout {
	l := layout{small: w.W < minWidth || w.H < minHeight}
	if l.small {
		return l
	}
	edge := margin(w.W)
	inner := w.W - 2*edge
	l.at[headerPane] = box{edge, 0, rect{inner, 1}}
	l.at[railPane] = box{edge, 1, rect{inner, 1}}
	l.at[rulePane] = box{0, 2, rect{w.W, 1}}
	l.at[footerPane] = box{edge, w.H - footerRows, rect{inner, footerRows}}
	body := box{edge, headRows, rect{inner, w.H - headRows - footerRows}}
	if w.H >= tall {
		body.H -= gapRow // what is waited for stands apart from what is shown
	}
	if w.log && !w.large && w.focus == noFocus {
		rows := logRows(w.H)
		body.H -= rows
		l.at[logPane] = box{edge, headRows + body.H, rect{inner, rows}}
	}
	if w.focus != noFocus {
		l.at[w.focus.pane()] = body
		return l
	}
	l.share(w, body)
	return l
}

// share gives the body to the stage and what stands beside it.
func (l *layout) share(w wish, body box) {
	switch {
	case w.poster == wordsPoster, w.large, w.W < twoColumns && w.poster != mapPoster:
		l.at[stagePane] = body
	case w.W < twoColumns:
		l.stack(body, mapPane, max(leastMap, body.H/2))
	case w.poster == mapPoster:
		l.columns(body, body.W*36/100, 33, 52, mapPane)
	case w.poster == loadPoster:
		most := 48
		switch {
		case w.W >= hugeWide:
			most = 90
		case w.W >= veryWide:
			most = 60 // figures of twice the size
		}
		l.columns(body, body.W*34/100, 30, most, chartPane)
		if side := l.at[stagePane]; side.H >= tall-headRows-footerRows-gapRow {
			l.stack(side, mapPane, side.H*45/100)
		}
	case w.W < veryWide && w.poster == verdictPoster:
		l.at[stagePane] = body
	case w.W < wide && w.poster == racePoster:
		l.stack(body, mapPane, leastMap)
	default:
		most := maxStage
		if w.W >= hugeWide {
			most = hugeStage
		}
		l.columns(body, body.W*57/100, 44, most, mapPane)
		l.chartBelow()
	}
}

// columns gives the stage the left column, within bounds, and the other pane the
// right one.
func (l *layout) columns(body box, width, least, most int, beside pane) {
	width = min(max(width, least), most)
	l.at[stagePane] = box{body.X, body.Y, rect{width, body.H}}
	l.at[beside] = box{body.X + width + columnGap, body.Y, rect{body.W - width - columnGap, body.H}}
}

// stack gives the lowest rows of a box to a pane, and the rest to the stage.
func (l *layout) stack(p box, below pane, rows int) {
	l.at[stagePane] = box{p.X, p.Y, rect{p.W, p.H - rows - gapRow}}
	l.at[below] = box{p.X, p.Y + p.H - rows, rect{p.W, rows}}
}

// chartBelow splits the right column between map and chart.
func (l *layout) chartBelow() {
	side := l.at[mapPane]
	rows := max(leastMap, (side.H*42+99)/100)
	if rest := side.H - rows - gapRow; rest >= chartLeast {
		l.at[mapPane] = box{side.X, side.Y, rect{side.W, rows}}
		l.at[chartPane] = box{side.X, side.Y + rows + gapRow, rect{side.W, rest}}
	}
}

// margin is how many cells stay free at the left and at the right.
func margin(w int) int {
	switch {
	case w < twoColumns:
		return 0
	case w < wide:
		return 1
	}
	return 2
}

// logRows gives the event log its share, its heading included.
func logRows(h int) int {
	switch {
	case h < 22:
		return 2
	case h < 30:
		return 4
	case h < 45:
		return 7
	}
	return 11
}

// layout cuts the screen up as it is wanted now.
func (m Model) layout() layout {
	w := wish{W: m.width, H: m.height, poster: posterOf(m.state.Chapter()), large: m.large, focus: m.focus, log: m.logOn}
	if m.asked() {
		w.focus = noFocus // what is asked must be seen
	}
	return arrange(w)
}

// asked says whether the stage belongs to a question.
func (m Model) asked() bool {
	q := m.state.Question
	return q == demo.AskApprove || q == demo.AskReason
}
