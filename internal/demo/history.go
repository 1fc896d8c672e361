package demo

import (
	"slices"
	"sort"
	"time"
)

// What a History keeps. Spans are short, so that a state is found within a frame,
// and not too short, because each one holds a whole state, of up to 250 KB. At the
// limits the oldest span goes: the record has it.
const (
	spanInputs     = 64
	spanEntries    = 10_000   // nodes and regions in the inputs of a span
	historyInputs  = 16 << 10 // nearly two hours of a talk
	historyEntries = 200_000  // nodes and regions in the inputs of all spans
)

// History is what one play has taken in so far. It gives the state that was at
// any moment, as a fold over the inputs from the nearest state that it kept.
// It is for one goroutine.
type History struct {
	spans   []span
	inputs  int
	entries int
	last    State
	most    int // inputs that are kept
}

// span is a state and the inputs that came after it.
type span struct {
	before  State
	inputs  []Event
	entries int
}

// NewHistory begins with the state that a play began with.
func NewHistory(s State) *History {
	return &History{spans: []span{{before: s}}, last: s, most: historyInputs}
}

// Took adds an event that Take took in, and the state that this led to. A new
// play begins a new history.
func (h *History) Took(e Event, after State) {
	if after.Play != h.last.Play {
		*h = *NewHistory(after)
		return
	}
	at := &h.spans[len(h.spans)-1]
	if len(at.inputs) == spanInputs || at.entries > spanEntries {
		h.spans = append(h.spans, span{before: h.last})
		at = &h.spans[len(h.spans)-1]
	}
	n := entriesOf(e.Body)
	at.inputs = append(at.inputs, e)
	at.entries += n
	h.inputs++
	h.entries += n
	h.last = after
	for len(h.spans) > 1 && (h.inputs > h.most || h.entries > historyEntries) {
		h.inputs -= len(h.spans[0].inputs)
		h.entries -= h.spans[0].entries
		h.spans = slices.Delete(h.spans, 0, 1)
	}
}

// entriesOf counts what makes an event large.
func entriesOf(b Body) int {
	switch b := b.(type) {
	case HealthSeen:
		return len(b.Nodes)
	case RegionsSeen:
		return len(b.Shown)
	}
	return 0
}

// From gives the earliest moment whose state is known.
func (h *History) From() time.Time { return h.spans[0].before.Now }

// At gives the state that was at a moment: after everything that had come until
// then. Before From it is the earliest that is known.
func (h *History) At(at time.Time) State {
	i := sort.Search(len(h.spans), func(i int) bool { return h.spans[i].before.Now.After(at) })
	in := h.spans[max(0, i-1)]
	s := in.before
	for _, e := range in.inputs {
		next, _ := Take(s, e)
		if next.Now.After(at) {
			break
		}
		s = next
	}
	return s
}
