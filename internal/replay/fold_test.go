package replay

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// performed plays a recorded talk once more as a live one. It gives the record that the
// play asks for, as the runner writes it, and every state that was.
func performed(t *testing.T, fault string) (record []byte, was []demo.State) {
	t.Helper()
	r, err := examples.Open(fault)
	require.NoError(t, err)
	var out bytes.Buffer
	w := journal.NewWriter(&out)
	require.NoError(t, w.Write(ten, demo.RunStarted{Run: "r"}))
	write := func(effects []demo.Effect) {
		for _, e := range effects {
			switch v := e.Verb.(type) {
			case demo.Record:
				require.NoError(t, w.Write(v.At, v.Body))
			case demo.Finish:
				require.NoError(t, w.Write(v.At, v.Outcome))
			}
		}
	}
	for e, err := range journal.NewReader(r).Inputs() {
		require.NoError(t, err)
		var s demo.State
		var effects []demo.Effect
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			s, effects = demo.Open(demo.New(begun.Chapters, begun.Options), e.At)
		} else {
			if e.Line > 0 {
				require.NoError(t, w.Write(e.At, e.Body))
				e.Line = w.Lines()
			}
			s, effects = demo.Take(was[len(was)-1], e)
		}
		was = append(was, s)
		write(effects)
	}
	require.NoError(t, w.Close())
	return out.Bytes(), was
}

// A fold over a record gives the state that was, at a thousand random moments of the
// talks that come with the program.
func TestAFoldOverTheRecordGivesTheStateAtAnyMoment(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1000))
	faults := examples.Names()
	for _, fault := range faults {
		record, was := performed(t, fault)
		var folded []demo.State
		for e, err := range journal.NewReader(bytes.NewReader(record)).Inputs() {
			require.NoError(t, err)
			if begun, ok := e.Body.(demo.PlayBegun); ok {
				folded = append(folded, demo.Resume(begun, e.At))
				continue
			}
			s, _ := demo.Take(folded[len(folded)-1], e)
			folded = append(folded, s)
		}
		require.Len(t, folded, len(was), fault)
		began, took := was[0].Now, was[len(was)-1].Now.Sub(was[0].Now)
		for range 1000 / len(faults) {
			at := began.Add(time.Duration(random.Int64N(int64(took))))
			then := latest(was, at)
			require.True(t, reflect.DeepEqual(was[then], folded[latest(folded, at)]), "%s, %s after its beginning", fault, at.Sub(began))
		}
	}
}

// A line that is there twice is taken in once: the replay ends in the same state.
func TestALineThatIsThereTwiceIsTakenInOnce(t *testing.T) {
	record, want := recorded(t)
	lines := strings.SplitAfter(strings.TrimSuffix(record, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for i := 0; i < len(lines); i += 1 + len(lines)/40 {
		doubled := slices.Insert(slices.Clone(lines), i, lines[i])
		reader := journal.NewReader(strings.NewReader(strings.Join(doubled, "")))
		var s demo.State
		for e, err := range reader.Inputs() {
			require.NoError(t, err)
			if begun, ok := e.Body.(demo.PlayBegun); ok {
				s = demo.Resume(begun, e.At)
			} else {
				s, _ = demo.Take(s, e)
			}
		}
		require.Equal(t, want.Rev, s.Rev, "line %d", i+1)
		require.Equal(t, want.Load, s.Load, "line %d", i+1)
		require.Equal(t, 1, reader.Damaged, "line %d", i+1)
		require.False(t, reader.Check().Whole())
	}
}

// latest gives the last state that had come by a moment.
func latest(states []demo.State, at time.Time) int {
	last := 0
	for i, s := range states {
		if !s.Now.After(at) {
			last = i
		}
	}
	return last
}
