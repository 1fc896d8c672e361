package text

import "strings"

// Nearest gives what somebody who wrote word most likely meant: the known word
// with the fewest slips of the keyboard, "" where none is near. A long enough
// beginning counts as one slip.
func Nearest(word string, known []string) string {
	best, found := 1+len(word)/3, ""
	for _, k := range known {
		d := slips(strings.ToLower(word), strings.ToLower(k))
		if len(word) > 2 && strings.HasPrefix(k, word) {
			d = min(d, 1)
		}
		if d <= best && (found == "" || d < best) {
			best, found = d, k
		}
	}
	return found
}

// slips counts the letters that were added, left out, changed or swapped with
// the next one to make b of a.
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	var last, before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before, last, row = last, row, make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			same := 1
			if x[i] == y[j] {
				same = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+same)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(y)]
}
