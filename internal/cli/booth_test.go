package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestEachRoundOfABoothHasAnotherSeedAndAnotherFault(t *testing.T) {
	o := &options{fault: everyFault, cluster: clusterEmbedded, seed: 7}
	seen := map[string]bool{}
	for round := range len(faultNames()) {
		r := o.request(round)
		require.False(t, seen[r.Fault], r.Fault)
		seen[r.Fault] = true
		require.Equal(t, int64(7+round), r.Seed)
	}
	require.Equal(t, o.faultOf(0), o.faultOf(len(faultNames())), "and then from the beginning")
	session, err := newSession(o, t.TempDir())
	require.NoError(t, err)
	first := session.configFor(nil, &recordFiles{}).Round(3, demo.RunStarted{})
	require.Equal(t, faultNames()[2], first.Fault, "the record says which")
	o.cluster = clusterDocker
	require.NotContains(t, o.everyFault(), "injection")
}

func TestAllFaultsAreForALoop(t *testing.T) {
	t.Setenv("TIKV_DEMO_STATE_DIR", t.TempDir())
	for _, args := range [][]string{{}, {"--loop", "--dry-run"}, {"--loop", "--target", "tikv-1"}, {"--loop", "--cluster", "external", "--pd", "http://127.0.0.1:1"}} {
		r := here(t, append([]string{"run", "--fault", "all"}, args...)...)
		require.Equal(t, exitUsage, r.status, args)
		require.Contains(t, r.err, "--fault all", args)
	}
}

// footprint is what a booth holds at the end of a round.
type footprint struct {
	fault             string
	memory, own       int64 // MiB that are not a file's: of all its processes, and of the talk's own
	processes, files  int   // files: open ones
	threads           int
	stateFiles        int
	stateKiB, recordN int64 // recordN: of runs
}

// measure looks at a process and all below it.
func measure(t *testing.T, pid int, state string) footprint {
	t.Helper()
	var f footprint
	for _, p := range family(t, pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		if err != nil {
			continue // it has just ended
		}
		f.processes++
		for l := range strings.Lines(string(b)) {
			fields := strings.Fields(l)
			if len(fields) < 2 {
				continue
			}
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			switch fields[0] {
			case "RssAnon:":
				f.memory += n >> 10
				if p == pid {
					f.own = n >> 10
				}
			case "Threads:":
				f.threads += int(n)
			}
		}
		open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p))
		f.files += len(open)
	}
	require.NoError(t, filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // files come and go
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if filepath.Base(filepath.Dir(path)) == "runs" {
			f.recordN++
			return nil // they have a rule of their own
		}
		f.stateFiles++
		f.stateKiB += info.Size() >> 10
		return nil
	}))
	return f
}

// TIKV_DEMO_TEST_BOOTH says how many rounds the booth plays; make test-booth has 50.
// What it holds at the end of each round is printed. The last one is compared with an
// earlier one of the same fault, because what the stores hold depends on it: twice as
// much after two of them came back at once. The first rounds are not compared: memory
// that was needed once is kept.
func TestABoothHoldsNoMoreAfterManyRounds(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("TIKV_DEMO_TEST_BOOTH"))
	if rounds == 0 {
		t.Skip("a round takes over a minute; set TIKV_DEMO_TEST_BOOTH to a number of rounds (make test-booth)")
	}
	t.Parallel()
	state := t.TempDir()
	booth := onScreen(t, state, "run", "--loop", "--auto", "--fault", "all", "--seed", "1")
	cmd := booth.cmd
	var held []footprint
	faults, failed := map[string]bool{}, 0
	for round := 1; round <= rounds; round++ {
		var ended string
		require.Eventually(t, func() bool {
			ended = roundOf(state, round)
			return ended != ""
		}, 5*time.Minute, 200*time.Millisecond, "round %d does not end", round)
		at := measure(t, cmd.Process.Pid, state)
		all := lines(t, ended)
		at.fault = kind(all, "run.started")[0]["fault"].(string)
		outcome := kind(all, "run.finished")[0]["outcome"]
		held, faults[at.fault] = append(held, at), true
		if outcome == "failed" {
			failed++
		}
		t.Logf("round %2d %-12s %-9v memory %3d MiB, %3d its own, processes %d, threads %2d, files %3d, state %d files %d KiB, records %d",
			round, at.fault, outcome, at.memory, at.own, at.processes, at.threads, at.files, at.stateFiles, at.stateKiB, at.recordN)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitInterrupted, booth.ends())
	requireNothingLeft(t, state)
	require.LessOrEqual(t, failed, rounds/10, "rounds that failed")
	require.Len(t, faults, min(rounds, len(faultNames())))
	late := held[rounds-1]
	early := held[rounds/3+slices.IndexFunc(held[rounds/3:], func(f footprint) bool { return f.fault == late.fault })]
	require.Equal(t, early.processes, late.processes)
	require.LessOrEqual(t, late.files, early.files+10)
	require.LessOrEqual(t, late.memory, early.memory*3/2)
	require.LessOrEqual(t, late.own, early.own*3/2)
	require.LessOrEqual(t, late.stateFiles, early.stateFiles+5)
	require.LessOrEqual(t, late.recordN, int64(keepRounds+keepFailed+1))
}

// roundOf gives the record of a round that has ended, "" before. Their names are in
// the order of their times, and old ones are removed, so the round is in the id.
func roundOf(state string, round int) string {
	paths, _ := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
	for i := len(paths) - 1; i >= 0; i-- {
		b, err := os.ReadFile(paths[i])
		if err != nil || !strings.Contains(string(b), `"kind":"run.finished"`) {
			continue
		}
		if strings.Contains(string(b), fmt.Sprintf(`"play":%d,"options"`, round)) {
			return string(b)
		}
	}
	return ""
}
