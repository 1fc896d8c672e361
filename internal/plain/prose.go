package plain

import "strings"

// maxProse is how much of an answer without a line end is kept back.
const maxProse = 4 << 10

// prose turns an answer that streams in into lines: it keeps back what has no
// line end yet.
type prose struct{ kept string }

// add takes the next piece and gives the lines that it completed.
func (p *prose) add(piece string) []string {
	p.kept += piece
	end := strings.LastIndexByte(p.kept, '\n')
	if end < 0 && len(p.kept) > maxProse {
		end = len(p.kept) - 1
	}
	if end < 0 {
		return nil
	}
	whole := p.kept[:end+1]
	p.kept = p.kept[end+1:]
	return filled(whole)
}

// rest gives what was kept back.
func (p *prose) rest() []string {
	whole := p.kept
	p.kept = ""
	return filled(whole)
}

func filled(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
