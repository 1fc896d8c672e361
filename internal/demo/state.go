package demo

import (
	"slices"
	"time"
)

// Options are what the command line decides about a play.
type Options struct {
	Auto        bool   // no keys needed: every open gate is passed after a pause
	AutoApprove bool   // the proposed action needs nobody's yes
	Loop        bool   // after the last chapter, begin again
	Fault       string // name of the fault that will be done, for the screen
	Profile     string // stage or real

	// Unseen says that nobody looks on: the play measures, see unseen.go.
	Unseen     bool
	TicketWait time.Duration // how long an unseen play waits for a ticket
}

// State is a whole run at one moment. It is a value: Apply returns a changed
// copy and never writes into slices or maps that an older State still holds.
type State struct {
	Options  Options
	Chapters []Chapter

	Now     time.Time // of the latest event
	Began   time.Time // of the first event
	TalkAt  time.Time // when the first chapter was left; zero before
	Current int       // index of the chapter that is shown
	Reached int       // index of the furthest chapter entered
	Visits  []Visit   // one for each chapter
	Forced  int       // gates that were forced
	Armed   bool      // an advance was asked for before the gate opened

	Question Question // open question to the presenter
	Refusal  string   // why the latest press did nothing; cleared by the next one

	Cluster  ClusterReady // zero until it is ready (PD is never empty then)
	Snapshot Snapshot
	Load     []LoadPoint // at most loadKept seconds, oldest first
	LoadOn   bool        // the workload runs
	Baseline Baseline

	Sealed    string       // the hash of what will be done, "" before
	Opened    *FaultOpened // what was sealed, nil before it is shown
	Plan      *Plan        // chosen, not yet (or already) done
	Countdown int          // 3, 2, 1; 0 while nobody counts
	FaultAt   time.Time
	LiftedAt  time.Time
	Before    Snapshot  // the cluster as it was when the fault went in
	AtLift    Snapshot  // the cluster as it was when the fault was lifted
	DoubtedAt time.Time // the first look in which the control plane itself missed the target

	Signals   []SignalPoint
	Tickets   []Ticket
	Asking    *DiagnosisStarted
	Outgoing  *OutgoingSeen // what the diagnosis sends away, nil before
	Prose     string        // the answer so far
	Claims    []Claim       // its claims so far, each with the outcome of its check
	Answer    *DiagnosisFinished
	AnswerAt  time.Time
	AskedAt   time.Time // when the action was last put before the presenter
	Approved  string    // who allowed the action, "" while nobody has
	Denied    string    // why it was refused, "" while it was not
	Skipped   string    // why it was not done although it was allowed
	MendedBy  string    // whose credit the end of the fault is, "" before
	Stages    []Stage
	Recovered *Recovered
	Ledger    *LedgerVerified

	Log      []LogLine    // at most logKept, oldest first
	Finished *RunFinished // set once, by Quit or failure

	nextStep Step
	nextLine uint64
	pending  []pendingEffect
}

// Visit is what has happened in one chapter so far.
type Visit struct {
	EnteredAt time.Time // zero: not yet
	LeftAt    time.Time // zero: not yet
	Work      Work
	Late      bool // the gate did not open within its limit
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

// Ticket is a ticket and when it was opened and closed.
type Ticket struct {
	TicketOpened
	OpenedAt time.Time
	ClosedAt time.Time // zero while it is open
	Versions []Version // every diagnosis of it, oldest first
}

// LogLine is one line of the event log.
type LogLine struct {
	At   time.Time
	Who  string // presenter, demo, monitor, chaos, diagnosis, load, cluster
	Text string
}

// Question is something that the presenter must answer before anything else.
type Question int

// The questions.
const (
	NoQuestion     Question = iota
	AskQuitFault            // leave although a fault is open? It is lifted first.
	Leaving                 // the fault is being lifted; then the run ends
	AskApprove              // is the proposed action to be carried out?
	AskReason               // why not?
	AskQuorum               // break so much that regions lose their quorum?
	AskQuorumAgain          // really?
)

// What is kept of a long run; older entries are dropped from the screen's
// memory (the record has them all).
const (
	loadKept    = 30 * 60
	signalsKept = 200
	ticketsKept = 50
	logKept     = 500
	proseKept   = 64 << 10
	claimsKept  = 200
)

// New gives the state before the first event.
func New(chapters []Chapter, o Options) State {
	return State{Options: o, Chapters: chapters, Visits: make([]Visit, len(chapters)), Reached: -1}
}

// Chapter gives the chapter that is shown.
func (s State) Chapter() Chapter { return s.Chapters[s.Current] }

// AtFront says whether the shown chapter is the furthest one.
func (s State) AtFront() bool { return s.Current == s.Reached }

// FaultOpen says whether something is broken, or is being broken, and not mended.
func (s State) FaultOpen() bool {
	if !s.FaultAt.IsZero() && s.LiftedAt.IsZero() {
		return true
	}
	return slices.ContainsFunc(s.pending, func(p pendingEffect) bool {
		_, ok := p.verb.(InjectFault)
		return ok
	})
}

// TargetTicket gives the first ticket for the fault's target that opened after
// the fault.
func (s State) TargetTicket() (Ticket, bool) {
	if s.Plan == nil || s.FaultAt.IsZero() {
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
	if s.FaultAt.IsZero() || !s.LiftedAt.IsZero() || s.Snapshot.Error != "" {
		return false
	}
	n, known := s.Snapshot.Node(s.Plan.Target)
	return known && n.Health == HealthUp
}

// Elapsed gives the time since the talk's clock started, as of now.
func (s State) Elapsed(now time.Time) time.Duration {
	if s.TalkAt.IsZero() {
		return 0
	}
	return now.Sub(s.TalkAt)
}

// Budget gives the sum of all chapters' budgets.
func (s State) Budget() time.Duration {
	var sum time.Duration
	for _, c := range s.Chapters {
		sum += c.Budget
	}
	return sum
}

// keep appends to a slice that older states may share, dropping the oldest
// entries beyond max.
func keep[T any](xs []T, x T, limit int) []T {
	if len(xs) >= limit {
		xs = xs[len(xs)-limit+1:]
	}
	return append(slices.Clip(xs), x)
}
