package diagnose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is looked at for a while: one look cannot tell a process that stands
// still from one that waits, nor one that is stopped from one that is stopped
// again and again. One that is stopped at every look is looked at for longer.
const (
	lookFor  = 300 * time.Millisecond
	lookLong = 900 * time.Millisecond
	lookStep = 25 * time.Millisecond
)

// LookAtPID asks the operating system how a process is. A process that is not
// there, or is dead and not yet reaped, is not running.
func LookAtPID(ctx context.Context, pid int) (ProcessFact, error) {
	what := fmt.Sprintf("process %d", pid)
	from, was, held := time.Now(), schedOf(pid), throttles(pid)
	looks, stopped, waits := 0, 0, 0
	for {
		state, err := stateOf(pid)
		if err != nil {
			return ProcessFact{}, fmt.Errorf("look at %s: %w", what, err)
		}
		switch state {
		case "", "Z", "X", "x":
			return ProcessFact{What: what, OOMKilled: killedForMemory(pid)}, nil
		case "T", "t":
			stopped++
		case "D":
			waits++
		}
		looks++
		looked := time.Since(from)
		if looked >= lookLong || looked >= lookFor && stopped < looks {
			break
		}
		select {
		case <-time.After(lookStep):
			continue
		case <-ctx.Done():
		}
		break
	}
	f := ProcessFact{Running: true, What: what, Stopped: stopped == looks, Frozen: frozenGroup(pid)}
	if stopped > 0 && !f.Stopped {
		f.Stutters = float64(stopped) / float64(looks)
	}
	if is := schedOf(pid); len(was) > 0 && len(is) > 0 {
		did := since(was, is)
		f.Executes, f.Ran, f.Waited = did.times, did.ran, did.waited
		f.Stuck = did.times == 0 && waits == looks
	}
	f.Throttled = throttles(pid) > held
	return f, nil
}

// stateOf gives the letter that ps shows, "" for a process that is not there.
func stateOf(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// The state follows the name, which is in brackets and may hold any byte.
	_, rest, _ := strings.Cut(string(b)[strings.LastIndexByte(string(b), ')')+1:], " ")
	state, _, _ := strings.Cut(rest, " ")
	if state == "" {
		return "", errors.New("/proc says nothing of its state")
	}
	return state, nil
}

// sched is what the kernel counts of one thread.
type sched struct {
	ran, waited time.Duration
	times       int // that it got a processor
}

// schedOf gives the counts of each thread of a process, nil where the kernel
// keeps none.
func schedOf(pid int) map[string]sched {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	all := map[string]sched{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		fields := strings.Fields(string(b))
		if err != nil || len(fields) != 3 {
			continue
		}
		ran, _ := strconv.ParseInt(fields[0], 10, 64)
		waited, _ := strconv.ParseInt(fields[1], 10, 64)
		times, _ := strconv.Atoi(fields[2])
		all[f] = sched{time.Duration(ran), time.Duration(waited), times}
	}
	return all
}

// since adds up what the threads did between two looks. A thread that ended
// takes its counts with it.
func since(was, is map[string]sched) (sum sched) {
	for thread, now := range is {
		old := was[thread]
		sum.ran, sum.waited, sum.times = sum.ran+now.ran-old.ran, sum.waited+now.waited-old.waited, sum.times+now.times-old.times
	}
	return sum
}

// frozenGroup says whether the control group of a process is frozen.
func frozenGroup(pid int) bool {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	for l := range strings.Lines(string(b)) {
		parts := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "freezer" {
			state, _ := os.ReadFile(filepath.Join("/sys/fs/cgroup/freezer", parts[2], "freezer.state"))
			if s := strings.TrimSpace(string(state)); s == "FROZEN" || s == "FREEZING" {
				return true
			}
		}
		if parts[0] == "0" && parts[1] == "" {
			events, _ := os.ReadFile(filepath.Join("/sys/fs/cgroup", parts[2], "cgroup.events"))
			if strings.Contains(string(events), "frozen 1") {
				return true
			}
		}
	}
	return false
}

// throttles counts how often the control group of a process was denied the
// processor because its quota was used up. The kernel does not count that as
// waiting: with 1% of a processor a store seemed to be served well.
func throttles(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	for l := range strings.Lines(string(b)) {
		parts := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root := ""
		if slices.Contains(strings.Split(parts[1], ","), "cpu") {
			root = "/sys/fs/cgroup/cpu"
		} else if parts[0] == "0" {
			root = "/sys/fs/cgroup"
		}
		stat, err := os.ReadFile(filepath.Join(root, parts[2], "cpu.stat"))
		if root == "" || err != nil {
			continue
		}
		for line := range strings.Lines(string(stat)) {
			if n, ok := strings.CutPrefix(line, "nr_throttled "); ok {
				times, _ := strconv.Atoi(strings.TrimSpace(n))
				return times
			}
		}
	}
	return 0
}

// recentKill is how old the kernel's message may be. A process's number is used
// again later.
const recentKill = 2 * time.Minute

var oomKill = regexp.MustCompile(`^\d+,\d+,(\d+),[^;]*;.*Killed process (\d+) `)

// killedForMemory asks the kernel's log, which root may read on most systems.
func killedForMemory(pid int) bool {
	f, err := os.OpenFile("/dev/kmsg", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	fd := int(f.Fd())
	defer func() { _ = f.Close() }()
	_ = syscall.SetNonblock(fd, true) // Fd has set it to blocking
	up, _ := os.ReadFile("/proc/uptime")
	now, _ := strconv.ParseFloat(string(bytes.Fields(append(up, " 0"...))[0]), 64)
	buf := make([]byte, 8<<10)
	for range 100_000 { // messages: the log is a ring of fixed size
		n, err := syscall.Read(fd, buf)
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EINTR) {
			continue // the oldest was overwritten meanwhile
		}
		if err != nil || n <= 0 {
			return false
		}
		m := oomKill.FindSubmatch(buf[:n])
		if m == nil || string(m[2]) != strconv.Itoa(pid) {
			continue
		}
		micros, _ := strconv.ParseFloat(string(m[1]), 64)
		if now-micros/1e6 < recentKill.Seconds() {
			return true
		}
	}
	return false
}
