package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// look gives the screen a look at regions that are led by these lamps, by number;
// 0 is nobody. Every lamp has a replica of each.
func (p *played) look(change func(*demo.RegionMap), leaders ...int) {
	p.t.Helper()
	r := demo.RegionMap{Total: len(leaders), LastUpdated: p.at}
	for i, l := range leaders {
		leader := ""
		if l > 0 {
			leader = fmt.Sprintf("lamp-%d", l)
		}
		r.Shown = append(r.Shown, demo.Region{ID: uint64(i + 1), Leader: leader, Peers: []string{"lamp-1", "lamp-2", "lamp-3"}})
	}
	if change != nil {
		change(&r)
	}
	p.step(0, demo.RegionsSeen{RegionMap: r})
	p.now = p.at
}

func (p *played) pass(d time.Duration) { p.at = p.at.Add(d); p.now = p.at }

// The moments of a talk that the map has to tell.
func moments() map[string]func(*played) {
	return map[string]func(*played){
		"healthy": func(p *played) { p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3) },
		"killed": func(p *played) { // a second ago; nobody has taken over
			p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
			p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2"})
			p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
		},
		"hopped": func(p *played) {
			moments()["killed"](p)
			p.pass(2 * time.Second)
			p.look(nil, 1, 1, 3, 1, 3, 3, 1, 2, 3)
			p.pass(time.Second)
		},
		"home": func(p *played) {
			moments()["hopped"](p)
			p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2", Cleared: true})
			p.look(nil, 1, 1, 3, 1, 3, 3, 1, 1, 3)
			p.pass(time.Minute)
			p.look(func(r *demo.RegionMap) { r.Shown[8].Pending = []string{"lamp-2"} }, 1, 2, 3, 1, 2, 3, 1, 2, 3)
		},
	}
}

func TestTheMapTellsTheMomentsOfATalk(t *testing.T) {
	for name, play := range moments() {
		for _, size := range [][2]int{{34, 9}, {46, 10}, {60, 16}, {100, 30}} {
			p := on(t, 2, 120, 36, styles.Mono)
			play(p)
			got := ansi.Strip(fit(p.regionMap().View(size[0], size[1]), size[0], size[1])) + "\n"
			file := filepath.Join("testdata", fmt.Sprintf("regions-%s-%dx%d.txt", name, size[0], size[1]))
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got, "%s at %v; UPDATE_GOLDEN=1 writes it", name, size)
		}
	}
}

// What is drawn is what the control plane said, region by region.
func TestTheCellsAreThoseThatTheControlPlaneTold(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	p.state.Regions = demo.RegionMap{}
	p.look(nil, 1, 2, 3, 3, 3, 0, 1, 2, 3)
	for _, size := range []struct {
		w, h   int
		leader *regexp.Regexp
	}{{34, 9, regexp.MustCompile("●")}, {60, 9, regexp.MustCompile("●")}, {60, 16, regexp.MustCompile("█+")}, {120, 40, regexp.MustCompile("█+")}} {
		lines := p.regionMap().lines(size.w, size.h)
		for lamp, want := range map[string]int{"lamp-1": 2, "lamp-2": 2, "lamp-3": 4} {
			row := rowOf(t, lines, lamp)
			_, cells, _ := strings.Cut(row, lamp) // without the sign of the node
			require.Len(t, size.leader.FindAllString(cells, -1), want, row)
			require.Contains(t, cells, fmt.Sprintf(" %d ", want))
		}
	}
	n, _ := p.state.Snapshot.Node("lamp-1")
	require.Equal(t, 3, n.Leaders, "the counts are those of the same look, not of the nodes' own")
}

func rowOf(t *testing.T, lines []string, name string) string {
	t.Helper()
	for _, l := range lines {
		if l = ansi.Strip(l); strings.Contains(l, name) {
			return l
		}
	}
	require.Fail(t, "no row of "+name, strings.Join(lines, "\n"))
	return ""
}

func TestADeadNodeGoesDarkBeforeTheControlPlaneKnows(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	moments()["killed"](p)
	row := rowOf(t, p.regionMap().lines(60, 9), "lamp-2")
	require.Contains(t, row, "✗ lamp-2 Up! · ✗ · · ✗ · · ✗ · 3 lost")
	moments()["hopped"](p)
	lines := p.regionMap().lines(60, 9)
	require.Contains(t, rowOf(t, lines, "lamp-2"), "· · · · · · · ✗ · 1 lost")
	require.Contains(t, rowOf(t, lines, "lamp-1"), "● ◉ ○ ● ○ ○ ● ○ ○ 4 lead")
	require.Contains(t, strings.Join(lines, "\n"), "2 leaders moved from lamp-2, 1.0 s ago")
	p.pass(time.Minute)
	require.Contains(t, rowOf(t, p.regionMap().lines(60, 9), "lamp-1"), "● ● ○ ● ○ ○ ● ○ ○", "it moved long ago")
}

// The eye follows what changes. When a node dies, and when leaders hop, nothing
// else moves.
func TestNoBlockMovesWhileLeadersDo(t *testing.T) {
	for _, w := range []int{33, 43, 48, 60, 73, 110} {
		for _, h := range []int{11, 14, 19, 26, 34} {
			p := on(t, 2, 120, 36, styles.Mono)
			p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
			shape := func() string { // where the first node's first cell and the last node stand
				lines := p.regionMap().lines(w, h)
				first, last := -1, -1
				for i, l := range lines {
					l = ansi.Strip(l)
					if strings.Contains(l, "lamp-3") {
						last = i
					}
					if before, _, found := strings.Cut(l, "█"); found && first < 0 {
						first = ansi.StringWidth(before)
					}
				}
				return fmt.Sprint(first, " ", last)
			}
			before := shape()
			if strings.HasPrefix(before, "-1") {
				continue // the small map has no blocks
			}
			moments()["killed"](p)
			require.Equal(t, before, shape(), "killed, %dx%d", w, h)
			moments()["hopped"](p)
			require.Equal(t, before, shape(), "hopped, %dx%d", w, h)
			p.state.Snapshot.Nodes[2].Health, p.state.Snapshot.Nodes[2].State = demo.HealthSuspect, "Disconnected"
			require.Equal(t, before, shape(), "Disconnected, %dx%d", w, h)
		}
	}
}

// A node is dark by the monitor's word. The control plane alone may miss a node
// that serves: after a switch of its own leader it misses all of them.
func TestANodeThatIsOnlyDoubtedStaysLit(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	p.look(nil, 1, 2, 3)
	p.state.Snapshot.Nodes[2].Health, p.state.Snapshot.Nodes[2].State = demo.HealthSuspect, "Disconnected"
	require.Contains(t, rowOf(t, p.regionMap().lines(60, 9), "lamp-2"), "▲ lamp-2 Disconnected ○ ● ○ ")
	p.state.Snapshot.Nodes[2].Health, p.state.Snapshot.Nodes[2].State = demo.HealthDown, "Down"
	require.Contains(t, rowOf(t, p.regionMap().lines(60, 9), "lamp-2"), "✗ lamp-2 Down · ✗ · ")
}

func TestReplicasThatTheControlPlaneMissesAreToldApart(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	p.look(func(r *demo.RegionMap) {
		r.Shown[0].Down, r.Shown[1].Pending = []string{"lamp-2"}, []string{"lamp-2"}
		r.Shown[2].Peers = []string{"lamp-1", "lamp-3"}
	}, 1, 1, 1)
	lines := p.regionMap().lines(60, 9)
	require.Contains(t, rowOf(t, lines, "lamp-2"), "· ◌   ")
	require.Contains(t, ansi.Strip(strings.Join(lines, "\n")), "◌ behind")
}

func TestAMapThatIsOlderThanTheRestSaysSo(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	p.look(nil, 1, 2, 3)
	at := p.at
	p.pass(7 * time.Second)
	p.look(func(r *demo.RegionMap) { r.LastUpdated, r.Error = at, "PD answered 503: no leader" }, 1, 2, 3)
	for _, size := range [][2]int{{60, 9}, {100, 30}} {
		require.Contains(t, ansi.Strip(p.regionMap().View(size[0], size[1])), "regions as they were 7.0 s ago: PD answered 503")
	}
}

// crowded is a screen of a cluster of many nodes and regions.
func crowded(t testing.TB, nodes, regions int) *played {
	t.Helper()
	p := on(t, 2, 120, 36, styles.Dark)
	s := demo.Snapshot{LastUpdated: p.at}
	r := demo.RegionMap{Total: regions, LastUpdated: p.at}
	for i := range nodes {
		n := demo.Node{ID: fmt.Sprint(i), Name: fmt.Sprintf("lamp-%d", i+1), Role: demo.RoleData, Health: demo.HealthUp, State: "Up", Leaders: regions / nodes, Regions: 3 * regions / nodes, LastBeat: p.at}
		s.Nodes = append(s.Nodes, n)
		r.Nodes = append(r.Nodes, demo.NodeRegions{Name: n.Name, Leaders: n.Leaders, Regions: n.Regions})
	}
	for i := range min(regions, 128) {
		at := func(k int) string { return fmt.Sprintf("lamp-%d", (i+k)%nodes+1) }
		r.Shown = append(r.Shown, demo.Region{ID: uint64(i + 1), Leader: at(0), Peers: []string{at(0), at(1), at(2)}})
	}
	p.hear(demo.HealthSeen{Snapshot: s})
	p.step(0, demo.RegionsSeen{RegionMap: r})
	p.now = p.at
	return p
}

func TestAThousandRegionsAreToldInCounts(t *testing.T) {
	p := crowded(t, 3, 1000)
	view := ansi.Strip(p.regionMap().View(60, 16))
	require.Contains(t, view, "1000 regions")
	require.Contains(t, rowOf(t, strings.Split(view, "\n"), "lamp-2"), "━━ 333/1000 ♥")
	require.NotContains(t, view, "○")
}

func TestOfManyNodesThoseWithSomethingWrongComeFirst(t *testing.T) {
	p := crowded(t, 100, 1000)
	p.state.Snapshot.Nodes[70].Health, p.state.Snapshot.Nodes[70].State = demo.HealthSuspect, "Disconnected"
	lines := p.regionMap().lines(60, 10)
	require.Len(t, lines, 10)
	require.Contains(t, ansi.Strip(lines[1]), "▲ lamp-71  Disconnected")
	require.Contains(t, ansi.Strip(lines[2]), "● lamp-1 ")
	require.Contains(t, lines[9], "… and 92 more, 920 lead")
}

func TestNoSizeBreaksTheMap(t *testing.T) {
	many := map[string]*played{"crowd": crowded(t, 100, 1000), "wide": crowded(t, 5, 128), "some": crowded(t, 30, 30)}
	for name, play := range moments() {
		many[name] = on(t, 2, 120, 36, styles.Dark)
		play(many[name])
	}
	many["none"] = on(t, 2, 120, 36, styles.Dark)
	many["names"] = on(t, 2, 120, 36, styles.Dark)
	moments()["hopped"](many["names"])
	r := many["names"].state.Regions
	for i, name := range []string{"tikv-0.tikv-peer.namespace.svc.cluster.local", "北京-1", "\u202e👩\u200d🚀\x1b[2J"} {
		old := fmt.Sprintf("lamp-%d", i+1)
		many["names"].state.Snapshot.Nodes[i+1].Name = name
		for j := range r.Shown {
			for k := range r.Shown[j].Peers {
				if r.Shown[j].Peers[k] == old {
					r.Shown[j].Peers[k] = name
				}
			}
			if r.Shown[j].Leader == old {
				r.Shown[j].Leader = name
			}
		}
	}
	for name, p := range many {
		m := p.regionMap()
		for _, w := range []int{1, 2, 5, 12, 20, 25, 30, 33, 34, 36, 40, 44, 50, 60, 77, 100, 160, 300} {
			for _, h := range []int{0, 1, 2, 3, 4, 5, 6, 8, 11, 13, 16, 20, 30, 55, 100} {
				lines := m.lines(w, h)
				require.LessOrEqual(t, len(lines), h, "%s at %dx%d", name, w, h)
				for _, l := range lines {
					require.LessOrEqual(t, ansi.StringWidth(l), w, "%s at %dx%d: %q", name, w, h, l)
					require.NotContains(t, ansi.Strip(l), "\x1b")
				}
			}
		}
	}
}

// A frame is drawn ten times a second and more.
func BenchmarkMap(b *testing.B) {
	for _, c := range []struct {
		name           string
		nodes, regions int
		w, h           int
	}{{"9 regions, small", 3, 9, 50, 10}, {"9 regions, large", 3, 9, 110, 40}, {"128 regions on 100 nodes", 100, 128, 200, 110}, {"1000 regions on 100 nodes", 100, 1000, 110, 40}} {
		p := crowded(b, c.nodes, c.regions)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				_ = p.regionMap().View(c.w, c.h)
			}
		})
	}
}
