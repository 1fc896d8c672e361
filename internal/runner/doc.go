// Package runner executes the talk's effects and owns all of its goroutines. It
// watches the sources (health poller, monitor, workload), turns what they see
// into events, and writes the record. Close repairs what was broken, whatever
// happened, and waits for every goroutine.
//
// The runner knows the system under test only through the interfaces below.
package runner

import (
	"context"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Progress tells how far a long effect is; total 0 means unknown.
type Progress func(text string, done, total int64)

// Cluster is started (or attached) once and stopped at the end.
type Cluster interface {
	Start(ctx context.Context, p Progress) (demo.ClusterReady, error)
	Stop(ctx context.Context) error
}

// Health polls the cluster until ctx is done and passes every snapshot to see,
// failed polls included.
type Health interface {
	Run(ctx context.Context, see func(time.Time, demo.Snapshot)) error
}

// Regions looks where the regions are until ctx is done, and hands every look to
// see, the failed ones included. It runs beside Health and never holds it up.
type Regions interface {
	Run(ctx context.Context, see func(time.Time, demo.RegionMap)) error
}

// Texts hands over what is said on stage whenever somebody has edited it:
// demo.ChaptersRevised or demo.ChaptersKept.
type Texts interface {
	Run(ctx context.Context, see func(demo.Body)) error
}

// Workload is one run of load with its ledger of acknowledged writes. Prove reads
// keys through stores that lead again, while Run continues.
type Workload interface {
	Prepare(ctx context.Context, p Progress) (records int64, err error)
	Run(ctx context.Context, o LoadObserver) error
	Prove(ctx context.Context, stores []string) (demo.DataProved, error)
	Verify(ctx context.Context, p Progress) (demo.LedgerVerified, error)
}

// Chaos injects faults and lifts them. Plan draws a new target in every round of
// the talk; the first round is 0. Inject returns when the fault is in, with the
// latest time at which nothing was broken yet. Lift returns when the node runs
// again. Both may be called again.
type Chaos interface {
	Plan(s demo.Snapshot, round int) (demo.Plan, error)
	Inject(ctx context.Context, p demo.Plan) (before time.Time, err error)
	Lift(ctx context.Context, p demo.Plan) error
	Heal(ctx context.Context) error
}

// Actions knows what the actions of the closed list mean on this system.
type Actions interface {
	// Terms says in words what an action does about a type of fault, what undoes
	// it, and what must be true when it is done.
	Terms(a demo.Action, faultType string) demo.Terms
	// Check tests the precondition of an action now. The error says what fails.
	Check(ctx context.Context, a demo.Action, faultType string) error
	// Stands tells whether what a plan broke is still broken. What cannot be
	// looked at counts as broken.
	Stands(ctx context.Context, p demo.Plan) bool
}

// Scorer seals a plan before it is carried out, and scores answers against it
// afterwards.
type Scorer interface {
	Seal(p demo.Plan) Sealed
	Open(hash, text string) (demo.Plan, error)
	Card(p demo.Plan, d *demo.DiagnosisFinished, ticket bool) []demo.Scored
	// Right says whether an answer names exactly the nodes that are at fault, and
	// the type of the fault.
	Right(p demo.Plan, d demo.DiagnosisFinished) bool
}

// Sealed is a plan under seal: only its hash is shown before.
type Sealed struct{ Hash, Nonce, Text string }

// LoadObserver receives what the workload sees. It never blocks.
type LoadObserver interface {
	Load(at time.Time, s demo.LoadSample)
	ClientError(at time.Time, node, kind string)
}

// Observer receives what every source sees. It never blocks.
type Observer interface {
	LoadObserver
	Snapshot(at time.Time, s demo.Snapshot)
}

// Monitor turns observations into signals and tickets. It is never told what
// chaos did.
type Monitor interface {
	Observer
	Run(ctx context.Context) error
}

// Analyst keeps what was observed, freezes the evidence when a ticket opens,
// and finds the cause.
type Analyst interface {
	Observer
	Signal(at time.Time, s demo.SignalSeen)
	Freeze(ctx context.Context, at time.Time, t demo.TicketOpened)
	Diagnose(ctx context.Context, ticket string, say func(demo.Body)) (demo.DiagnosisFinished, error)
	// Outgoing returns what Diagnose will send away from this machine.
	Outgoing(ticket string) demo.OutgoingSeen
}

// Journal is one record. Write keeps the order in which it is called.
type Journal interface {
	Write(at time.Time, b demo.Body) error
	Close() error
}

// Config names everything that a talk runs on. The factories are called once for
// every round, so that a talk that starts again starts with nothing in memory.
type Config struct {
	Cluster  Cluster
	Health   Health
	Regions  Regions // nil: the subject has none
	Texts    Texts   // nil: what is said does not change
	Chaos    Chaos
	Actions  Actions
	Scorer   Scorer
	Workload func(violated func(time.Time, demo.Violation)) (Workload, error) // violated is called at once
	Monitor  func(emit func(demo.Body)) Monitor
	Analyst  func() Analyst
	Journal  func() (Journal, error)
	// HealthFirst says that the cluster runs already: its control plane is polled
	// and shown while the rest of it is attached.
	HealthFirst bool
	Started     demo.RunStarted // first line of every record
	// Round completes it for a play, from 1 on, whose seed it has already: another
	// fault. nil leaves it as it is.
	Round func(play int, first demo.RunStarted) demo.RunStarted
	Now   func() time.Time // time.Now when nil
	// Closing, if set, is called with what Close is doing.
	Closing func(what string)
	// Crashed is called when a goroutine of the runner panics, and ends the talk.
	// It must not wait for the runner. When it is nil the panic continues.
	Crashed func(error)
}
