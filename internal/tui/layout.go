package tui

// rect is a piece of the screen, in cells.
type rect struct{ W, H int }

// layout is the screen cut into named pieces. Panes get their size from it and
// never ask for the terminal's.
type layout struct {
	small  bool // too small for anything but a message
	single bool // one column
	header rect
	rail   rect
	stage  rect // narration and the chapter's own piece
	side   rect // cluster and chart; zero in a single column
	log    rect
	footer rect
	gap    int // between the columns
}

const (
	minWidth   = 60
	minHeight  = 18
	twoColumns = 76 // from this width on
	headerRows = 1
	railRows   = 1
	ruleRows   = 1
	footerRows = 2
	columnGap  = 3
	maxStage   = 96 // text wider than this is hard to read
)

// arrange is the one place where the screen is cut up.
func arrange(w, h int) layout {
	l := layout{small: w < minWidth || h < minHeight, gap: columnGap}
	if l.small {
		return l
	}
	l.header, l.rail, l.footer = rect{w, headerRows}, rect{w, railRows}, rect{w, footerRows}
	l.log = rect{w, logRows(h)}
	body := h - headerRows - railRows - ruleRows - footerRows - l.log.H
	if w < twoColumns {
		l.single = true
		l.stage = rect{w, body}
		return l
	}
	stage := min(max(42, w*54/100), maxStage)
	l.stage = rect{stage, body}
	l.side = rect{w - stage - columnGap, body}
	return l
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
