package rehearsal

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

var ten = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// lampChapters are three lamps' worth of a talk: the second waits for its gate, the others are
// left by a press.
func lampChapters() []demo.Chapter {
	cs := make([]demo.Chapter, demo.ChapterCount)
	for i := range cs {
		cs[i] = demo.Chapter{N: i + 1, ID: fmt.Sprintf("part-%d", i+1), Title: "Part", Budget: time.Minute}
	}
	cs[1].Gate = demo.GateHealthy
	return cs
}

// talk writes the record of a play.
type talk struct {
	t *testing.T
	w *journal.Writer
	s demo.State
}

func give(t *testing.T, dir, name string, o demo.Options) *talk {
	t.Helper()
	w, err := journal.Create(filepath.Join(dir, name))
	require.NoError(t, err)
	p := &talk{t: t, w: w}
	s, effects := demo.Open(demo.New(lampChapters(), o), ten)
	p.s = s
	p.record(effects)
	return p
}

func (p *talk) record(effects []demo.Effect) {
	for _, e := range effects {
		switch v := e.Verb.(type) {
		case demo.Record:
			require.NoError(p.t, p.w.Write(v.At, v.Body))
		case demo.Finish:
			require.NoError(p.t, p.w.Write(v.At, v.Outcome))
		}
	}
}

// after takes in a body some time later.
func (p *talk) after(d time.Duration, b demo.Body) *talk {
	s, effects := demo.Take(p.s, demo.Event{At: p.s.Now.Add(d), Body: b})
	p.s = s
	p.record(effects)
	return p
}

func (p *talk) press(d time.Duration, i demo.Intent) *talk { return p.after(d, demo.Asked{Intent: i}) }

func (p *talk) healthy(d time.Duration) {
	p.after(d, demo.ClusterReady{PD: "x"})
	p.after(0, demo.HealthSeen{Snapshot: demo.Snapshot{LastUpdated: p.s.Now, Nodes: []demo.Node{{Name: "lamp-1", Role: demo.RoleData, Health: demo.HealthUp, Leaders: 1}}}})
}

func TestTheTimeOfAChapterIsTheSpeakersTheMachinesAndThatOfQuestions(t *testing.T) {
	dir := t.TempDir()
	p := give(t, dir, "20260102T100000.jsonl", demo.Options{Rehearsal: true})
	p.press(30*time.Second, demo.Advance)
	p.press(20*time.Second, demo.Pause).press(5*time.Minute, demo.Pause)
	p.press(10*time.Second, demo.Advance) // it waits for the gate from here
	p.healthy(7 * time.Second)
	p.press(3*time.Second, demo.Advance)
	require.Equal(t, 2, p.s.Reached)
	require.NoError(t, p.w.Close())
	talks, err := Last(dir, 5, lampChapters())
	require.NoError(t, err)
	require.Len(t, talks, 1)
	require.True(t, talks[0].Rehearsed)
	require.Equal(t, ten, talks[0].Began.UTC())
	require.Equal(t, demo.ChapterTime{Speaker: 30 * time.Second}, *talks[0].Times[0])
	require.Equal(t, demo.ChapterTime{Speaker: 33 * time.Second, Machine: 7 * time.Second, Questions: 5 * time.Minute}, *talks[0].Times[1])
	require.Nil(t, talks[0].Times[2], "it was not spoken to its end")
}

func TestTheLastChapterEndsWithAWholeTalk(t *testing.T) {
	dir := t.TempDir()
	p := give(t, dir, "a.jsonl", demo.Options{})
	p.press(time.Second, demo.Advance)
	p.healthy(0)
	for range 6 {
		p.press(time.Second, demo.Advance)
	}
	p.after(2*time.Second, demo.LedgerVerified{}).press(40*time.Second, demo.Quit)
	require.NotNil(t, p.s.Finished)
	talks, err := Last(dir, 5, lampChapters())
	require.NoError(t, err)
	require.Equal(t, 42*time.Second, talks[0].Times[7].Speaker)
}

func TestOnlyTalksOfASpeakerWithTheseChaptersCountTheLatestFirst(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		give(t, dir, fmt.Sprintf("2026010%d.jsonl", i), demo.Options{Rehearsal: i%2 == 0}).press(time.Duration(i)*time.Second+time.Second, demo.Advance)
	}
	give(t, dir, "20260108.jsonl", demo.Options{Auto: true}).press(time.Second, demo.Advance)
	give(t, dir, "20260109.jsonl", demo.Options{}) // nothing was left
	give(t, dir, "20260110.jsonl", demo.Options{From: 3}).press(time.Second, demo.Back)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "20260111.jsonl"), []byte("{\"t\":\"garbage"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "20260112.jsonl"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "20260113.jsonl"), 0o700))
	talks, err := Last(dir, 3, lampChapters())
	require.NoError(t, err)
	var spoke []time.Duration
	for _, x := range talks {
		spoke = append(spoke, x.Times[0].Speaker)
	}
	require.Equal(t, []time.Duration{4 * time.Second, 3 * time.Second, 2 * time.Second}, spoke)

	others := lampChapters()
	others[4].ID = "other"
	talks, err = Last(dir, 3, others)
	require.NoError(t, err)
	require.Empty(t, talks)
	talks, err = Last(filepath.Join(dir, "none"), 3, others)
	require.NoError(t, err)
	require.Empty(t, talks)
}

func TestABudgetIsTheMedianOfTheSpeakerAndTheMachineAtItsP95(t *testing.T) {
	var talks []Talk
	for i, speaker := range []int{61, 300, 58, 64} {
		times := make([]*demo.ChapterTime, demo.ChapterCount)
		times[0] = &demo.ChapterTime{Speaker: time.Duration(speaker) * time.Second, Machine: time.Duration(i) * 10 * time.Second, Questions: time.Hour}
		talks = append(talks, Talk{Times: times})
	}
	// the median of 58, 61, 64, 300 is 62.5 s; p95 of 0, 10, 20, 30 is 30 s
	require.Equal(t, map[string]time.Duration{"part-1": 95 * time.Second}, Budgets(talks, lampChapters()))
	require.Empty(t, Budgets(nil, lampChapters()))
	talks = talks[:1]
	talks[0].Times[0] = &demo.ChapterTime{}
	require.Equal(t, 5*time.Second, Budgets(talks, lampChapters())["part-1"], "a budget is never 0")
}
