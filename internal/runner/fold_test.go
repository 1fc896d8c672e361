package runner

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// told writes out a state with all that it holds, so that two can be compared:
// times by their moment, and what is empty like what is nil.
func told(v reflect.Value, out *strings.Builder) {
	if v.Kind() == reflect.Struct && v.Type() == reflect.TypeFor[time.Time]() {
		if v.CanInterface() { // the ones that cannot are of what was refused last, and of no consequence
			fmt.Fprint(out, v.Interface().(time.Time).UTC().Round(0))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			if v.Kind() == reflect.Interface {
				out.WriteString(v.Elem().Type().String())
			}
			told(v.Elem(), out)
		}
	case reflect.Struct:
		out.WriteString("{")
		for i := range v.NumField() {
			out.WriteString(v.Type().Field(i).Name + ":")
			told(v.Field(i), out)
			out.WriteString(" ")
		}
		out.WriteString("}\n")
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			told(v.Index(i), out)
			out.WriteString(",")
		}
	case reflect.Map:
		var all []string
		for it := v.MapRange(); it.Next(); {
			all = append(all, fmt.Sprint(it.Key(), "=", it.Value()))
		}
		sort.Strings(all)
		out.WriteString(strings.Join(all, ","))
	default:
		fmt.Fprint(out, v)
	}
}

func textOf(s demo.State) string {
	var out strings.Builder
	told(reflect.ValueOf(s), &out)
	return out.String()
}

// folded gives every state of the record's play.
func folded(t *testing.T, record []byte) []demo.State {
	t.Helper()
	var s demo.State
	var out []demo.State
	for e, err := range journal.NewReader(bytes.NewReader(record)).Inputs() {
		require.NoError(t, err)
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			s = demo.Resume(begun, e.At)
		} else {
			s, _ = demo.Take(s, e)
		}
		out = append(out, s)
	}
	return out
}

// The state at any moment of a run is a fold over its record, for the first play
// and for the ones after it.
func TestTheStateAtAnyMomentIsAFoldOverTheRecord(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	var records []*bytes.Buffer
	cfg.Journal = func() (Journal, error) {
		records = append(records, &bytes.Buffer{})
		return journal.NewWriter(records[len(records)-1]), nil
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var written sync.WaitGroup // lines that the play has asked for
	execute := func(effects []demo.Effect) {
		for _, e := range effects {
			if w, ok := e.Verb.(demo.Wait); ok && w.For > 20*time.Second {
				continue
			} else if ok {
				e.Verb = demo.Wait{For: time.Millisecond}
			}
			if e.Step == 0 {
				written.Go(func() { r.Do(ctx, e) })
				continue
			}
			go r.Do(ctx, e)
		}
	}
	s, effects := demo.Open(demo.New(lampChapters(), demo.Options{Auto: true, AutoApprove: true, Loop: true}), time.Now())
	live := map[int][]demo.State{1: {s}}
	execute(effects)
	for s.Play < 3 {
		select {
		case e := <-r.Watch():
			s, effects = demo.Take(s, e)
		case <-ctx.Done():
			require.FailNow(t, "the play stands still", "chapter %s", s.Chapters[s.Reached].ID)
		}
		if effects != nil {
			live[s.Play] = append(live[s.Play], s)
		}
		execute(effects)
	}
	written.Wait()
	require.NoError(t, r.Close())

	compared := 0
	for play := 1; play <= 2; play++ {
		was, now := live[play], folded(t, records[play-1].Bytes())
		// The input that began the next play is the last of this record.
		require.GreaterOrEqual(t, len(now), len(was))
		for i := range was {
			require.Equal(t, textOf(was[i]), textOf(now[i]), "play %d, after input %d of %d", play, i, len(was))
			compared++
		}
		report, err := journal.Verify(bytes.NewReader(records[play-1].Bytes()))
		require.NoError(t, err)
		require.True(t, report.Whole(), "%v", report.Faults)
		require.Len(t, report.Seals, 1)
	}
	t.Logf("%d moments", compared)
}
