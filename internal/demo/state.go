package demo

import (
	"slices"
	"time"
)

// Options are what the command line decides about a play.
type Options struct {
	Auto        bool   `json:"auto,omitempty"`         // no keys needed: every open gate is passed after a pause
	AutoApprove bool   `json:"auto_approve,omitempty"` // the proposed action needs nobody's yes
	Loop        bool   `json:"loop,omitempty"`         // after the last chapter, begin again
	Rehearsal   bool   `json:"rehearsal,omitempty"`    // nobody looks on yet
	Lang        string `json:"lang,omitempty"`         // of the words on the screen; "" is English
	From        int    `json:"from,omitempty"`         // number of the chapter at which the presenter takes over, see from.go
	TakeOver    string `json:"take_over,omitempty"`    // the record from which the talk can go on, see takeover.go; "" for none
	Fault       string `json:"fault,omitempty"`        // name of the fault that will be done, for the screen
	Profile     string `json:"profile,omitempty"`      // stage or real

	// Of the talk, for the first chapter; each may be "". They are here, and not with
	// the screen, because a replay shows them too.
	Title   string `json:"title,omitempty"`
	Speaker string `json:"speaker,omitempty"`
	Event   string `json:"event,omitempty"`

	// Unseen says that nobody looks on: the play measures, see unseen.go.
	Unseen     bool          `json:"unseen,omitempty"`
	TicketWait time.Duration `json:"ticket_wait_ns,omitempty"` // how long an unseen play waits for a ticket
}

// State is a whole run at one moment. It is a value: Apply returns a changed
// copy and never writes into slices or maps that an older State still holds.
// Each part is one concern; the parts are embedded for short names.
type State struct {
	Options  Options
	Chapters []Chapter

	Rev   uint64    // changes when something else is on offer
	Play  int       // number of this play, 1 for the first; a restart begins the next
	Now   time.Time // of the latest event
	Began time.Time // of the first event

	Talk
	Incident
	Case
	Telemetry

	Log      []LogLine    // at most logKept, oldest first
	Finished *RunFinished // set once, by leaving or by a failure

	nextStep Step
	nextLine uint64
	pending  []pendingEffect

	offers    []Offer // as of Rev
	offeredAt offered
}

// Talk is where the presenter is, and what waits for the presenter.
type Talk struct {
	TalkAt  time.Time // when the first chapter was left; zero before
	Current int       // index of the chapter that is shown
	Reached int       // index of the furthest chapter entered
	Visits  []Visit   // one for each chapter
	Forced  int       // gates that were forced
	Armed   bool      // an advance was asked for before the gate opened

	Mode      Mode          // what the play as a whole does, or did when it ended
	ModeSince time.Time     // when it began to; zero for what it began with
	Paused    time.Duration // how long the questions from the audience took that are over

	Question  Question   // open question to the presenter; see pose and closeQuestion
	AskedAt   time.Time  // when the action was last put before the presenter
	InVain    int        // how many rounds of a loop failed in a row before this one
	Refusal   Refusal    // why the latest press did nothing; see refuse
	TakeOvers []TakeOver // parts of the talk that were shown from a record
	KeptFor   string     // why the chapter files as they are now are not shown, "" when they are

	abandoned   bool // a second interrupt did not wait for the repair
	refusedAt   time.Time
	posedAt     time.Time // when the open question was posed
	refusedOpen bool      // whether the gate was open then
}

// Incident is the fault from its plan to the proven recovery.
type Incident struct {
	Phase     Phase
	Plan      *Plan        // nil in PhaseNone
	Sealed    string       // the hash of what will be done, "" before
	Opened    *FaultOpened // what was sealed, nil before it is shown
	Countdown int          // 3, 2, 1 in PhaseCounting; 0 otherwise
	Injection Work         // how far the fault's injection is
	Repair    Work         // how far the latest repair is

	FaultAt   time.Time // when the fault began; from PhaseInjecting on
	Before    Snapshot  // the cluster as it was when the fault was asked for
	DoubtedAt time.Time // the first look in which the control plane itself missed the target
	DoubtedAs string    // what it called the target then, in its own word
	RepairAt  time.Time // when the repair was begun; from PhaseMending on
	LiftedAt  time.Time // when the fault ended; from PhaseMended on
	AtLift    Snapshot  // the cluster as it was then
	MendedBy  string    // whose credit the end of the fault is, "" before
	Stages    []Stage
	Recovered *Recovered // set in PhaseRecovered
	Dip       Dip

	Hypothesis *Hypothesis       // what is expected, nil before the plan
	Return     Return            // how p99 comes back
	Judged     *HypothesisJudged // nil before the end

	liftTried bool // the end of the talk, or of its round, has tried to repair it
}

// Phase says how far the incident is. The phases are in order: what has begun
// is larger than what has not.
type Phase int

// The phases of an incident.
const (
	PhaseNone      Phase = iota // nothing is planned
	PhaseAimed                  // the target is named, nothing has begun
	PhaseCounting               // 3, 2, 1
	PhaseInjecting              // the fault is being done
	PhaseHalf                   // its injection failed: what was done of it is not known
	PhaseOpen                   // the fault is in, and nobody repairs it
	PhaseMending                // a repair was begun; Repair says how far it is
	PhaseMended                 // the fault is lifted; the recovery is being proven
	PhaseRecovered              // every stage of the recovery was seen
)

// Case is the diagnosis and what was decided about the action that it proposes.
type Case struct {
	Asking   *DiagnosisStarted
	Outgoing *OutgoingSeen // what the diagnosis sends away, nil before
	Prose    string        // the answer so far
	Claims   []Claim       // its claims so far, each with the outcome of its check
	Answer   *DiagnosisFinished

	Decision   Decision // about the action that it proposes
	DecidedBy  string   // who allowed or refused it, "" while it is undecided
	DecidedFor string   // why it was refused, or not done although it was allowed
}

// Decision is what became of a proposed action.
type Decision int

// The decisions.
const (
	Undecided Decision = iota
	Approved           // it is carried out, or was
	Denied
	Skipped // it was approved, and not done: what it is for does not hold
)

// ApprovedBy gives who allowed the action, "" where nobody has.
func (c Case) ApprovedBy() string {
	if c.Decision == Approved || c.Decision == Skipped {
		return c.DecidedBy
	}
	return ""
}

// DeniedFor gives why the action was refused, "" where it was not.
func (c Case) DeniedFor() string {
	if c.Decision == Denied {
		return c.DecidedFor
	}
	return ""
}

// SkippedFor gives why the action was not done although it was allowed.
func (c Case) SkippedFor() string {
	if c.Decision == Skipped {
		return c.DecidedFor
	}
	return ""
}

// Telemetry is what the sources have seen so far.
type Telemetry struct {
	Cluster  ClusterReady // zero until it is ready (PD is never empty then)
	Snapshot Snapshot
	Regions  RegionMap   // where the regions are, and which leaders have moved
	Load     []LoadPoint // at most loadKept seconds, oldest first
	LoadOn   bool        // the workload runs
	Total    LoadTotal   // since the load began; nothing is dropped from it
	Baseline Baseline
	Signals  []SignalPoint
	Tickets  []Ticket
	Ledger   *LedgerVerified

	Violated   int64            // violations seen so far
	Violations []ViolationPoint // the first violationsKept of them
	Proof      *DataProved      // what was read through the stores that came back, nil before
	Record     string           // path of the record, "" where it is not known
	Seal       *RecordSealed    // head of the record when the play was verified, nil before
}

// Visit is what has happened in one chapter so far.
type Visit struct {
	EnteredAt time.Time // zero: not yet
	LeftAt    time.Time // zero: not yet
	LeftBy    string    // one of the By… constants, "" before
	OpenedAt  time.Time // when its gate was first seen open; zero: not yet
	PressedAt time.Time // when an advance was first asked for before that; zero: not
	Paused    time.Duration
	Work      Work
	Late      bool // the gate did not open within its limit
	Stays     bool // somebody took back that the play goes on from here
}

// WorkState says how far a chapter's effect is.
type WorkState int

// The states of a chapter's effect.
const (
	WorkNone WorkState = iota // there is none, or it has not begun
	WorkRunning
	WorkDone
	WorkFailed
)

// Work is a chapter's effect as the screen shows it.
type Work struct {
	State       WorkState
	Text        string // what it is doing
	Done, Total int64  // progress; Total 0 when unknown
	Err         string // why it failed
	verb        Verb   // to be tried again
}

// LoadPoint is one second of the workload with its time.
type LoadPoint struct {
	At time.Time
	LoadSample
}

// Baseline is the workload before anything was broken.
type Baseline struct {
	At  time.Time // zero: not taken yet
	Ops float64   // operations a second
	P99 time.Duration
}

// SignalPoint is one signal with its time.
type SignalPoint struct {
	At time.Time
	SignalSeen
}

// ViolationPoint is one violation with its time.
type ViolationPoint struct {
	At time.Time
	Violation
}

// Ticket is a ticket and when it was opened and closed.
type Ticket struct {
	TicketOpened
	OpenedAt time.Time
	ClosedAt time.Time // zero while it is open
	Versions []Version // every diagnosis of it, oldest first
}

// LogLine is one event of the log. What it says is for the front end.
type LogLine struct {
	At   time.Time
	Body Body
}

// Question is something that the presenter must answer before anything else.
type Question int

// The questions.
const (
	NoQuestion     Question = iota
	AskQuitFault            // leave although a fault is open? It is lifted first.
	AskApprove              // is the proposed action to be carried out?
	AskReason               // why not?
	AskQuorum               // break so much that regions lose their quorum?
	AskQuorumAgain          // really?
	AskTakeOver             // go on from a record?
	AskRestart              // play the talk again? Its clock begins anew.
)

// What is kept of a long run; older entries are dropped from the screen's
// memory (the record has them all).
const (
	loadKept    = 30 * 60
	signalsKept = 200
	ticketsKept = 50
	logKept     = 500

	violationsKept = 100
	proseKept      = 64 << 10
	claimsKept     = 200
)

// New gives the state before the first event.
func New(chapters []Chapter, o Options) State {
	return State{Options: o, Chapters: chapters, Play: 1, Talk: Talk{Visits: make([]Visit, len(chapters)), Reached: -1}}
}

// Chapter gives the chapter that is shown.
func (s State) Chapter() Chapter { return s.Chapters[s.Current] }

// AtFront says whether the shown chapter is the furthest one.
func (s State) AtFront() bool { return s.Current == s.Reached }

// FaultBegun says whether the fault was at least begun.
func (s State) FaultBegun() bool { return s.Phase >= PhaseInjecting }

// FaultIn says whether the fault was done, repaired or not.
func (s State) FaultIn() bool { return s.Phase >= PhaseOpen }

// FaultOpen says whether something is broken, or may be, and is not repaired.
func (s State) FaultOpen() bool { return s.FaultBegun() && !s.Lifted() }

// Lifted says whether the fault was undone.
func (s State) Lifted() bool { return s.Phase >= PhaseMended }

// WorkOf gives the effect that chapter i is about: its own, or the injection or
// the repair once that has begun.
func (s State) WorkOf(i int) Work {
	switch on := s.Chapters[i].OnEnter; {
	case on == OnEnterFault && s.Injection.State != WorkNone:
		return s.Injection
	case on == OnEnterRecover && s.Repair.State != WorkNone:
		return s.Repair
	}
	return s.Visits[i].Work
}

// TargetTicket gives the first ticket for the fault's target that opened after
// the fault.
func (s State) TargetTicket() (Ticket, bool) {
	if !s.FaultBegun() {
		return Ticket{}, false
	}
	for _, t := range s.Tickets {
		if t.Target == s.Plan.Target && !t.OpenedAt.Before(s.FaultAt) {
			return t, true
		}
	}
	return Ticket{}, false
}

// SignalActive says whether a signal for a node has been seen and not cleared.
func (s State) SignalActive(name, target string) bool {
	for i := len(s.Signals) - 1; i >= 0; i-- {
		if p := s.Signals[i]; p.Name == name && p.Target == target {
			return !p.Cleared
		}
	}
	return false
}

// StillTrusted says whether the control plane goes on calling the target
// healthy although the fault is in.
func (s State) StillTrusted() bool {
	if !s.FaultOpen() || s.Snapshot.Error != "" {
		return false
	}
	n, known := s.Snapshot.Node(s.Plan.Target)
	return known && n.Health == HealthUp
}

// Elapsed gives the time since the talk's clock started, as of now, without the
// questions.
func (s State) Elapsed(now time.Time) time.Duration {
	if s.TalkAt.IsZero() {
		return 0
	}
	return now.Sub(s.TalkAt) - s.Paused - s.Pausing(now)
}

// keep appends to a slice that older states may share, dropping the oldest
// entries beyond max.
func keep[T any](xs []T, x T, limit int) []T {
	if len(xs) >= limit {
		xs = xs[len(xs)-limit+1:]
	}
	return append(slices.Clip(xs), x)
}
