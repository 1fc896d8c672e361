package demo

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// play is a toy subject: a lamp post of three lamps and a switchboard, with no clock
// and no runner. Scripts are words; what the machine wants is printed.
type play struct {
	State
	t       *testing.T
	at      time.Time
	pending []Effect
	trace   strings.Builder
}

func lampChapters() []Chapter {
	cs := []Chapter{
		{ID: "welcome"},
		{ID: "health", OnEnter: OnEnterCluster, Gate: GateHealthy, BlocksAdvance: true},
		{ID: "load", OnEnter: OnEnterLoad, Gate: GateSteady, AutoAdvance: true},
		FaultChapter(Chapter{ID: "fault"}),
		{ID: "detection", Gate: GateTicket},
		{ID: "diagnosis", OnEnter: OnEnterDiagnose, Gate: GateAnswer},
		RecoveryChapter(Chapter{ID: "recovery"}),
		{ID: "complete", OnEnter: OnEnterVerify, Gate: GateVerified},
	}
	for i := range cs {
		cs[i].N, cs[i].Title, cs[i].Budget = i+1, cs[i].ID, time.Minute
	}
	return cs
}

func newPlay(t *testing.T, o Options) *play {
	require.NoError(t, CheckChapters(lampChapters()))
	p := &play{t: t, at: time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)}
	s, effects := Begin(New(lampChapters(), o), p.at)
	p.State = s
	p.want("begin", effects)
	return p
}

// want prints what a step led to, and keeps what must be answered.
func (p *play) want(step string, effects []Effect) {
	fmt.Fprintf(&p.trace, "%s:", step)
	for _, e := range effects {
		switch v := e.Verb.(type) {
		case Record:
			fmt.Fprintf(&p.trace, " [%s%s]", v.Body.Kind(), by(v.Body))
			continue
		case Finish:
			fmt.Fprintf(&p.trace, " finish(%s)", v.Outcome.Outcome)
			continue
		case Reset:
			p.trace.WriteString(" reset")
			p.pending = nil
			continue
		case Wait:
			fmt.Fprintf(&p.trace, " wait(%s)", v.For)
		default:
			fmt.Fprintf(&p.trace, " %s", v.verb())
		}
		p.pending = append(p.pending, e)
	}
	fmt.Fprintf(&p.trace, " | %s\n", p.Chapter().ID)
}

func by(b Body) string {
	switch b := b.(type) {
	case ChapterEntered:
		return fmt.Sprintf(" %d %s", b.N, b.By)
	case ChapterDone:
		return fmt.Sprintf(" %d %s", b.N, b.By)
	case ActionApproved:
		return " " + b.By
	case ActionDenied:
		return " " + b.By + ": " + b.Reason
	case StageSeen:
		if b.Late {
			return " late: " + b.Name
		}
	case Recovered:
		return " " + b.By
	}
	return ""
}

func (p *play) apply(step string, e Event) {
	if e.At.IsZero() {
		e.At = p.at
	}
	s, effects := Apply(p.State, e)
	p.State = s
	p.want(step, effects)
}

// run plays a script, one second a word.
func (p *play) run(script string) {
	for step := range strings.FieldsFuncSeq(script, func(r rune) bool { return r == ';' || r == '\n' }) {
		if step = strings.TrimSpace(step); step != "" {
			p.at = p.at.Add(time.Second)
			p.step(step)
		}
	}
}

var intents = map[string]Intent{"press": Advance, "back": Back, "force": Force, "retry": Retry, "quit": Quit, "yes": Confirm, "no": Dismiss, "restart": Restart, "decide": Decide, "interrupt": Interrupt, "pause": Pause, "takeover": TakingOver}

func (p *play) step(step string) {
	word, rest, _ := strings.Cut(step, " ")
	if i, ok := intents[word]; ok {
		p.apply(step, Event{Body: Asked{Intent: i}})
		return
	}
	switch word {
	case "jump":
		n, err := strconv.Atoi(rest)
		require.NoError(p.t, err)
		p.apply(step, Event{Body: Asked{Intent: Jump, N: n}})
	case "choose":
		n, err := strconv.Atoi(rest)
		require.NoError(p.t, err)
		p.apply(step, Event{Body: Asked{Intent: Choose, N: n}})
	case "refuse":
		e := p.take(step, func(v Verb) bool { _, ok := v.(Act); return ok })
		p.apply(step, Event{Step: e.Step, Body: ActionSkipped{Action: e.Verb.(Act).Action, Why: rest}})
	case "seal":
		p.apply(step, Event{Body: FaultSealed{Hash: "3fa9"}})
	case "open":
		e := p.take(step, func(v Verb) bool { _, ok := v.(OpenSeal); return ok })
		p.apply(step, Event{Step: e.Step, Body: p.success(e.Verb)})
	case "close":
		p.apply(step, Event{Body: TicketClosed{ID: "T-1", Target: "lamp-2"}})
	case "answer":
		e := p.take(step, chapterWork)
		if v, ok := e.Verb.(InjectFault); ok {
			p.State, _ = Apply(p.State, Event{At: p.at, Body: FaultInjected{Plan: v.Plan, By: ByDemo}})
		}
		p.apply(step, Event{Step: e.Step, Body: p.success(e.Verb)})
	case "fail":
		e := p.take(step, chapterWork)
		p.apply(step, Event{Step: e.Step, Body: EffectFailed{Err: rest}})
	case "proof":
		e := p.take(step, func(v Verb) bool { _, ok := v.(Prove); return ok })
		p.apply(step, Event{Step: e.Step, Body: p.success(e.Verb)})
	case "wrong":
		p.apply(step, Event{Body: Violation{Name: ViolationStale, Key: rest, Lower: 2, Upper: 3, Read: 1, When: SeenInRun}})
	case "tick":
		e := p.take(step, func(v Verb) bool { w, wait := v.(Wait); return wait && (rest == "" || w.For.String() == rest) })
		p.apply(step, Event{Step: e.Step, Body: Waited{}})
	case "lamps":
		p.apply(step, Event{Body: HealthSeen{Snapshot: p.lamps(rest)}})
	case "load":
		n, err := strconv.ParseInt(rest, 10, 64)
		require.NoError(p.t, err)
		p.apply(step, Event{Body: LoadSeen{LoadSample{Ops: n, P99: Micros(2 * time.Millisecond)}}})
	case "slow":
		p.apply(step, Event{Body: LoadSeen{LoadSample{Ops: 100, P99: Micros(300 * time.Millisecond)}}})
	case "signal":
		p.apply(step, Event{Body: SignalSeen{Name: rest, Target: "lamp-2"}})
	case "clear":
		p.apply(step, Event{Body: SignalSeen{Name: rest, Target: "lamp-2", Cleared: true}})
	case "ticket":
		p.apply(step, Event{Body: TicketOpened{ID: "T-1", Invariant: "lamp_out", Target: "lamp-2"}})
	default:
		p.t.Fatalf("no such step: %q", step)
	}
}

// chapterWork says of an effect that it is neither a pause nor beside the play.
func chapterWork(v Verb) bool {
	switch v.(type) {
	case Wait, Prove:
		return false
	}
	return true
}

// take removes the oldest effect that fits from those that await an answer.
func (p *play) take(step string, fits func(Verb) bool) Effect {
	for i, e := range p.pending {
		if fits(e.Verb) {
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
			return e
		}
	}
	p.t.Fatalf("%s: nothing waits for it; so far:\n%s", step, p.trace.String())
	return Effect{}
}

var lampPlan = Plan{Fault: "unscrew", FaultType: TypeCrashed, Target: "lamp-2", Reason: "by lot", Seed: 7, Effect: "unscrew lamp-2", Undo: "screw it in"}

func (p *play) success(v Verb) Body {
	switch v := v.(type) {
	case StartCluster:
		return ClusterReady{PD: "the switchboard", Stores: 3, Took: Millis(time.Second)}
	case StartLoad:
		return LoadStarted{Records: 10}
	case PlanFault:
		return FaultPlanned{Plan: lampPlan}
	case InjectFault:
		return FaultConfirmed{Fault: v.Plan.Fault, Target: v.Plan.Target}
	case LiftFault:
		return FaultLifted{Fault: v.Plan.Fault, Target: v.Plan.Target, By: v.By}
	case Act:
		return ActionDone{Action: v.Action, By: ByAgent}
	case Diagnose:
		return DiagnosisFinished{Source: "RULES", Component: "lamp-2", FaultType: TypeCrashed, Action: Action{Name: ActionRestart, Target: "lamp-2"}, Correct: true}
	case OpenSeal:
		return FaultOpened{Hash: p.Sealed, Matches: true, Text: fmt.Sprint(v.Answer != nil)}
	case Prove:
		return DataProved{Stores: []StoreProof{{Store: v.Stores[0], Records: 5}}}
	case Verify:
		return LedgerVerified{Acked: 100, Checked: 10}
	}
	p.t.Fatalf("no answer to %T", v)
	return nil
}

// lamps gives a look at the lamps: "up", or "out" with lamp-2 dark.
func (p *play) lamps(how string) Snapshot {
	s := Snapshot{LastUpdated: p.at}
	for i := 1; i <= 3; i++ {
		n := Node{ID: strconv.Itoa(i), Name: fmt.Sprintf("lamp-%d", i), Type: "lamp", Role: RoleData, Health: HealthUp, Leaders: 3, LastBeat: p.at}
		if how == "out" && i == 2 {
			n.Health, n.Leaders, n.LastBeat = HealthSuspect, 0, p.at.Add(-time.Minute)
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}

const (
	toHealth    = "press; answer; lamps up"
	toLoad      = toHealth + "; press; answer; load 100; load 100; load 100; load 100; load 100"
	toFault     = toLoad + "; tick 3s; answer"
	toDark      = toFault + "; press; tick 1s; tick 1s; tick 1s; answer"
	toTicket    = toDark + "; press; signal status_probe; signal client_errors; ticket; lamps out"
	toAnswer    = toTicket + "; press; answer"
	toRecovery  = toAnswer + "; press; yes; answer"
	toRecovered = toRecovery + "; clear status_probe; lamps up; load 100; load 100; load 100"
	toComplete  = toRecovered + "; tick 3s; answer"

	// an injection that failed half-way, and the action that was approved, which is under way
	toHalfMended = toFault + "; press; tick 1s; tick 1s; tick 1s; fail it slipped; force; signal status_probe; ticket; lamps out; press; answer; press; yes"
)

func TestTheWholeWalkthroughNeedsAKeyForEachChapterAndOneYes(t *testing.T) {
	p := newPlay(t, Options{})
	p.trace.Reset()
	p.run(toComplete)
	p.run("quit")
	require.Equal(t, strings.TrimSpace(`
press: [chapter.done 1 key] [chapter.entered 2 key] start the cluster wait(1m0s) | health
answer: | health
lamps up: | health
press: [chapter.done 2 key] [chapter.entered 3 key] start the load wait(1m0s) | load
answer: | load
load 100: | load
load 100: | load
load 100: | load
load 100: | load
load 100: wait(3s) | load
tick 3s: [chapter.done 3 auto] [chapter.entered 4 auto] plan the fault | fault
answer: [hypothesis.stated] | fault
press: wait(1s) | fault
tick 1s: wait(1s) | fault
tick 1s: wait(1s) | fault
tick 1s: inject the fault | fault
answer: | fault
press: [chapter.done 4 key] [chapter.entered 5 key] wait(45s) | detection
signal status_probe: | detection
signal client_errors: | detection
ticket: | detection
lamps out: | detection
press: [chapter.done 5 key] [chapter.entered 6 key] diagnose wait(45s) | diagnosis
answer: [action.proposed] | diagnosis
press: [action.asked] | diagnosis
yes: [action.approved presenter] [chapter.done 6 key] [chapter.entered 7 key] carry out the action wait(20s) wait(1m30s) | recovery
answer: wait(20s) wait(30s) wait(40s) wait(1m0s) [recovery.stage] | recovery
clear status_probe: [recovery.stage] | recovery
lamps up: [recovery.stage] [recovery.stage] read through the store | recovery
load 100: | recovery
load 100: | recovery
load 100: [recovery.stage] [recovered agent] wait(3s) | recovery
tick 3s: [chapter.done 7 auto] [chapter.entered 8 auto] verify the ledger wait(1m30s) | complete
answer: [hypothesis.judged] | complete
quit: finish(complete) | complete`), strings.TrimSpace(p.trace.String()))
	require.Equal(t, 4*time.Second, ScoreOf(p.State).TTD)
	require.True(t, ScoreOf(p.State).Correct)
}

func TestWithoutAPresenterThePlayGoesOnByItself(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true})
	p.run("tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer")
	p.run("tick 2s; tick 1s; tick 1s; tick 1s; answer; tick 3s; signal status_probe; ticket; lamps out; tick 3s; answer; tick 3s; answer")
	p.run("clear status_probe; lamps up; load 100; load 100; load 100; tick 3s; answer; tick 3s")
	require.NotNil(t, p.Finished)
	require.Equal(t, OutcomeComplete, p.Finished.Outcome)
	require.Equal(t, ByAuto, p.ApprovedBy())
	require.Zero(t, p.Finished.Forced)
}
