package replay

import (
	"bytes"
	"context"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ten = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// recorded is a record of the first two chapters: the presenter goes on after
// 10 s, and the cluster is ready 3 s later.
func recorded(t *testing.T) (record string, last demo.State) {
	t.Helper()
	var buf bytes.Buffer
	w := journal.NewWriter(&buf)
	write := func(effects []demo.Effect) {
		for _, e := range effects {
			if r, ok := e.Verb.(demo.Record); ok {
				require.NoError(t, w.Write(r.At, r.Body))
			}
		}
	}
	cs := []demo.Chapter{{N: 1, ID: "welcome"}, {N: 2, ID: "health", OnEnter: demo.OnEnterCluster, Gate: demo.GateHealthy}, {N: 3, ID: "load"}}
	require.NoError(t, w.Write(ten, demo.RunStarted{Run: "r"}))
	s, effects := demo.Open(demo.New(cs, demo.Options{}), ten)
	write(effects)
	s, effects = demo.Take(s, demo.Event{At: ten.Add(10 * time.Second), Body: demo.Asked{Intent: demo.Advance}})
	write(effects)
	step := demo.Step(0)
	for _, e := range effects {
		step = max(step, e.Step)
	}
	for at := range 3 {
		s, effects = demo.Take(s, demo.Event{At: ten.Add(time.Duration(11+at) * time.Second), Body: demo.LoadSeen{LoadSample: demo.LoadSample{Ops: int64(at)}}})
		write(effects)
	}
	require.NoError(t, w.Close())
	return buf.String(), s
}

func open(t *testing.T, record string, cfg Config) *Player {
	t.Helper()
	cfg.Record = strings.NewReader(record)
	p, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// run plays in the background until the test ends.
func run(t *testing.T, p *Player) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
}

// A replay ends in the state of the run, and its events have the run's times.
func TestAReplayEndsInTheStateOfTheRun(t *testing.T) {
	record, want := recorded(t)
	p := open(t, record, Config{Speed: 1000, Auto: true})
	require.Equal(t, ten, p.Began())
	run(t, p)
	s, n := p.State(), 0
	for e := range p.Watch() {
		s, _ = demo.Take(s, e)
		n++
	}
	require.Equal(t, 4, n)
	require.Equal(t, want.Reached, s.Reached)
	require.Equal(t, want.Load, s.Load)
	require.Equal(t, want.Rev, s.Rev)
	require.True(t, want.Now.Equal(s.Now))
}

// Where the presenter went on the record waits for a press, and its clock stands.
func TestAReplayWaitsForAPress(t *testing.T) {
	record, _ := recorded(t)
	p := open(t, record, Config{Speed: 1000})
	run(t, p)
	require.Eventually(t, func() bool { return p.Now().Equal(ten.Add(10 * time.Second)) }, 10*time.Second, time.Millisecond)
	select {
	case e := <-p.Watch():
		require.Fail(t, "it did not wait", "%+v", e)
	case <-time.After(20 * time.Millisecond): // 20 s of the record
	}
	require.Equal(t, ten.Add(10*time.Second), p.Now())
	p.Press()
	e := <-p.Watch()
	require.IsType(t, demo.Asked{}, e.Body)
}

// A press that comes early counts when the record gets there.
func TestAnEarlyPressCountsWhenTheRecordGetsThere(t *testing.T) {
	record, _ := recorded(t)
	p := open(t, record, Config{Speed: 1000})
	p.Press()
	run(t, p)
	require.IsType(t, demo.Asked{}, (<-p.Watch()).Body)
	require.IsType(t, demo.LoadSeen{}, (<-p.Watch()).Body)
}

// A run without a presenter ends by itself. Its replay used to end with it: the last
// picture was gone before anybody had seen it.
func TestTheLastPictureStaysUntilSomebodyLeaves(t *testing.T) {
	var buf bytes.Buffer
	w := journal.NewWriter(&buf)
	s, effects := demo.Open(demo.New([]demo.Chapter{{N: 1, ID: "welcome"}}, demo.Options{Auto: true}), ten)
	var pause demo.Step
	for n := 1; s.Finished == nil; n++ {
		for _, e := range effects {
			switch v := e.Verb.(type) {
			case demo.Record:
				require.NoError(t, w.Write(v.At, v.Body))
			case demo.Wait:
				pause = e.Step
			}
		}
		s, effects = demo.Take(s, demo.Event{At: ten.Add(time.Duration(n) * time.Second), Step: pause, Body: demo.Waited{}})
	}
	for _, e := range effects {
		if v, ok := e.Verb.(demo.Record); ok {
			require.NoError(t, w.Write(v.At, v.Body))
		}
	}

	p := open(t, buf.String(), Config{Speed: 1000})
	run(t, p)
	require.Eventually(t, func() bool { return p.Now().Equal(s.Now) }, 10*time.Second, time.Millisecond)
	p.Press()
	select {
	case e, ok := <-p.Watch():
		require.Fail(t, "it did not stay", "%+v %t", e, ok)
	case <-time.After(20 * time.Millisecond): // 20 s of the record
	}
}

// Damaged lines are left out and counted.
func TestDamagedLinesAreLeftOut(t *testing.T) {
	record, _ := recorded(t)
	lines := strings.SplitAfter(record, "\n")
	lines[len(lines)-3] = "{broken\n"
	p := open(t, strings.Join(lines, ""), Config{Speed: 1000, Auto: true})
	run(t, p)
	n := 0
	for range p.Watch() {
		n++
	}
	require.Equal(t, 3, n)
	require.Equal(t, 1, p.Damaged())
}

// The part of a record that was played is known to be as it was written, or not.
func TestAChangedRecordIsPlayedAndKnownNotToBeWhole(t *testing.T) {
	record, _ := recorded(t)
	lines := strings.SplitAfter(record, "\n")
	i := len(lines) - 4
	changed := strings.Replace(lines[i], `"ops":0`, `"ops":7`, 1)
	for _, c := range []struct{ name, record string }{
		{"a value", strings.Join(append(append(lines[:i:i], changed), lines[i+1:]...), "")},
		{"a line twice", strings.Join(append(append(lines[:i:i], lines[i]), lines[i:]...), "")},
		{"cut", strings.Join(lines[:i+1], "")},
	} {
		p := open(t, c.record, Config{Speed: 1000, Auto: true})
		require.False(t, p.Broken(), "so far nothing is wrong")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		for range p.Watch() {
		}
		require.NoError(t, <-done)
		cancel()
		require.True(t, p.Broken(), c.name)
		require.False(t, p.Check().Whole(), c.name)
	}
}

// A line whose time cannot be is left out, and counted; nothing waits for it, and the ones after it count again.
func TestADamagedTimeHoldsNothingUp(t *testing.T) {
	record, _ := recorded(t)
	lines := strings.SplitAfter(record, "\n")
	i := len(lines) - 4
	lines[i] = strings.Replace(lines[i], `"t":"2026`, `"t":"2926`, 1)
	require.Contains(t, lines[i], `"kind":"input"`)
	p := open(t, strings.Join(lines, ""), Config{Speed: 1000, Auto: true})
	run(t, p)
	n := 0
	for range p.Watch() {
		n++
	}
	require.Equal(t, 3, n)
	require.Equal(t, 1, p.Damaged())
	require.True(t, p.Now().Before(ten.Add(time.Hour)))
}

func TestARecordWithoutItsBeginningIsRefused(t *testing.T) {
	record, _ := recorded(t)
	_, later, found := strings.Cut(record, `"kind":"play.begun"`)
	require.True(t, found)
	_, later, _ = strings.Cut(later, "\n")
	_, err := Open(Config{Record: strings.NewReader(later)})
	require.Error(t, err)
	_, err = Open(Config{Record: strings.NewReader("")})
	require.ErrorIs(t, err, journal.ErrNoInputs)
	_, err = Open(Config{Record: strings.NewReader(record), Speed: -1})
	require.ErrorContains(t, err, "speed")
}

// Nothing that the screen asks for is executed.
func TestNoEffectIsExecuted(t *testing.T) {
	record, _ := recorded(t)
	p := open(t, record, Config{})
	p.Do(t.Context(), demo.Effect{Step: 1, Verb: demo.InjectFault{}})
	select {
	case <-p.Watch():
		require.Fail(t, "it answered")
	default:
	}
}

// A replay of a whole talk goes through the states of the record, for each fault.
func TestAReplayGoesThroughTheStatesOfTheRecord(t *testing.T) {
	for _, fault := range examples.Names() {
		record := func() io.Reader {
			r, err := examples.Open(fault)
			require.NoError(t, err)
			return r
		}
		var states []demo.State
		for e, err := range journal.NewReader(record()).Inputs() {
			require.NoError(t, err)
			if begun, ok := e.Body.(demo.PlayBegun); ok {
				states = append(states, demo.Resume(begun, e.At))
				continue
			}
			s, _ := demo.Take(states[len(states)-1], e)
			states = append(states, s)
		}
		p, err := Open(Config{Record: record(), Speed: 1e12, Auto: true})
		require.NoError(t, err)
		t.Cleanup(p.Close)
		run(t, p)
		s, i := p.State(), 0
		for e := range p.Watch() {
			require.True(t, reflect.DeepEqual(states[i], s), "%s, after event %d of %d", fault, i, len(states))
			s, _ = demo.Take(s, e)
			i++
		}
		require.Equal(t, len(states)-1, i, fault)
		require.True(t, reflect.DeepEqual(states[i], s), fault)
		require.NotNil(t, s.Finished, fault)
	}
}
