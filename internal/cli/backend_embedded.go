package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// embeddedBackend is the cluster of this program's own processes.
type embeddedBackend struct {
	o        *options
	stateDir string
	cluster  *embedded.Cluster
	chaos    *controlled
}

// Start starts the processes.
func (e *embeddedBackend) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	c, err := embedded.Start(ctx, embedded.Config{
		Stores:    e.o.stores,
		SplitKeys: load.SplitKeys(e.o.records, e.o.regions),
		StateDir:  e.stateDir,
		PD:        answeringFirst(ctx, e.o.pdURLs),
		PDPort:    e.o.pdPort,
		Profile:   e.o.profile,
	}, func(text string, done, total int) { p(text, int64(done), int64(total)) })
	if err != nil {
		return demo.ClusterReady{}, err
	}
	e.cluster = c
	return demo.ClusterReady{Stores: e.o.stores, Label: e.label()}, nil
}

func (e *embeddedBackend) label() string {
	if len(e.o.pdURLs) > 0 {
		return fmt.Sprintf("embedded · %d stores, PD given", e.o.stores)
	}
	return fmt.Sprintf("embedded · 1 PD + %d stores", e.o.stores)
}

// Stop ends every process and removes the cluster's data.
func (e *embeddedBackend) Stop(ctx context.Context) error {
	var errs []error
	if e.cluster != nil {
		errs = append(errs, e.cluster.Stop(ctx))
	}
	if e.chaos != nil {
		errs = append(errs, e.chaos.Close())
	}
	return errors.Join(errs...)
}

// PD gives PD's client URLs.
func (e *embeddedBackend) PD() []string { return e.cluster.PD() }

// NameOf gives the node that has, or had, an address.
func (e *embeddedBackend) NameOf(address string) string { return e.cluster.NameOf(address) }

// Resolve has nothing to do: every address is one of this machine.
func (e *embeddedBackend) Resolve(address string) string { return address }

// Chaos breaks and repairs the processes.
func (e *embeddedBackend) Chaos() (runner.Chaos, error) {
	c, err := newControlled(e.o, e.stateDir, chaos.Config{
		Backend:       chaos.NewProcesses(supervisor{e.cluster}, e.lookup),
		Where:         clusterEmbedded,
		DiesWithOwner: true,
	})
	if err != nil {
		return nil, err // not a nil *controlled in the interface
	}
	e.chaos = c
	return c, nil
}

// supervisor fits the cluster's verbs to what chaos asks for.
type supervisor struct{ *embedded.Cluster }

// SetLine spoils or repairs the network of a store.
func (s supervisor) SetLine(ctx context.Context, name string, cut bool, is chaos.Line) error {
	return s.SetNetFault(ctx, name, embedded.NetFault{Cut: cut, Delay: int(is.Delay.Milliseconds()), Loss: is.Loss})
}

// Plant writes lines to the end of a node's log file, as anybody could who may
// write to it.
func (s supervisor) Plant(_ context.Context, name string, lines []string) error {
	p, ok := s.Process(name)
	if !ok {
		return fmt.Errorf("%s is not a process of this cluster", name)
	}
	f, err := os.OpenFile(p.LogFile, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}

func (e *embeddedBackend) lookup(name string) (chaos.Process, bool) {
	p, ok := e.cluster.Process(name)
	return chaos.Process{PID: p.PID, Running: p.Running, Exit: p.ExitState}, ok
}

// Log gives the end of a node's log file.
func (e *embeddedBackend) Log(_ context.Context, name string) ([]string, error) {
	p, err := e.process(name)
	if err != nil {
		return nil, err
	}
	return lastLines(p.LogFile)
}

// reapLimit is how long an end is waited for that /proc shows already: how a
// process ended is known when it is reaped.
const reapLimit = 500 * time.Millisecond

// Process looks a node up as ps would.
func (e *embeddedBackend) Process(ctx context.Context, name string) (diagnose.ProcessFact, error) {
	p, err := e.process(name)
	if err != nil {
		return diagnose.ProcessFact{}, err
	}
	fact, err := diagnose.LookAtPID(ctx, p.PID)
	if err != nil || fact.Running {
		return fact, err
	}
	ctx, cancel := context.WithTimeout(ctx, reapLimit)
	defer cancel()
	for p.Running && ctx.Err() == nil {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
		if p, err = e.process(name); err != nil {
			return fact, err
		}
	}
	fact.Exit = p.ExitState
	return fact, nil
}

func (e *embeddedBackend) process(name string) (embedded.Process, error) {
	p, ok := e.cluster.Process(name)
	if !ok {
		return p, fmt.Errorf("%s is not a process of this cluster", name)
	}
	return p, nil
}
