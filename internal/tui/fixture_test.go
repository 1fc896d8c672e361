package tui

import (
	"context"
	"fmt"
	"strings"
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
	p.Model = New(t.Context(), Config{Stage: &deaf{}, State: demo.New(lampChapters(), demo.Options{Title: "Lights out", Speaker: "Ada", Event: "LampConf"}), Now: func() time.Time { return p.at }, Record: "/var/run.jsonl"})
	p.styles = styles.Fixed(termenv.Ascii, theme)
	p.chart.pen = quadrant
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
	before := fmt.Sprint(p.state.Visits, p.state.Injection, p.state.Repair)
	for s := demo.Step(1); s < 60; s++ {
		p.step(s, b)
		if fmt.Sprint(p.state.Visits, p.state.Injection, p.state.Repair) != before {
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
	p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
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

var lampPlan = demo.Plan{Fault: "unscrew", FaultType: demo.TypeCrashed, Target: "lamp-2", Reason: "by lot, seed 7", Seed: 7, Effect: "unscrew lamp-2", Undo: "screw in lamp-2",
	Expect: []demo.Expectation{{Signal: demo.SignalStatusProbe, After: demo.Millis(400 * time.Millisecond)}, {Signal: demo.SignalClientErrors, After: demo.Millis(600 * time.Millisecond)}, {Signal: demo.SignalPDDisconnected, After: demo.Millis(20 * time.Second)}}}

func (p *played) toFault() {
	p.advance()
	p.step(7, demo.FaultPlanned{Plan: lampPlan})
	for s := demo.Step(1); s < 20 && p.state.Plan == nil; s++ {
		p.step(s, demo.FaultPlanned{Plan: lampPlan})
	}
	require.NotNil(p.t, p.state.Plan)
	p.step(0, demo.FaultSealed{Hash: lampHash})
}

func (p *played) toDetection() {
	p.advance()
	p.hear(demo.FaultInjected{Plan: lampPlan, By: demo.ByDemo})
	p.hear(demo.Asked{Intent: demo.Force}) // it is not confirmed yet
	p.step(0, demo.FaultConfirmed{Fault: lampPlan.Fault, Target: lampPlan.Target})
	p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2"})
	p.hear(demo.SignalSeen{Name: demo.SignalClientErrors, Target: "lamp-2"})
	p.hear(demo.TicketOpened{ID: "T-1", Invariant: "lamp_out", Target: "lamp-2", Severity: demo.SeverityCritical, Signals: []string{demo.SignalStatusProbe, demo.SignalClientErrors}})
	p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
	p.look(nil, 1, 1, 3, 1, 3, 3, 1, 1, 3)
	p.shine(400)
}

// lampQuestion is longer and wider than any screen.
var lampQuestion = "{\n" + strings.Repeat("  \"evidence\": \"lamp-2: no light\",\n", 200) + `  "asked": "` + strings.Repeat("why is it dark ", 100) + "\"\n}"

// What was sealed, and the SHA-256 of it.
const (
	lampSealed = `{"nonce":"7","fault":"unscrew","reason":"somebody's lot"}`
	lampHash   = "0123200f5205593fbc38529d9ebeed9d4f6e21b8f802df262bc2af1e8550dbfe"
)

// The answer about lamp-2: one of its claims does not hold.
var (
	lampEvidence = []demo.Evidence{{N: 1, Text: "lamp-2: no light"}, {N: 2, Text: "lamp-1 and lamp-3 shine"}}
	lampRules    = demo.Verdict{Source: "RULES", Component: "lamp-2", FaultType: demo.TypeCrashed, Action: demo.Action{Name: demo.ActionRestart, Target: "lamp-2"}}
	lampClaims   = []demo.Claim{
		{Text: "The lamp is out [E1].", Cites: []int{1}, OK: true},
		{Text: "It went out 40 times before [E2].", Cites: []int{2}, Why: "40 does not stand in the cited evidence"},
	}
	lampAnswer = demo.DiagnosisFinished{
		Source: "CLAUDE LIVE", Component: "lamp-2", FaultType: demo.TypeCrashed, Verified: 0.75, Correct: true,
		Alternatives: []demo.Alternative{{Cause: "a power cut", Against: "the other lamps shine [E2]"}},
		Action:       demo.Action{Name: demo.ActionRestart, Target: "lamp-2"},
		Risk:         "It may flicker while it warms up.",
		Claims: append(lampClaims[:2:2], demo.Claim{Text: "a power cut: the other lamps shine [E2]", Cites: []int{2}, OK: true},
			demo.Claim{Text: "lamp-2: process_crashed", Cites: []int{1}, OK: true}),
		Usage:  &demo.Usage{Model: "oracle-1", InputTokens: 900, OutputTokens: 120, Turns: 1},
		Beside: []demo.Verdict{lampRules},
		Took:   demo.Millis(2300 * time.Millisecond),
		Terms:  demo.Terms{Effect: "put a new bulb into lamp-2", Undo: "take it out again", Precondition: "lamp-2 is still dark"},
	}
)

func (p *played) toDiagnosis() {
	p.advance()
	p.step(0, demo.OutgoingSeen{To: "https://oracle.example/v1/messages", Text: lampQuestion})
	p.hear(demo.DiagnosisStarted{Source: "CLAUDE LIVE", Ticket: "T-1", Evidence: lampEvidence, Beside: []demo.Verdict{lampRules}})
	p.hear(demo.DiagnosisDelta{Source: "CLAUDE LIVE", Text: "The lamp is out [E1]. It went out 40", Claims: lampClaims[:1]})
	p.hear(demo.DiagnosisDelta{Source: "CLAUDE LIVE", Text: " times before [E2]. Somebody should look.", Claims: lampClaims[1:]})
	p.answer(lampAnswer)
	p.step(0, demo.FaultOpened{Hash: lampHash, Nonce: "7", Text: lampSealed, Matches: true, Card: []demo.Scored{
		{Verdict: demo.Verdict{Source: "CLAUDE LIVE", Took: lampAnswer.Took}, Marks: demo.Marks{Detection: 1, Localization: 0.5, FaultType: 1, Action: 1}, Usage: lampAnswer.Usage, Cost: 0.0045},
		{Verdict: demo.Verdict{Source: "RULES", Took: demo.Millis(time.Millisecond)}, Marks: demo.Marks{Detection: 1, Localization: 1, FaultType: 1, Action: 1}},
		{Verdict: demo.Verdict{Source: "NOBODY"}},
	}})
}

func (p *played) toRecovery() {
	p.advance()
	p.hear(demo.Asked{Intent: demo.Confirm})
	p.answer(demo.ActionDone{Action: demo.Action{Name: demo.ActionRestart, Target: "lamp-2"}, By: demo.ByAgent})
	p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2", Cleared: true})
}

func (p *played) toComplete() {
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
	for range 3 {
		p.shine(1000)
	}
	p.hear(demo.Asked{Intent: demo.Force})
	p.hear(demo.DataProved{Stores: []demo.StoreProof{{Store: "lamp-2", Records: 310, Inserts: 22}}})
	p.hear(demo.LedgerVerified{Acked: 4242, Refused: 3, Indeterminate: 12, Reads: 4100, Checked: 1210, Inserts: 208})
}
