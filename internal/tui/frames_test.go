package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// tape is a stage that writes the record of a talk, as the runner does.
type tape struct {
	t *testing.T
	w *journal.Writer
}

func (r *tape) Watch() <-chan demo.Event { return nil }

func (r *tape) Do(_ context.Context, e demo.Effect) {
	switch v := e.Verb.(type) {
	case demo.Record:
		require.NoError(r.t, r.w.Write(v.At, v.Body))
	case demo.Finish:
		require.NoError(r.t, r.w.Write(v.At, v.Outcome))
	}
}

// emits gives an event the number of its line.
func (r *tape) emits(e demo.Event) demo.Event {
	if e.Line == 0 {
		return e
	}
	require.NoError(r.t, r.w.Write(e.At, e.Body))
	e.Line = r.w.Lines()
	return e
}

// ends gives what a screen shows at the end of each chapter, and before the end of the
// talk.
type ends struct {
	frames map[string]string
	last   demo.State
}

// take keeps the frame of a moment in which an event comes that ends a chapter.
func (x *ends) take(m Model, e demo.Event) {
	after, _ := demo.Take(m.state, e)
	if after.Reached == m.state.Reached && after.Finished == nil {
		return
	}
	m.now = e.At
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		m.width, m.height = size[0], size[1]
		x.frames[fmt.Sprintf("%d, %d×%d", m.state.Chapters[m.state.Reached].N, size[0], size[1])] = m.View()
	}
	x.last = m.state
}

// inputsOf gives what a recorded talk took in.
func inputsOf(t *testing.T, record io.Reader) (all []demo.Event) {
	t.Helper()
	for e, err := range journal.NewReader(record).Inputs() {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// screenOf is a screen in the same colours everywhere.
func screenOf(t *testing.T, c Config) Model {
	c.Theme, c.Out = styles.Dark, io.Discard
	m := New(t.Context(), c).dress(styles.Fixed(termenv.TrueColor, styles.Dark))
	m.chart.pen = quadrant
	return m
}

// performed gives a live talk the inputs of a recorded one. It gives its frames and its
// record.
func performed(t *testing.T, inputs []demo.Event) (*ends, []byte) {
	t.Helper()
	var record bytes.Buffer
	stage := &tape{t, journal.NewWriter(&record)}
	require.NoError(t, stage.w.Write(inputs[0].At, demo.RunStarted{Run: "r"}))
	begun := inputs[0].Body.(demo.PlayBegun)
	begun.Options.Title, begun.Options.Speaker, begun.Options.Event = "Who notices?", "Ada", "LampConf"
	now := inputs[0].At
	m := screenOf(t, Config{Stage: stage, State: demo.New(begun.Chapters, begun.Options), Now: func() time.Time { return now }})
	messages(m.execute(m.start))
	x := &ends{frames: map[string]string{}}
	for _, e := range inputs[1:] {
		now = e.At
		e = stage.emits(e)
		x.take(m, e)
		next, cmd := m.apply(e)
		m = next
		messages(cmd)
	}
	require.NotNil(t, m.state.Finished)
	require.NoError(t, stage.w.Close())
	return x, record.Bytes()
}

// replayed gives the frames of a replay.
func replayed(t *testing.T, record []byte) *ends {
	t.Helper()
	p, err := replay.Open(replay.Config{Record: bytes.NewReader(record), Speed: 1e12, Auto: true})
	require.NoError(t, err)
	defer p.Close()
	over := make(chan error, 1)
	go func() { over <- p.Run(t.Context()) }()
	m := screenOf(t, Config{Stage: p, State: p.State(), Now: p.Now, Replay: &Replay{Label: "REPLAY 2026-01-02 10:00", Press: func() {}}})
	x := &ends{frames: map[string]string{}}
	for e := range p.Watch() {
		x.take(m, e)
		m, _ = m.apply(e)
	}
	require.NoError(t, <-over)
	require.Zero(t, p.Damaged())
	return x
}

// withoutBadge gives a frame with its first line up to the badge, which says that it is
// a replay and of when, and takes another width.
func withoutBadge(frame string) string {
	first, rest, _ := strings.Cut(frame, "\n")
	first = ansi.Strip(first)
	for _, badge := range []string{"no cluster yet", " LIVE", " REPLAY "} {
		first, _, _ = strings.Cut(first, badge)
	}
	return strings.Join(strings.Fields(first), " ") + "\n" + rest
}

// A live talk and its replay show the same at the end of every chapter, in every cell
// and colour but those of the badge, for every fault that there is a record of.
func TestALiveTalkAndItsReplayShowTheSame(t *testing.T) {
	for _, fault := range examples.Names() {
		t.Run(fault, func(t *testing.T) {
			r, err := examples.Open(fault)
			require.NoError(t, err)
			live, record := performed(t, inputsOf(t, r))
			again := replayed(t, record)
			require.Len(t, live.frames, 16)
			require.Len(t, again.frames, 16)
			for at, frame := range live.frames {
				require.Equal(t, ansi.Strip(withoutBadge(frame)), ansi.Strip(withoutBadge(again.frames[at])), "chapter %s", at)
				require.Equal(t, withoutBadge(frame), withoutBadge(again.frames[at]), "chapter %s", at)
				require.Contains(t, again.frames[at], "REPLAY 2026-01-02 10:00")
			}
			require.Contains(t, ansi.Strip(live.frames["1, 80×24"]), "Ada · LampConf")
			require.Equal(t, live.last.Rev, again.last.Rev)
		})
	}
}
