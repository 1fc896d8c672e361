package demo

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var lifeBegan = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// lived is a play that takes in n seconds of load and health, and keeps every
// state that was.
func lived(n, most int) (h *History, states []State) {
	s, _ := Open(New(lampChapters(), Options{}), lifeBegan)
	h = NewHistory(s)
	h.most = most
	states = append(states, s)
	take := func(at time.Time, b Body) {
		e := Event{At: at, Body: b}
		s, _ = Take(s, e)
		h.Took(e, s)
		states = append(states, s)
	}
	for i := range n {
		at := lifeBegan.Add(time.Duration(i+1) * time.Second)
		if i == n/2 {
			take(at, Asked{Intent: Advance})
		}
		take(at, LoadSeen{LoadSample{Ops: int64(i)}})
		take(at.Add(-100*time.Millisecond), HealthSeen{Snapshot{LastUpdated: at, Nodes: make([]Node, 4)}}) // it comes late
	}
	return h, states
}

func TestHistoryGivesTheStateThatWasAtAnyMoment(t *testing.T) {
	h, states := lived(400, historyInputs)
	for seed := range uint64(1000) {
		at := lifeBegan.Add(time.Duration(rand.New(rand.NewPCG(seed, 1)).Int64N(int64(401 * time.Second))))
		want := states[0]
		for _, s := range states {
			if !s.Now.After(at) {
				want = s
			}
		}
		got := h.At(at)
		require.True(t, reflect.DeepEqual(want, got), at)
	}
	require.Equal(t, lifeBegan, h.From())
	require.Equal(t, states[0].Now, h.At(lifeBegan.Add(-time.Hour)).Now)
	require.Equal(t, states[len(states)-1].Now, h.At(lifeBegan.Add(time.Hour*24)).Now)
}

// A history keeps a bounded part of a talk that never ends: the latest.
func TestHistoryForgetsTheOldest(t *testing.T) {
	h, states := lived(500, 300)
	require.LessOrEqual(t, h.inputs, 300)
	require.True(t, h.From().After(lifeBegan))
	last := states[len(states)-1]
	require.Equal(t, last.Now, h.At(last.Now).Now)
	require.Equal(t, h.From(), h.At(lifeBegan).Now)

	e := Event{At: last.Now, Body: RegionsSeen{RegionMap{Shown: make([]Region, historyEntries/10)}}}
	for range 3 * spanInputs {
		last, _ = Take(last, e)
		h.Took(e, last)
	}
	require.LessOrEqual(t, h.entries, historyEntries)
	require.Less(t, h.inputs, 2*spanInputs, "a few large looks push the rest out")
}

func TestHistoryOfANewPlayBeginsWithIt(t *testing.T) {
	h, states := lived(10, historyInputs)
	next := states[len(states)-1]
	next.Play, next.Now = 2, next.Now.Add(time.Second)
	h.Took(Event{At: next.Now, Body: Asked{Intent: Restart}}, next)
	require.Equal(t, next.Now, h.From())
	require.Equal(t, 2, h.At(lifeBegan).Play)
}

// BenchmarkHistory is one look back over an hour.
func BenchmarkHistory(b *testing.B) {
	h, states := lived(3600, historyInputs)
	last := states[len(states)-1].Now
	i := 0
	for b.Loop() {
		h.At(last.Add(-time.Duration(i%3600) * time.Second))
		i++
	}
}
