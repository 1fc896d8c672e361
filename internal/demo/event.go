package demo

import "time"

// Step numbers the effects of a run. An answer carries the step of the effect
// that asked for it, so that a late one is recognised and dropped.
type Step uint64

// Event is one thing that happened.
type Event struct {
	At   time.Time
	Step Step   // of the effect that this answers; 0 for what nobody asked for
	Line uint64 // of the record that holds the body; 0 for none
	Play int    // number of the play in which a source saw it; 0 is not checked
	Body Body
}

// Body is what happened. Kind names it; the kinds of the record's contract are
// written to the record, the others (an empty Kind) only move the play.
type Body interface{ Kind() string }

// Who did or allowed a thing.
const (
	ByKey       = "key"
	ByAuto      = "auto"
	ByGate      = "gate"
	ByForced    = "forced"
	ByLimit     = "limit" // an unseen play waited long enough
	ByFrom      = "from"  // nobody: the presenter takes over at a later chapter
	ByDemo      = "demo"
	ByPresenter = "presenter"
	ByAgent     = "agent"  // who diagnosed: the action that it proposed was carried out
	ByItself    = "itself" // nobody repaired anything
)

// How a run ended.
const (
	OutcomeComplete = "complete"
	OutcomeQuit     = "quit"
	OutcomeFailed   = "failed"
)

// What the record says, in the order of a run.
type (
	// RunStarted opens a record.
	RunStarted struct {
		Version  string   `json:"version"`
		Cluster  string   `json:"cluster"`
		Profile  string   `json:"profile"`
		Fault    string   `json:"fault"`
		Seed     int64    `json:"seed"`
		Chapters []string `json:"chapters"`

		Schema int               `json:"schema,omitempty"` // version of the record; missing in version 1
		Run    string            `json:"run,omitempty"`    // id of the run, another one for each play
		Build  map[string]string `json:"build,omitempty"`  // versions: commit, go, kernel, docker
		Host   map[string]string `json:"host,omitempty"`   // the machine: os, arch, cores, memory, load
		Flags  map[string]string `json:"flags,omitempty"`  // every flag in force

		Rehearsal bool `json:"rehearsal,omitempty"` // it was no talk yet
	}
	// ChapterEntered says that a chapter is shown for the first time.
	ChapterEntered struct {
		N     int    `json:"n"`
		ID    string `json:"id"`
		Title string `json:"title"`
		By    string `json:"by"`
	}
	// ChapterDone says that a chapter was left for the next.
	ChapterDone struct {
		N     int    `json:"n"`
		ID    string `json:"id"`
		Title string `json:"title"`
		By    string `json:"by"`
	}
	// ClusterReady says that the cluster serves.
	ClusterReady struct {
		Took   Millis `json:"took_ms"`
		PD     string `json:"pd"`     // endpoint of the control plane
		Stores int    `json:"stores"` // nodes that hold data
		Label  string `json:"label"`  // what the badge says: "embedded, 1 PD + 3 stores"

		Versions map[string]string `json:"versions,omitempty"` // of the subject's programs
	}
	// HealthSeen is one snapshot from the health poller.
	HealthSeen struct {
		Snapshot
	}
	// RegionsSeen is one look at where the regions are.
	RegionsSeen struct {
		RegionMap
	}
	// LoadSeen is one second of the workload.
	LoadSeen struct {
		LoadSample
	}
	// FaultSealed fixes what will be done before it is done: it is the SHA-256 of
	// a line that is shown afterwards.
	FaultSealed struct {
		Hash string `json:"sha256"`
	}
	// FaultOpened shows that line, and how right the answers were.
	FaultOpened struct {
		Hash    string   `json:"sha256"`
		Nonce   string   `json:"nonce"` // in the line, so that nobody can guess it
		Text    string   `json:"text"`  // the line
		Matches bool     `json:"matches"`
		Why     string   `json:"why,omitempty"` // when it does not
		Card    []Scored `json:"card"`
	}
	// FaultInjected says that the fault begins: its time is the fault's time.
	FaultInjected struct {
		Plan
		By string `json:"by"`
	}
	// FaultConfirmed says that the fault is in, as the backend reports it.
	FaultConfirmed struct {
		Fault      string `json:"fault"`
		Target     string `json:"target"`
		SinceFault Millis `json:"since_fault_ms"`
	}
	// FaultLifted says that the fault was undone.
	FaultLifted struct {
		Fault  string `json:"fault"`
		Target string `json:"target"`
		By     string `json:"by"`
	}
	// SignalSeen is one symptom as the monitor saw it, or (Cleared) its end.
	SignalSeen struct {
		Name       string `json:"name"`
		Target     string `json:"target"`
		Cleared    bool   `json:"cleared,omitempty"`
		Detail     string `json:"detail,omitempty"`
		SinceFault Millis `json:"since_fault_ms,omitempty"`
	}
	// TicketOpened says that an invariant is violated.
	TicketOpened struct {
		ID         string   `json:"id"`
		Invariant  string   `json:"invariant"`
		Target     string   `json:"target"`
		Severity   Severity `json:"severity"`
		Message    string   `json:"message"`
		Signals    []string `json:"signals,omitempty"` // the signals that agreed
		SinceFault Millis   `json:"since_fault_ms,omitempty"`
	}
	// TicketClosed says that an invariant has held for several looks in a row.
	TicketClosed struct {
		ID         string    `json:"id"`
		Invariant  string    `json:"invariant"`
		Target     string    `json:"target"`
		Severity   Severity  `json:"severity"`
		Message    string    `json:"message"`
		FirstSeen  time.Time `json:"first_seen"`
		LastSeen   time.Time `json:"last_seen"`
		Count      int       `json:"count"`
		SinceFault Millis    `json:"since_fault_ms,omitempty"`
	}
	// QuestionOpened says that a question from the audience stops the talk's clock.
	QuestionOpened struct {
		Elapsed Millis `json:"elapsed_ms"` // where the clock stands
	}
	// QuestionClosed says that the clock runs again.
	QuestionClosed struct {
		Took Millis `json:"took_ms"`
	}
	// TakenOver says that the screen goes on from a record: the live talk hangs.
	TakenOver struct {
		N      int    `json:"n"` // chapter in which the live talk stands
		ID     string `json:"id"`
		Record string `json:"record"` // which record it is
	}
	// RecordShown says which chapter of which record the screen shows from now on,
	// in the place of the live talk.
	RecordShown struct {
		N    int       `json:"n"`
		ID   string    `json:"id"`
		Run  string    `json:"run,omitempty"`  // id of the recorded run
		Head string    `json:"head,omitempty"` // of its record
		Of   time.Time `json:"of"`             // time in the record
	}
	// RecordMoved is how the play hears of it.
	RecordMoved struct{ RecordShown }
	// LiveWell says that the live talk could go on, while a record is shown.
	LiveWell struct {
		After Millis `json:"after_ms"` // since the live talk was left
	}
	// LiveAgain says that the screen shows the live talk again.
	LiveAgain struct {
		N    int    `json:"n"` // chapter in which it stands
		ID   string `json:"id"`
		Took Millis `json:"took_ms,omitempty"` // how long a record was shown
	}
	// DiagnosisStarted says who begins to look at what. A second one for the
	// same ticket says that the one before gave no answer, and Why.
	DiagnosisStarted struct {
		Source   string     `json:"source"` // RULES, CLAUDE LIVE, RECORDED
		Ticket   string     `json:"ticket"`
		Evidence []Evidence `json:"evidence"` // the frozen bundle
		Why      string     `json:"why,omitempty"`
		Beside   []Verdict  `json:"beside,omitempty"` // what others who were asked at the same time already say
	}
	// DiagnosisDelta is a piece of the answer's prose as it streams in, with the
	// claims that it completed.
	DiagnosisDelta struct {
		Source string  `json:"source"`
		Text   string  `json:"text"`
		Claims []Claim `json:"claims,omitempty"`
	}
	// DiagnosisFinished is the whole answer.
	DiagnosisFinished struct {
		Source       string        `json:"source"`
		Component    string        `json:"component"`
		FaultType    string        `json:"fault_type"`
		RootCause    string        `json:"root_cause"`
		Evidence     []int         `json:"evidence"`
		Alternatives []Alternative `json:"alternatives"`
		Action       Action        `json:"action"`
		Verified     float64       `json:"verified"` // share of its claims that the evidence supports, 0 to 1
		Correct      bool          `json:"correct"`  // right: component and fault type are the truth
		Grounded     bool          `json:"grounded"` // every claim holds, and facts show the conclusion and none excludes it
		Took         Millis        `json:"took_ms"`

		Terms  Terms     `json:"terms,omitzero"`   // of the action
		Risk   string    `json:"risk,omitempty"`   // of the action, in the answer's own words
		Claims []Claim   `json:"claims,omitempty"` // every claim, with the outcome of its check
		Usage  *Usage    `json:"usage,omitempty"`  // what asking a model cost
		Beside []Verdict `json:"beside,omitempty"` // what the others said who were asked at the same time
	}
	// ActionProposed says what a diagnosis would have done, and on which terms.
	ActionProposed struct {
		Action
		Terms
		By string `json:"by"`
	}
	// ActionAsked says that it was put before the presenter.
	ActionAsked struct {
		Action
	}
	// ActionApproved says who allowed it.
	ActionApproved struct {
		Action
		By string `json:"by"`
	}
	// ActionDenied says who refused it, and why.
	ActionDenied struct {
		Action
		By     string `json:"by"`
		Reason string `json:"reason,omitempty"`
	}
	// ActionSkipped says that it was approved and not done: what it is for was
	// not so any more when it was to be carried out, or never had been.
	ActionSkipped struct {
		Action
		Why string `json:"why"`
	}
	// ActionDone says that it was carried out.
	ActionDone struct {
		Action
		By string `json:"by"` // whose action it was
	}
	// StageSeen is one stage of the recovery that came, or (Late) one that did not
	// come within its limit.
	StageSeen struct {
		Name       string `json:"name"`
		Late       bool   `json:"late,omitempty"`
		Limit      Millis `json:"limit_ms"`
		SinceFault Millis `json:"since_fault_ms"`
	}
	// Recovered says that every stage of the recovery was seen.
	Recovered struct {
		TTR        Millis  `json:"ttr_ms"`                   // from the fault to the last stage
		FromAction Millis  `json:"from_action_ms,omitempty"` // from the beginning of the repair to the last stage
		OpsRatio   float64 `json:"ops_ratio"`
		By         string  `json:"by"` // who repaired it: agent, presenter, demo or itself
	}
	// EffectFailed says in one line what went wrong and what to do.
	EffectFailed struct {
		Effect string `json:"effect"`
		Err    string `json:"error"`
	}
	// RunFinished closes a record.
	RunFinished struct {
		Outcome string `json:"outcome"`
		TTD     Millis `json:"ttd_ms"`
		TTR     Millis `json:"ttr_ms"`
		Lost    int64  `json:"lost"`              // keys with a violation
		Unknown int64  `json:"unknown,omitempty"` // keys that could not be read at the end
		Forced  int    `json:"forced"`            // gates that were forced

		// Verified says that every key was read again. A record of an earlier version has
		// no such field.
		Verified   bool              `json:"verified,omitempty"`
		Hypothesis HypothesisVerdict `json:"hypothesis,omitempty"`  // "" where nothing was broken
		LeftBroken []string          `json:"left_broken,omitempty"` // nodes that nobody waited to see repaired
	}
)

// What only moves the play.
type (
	// Asked is what the presenter wants.
	Asked struct {
		Intent Intent
		N      int    // chapter for Jump, number of the reason for Choose
		Who    string // who asks, "" for the one at the screen
		Rev    uint64 // the State.Rev that they saw; a stale one is refused. 0 is not checked
	}
	// LoadStarted says that the data is in and the workload runs.
	LoadStarted struct{ Records int64 }
	// FaultPlanned answers PlanFault.
	FaultPlanned struct{ Plan Plan }
	// Progressed tells how far a long effect is. Total 0 means unknown.
	Progressed struct {
		Text        string
		Done, Total int64
	}
	// RecordOpened says where the record of this play is.
	RecordOpened struct{ Path string }
	// Waited answers Wait.
	Waited struct{}
	// OutgoingSeen is what a diagnosis sends away from the machine, as it is sent.
	OutgoingSeen struct {
		To   string // address, "" where nothing is sent
		Text string
		Why  string // why nothing is sent after all, "" when it is
	}
	// SourceFailed says that a source (the workload, the monitor) ended early.
	SourceFailed struct{ Source, Err string }
)

// Intent is something that the presenter may ask for.
type Intent int

// The intents.
const (
	Advance Intent = iota + 1
	Back
	Jump
	Force   // leave a chapter whose gate is closed
	Retry   // execute a failed effect again
	Quit    // leave; asks first while a fault is open
	Confirm // yes to the open question
	Dismiss // no to the open question
	Restart // from chapter 8: play again
	Decide  // put the proposed action before the presenter
	Choose  // one of the open question's answers, by number
	// Interrupt leaves: what is broken is repaired first. A second one leaves at
	// once, and what is broken stays broken.
	Interrupt
	Pause // a question from the audience begins, or ends
	// TakingOver goes on from a record, or shows the live talk again.
	TakingOver
)

// Kind names the record's line.
func (RunStarted) Kind() string        { return "run.started" }
func (ChapterEntered) Kind() string    { return "chapter.entered" }
func (ChapterDone) Kind() string       { return "chapter.done" }
func (ClusterReady) Kind() string      { return "cluster.ready" }
func (HealthSeen) Kind() string        { return "health" }
func (RegionsSeen) Kind() string       { return "regions" }
func (LoadSeen) Kind() string          { return "load" }
func (FaultSealed) Kind() string       { return "fault.sealed" }
func (FaultOpened) Kind() string       { return "fault.opened" }
func (FaultInjected) Kind() string     { return "fault.injected" }
func (FaultConfirmed) Kind() string    { return "fault.confirmed" }
func (FaultLifted) Kind() string       { return "fault.lifted" }
func (SignalSeen) Kind() string        { return "signal" }
func (TicketOpened) Kind() string      { return "ticket.opened" }
func (TicketClosed) Kind() string      { return "ticket.closed" }
func (QuestionOpened) Kind() string    { return "question.opened" }
func (QuestionClosed) Kind() string    { return "question.closed" }
func (TakenOver) Kind() string         { return "talk.taken_over" }
func (RecordShown) Kind() string       { return "talk.record_shown" }
func (LiveWell) Kind() string          { return "talk.live_well" }
func (LiveAgain) Kind() string         { return "talk.live_again" }
func (DiagnosisStarted) Kind() string  { return "diagnosis.started" }
func (DiagnosisDelta) Kind() string    { return "diagnosis.delta" }
func (DiagnosisFinished) Kind() string { return "diagnosis.finished" }
func (ActionProposed) Kind() string    { return "action.proposed" }
func (ActionApproved) Kind() string    { return "action.approved" }
func (ActionAsked) Kind() string       { return "action.asked" }
func (ActionDenied) Kind() string      { return "action.denied" }
func (ActionSkipped) Kind() string     { return "action.skipped" }
func (ActionDone) Kind() string        { return "action.done" }
func (StageSeen) Kind() string         { return "recovery.stage" }
func (Recovered) Kind() string         { return "recovered" }
func (EffectFailed) Kind() string      { return "effect.failed" }
func (RunFinished) Kind() string       { return "run.finished" }

// Kind is empty: these are not in the record.
func (Asked) Kind() string        { return "" }
func (LoadStarted) Kind() string  { return "" }
func (FaultPlanned) Kind() string { return "" }
func (Progressed) Kind() string   { return "" }
func (RecordOpened) Kind() string { return "" }
func (RecordMoved) Kind() string  { return "" }
func (Waited) Kind() string       { return "" }
func (OutgoingSeen) Kind() string { return "" }
func (SourceFailed) Kind() string { return "" }
