package tui

// part is a few lines of a column that are shown whole or not at all, with a
// blank line above.
type part struct {
	lines []string
	rank  int  // the highest goes first where there is too little room; 0 never goes
	close bool // no blank line above
	cut   cut
}

// cut says how a part gives way when too little room is left for all of it.
type cut int

const (
	never     cut = iota
	fromStart     // it grows: the latest is what is read
	fromEnd       // it is complete
)

// pack fits parts into room lines: the higher ranks go first, then what may be
// cut is cut. What is still too long is left to the caller.
func (m Model) pack(parts []part, room int) []string {
	for height(parts) > room {
		worst := 0
		for i, p := range parts {
			if p.rank > parts[worst].rank {
				worst = i
			}
		}
		if parts[worst].rank == 0 {
			break
		}
		parts[worst] = part{}
	}
	tooMany := height(parts) - room
	var out []string
	for _, p := range parts {
		if len(p.lines) == 0 {
			continue
		}
		if len(out) > 0 && !p.close {
			out = append(out, "")
		}
		out = append(out, m.shortened(p, tooMany)...)
	}
	return out
}

// height is how many lines the parts take together.
func height(parts []part) int {
	lines := 0
	for _, p := range parts {
		if len(p.lines) == 0 {
			continue
		}
		if lines > 0 && !p.close {
			lines++
		}
		lines += len(p.lines)
	}
	return lines
}

// shortened gives a part without the lines that are too many, and says how many
// are missing.
func (m Model) shortened(p part, tooMany int) []string {
	n := len(p.lines)
	if p.cut == never || tooMany <= 0 || n <= 1 {
		return p.lines
	}
	keep := max(1, n-tooMany-1)
	more := "  … " + m.count(n-keep, "%d more line", "%d more lines")
	if p.cut == fromStart {
		return append([]string{more}, p.lines[n-keep:]...)
	}
	return append(p.lines[:keep:keep], more)
}
