package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// Process is one node of the cluster.
type Process struct {
	Name          string // pd-1, tikv-1, …
	Kind          string // pd or tikv
	PID           int
	Address       string // host:port for clients
	StatusAddress string // host:port, "" for PD
	LogFile       string
	Running       bool
	ExitState     string // how it ended when it does not run: "signal: killed"
}

// proc is a node's process across restarts.
type proc struct {
	order order
	exe   string
	self  bool // exe is this program

	mu     sync.Mutex
	info   Process
	cmd    *exec.Cmd
	exited chan struct{} // closed when it is reaped
	parent *os.File      // our end of the pipe by which the child sees that we are gone
}

// starter starts processes from one thread that lives as long as the program: the
// kernel's death signal is tied to the forking thread, and Go may end other threads.
var starter = sync.OnceValue(func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		tuneScheduling()
		for f := range work {
			f()
		}
	}()
	return work
})

// start starts the process and waits until it serves.
func (p *proc) start(ctx context.Context) error {
	ready, err := p.fork()
	if err != nil {
		return fmt.Errorf("%s cannot be started: %w", p.info.Name, err)
	}
	defer ready.Close()
	line := make(chan readiness, 1)
	go func() { // ends with the pipe, which is closed below at the latest
		var r readiness
		if json.NewDecoder(bufio.NewReader(ready)).Decode(&r) == nil {
			line <- r
		}
	}()
	select {
	case r := <-line:
		p.mu.Lock()
		p.info.Address, p.info.StatusAddress = pdapi.HostPort(r.Addr), r.Status
		p.order.Addr, p.order.Status = p.info.Address, r.Status
		p.mu.Unlock()
		return nil
	case <-p.exited:
		return fmt.Errorf("%s ended before it served: %s; see %s", p.info.Name, p.lastWords(), p.info.LogFile)
	case <-ctx.Done():
		return fmt.Errorf("%s does not serve: %w; see %s", p.info.Name, ctx.Err(), p.info.LogFile)
	}
}

// lastWords returns the error that the process logged last, or its exit state.
func (p *proc) lastWords() string {
	state := p.snapshot().ExitState
	b, err := os.ReadFile(p.info.LogFile)
	if err != nil {
		return state
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if words, ok := strings.CutPrefix(lines[len(lines)-1], errorPrefix); ok {
		return words
	}
	return state
}

// fork starts the process and gives the pipe on which it will say that it serves.
func (p *proc) fork() (*os.File, error) {
	arg, err := json.Marshal(p.order)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(p.info.LogFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer readyW.Close()
	parentR, parentW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer parentR.Close()
	cmd := exec.Command(p.exe, ChildCommand, string(arg))
	if p.self {
		cmd.Path = ourselves(p.exe)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{readyW, parentR}
	cmd.SysProcAttr = childAttributes()
	cmd.Env = append(childEnvironment(os.Environ()), "GOGC=200", fmt.Sprintf("GOMAXPROCS=%d", share()))
	done := make(chan error)
	starter() <- func() { done <- cmd.Start() }
	if err := <-done; err != nil {
		_ = readyR.Close()
		_ = parentW.Close()
		return nil, err
	}
	exited := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.exited, p.parent = cmd, exited, parentW
	p.info.PID, p.info.Running, p.info.ExitState = cmd.Process.Pid, true, ""
	p.mu.Unlock()
	go func() { // ends with the process, which stop sees to
		err := cmd.Wait()
		_ = parentW.Close()
		p.mu.Lock()
		p.info.Running, p.info.ExitState = false, "exit status 0"
		if err != nil {
			p.info.ExitState = err.Error()
		}
		p.mu.Unlock()
		close(exited)
	}()
	return readyR, nil
}

// passedOn are the environment variables that nodes inherit. Anything else, above
// all an API key, could show up in /proc, in a crash dump or in a log.
var passedOn = []string{"PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "GODEBUG", "GOTRACEBACK", "GORACE", "GOCOVERDIR"}

func childEnvironment(all []string) (out []string) {
	for _, v := range all {
		if name, _, _ := strings.Cut(v, "="); slices.Contains(passedOn, name) {
			out = append(out, v)
		}
	}
	return out
}

// share is how many cores a node uses at once. Nodes and clients share the machine.
// Nodes that use all cores wake threads for microseconds of work, which took a sixth
// of the stores' processor time on 2 cores.
func share() int { return max(1, runtime.NumCPU()/4) }

func (p *proc) snapshot() Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.info
}

// signal sends sig. If sig ends the process it returns when the process is reaped.
func (p *proc) signal(ctx context.Context, sig syscall.Signal) error {
	p.mu.Lock()
	cmd, exited, running := p.cmd, p.exited, p.info.Running
	p.mu.Unlock()
	if !running {
		return fmt.Errorf("%s does not run", p.info.Name)
	}
	if err := cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("%s: %w", p.info.Name, err)
	}
	if sig != syscall.SIGKILL && sig != syscall.SIGTERM {
		return nil
	}
	select {
	case <-exited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s was sent a signal (%s) and has not ended yet: %w", p.info.Name, sig, ctx.Err())
	}
}

// stopGrace is how long a node may take to stop before it is killed.
const stopGrace = 2 * time.Second

// stop ends the process, even a frozen one, and returns when it is reaped.
func (p *proc) stop() {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Process.Signal(syscall.SIGCONT)
	t := time.NewTimer(stopGrace)
	defer t.Stop()
	select {
	case <-exited:
		return
	case <-t.C:
	}
	_ = cmd.Process.Kill()
	<-exited
}
