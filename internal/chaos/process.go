package chaos

import (
	"context"
	"fmt"
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
	// Signal sends sig; for SIGKILL it returns when the process is reaped.
	Signal(ctx context.Context, name string, sig syscall.Signal) error
	// Restart starts the process again with its data.
	Restart(ctx context.Context, name string) error
}

// Processes is a Backend by signals to child processes.
type Processes struct {
	sup    Supervisor
	lookup func(name string) (Process, bool)

	mu     sync.Mutex
	frozen map[string]int // name to the process id that was stopped
}

// NewProcesses makes a Backend of a supervisor and its process table.
func NewProcesses(sup Supervisor, lookup func(name string) (Process, bool)) *Processes {
	return &Processes{sup: sup, lookup: lookup, frozen: map[string]int{}}
}

// Kill sends SIGKILL and returns when the process is reaped.
func (p *Processes) Kill(ctx context.Context, name string) error {
	c, err := p.Describe(ctx, name)
	if err != nil || !c.Running {
		return err
	}
	return p.sup.Signal(ctx, name, syscall.SIGKILL)
}

// Start starts a dead process again with its data.
func (p *Processes) Start(ctx context.Context, name string) error {
	c, err := p.Describe(ctx, name)
	if err != nil || c.Running {
		return err
	}
	return p.sup.Restart(ctx, name)
}

// Pause sends SIGSTOP.
func (p *Processes) Pause(ctx context.Context, name string) error {
	proc, err := p.find(name)
	if err != nil {
		return err
	}
	if !proc.Running {
		return fmt.Errorf("%s does not run (%s)", name, proc.Exit)
	}
	// Remembered first: SIGCONT to a process that was never stopped does no harm,
	// and a process that is stopped and forgotten does.
	p.remember(name, proc.PID)
	return p.sup.Signal(ctx, name, syscall.SIGSTOP)
}

// Resume sends SIGCONT.
func (p *Processes) Resume(ctx context.Context, name string) error {
	proc, err := p.find(name)
	if err != nil {
		return err
	}
	if !proc.Running {
		return fmt.Errorf("%s does not run (%s)", name, proc.Exit)
	}
	if err := p.sup.Signal(ctx, name, syscall.SIGCONT); err != nil {
		return err
	}
	p.remember(name, 0)
	return nil
}

// Describe says how the process is. Paused means that it was stopped through
// here: nobody else stops the children of the demo.
func (p *Processes) Describe(_ context.Context, name string) (Condition, error) {
	proc, err := p.find(name)
	if err != nil {
		return Condition{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return Condition{
		Running: proc.Running,
		Paused:  proc.Running && p.frozen[name] == proc.PID,
		What:    fmt.Sprintf("process %d", proc.PID),
		Exit:    proc.Exit,
	}, nil
}

func (p *Processes) find(name string) (Process, error) {
	proc, ok := p.lookup(name)
	if !ok {
		return Process{}, fmt.Errorf("%s is no process of this cluster", name)
	}
	return proc, nil
}

// remember notes the process that is stopped; pid 0 forgets it.
func (p *Processes) remember(name string, pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pid == 0 {
		delete(p.frozen, name)
		return
	}
	p.frozen[name] = pid
}
