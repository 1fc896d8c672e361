package tui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/help"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// deaf is a stage on which nothing happens: what is to be shown is played into
// the state by hand.
type deaf struct{ done []demo.Effect }

func (d *deaf) Do(_ context.Context, e demo.Effect) { d.done = append(d.done, e) }
func (d *deaf) Watch() <-chan demo.Event            { return nil }

var ten = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// The subject of these tests is a lamp post: the screen knows no other name for
// things than those that come as data.
func lampChapters() []demo.Chapter {
	cs := []demo.Chapter{
		{ID: "welcome", Title: "Welcome"},
		{ID: "health", Title: "Lamp Health", OnEnter: demo.OnEnterCluster, Gate: demo.GateHealthy, BlocksAdvance: true},
		{ID: "load", Title: "Dusk", OnEnter: demo.OnEnterLoad, Gate: demo.GateSteady, AutoAdvance: true},
		demo.FaultChapter(demo.Chapter{ID: "fault", Title: "A Lamp Goes Out"}),
		{ID: "detection", Title: "Who Sees It", Gate: demo.GateTicket},
		{ID: "diagnosis", Title: "Why", OnEnter: demo.OnEnterDiagnose, Gate: demo.GateAnswer},
		demo.RecoveryChapter(demo.Chapter{ID: "recovery", Title: "Light Again"}),
		{ID: "complete", Title: "Complete", OnEnter: demo.OnEnterVerify, Gate: demo.GateVerified},
	}
	for i := range cs {
		cs[i].N, cs[i].Budget = i+1, 2*time.Minute
		cs[i].Narration = "# Look up\n\nThere are **three lamps** on this post.\n\nOne of them will go out."
		cs[i].Notes = "Point at the lamp.\nWait."
	}
	return cs
}

// played is a screen whose state has been played up to a chapter.
type played struct {
	Model
	t  testing.TB
	at time.Time
}

// on gives a screen of a size and theme in the given chapter, 1 to 8.
func on(t testing.TB, chapter, w, h int, theme string) *played {
	t.Helper()
	p := &played{t: t, at: ten}
	p.Model = New(t.Context(), Config{Stage: &deaf{}, State: demo.New(lampChapters(), demo.Options{}), Now: func() time.Time { return p.at }, Record: "/var/run.jsonl"})
	p.styles = styles.Fixed(termenv.Ascii, theme)
	p.help = help.New()
	p.help.Styles = p.styles.Help()
	p.width, p.height = w, h
	steps := []func(){p.toHealth, p.toLoad, p.toFault, p.toDetection, p.toDiagnosis, p.toRecovery, p.toComplete}
	for _, step := range steps[:chapter-1] {
		step()
	}
	require.Equal(t, chapter, p.state.Chapter().N)
	return p
}

// hear plays one event, a second after the last.
func (p *played) hear(b demo.Body) {
	p.at = p.at.Add(time.Second)
	p.step(0, b)
}

func (p *played) step(s demo.Step, b demo.Body) {
	m, _ := p.apply(demo.Event{At: p.at, Step: s, Body: b})
	p.Model = m
}

func (p *played) advance() { p.hear(demo.Asked{Intent: demo.Advance}) }

// answer answers the effect with the largest step that is under way.
func (p *played) answer(b demo.Body) {
	p.at = p.at.Add(time.Second)
	before := fmt.Sprint(p.state.Visits)
	for s := demo.Step(1); s < 60; s++ {
		p.step(s, b)
		if fmt.Sprint(p.state.Visits) != before {
			return
		}
	}
}

func (p *played) lamps(dark bool) demo.Snapshot {
	s := demo.Snapshot{LastUpdated: p.at, Nodes: []demo.Node{{ID: "1", Name: "switch-1", Type: "switch", Role: demo.RoleControl, Health: demo.HealthUp, State: "healthy", Leader: true}}}
	for i := 1; i <= 3; i++ {
		n := demo.Node{ID: fmt.Sprint(i), Name: fmt.Sprintf("lamp-%d", i), Type: "lamp", Role: demo.RoleData, Health: demo.HealthUp, State: "Up", Leaders: 3, Regions: 9, LastBeat: p.at}
		if dark && i == 2 {
			n.Leaders, n.LastBeat, n.HeartbeatAge = 0, p.at.Add(-5*time.Second), demo.Millis(5*time.Second)
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}

func (p *played) toHealth() {
	p.advance()
	p.answer(demo.ClusterReady{Took: demo.Millis(1500 * time.Millisecond), PD: "the switchboard", Stores: 3, Label: "lamp post"})
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
}

func (p *played) toLoad() {
	p.advance()
	p.answer(demo.LoadStarted{Records: 1000})
	for range 6 {
		p.shine(1000)
	}
}

func (p *played) shine(ops int64) {
	p.hear(demo.LoadSeen{LoadSample: demo.LoadSample{Ops: ops, P50: demo.Micros(time.Millisecond), P99: demo.Micros(4 * time.Millisecond)}})
}

var lampPlan = demo.Plan{Fault: "unscrew", FaultType: demo.TypeCrashed, Target: "lamp-2", Reason: "by lot, seed 7", Seed: 7, Effect: "unscrew lamp-2", Undo: "screw in lamp-2"}

func (p *played) toFault() {
	p.advance()
	p.step(7, demo.FaultPlanned{Plan: lampPlan})
	for s := demo.Step(1); s < 20 && p.state.Plan == nil; s++ {
		p.step(s, demo.FaultPlanned{Plan: lampPlan})
	}
	require.NotNil(p.t, p.state.Plan)
}

func (p *played) toDetection() {
	p.advance()
	p.hear(demo.FaultInjected{Plan: lampPlan, By: demo.ByDemo})
	p.hear(demo.Asked{Intent: demo.Force})
	p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2"})
	p.hear(demo.SignalSeen{Name: demo.SignalClientErrors, Target: "lamp-2"})
	p.hear(demo.TicketOpened{ID: "T-1", Invariant: "lamp_out", Target: "lamp-2", Severity: demo.SeverityCritical, Signals: []string{demo.SignalStatusProbe, demo.SignalClientErrors}})
	p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
	p.shine(400)
}

func (p *played) toDiagnosis() {
	p.advance()
	p.hear(demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: []demo.Evidence{{N: 1, Text: "lamp-2: no light"}, {N: 2, Text: "lamp-1 and lamp-3 shine"}}})
	p.hear(demo.DiagnosisDelta{Source: "RULES", Text: "The lamp is out [E1]. The others are not [E2]."})
	p.hear(demo.DiagnosisFinished{
		Source: "RULES", Component: "lamp-2", FaultType: demo.TypeCrashed, Verified: 1, Correct: true,
		Alternatives: []demo.Alternative{{Cause: "a power cut", Against: "the other lamps shine [E2]"}},
		Action:       demo.Action{Name: demo.ActionRestart, Target: "lamp-2"},
	})
}

func (p *played) toRecovery() {
	p.advance()
	p.hear(demo.ActionDone{Action: demo.Action{Name: demo.ActionRestart, Target: "lamp-2"}, By: demo.ByPresenter})
	p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2", Cleared: true})
}

func (p *played) toComplete() {
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	for range 3 {
		p.shine(1000)
	}
	p.hear(demo.Asked{Intent: demo.Force})
	p.hear(demo.LedgerVerified{Acked: 4242, Checked: 1000})
}
