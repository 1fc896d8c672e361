package report

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the report as GitHub's Markdown. A chart is its table, and a map
// of regions a table too.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", plainly(r.Title()), plainly(r.Badge()))
	if !r.Record.Whole {
		fmt.Fprintf(&b, "**This record is not whole: %s.**\n\n", plainly(strings.Join(r.Record.Faults, "; ")))
	}
	if !r.Record.Ended {
		b.WriteString("**This record does not end: the run was killed, or the file was cut.**\n\n")
	}
	for _, f := range r.Figures() {
		fmt.Fprintf(&b, "- **%s: %s** %s\n", plainly(f.Label), plainly(f.Value), plainly(f.Note))
	}
	for _, s := range r.Sections() {
		fmt.Fprintf(&b, "\n## %s\n", plainly(s.Title))
		for _, p := range s.Parts {
			markPart(&b, p)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markPart(b *strings.Builder, p Part) {
	switch {
	case p.Text != "":
		fmt.Fprintf(b, "\n%s\n", plainly(p.Text))
	case p.Code != "":
		fence := "```"
		for strings.Contains(p.Code, fence) {
			fence += "`"
		}
		fmt.Fprintf(b, "\n%s\n%s\n%s\n", fence, p.Code, fence)
	case p.Chart != nil:
		fmt.Fprintf(b, "\n### %s\n", plainly(p.Chart.Title))
	case p.Map != nil:
		markTable(b, p.Map.table())
	case p.Table != nil:
		markTable(b, p.Table)
	}
}

func markTable(b *strings.Builder, t *Table) {
	fmt.Fprintf(b, "\n%s:\n\n", plainly(t.Caption))
	row := func(cells []string) {
		b.WriteString("|")
		for i := range t.Head {
			cell := ""
			if i < len(cells) {
				cell = plainly(cells[i])
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteString("\n")
	}
	row(t.Head)
	for i := range t.Head {
		rule := "|---"
		if i >= len(t.Head)-t.Numbers {
			rule += ":"
		}
		b.WriteString(rule)
	}
	b.WriteString("|\n")
	for _, cells := range t.Rows {
		row(cells)
	}
}

// table is a map of regions as a table: a row for each store.
func (m Map) table() *Table {
	t := &Table{Caption: fmt.Sprintf("Regions %s, %d of %d: L leads, f follows, p is behind, d down", m.When, len(m.Shown), m.Total), Head: []string{"store", "regions"}}
	letters := map[string]string{"leader": "L", "follower": "f", "pending": "p", "down": "d", "": "-"}
	for _, n := range m.Nodes {
		var row strings.Builder
		for _, r := range m.Shown {
			row.WriteString(letters[cellOf(r, n.Name)])
		}
		t.Rows = append(t.Rows, []string{n.Name, row.String()})
	}
	return t
}

// plainly writes a text as one line that Markdown takes for nothing but text:
// every character that could begin a tag, a link, a mark or a cell is escaped.
func plainly(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_[]|~#@$", r):
			b.WriteString("\\" + string(r))
		case r == '!':
			b.WriteString("&#33;")
		case r == ':' && strings.HasSuffix(b.String(), "http"), r == ':' && strings.HasSuffix(b.String(), "https"):
			b.WriteString("&#58;") // an address stays text: nobody is sent anywhere
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
