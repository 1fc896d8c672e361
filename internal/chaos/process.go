package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"syscall"
)

// Process is one node of the embedded cluster, as its supervisor knows it.
type Process struct {
	PID     int
	Running bool
	Exit    string // how it ended when it does not run
}

// Supervisor is what the process backend needs of the embedded cluster.
type Supervisor interface {
	// Signal sends sig; for SIGKILL and SIGTERM it returns when the process is reaped.
	Signal(ctx context.Context, name string, sig syscall.Signal) error
	// Restart starts the process again with its data.
	Restart(ctx context.Context, name string) error
	// SetLine spoils the network of a store, as far as its own process can, and
	// mends it with false and the zero Line.
	SetLine(ctx context.Context, name string, cut bool, is Line) error
	// PauseGRPC makes a store turn its clients away, or ends that.
	PauseGRPC(ctx context.Context, name string, paused bool) error
	// Plant writes lines to the end of a node's log.
	Plant(ctx context.Context, name string, lines []string) error
}

// Processes is a Backend by signals to child processes, and by what the
// stand-in stores do to themselves when they are told to.
type Processes struct {
	sup    Supervisor
	lookup func(name string) (Process, bool)

	mu    sync.Mutex
	marks map[string]mark // by name
}

// mark is what was done to a process through here; nobody else does anything
// to the children of the demo. It ends with the process.
type mark struct {
	pid               int
	frozen            bool
	cut, spoiled, shy string // what is wrong, in words
}

// NewProcesses makes a Backend of a supervisor and its process table.
func NewProcesses(sup Supervisor, lookup func(name string) (Process, bool)) *Processes {
	return &Processes{sup: sup, lookup: lookup, marks: map[string]mark{}}
}

// Kill sends SIGKILL and returns when the process is reaped.
func (p *Processes) Kill(ctx context.Context, name string) error {
	return p.end(ctx, name, syscall.SIGKILL)
}

// Stop sends SIGTERM and returns when the process has ended.
func (p *Processes) Stop(ctx context.Context, name string) error {
	return p.end(ctx, name, syscall.SIGTERM)
}

func (p *Processes) end(ctx context.Context, name string, sig syscall.Signal) error {
	c, err := p.Describe(ctx, name)
	if err != nil || !c.Running {
		return err
	}
	return p.sup.Signal(ctx, name, sig)
}

// Start starts a dead process again with its data.
func (p *Processes) Start(ctx context.Context, name string) error {
	c, err := p.Describe(ctx, name)
	if err != nil || c.Running {
		return err
	}
	return p.sup.Restart(ctx, name)
}

// Pause sends SIGSTOP. It is remembered first: SIGCONT to a process that was
// never stopped does no harm, and one that is stopped and forgotten does.
func (p *Processes) Pause(ctx context.Context, name string) error {
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.frozen = true })
		return p.sup.Signal(ctx, name, syscall.SIGSTOP)
	})
}

// Resume sends SIGCONT.
func (p *Processes) Resume(ctx context.Context, name string) error {
	return p.on(name, func() error {
		if err := p.sup.Signal(ctx, name, syscall.SIGCONT); err != nil {
			return err
		}
		p.mark(name, func(m *mark) { m.frozen = false })
		return nil
	})
}

// Ties has nothing to say: a process keeps its address.
func (p *Processes) Ties(context.Context, string) (json.RawMessage, error) { return nil, nil }

// Home is the program itself.
func (p *Processes) Home(context.Context) (Home, error) { return Home{}, nil }

// Vanished is never so while the program runs.
func (p *Processes) Vanished(context.Context) (bool, error) { return false, nil }

// Cut makes the store hold back whatever it is sent and whatever it would send.
func (p *Processes) Cut(ctx context.Context, name string) error {
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.cut = "cut off the network" })
		return p.sup.SetLine(ctx, name, true, Line{})
	})
}

// Reconnect ends Cut. A process that ended since has a good network again.
func (p *Processes) Reconnect(ctx context.Context, name string, _ json.RawMessage) error {
	return p.mend(ctx, name)
}

// Spoil makes the store slow or lossy in what it sends.
func (p *Processes) Spoil(ctx context.Context, name string, is Line) error {
	if is == (Line{}) {
		return p.mend(ctx, name)
	}
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.spoiled = is.String() })
		return p.sup.SetLine(ctx, name, false, is)
	})
}

// mend gives a store that runs a good network.
func (p *Processes) mend(ctx context.Context, name string) error {
	c, err := p.Describe(ctx, name)
	if err != nil || !c.Running {
		return err
	}
	if err := p.sup.SetLine(ctx, name, false, Line{}); err != nil {
		return err
	}
	p.mark(name, func(m *mark) { m.cut, m.spoiled = "", "" })
	return nil
}

// PauseGRPC makes the store turn its clients away.
func (p *Processes) PauseGRPC(ctx context.Context, name string) error {
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.shy = "turns its clients away" })
		return p.sup.PauseGRPC(ctx, name, true)
	})
}

// ResumeGRPC ends PauseGRPC.
func (p *Processes) ResumeGRPC(ctx context.Context, name string) error {
	return p.on(name, func() error {
		if err := p.sup.PauseGRPC(ctx, name, false); err != nil {
			return err
		}
		p.mark(name, func(m *mark) { m.shy = "" })
		return nil
	})
}

// Describe says how the process is, as far as it was done through here.
func (p *Processes) Describe(_ context.Context, name string) (Condition, error) {
	proc, err := p.find(name)
	if err != nil {
		return Condition{}, err
	}
	c := Condition{Running: proc.Running, What: fmt.Sprintf("process %d", proc.PID), Exit: proc.Exit, Life: strconv.Itoa(proc.PID)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.marks[name]; proc.Running && m.pid == proc.PID {
		c.Paused, c.Spoiled = m.frozen, cmp.Or(m.cut, m.spoiled, m.shy)
	}
	return c, nil
}

func (p *Processes) find(name string) (Process, error) {
	proc, ok := p.lookup(name)
	if !ok {
		return Process{}, fmt.Errorf("%s is no process of this cluster", name)
	}
	return proc, nil
}

// on does something to a process that must run.
func (p *Processes) on(name string, do func() error) error {
	proc, err := p.find(name)
	if err != nil {
		return err
	}
	if !proc.Running {
		return fmt.Errorf("%s does not run (%s)", name, proc.Exit)
	}
	return do()
}

// mark notes what was done to the process that runs now.
func (p *Processes) mark(name string, change func(*mark)) {
	proc, ok := p.lookup(name)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.marks[name]
	if m.pid != proc.PID {
		m = mark{pid: proc.PID}
	}
	change(&m)
	p.marks[name] = m
}
