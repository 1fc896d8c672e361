package plot

import (
	"cmp"
	"slices"
)

// Word is a word above a mark, ready to be placed: the mark's place and the
// word's width, in whatever unit the drawing has.
type Word struct {
	X      int    // of the mark
	Text   string // as it is drawn
	Short  string // in case that Text has no room
	Weight int
	Before bool // it ends at its mark rather than beginning there, if it can

	Lane   int // row of words, 0 for the highest; -1 where there was no room
	Left   int // where the text begins
	Placed string
}

// Place gives each word a place so that none lies on another and none is cut:
// beginning or ending at its mark, in the first lane that is free. A
// word that finds no room is left out; its mark still stands.
func Place(words []Word, lanes, width int, measure func(string) int) []Word {
	out := slices.Clone(words)
	order := make([]int, len(out))
	for i := range out {
		order[i] = i
		out[i].Lane = -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(out[b].Weight, out[a].Weight) })
	taken := make([][]span, lanes)
	for _, i := range order {
		place(&out[i], taken, width, measure)
	}
	return out
}

type span struct{ from, to int } // to is behind the last

func place(w *Word, taken [][]span, width int, measure func(string) int) {
	for _, text := range []string{w.Text, w.Short} {
		n := measure(text)
		for lane := range taken {
			places := []int{w.X, w.X - n + 1}
			if w.Before {
				slices.Reverse(places)
			}
			for _, left := range places {
				if text == "" || left < 0 || left+n > width || hits(taken[lane], span{left, left + n}) {
					continue
				}
				taken[lane] = append(taken[lane], span{left, left + n})
				w.Lane, w.Left, w.Placed = lane, left, text
				return
			}
		}
	}
}

// hits says whether a span touches one of the others: a blank must lie between.
func hits(others []span, s span) bool {
	return slices.ContainsFunc(others, func(o span) bool { return s.from <= o.to && o.from <= s.to })
}
