package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestLongAndWideNamesOfNodesKeepTheRowsInLine(t *testing.T) {
	for name, short := range map[string]string{
		"lamp-2":                     "lamp-2",
		"北京-1":                       "北京-1",
		"tikv-0.tikv-peer.ns.svc.ab": "…",
		"10.20.30.40:20160":          "",
		"\u202elamp\x1b[2J":          "lamp",
		"👩\u200d🚀":                   "👩🚀",
	} {
		for _, w := range []int{34, 44, 52, 80} {
			p := on(t, 2, 80, 24, styles.Mono)
			p.state.Regions = demo.RegionMap{} // in counts
			p.state.Snapshot.Nodes[2].Name = name
			p.state.Snapshot.Nodes[2].State = "Disconnected"
			p.state.Snapshot.Nodes[3].Leaders, p.state.Snapshot.Nodes[3].Regions = 1200, 3600
			p.now = p.state.Snapshot.LastUpdated
			lines := p.regionMap().lines(w, 20)
			var hearts []int
			for _, l := range lines[2:] {
				l = ansi.Strip(l)
				require.LessOrEqual(t, ansi.StringWidth(l), w, l)
				before, _, found := strings.Cut(l, "♥")
				require.True(t, found, "the heartbeat is seen: %q", l)
				hearts = append(hearts, ansi.StringWidth(before))
				require.NotContains(t, l, "\x1b")
			}
			require.Contains(t, strings.Join(lines, "\n"), "Disconnected")
			if w == 44 {
				require.Contains(t, ansi.Strip(lines[3]), short)
			}
			require.Equal(t, hearts[0], hearts[1], "%q at %d: %q", name, w, lines)
		}
	}
}

func TestNamesThatDifferAtEitherEndAreToldApart(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"tikv-0.tikv-peer.namespace.svc", "tikv-1.tikv-peer.namespace.svc", "10.0.0.1.example.org:20160", "10.0.0.1.example.org:20161"} {
		short := column(name, 12)
		require.Equal(t, 12, ansi.StringWidth(short), short)
		require.False(t, seen[short], short)
		seen[short] = true
	}
	require.Equal(t, "日…国 ", column("日本語中国", 6))
}
