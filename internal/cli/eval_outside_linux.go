package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// outsideCatalogue lists the faults from outside. None of them is in the talk's
// catalogue, and the truth of each is what an engineer would write in the report.
func outsideCatalogue() []outsideFault {
	none := []string{demo.ActionNone} // no action of the list undoes it
	again := []string{demo.ActionRestart}
	return []outsideFault{
		{name: "freezer", truth: demo.TypeFrozen, mends: none, what: "freeze %s with the freezer control group, as docker pause does",
			able: func() error { return canGroup("freezer") }, inject: freeze},
		{name: "cpu-neighbour", truth: demo.TypeSlow, mends: none, what: "let %s run 100 ms of every 500", inject: neighbour},
		{name: "cpu-quota", truth: demo.TypeSlow, mends: none, what: "give %s a hundredth of a processor",
			able: func() error { return canGroup("cpu") }, inject: quota},
		{name: "write-limit", truth: demo.TypeCannotWrite, mends: none, what: "limit the size of the files of %s, as a full disk does", inject: writeLimit},
		{name: "out-of-memory", truth: demo.TypeNoMemory, mends: again, what: "have the kernel kill %s for want of memory",
			able: func() error { return canGroup("memory") }, inject: starve},
		// PD calls a store Disconnected when its heartbeat is 20 s old.
		{name: "pd-cut", truth: demo.TypeCutOffFromPD, mends: []string{demo.ActionReconnect}, wait: 26 * time.Second, what: "cut %s off from PD alone", inject: cutFromPD},
		{name: "abort", truth: demo.TypeCrashed, mends: again, what: "SIGABRT to %s, as a failed assertion does", inject: abort},
		{name: "restart", truth: demo.TypeRestarted, mends: none, what: "SIGKILL to %s, and start it again at once", inject: restart},
		{name: "two-faults", truth: demo.TypeQuorumLost, mends: []string{demo.ActionRestart, demo.ActionResume}, what: "SIGKILL to %s and SIGSTOP to another", nodes: 2, inject: twoFaults},
		{name: "slow-innocent", truth: demo.TypeNone, what: "delay what %s sends by 15 ms, which breaks nothing", inject: innocent},
		{name: "slow-disk", truth: demo.TypeOverloaded, mends: none, what: "let each write of the log of %s take 400 ms longer", inject: slowDisk},
		{name: "busy", truth: demo.TypeOverloaded, mends: none, what: "have %s tell its clients that it is busy", inject: busy},
	}
}

// groupName marks the control groups of this program, so that what a killed
// evaluation left is found.
const groupName = "tikv-demo-eval"

// groupRoot gives where control groups are made: the hierarchy of the controller
// (version 1), or this process's own group (version 2).
func groupRoot(controller string) (dir string, v2 bool) {
	dir = filepath.Join("/sys/fs/cgroup", controller)
	if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
		return dir, false
	}
	own, _ := os.ReadFile("/proc/self/cgroup")
	for l := range strings.Lines(string(own)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(l), "0::"); ok {
			return filepath.Join("/sys/fs/cgroup", path), true
		}
	}
	return "/sys/fs/cgroup", true
}

// canGroup tries to make a control group.
func canGroup(controller string) error {
	g, err := makeGroup(controller)
	if err != nil {
		return err
	}
	if _, err := os.Stat(g.file(controllerFile(controller, g.v2))); err != nil {
		return errors.Join(fmt.Errorf("its control groups have no %s", controllerFile(controller, g.v2)), g.remove())
	}
	return g.remove()
}

func controllerFile(controller string, v2 bool) string {
	switch controller {
	case "freezer":
		return map[bool]string{true: "cgroup.freeze", false: "freezer.state"}[v2]
	case "cpu":
		return map[bool]string{true: "cpu.max", false: "cpu.cfs_quota_us"}[v2]
	}
	return map[bool]string{true: "memory.max", false: "memory.limit_in_bytes"}[v2]
}

// group is a control group of one round.
type group struct {
	dir, parent string
	v2          bool
}

func makeGroup(controller string) (group, error) {
	parent, v2 := groupRoot(controller)
	g := group{filepath.Join(parent, fmt.Sprintf("%s-%d", groupName, os.Getpid())), parent, v2}
	err := os.Mkdir(g.dir, 0o700)
	if errors.Is(err, os.ErrExist) {
		err = nil
	}
	return g, err
}

func (g group) file(name string) string { return filepath.Join(g.dir, name) }

func (g group) set(name, value string) error {
	return os.WriteFile(g.file(name), []byte(value), 0)
}

func (g group) take(pid int) error { return g.set("cgroup.procs", strconv.Itoa(pid)) }

// remove moves what is left in the group back, and removes it.
func (g group) remove() error {
	left, _ := os.ReadFile(g.file("cgroup.procs"))
	for _, pid := range strings.Fields(string(left)) {
		_ = os.WriteFile(filepath.Join(g.parent, "cgroup.procs"), []byte(pid), 0) // one that has ended since
	}
	var err error
	for range 50 { // the kernel takes a moment to see the last one leave
		if err = os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// sweepOutside thaws and removes what a killed evaluation left. A frozen process
// cannot even be killed before.
func sweepOutside() {
	for _, controller := range []string{"freezer", "cpu", "memory"} {
		parent, v2 := groupRoot(controller)
		left, _ := filepath.Glob(filepath.Join(parent, groupName+"-*"))
		for _, dir := range left {
			pid, err := strconv.Atoi(dir[strings.LastIndexByte(dir, '-')+1:])
			if err != nil || syscall.Kill(pid, 0) == nil {
				continue // its evaluation still runs
			}
			g := group{dir, parent, v2}
			if controller == "freezer" {
				_ = g.set(controllerFile(controller, v2), map[bool]string{true: "0", false: "THAWED"}[v2])
			}
			_ = g.remove()
		}
	}
}

// inGroup puts the first target into a control group that is set up so.
func inGroup(e *embeddedBackend, controller string, targets []string, up func(group) error, down func(group) error) (func(context.Context) error, error) {
	pids, err := e.pids(targets)
	if err != nil {
		return nil, err
	}
	g, err := makeGroup(controller)
	if err != nil {
		return nil, err
	}
	undo := func(context.Context) error { return errors.Join(down(g), g.remove()) }
	if controller == "freezer" {
		return undo, errors.Join(g.take(pids[0]), up(g))
	}
	return undo, errors.Join(up(g), g.take(pids[0]))
}

func freeze(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return inGroup(e, "freezer", targets, func(g group) error {
		return g.set(controllerFile("freezer", g.v2), map[bool]string{true: "1", false: "FROZEN"}[g.v2])
	}, func(g group) error {
		return g.set(controllerFile("freezer", g.v2), map[bool]string{true: "0", false: "THAWED"}[g.v2])
	})
}

func quota(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return inGroup(e, "cpu", targets, func(g group) error {
		return g.set(controllerFile("cpu", g.v2), map[bool]string{true: "1000 100000", false: "1000"}[g.v2])
	}, func(group) error { return nil })
}

// starve sets a limit of memory that the process reaches with its next few pages.
// What it has already is not counted.
func starve(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return inGroup(e, "memory", targets, func(g group) error {
		return g.set(controllerFile("memory", g.v2), "1048576")
	}, func(group) error { return nil })
}

// neighbour stops and continues the process, so that it runs a fifth of the time.
func neighbour(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	pids, err := e.pids(targets)
	if err != nil {
		return nil, err
	}
	stop, over := make(chan struct{}), make(chan struct{})
	go func() { // ends with undo
		defer close(over)
		for {
			for _, s := range []struct {
				signal syscall.Signal
				lasts  time.Duration
			}{{syscall.SIGSTOP, 400 * time.Millisecond}, {syscall.SIGCONT, 100 * time.Millisecond}} {
				_ = syscall.Kill(pids[0], s.signal)
				select {
				case <-time.After(s.lasts):
				case <-stop:
					_ = syscall.Kill(pids[0], syscall.SIGCONT)
					return
				}
			}
		}
	}()
	once := sync.OnceFunc(func() { close(stop); <-over })
	return func(context.Context) error { once(); return nil }, nil
}

// fileLimit is below the size that a store's log has after the records are loaded.
const fileLimit = 256 << 10

func writeLimit(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	pids, err := e.pids(targets)
	if err != nil {
		return nil, err
	}
	return nil, unix.Prlimit(pids[0], unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: fileLimit, Max: fileLimit}, nil)
}

func cutFromPD(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return faulty(ctx, e, targets, embedded.NetFault{CutPD: true})
}

func innocent(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return faulty(ctx, e, targets, embedded.NetFault{Delay: 15})
}

func slowDisk(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return faulty(ctx, e, targets, embedded.NetFault{Disk: 400})
}

func busy(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	return faulty(ctx, e, targets, embedded.NetFault{Busy: true})
}

// faulty sets what the first target can do to itself.
func faulty(ctx context.Context, e *embeddedBackend, targets []string, is embedded.NetFault) (func(context.Context) error, error) {
	return func(ctx context.Context) error { return e.cluster.SetNetFault(ctx, targets[0], embedded.NetFault{}) },
		e.cluster.SetNetFault(ctx, targets[0], is)
}

func abort(_ context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	pids, err := e.pids(targets)
	if err != nil {
		return nil, err
	}
	return nil, syscall.Kill(pids[0], syscall.SIGABRT)
}

func restart(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	if err := e.cluster.Signal(ctx, targets[0], syscall.SIGKILL); err != nil {
		return nil, err
	}
	return nil, e.cluster.Restart(ctx, targets[0])
}

func twoFaults(ctx context.Context, e *embeddedBackend, targets []string) (func(context.Context) error, error) {
	pids, err := e.pids(targets)
	if err != nil {
		return nil, err
	}
	undo := func(context.Context) error { return syscall.Kill(pids[1], syscall.SIGCONT) }
	if err := syscall.Kill(pids[1], syscall.SIGSTOP); err != nil {
		return nil, err
	}
	return undo, e.cluster.Signal(ctx, targets[0], syscall.SIGKILL)
}
