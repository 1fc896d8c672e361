package main

import (
	"fmt"
	"strings"
)

// quadrants are the quarters that each of the runes from U+2596 on fills: bit 0 is
// above left, 1 above right, 2 below left, 3 below right.
var quadrants = [10]int{0b0100, 0b1000, 0b0001, 0b1101, 0b1001, 0b0111, 0b1011, 0b0010, 0b0110, 0b1110}

// shapeOf gives the path of a rune that fills its cell or joins its neighbours,
// whose cell begins at x, y; "" for a rune that is text.
func shapeOf(r rune, x, y int) string {
	const w, h = cellWidth, cellHeight
	switch {
	case r == '█':
		return box(x, y, w, h)
	case r == '▀':
		return box(x, y, w, h/2)
	case r >= '▁' && r <= '▇': // eighths, from below
		part := (int(r-'▁') + 1) * h / 8
		return box(x, y+h-part, w, part)
	case r >= '▉' && r <= '▏': // eighths, from the left
		return box(x, y, (7-int(r-'▉'))*w/8, h)
	case r == '▐':
		return box(x+w/2, y, w-w/2, h)
	case r >= '▖' && r <= '▟':
		return quarters(quadrants[r-'▖'], x, y)
	case r >= '░' && r <= '▓':
		return shade(int(r-'░')+1, x, y)
	case r > 0x2800 && r <= 0x28ff:
		return braille(int(r-0x2800), x, y)
	}
	return rule(r, x, y)
}

func box(x, y, w, h int) string { return fmt.Sprintf("M%d %dh%dv%dh-%dz", x, y, w, h, w) }

func quarters(which, x, y int) string {
	const left, top = cellWidth / 2, cellHeight / 2
	var out strings.Builder
	for i := range 4 {
		if which>>i&1 == 0 {
			continue
		}
		switch i {
		case 0:
			out.WriteString(box(x, y, left, top))
		case 1:
			out.WriteString(box(x+left, y, cellWidth-left, top))
		case 2:
			out.WriteString(box(x, y+top, left, cellHeight-top))
		case 3:
			out.WriteString(box(x+left, y+top, cellWidth-left, cellHeight-top))
		}
	}
	return out.String()
}

// shade is dots, the denser the darker.
func shade(dark, x, y int) string {
	var out strings.Builder
	for row := range cellHeight / 2 {
		for column := range 4 / (4 - dark) {
			out.WriteString(box(x+(row%2)*2+column*cellWidth/(4/(4-dark)), y+row*2, 1, 1))
		}
	}
	return out.String()
}

func braille(dots, x, y int) string {
	places := [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	var out strings.Builder
	for i, p := range places {
		if dots>>i&1 == 1 {
			out.WriteString(box(x+1+p[0]*cellWidth/2, y+1+p[1]*cellHeight/4, 2, 2))
		}
	}
	return out.String()
}

// rule draws the lines that frames and charts are made of.
func rule(r rune, x, y int) string {
	const midX, midY = cellWidth / 2, cellHeight / 2
	across, down := "", ""
	switch r {
	case '─', '┄':
		return box(x, y+midY, cellWidth, 1)
	case '━':
		return box(x, y+midY-1, cellWidth, 3)
	case '│':
		return box(x+midX, y, 1, cellHeight)
	case '┃':
		return box(x+midX-1, y, 3, cellHeight)
	case '┆', '┊', '╎':
		return box(x+midX, y+1, 1, 4) + box(x+midX, y+7, 1, 4) + box(x+midX, y+13, 1, 3)
	case '┌', '╭':
		across, down = box(x+midX, y+midY, cellWidth-midX, 1), box(x+midX, y+midY, 1, cellHeight-midY)
	case '┐', '╮':
		across, down = box(x, y+midY, midX+1, 1), box(x+midX, y+midY, 1, cellHeight-midY)
	case '└', '╰':
		across, down = box(x+midX, y+midY, cellWidth-midX, 1), box(x+midX, y, 1, midY+1)
	case '┘', '╯':
		across, down = box(x, y+midY, midX+1, 1), box(x+midX, y, 1, midY+1)
	case '├':
		across, down = box(x+midX, y+midY, cellWidth-midX, 1), box(x+midX, y, 1, cellHeight)
	case '┤':
		across, down = box(x, y+midY, midX+1, 1), box(x+midX, y, 1, cellHeight)
	case '┼':
		across, down = box(x, y+midY, cellWidth, 1), box(x+midX, y, 1, cellHeight)
	case '┴':
		across, down = box(x, y+midY, cellWidth, 1), box(x+midX, y, 1, midY+1)
	case '┬':
		across, down = box(x, y+midY, cellWidth, 1), box(x+midX, y+midY, 1, cellHeight-midY)
	}
	return across + down
}
