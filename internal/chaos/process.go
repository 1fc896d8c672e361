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

// Process is one node of the embedded cluster, as its supervisor sees it.
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
	// SetLine makes the network of a store slow or lossy, as far as its own process
	// can; false and the zero Line restore it.
	SetLine(ctx context.Context, name string, cut bool, is Line) error
	// PauseGRPC makes a store reject its clients, or ends that.
	PauseGRPC(ctx context.Context, name string, paused bool) error
	// Plant writes lines to the end of a node's log.
	Plant(ctx context.Context, name string, lines []string) error
}

// Processes is a Backend for child processes. It uses signals, and faults that the
// stand-in stores inject into themselves on request.
type Processes struct {
	sup    Supervisor
	lookup func(name string) (Process, bool)

	mu    sync.Mutex
	marks map[string]mark // by name
}

// mark is what this Backend did to a process; nobody else changes the program's
// children. It ends with the process.
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

// Pause sends SIGSTOP. The mark is set first: a needless SIGCONT does no harm, and
// a process that is stopped and forgotten does.
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

// Ties is empty: a process keeps its address.
func (p *Processes) Ties(context.Context, string) (json.RawMessage, error) { return nil, nil }

// Home is the program itself.
func (p *Processes) Home(context.Context) (Home, error) { return Home{}, nil }

// Vanished is always false while the program runs.
func (p *Processes) Vanished(context.Context) (bool, error) { return false, nil }

// Cut makes the store drop everything it receives and everything it sends.
func (p *Processes) Cut(ctx context.Context, name string) error {
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.cut = "cut off the network" })
		return p.sup.SetLine(ctx, name, true, Line{})
	})
}

// Reconnect ends Cut. A process that ended since has a good network again.
func (p *Processes) Reconnect(ctx context.Context, name string, _ json.RawMessage) error {
	return p.restore(ctx, name)
}

// Spoil delays or drops what the store sends.
func (p *Processes) Spoil(ctx context.Context, name string, is Line) error {
	if is == (Line{}) {
		return p.restore(ctx, name)
	}
	return p.on(name, func() error {
		p.mark(name, func(m *mark) { m.spoiled = is.String() })
		return p.sup.SetLine(ctx, name, false, is)
	})
}

// restore gives a running store a good network.
func (p *Processes) restore(ctx context.Context, name string) error {
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

// PauseGRPC makes the store reject its clients.
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

// Describe gives the state of the process, as far as this Backend changed it.
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

// on runs a call on a process that must run.
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

// mark notes what was done to the current process.
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
