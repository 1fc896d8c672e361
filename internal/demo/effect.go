package demo

import "time"

// Effect is one thing for the runner to do. Its last answer carries its Step.
// Effects that have no answer (Step 0) are numbered by Line instead, 1, 2, 3, …:
// a front end may execute effects at the same time, but the lines of the
// record keep their order. Effects with an answer name their play: they wait for
// its Reset.
type Effect struct {
	Play int
	Step Step
	Line uint64
	Verb Verb
}

// Verb is what is to be done.
type Verb interface{ verb() string }

// The verbs. Those marked (no answer) are executed and forgotten.
type (
	// StartCluster starts or attaches the cluster: ClusterReady.
	StartCluster struct{}
	// StartLoad loads the data and starts the workload: LoadStarted.
	StartLoad struct{}
	// PlanFault chooses fault and target, and seals that: FaultSealed, FaultPlanned.
	PlanFault struct{}
	// InjectFault executes the plan: FaultInjected when it begins, FaultConfirmed.
	InjectFault struct{ Plan Plan }
	// OpenSeal opens what was sealed, and holds an answer against it: FaultOpened.
	OpenSeal struct {
		Answer *DiagnosisFinished
		Ticket bool // the answer is about a ticket: something was detected
	}
	// Diagnose asks for the cause of a ticket: DiagnosisDelta…, DiagnosisFinished.
	// The zero ticket asks whether anything is wrong, as the evidence is now.
	Diagnose struct{ Ticket TicketOpened }
	// Act carries out an approved action: ActionDone, or ActionSkipped when its
	// precondition does not hold.
	Act struct {
		Action    Action
		FaultType string // what the diagnosis takes it to be good for
	}
	// Prove reads keys through stores that lead again, while the workload runs: DataProved.
	Prove struct{ Stores []string }
	// Verify stops the workload and reads every key again: LedgerVerified.
	Verify struct{}
	// Wait lets time pass: Waited.
	Wait struct{ For time.Duration }
	// LiftFault undoes the open fault whatever else happens: FaultLifted.
	LiftFault struct {
		Plan Plan
		By   string // whose credit it is
	}
	// Record writes a line to the record (no answer).
	Record struct {
		At   time.Time
		Body Body
	}
	// Reset stops the workload and the monitor, so that the play can begin again (no answer).
	Reset struct{ Play int } // number of the play that begins
	// Finish ends the run (no answer).
	Finish struct {
		At      time.Time
		Outcome RunFinished
	}
)

// NameOf names what a verb does: "inject the fault".
func NameOf(v Verb) string { return v.verb() }

func (StartCluster) verb() string { return "start the cluster" }
func (StartLoad) verb() string    { return "start the load" }
func (PlanFault) verb() string    { return "plan the fault" }
func (InjectFault) verb() string  { return "inject the fault" }
func (OpenSeal) verb() string     { return "open the seal" }
func (Diagnose) verb() string     { return "diagnose" }
func (Act) verb() string          { return "carry out the action" }
func (Prove) verb() string        { return "read through the store" }
func (Verify) verb() string       { return "verify the ledger" }
func (Wait) verb() string         { return "wait" }
func (LiftFault) verb() string    { return "lift the fault" }
func (Record) verb() string       { return "record" }
func (Reset) verb() string        { return "reset" }
func (Finish) verb() string       { return "finish" }

// answers says whether a body can be the answer to a verb. Anything else with a
// step is a mistake of the one who executes it, and is dropped.
func answers(b Body, v Verb) bool {
	ok := false
	switch b.(type) {
	case EffectFailed:
		ok = true
	case Progressed:
		_, wait := v.(Wait)
		ok = !wait
	case Waited:
		_, ok = v.(Wait)
	case ClusterReady:
		_, ok = v.(StartCluster)
	case LoadStarted:
		_, ok = v.(StartLoad)
	case FaultPlanned:
		_, ok = v.(PlanFault)
	case FaultConfirmed:
		_, ok = v.(InjectFault)
	case FaultOpened:
		_, ok = v.(OpenSeal)
	case DiagnosisStarted, DiagnosisDelta, DiagnosisFinished:
		_, ok = v.(Diagnose)
	case ActionDone, ActionSkipped:
		_, ok = v.(Act)
	case FaultLifted:
		_, ok = v.(LiftFault)
	case DataProved:
		_, ok = v.(Prove)
	case LedgerVerified:
		_, ok = v.(Verify)
	}
	return ok
}
