package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALeaderThatMovesIsNotedWithItsTime(t *testing.T) {
	at := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	s := State{}
	look := func(leaders ...string) {
		at = at.Add(time.Second)
		b := RegionsSeen{RegionMap{Total: len(leaders), LastUpdated: at}}
		for i, l := range leaders {
			b.Shown = append(b.Shown, Region{ID: uint64(10 + i), Leader: l, Peers: []string{"lamp-1", "lamp-2", "lamp-3"}})
		}
		m := &machine{State: s}
		m.observe(Event{At: at, Body: b})
		s = m.State
	}
	moved := func(i int) (time.Time, string) { return s.Regions.Shown[i].MovedAt, s.Regions.Shown[i].MovedFrom }

	look("lamp-1", "lamp-2")
	for i := range 2 {
		when, _ := moved(i)
		require.Zero(t, when, "a region that is seen for the first time has not moved")
	}
	first := s.Regions
	look("lamp-1", "lamp-3")
	hop, from := moved(1)
	require.Equal(t, at, hop)
	require.Equal(t, "lamp-2", from)
	require.Zero(t, first.Shown[1].MovedAt, "the state before is not written to")
	require.Equal(t, "lamp-2", first.Shown[1].Leader)

	look("", "lamp-3")
	look("", "lamp-3")
	when, _ := moved(0)
	require.Zero(t, when, "nobody leads it yet")
	when, _ = moved(1)
	require.Equal(t, hop, when, "the time of the move stays")
	look("lamp-2", "lamp-3")
	when, from = moved(0)
	require.Equal(t, at, when)
	require.Equal(t, "lamp-1", from)

	look("lamp-2", "lamp-3", "lamp-1") // a split
	when, _ = moved(2)
	require.Zero(t, when)
}

func TestTwoLooksThatFoundTheSameAreTheSameWheneverTheyWere(t *testing.T) {
	a := RegionMap{Total: 1, LastUpdated: time.Unix(1, 0), Shown: []Region{{ID: 1, Leader: "lamp-1", Peers: []string{"lamp-1"}}}, Nodes: []NodeRegions{{"lamp-1", 1, 1}}}
	b := a
	b.LastUpdated, b.Stale = time.Unix(2, 0), Millis(time.Second)
	require.True(t, a.Same(b))
	for name, change := range map[string]func(*RegionMap){
		"leader": func(r *RegionMap) { r.Shown = []Region{{ID: 1, Peers: []string{"lamp-1"}}} },
		"peers":  func(r *RegionMap) { r.Shown = []Region{{ID: 1, Leader: "lamp-1"}} },
		"pending": func(r *RegionMap) {
			r.Shown = []Region{{ID: 1, Leader: "lamp-1", Peers: []string{"lamp-1"}, Pending: []string{"lamp-1"}}}
		},
		"total":  func(r *RegionMap) { r.Total = 2 },
		"counts": func(r *RegionMap) { r.Nodes = []NodeRegions{{"lamp-1", 0, 1}} },
		"error":  func(r *RegionMap) { r.Error = "no answer" },
	} {
		c := a
		change(&c)
		require.False(t, a.Same(c), name)
	}
}
