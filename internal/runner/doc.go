// Package runner is the stagehands: it performs the play's effects, watches
// the sources (health poller, monitor, workload), turns what they see into
// events, and writes the record. It owns every goroutine that it starts and
// waits for it in Close, where what was broken is mended whatever happened.
//
// It knows the system on stage only through the small interfaces below.
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

// Health polls the cluster until ctx is done and hands every look to see, the
// failed ones included.
type Health interface {
	Run(ctx context.Context, see func(time.Time, demo.Snapshot)) error
}

// Workload is one run of load with its ledger of acknowledged writes. Prove reads
// keys through stores that lead again, while Run goes on.
type Workload interface {
	Prepare(ctx context.Context, p Progress) (records int64, err error)
	Run(ctx context.Context, o LoadObserver) error
	Prove(ctx context.Context, stores []string) (demo.DataProved, error)
	Verify(ctx context.Context, p Progress) (demo.LedgerVerified, error)
}

// Chaos breaks and mends. Plan draws another target in every round of the talk;
// the first is 0. Inject returns when the fault is in, with the latest moment at
// which nothing was broken yet; Lift when what it mended runs. Both may be
// called again.
type Chaos interface {
	Plan(s demo.Snapshot, round int) (demo.Plan, error)
	Inject(ctx context.Context, p demo.Plan) (before time.Time, err error)
	Lift(ctx context.Context, p demo.Plan) error
	Heal(ctx context.Context) error
}

// Actions knows what the actions of the closed list mean on this subject.
type Actions interface {
	// Terms says in words what is done against a type of fault, what takes it
	// back, and what must hold.
	Terms(a demo.Action, faultType string) demo.Terms
	// Check looks whether what must hold does, now. The error says why not.
	Check(ctx context.Context, a demo.Action, faultType string) error
	// Stands looks whether what a plan broke is still broken. What cannot be
	// looked at is.
	Stands(ctx context.Context, p demo.Plan) bool
}

// Judge seals what will be done before it is done, and scores answers against
// that afterwards.
type Judge interface {
	Seal(p demo.Plan) Sealed
	Open(hash, text string) (demo.Plan, error)
	Card(p demo.Plan, d *demo.DiagnosisFinished, ticket bool) []demo.Scored
}

// Sealed is a plan under seal: only its hash is shown before.
type Sealed struct{ Hash, Nonce, Text string }

// LoadObserver is told what the workload sees. It never blocks.
type LoadObserver interface {
	Load(at time.Time, s demo.LoadSample)
	ClientError(at time.Time, node, kind string)
}

// Observer is told what every source sees. It never blocks.
type Observer interface {
	LoadObserver
	Snapshot(at time.Time, s demo.Snapshot)
}

// Monitor watches observations and raises signals and tickets. It is never
// told what chaos did.
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
	// Outgoing gives what Diagnose sends away from this machine, before it does.
	Outgoing(ticket string) demo.OutgoingSeen
}

// Journal is one record. Write keeps the order in which it is called.
type Journal interface {
	Write(at time.Time, b demo.Body) error
	Close() error
}

// Config is the cast. The factories are called once for every run of the play,
// so that a talk that begins again begins with nothing in memory.
type Config struct {
	Cluster  Cluster
	Health   Health
	Chaos    Chaos
	Actions  Actions
	Judge    Judge
	Workload func(violated func(time.Time, demo.Violation)) (Workload, error) // violated is told at once
	Monitor  func(emit func(demo.Body)) Monitor
	Analyst  func() Analyst
	Journal  func() (Journal, error)
	// HealthFirst says that the cluster runs before it is started here: what its
	// control plane says is shown while it is looked at.
	HealthFirst bool
	Started     demo.RunStarted  // first line of every record
	Now         func() time.Time // time.Now when nil
	// Closing is told what Close is doing; nil: nobody is.
	Closing func(what string)
	// Crashed is told of a panic in a goroutine of the runner, and ends the talk.
	// It must not wait for the runner. When nil the panic goes on.
	Crashed func(error)
}
