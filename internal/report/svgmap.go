package report

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The size of a map of regions.
const (
	mapLeft   = 62 // of the names of the stores
	mapCell   = 22
	mapRow    = 24
	mapAcross = 32 // regions in one row of the page
)

// SVG draws the map: a row for each store, a column for each region.
func (m Map) SVG() string {
	var d strings.Builder
	across := min(len(m.Shown), mapAcross)
	blocks := (len(m.Shown) + mapAcross - 1) / mapAcross
	height := max(1, blocks)*(len(m.Nodes)*mapRow+8) + 2
	width := mapLeft + max(8, across)*mapCell + 4
	what := fmt.Sprintf("Regions %s: which store leads which", m.When)
	fmt.Fprintf(&d, `<svg class="map" viewBox="0 0 %d %d" style="max-width:%dpx" role="img" aria-label="%s"><title>%s</title>`, width, height, width+width/3, html.EscapeString(what), html.EscapeString(what))
	for i := range blocks {
		regions := m.Shown[i*mapAcross : min(len(m.Shown), (i+1)*mapAcross)]
		m.block(&d, regions, i*(len(m.Nodes)*mapRow+8))
	}
	d.WriteString("</svg>")
	return d.String()
}

func (m Map) block(d *strings.Builder, regions []demo.Region, top int) {
	for row, n := range m.Nodes {
		y := top + row*mapRow
		fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="end">%s</text>`, mapLeft-6, y+15, html.EscapeString(short(n.Name, 10)))
		for i, r := range regions {
			class := cellOf(r, n.Name)
			if class == "" {
				continue
			}
			fmt.Fprintf(d, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="3"><title>region %d: %s</title></rect>`,
				class, mapLeft+i*mapCell, y+2, mapCell-3, mapRow-6, r.ID, html.EscapeString(n.Name+" "+cmp.Or(class, "none")))
		}
	}
}

// cellOf says what a store is to a region.
func cellOf(r demo.Region, store string) string {
	switch {
	case r.Leader == store:
		return "leader"
	case slices.Contains(r.Down, store):
		return "down"
	case slices.Contains(r.Pending, store):
		return "pending"
	case slices.Contains(r.Peers, store):
		return "follower"
	}
	return ""
}

func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
