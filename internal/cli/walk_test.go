package cli

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lines reads a record into one map a line.
func lines(t testing.TB, record string) []map[string]any {
	t.Helper()
	var out []map[string]any
	sc := bufio.NewScanner(strings.NewReader(record))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var m map[string]any
		require.NoError(t, json.Unmarshal(sc.Bytes(), &m), sc.Text())
		out = append(out, m)
	}
	require.NoError(t, sc.Err())
	return out
}

func kind(ls []map[string]any, kind string) []map[string]any {
	var out []map[string]any
	for _, l := range ls {
		if l["kind"] == kind {
			out = append(out, l)
		}
	}
	return out
}

func one(t testing.TB, ls []map[string]any, k string) map[string]any {
	t.Helper()
	found := kind(ls, k)
	require.Len(t, found, 1, k)
	return found[0]
}

// happened gives when a line of a record happened.
func happened(t testing.TB, line map[string]any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, line["t"].(string))
	require.NoError(t, err)
	return at
}

// ticketOfFault gives the first ticket since the fault. A machine that is busy with other
// things can be so slow before it that the monitor opens one.
func ticketOfFault(t testing.TB, ls []map[string]any) map[string]any {
	t.Helper()
	for _, opened := range kind(ls, "ticket.opened") {
		if !happened(t, opened).Before(happened(t, one(t, ls, "fault.injected"))) {
			return opened
		}
	}
	require.Fail(t, "no ticket since the fault")
	return nil
}

func TestTheWholeTalkWithoutKeysOrTerminal(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	r := call(t, state, "run", "--auto", "--front", "json", "--seed", "7")
	require.Equal(t, exitOK, r.status, r.err)
	ls := lines(t, r.stdout)

	require.Equal(t, "run.started", ls[0]["kind"])
	require.Equal(t, "run.finished", ls[len(ls)-1]["kind"])
	require.Len(t, kind(ls, "chapter.entered"), 8)
	require.Len(t, kind(ls, "chapter.done"), 7)

	target := one(t, ls, "fault.injected")["target"]
	require.EqualValues(t, 7, one(t, ls, "fault.injected")["seed"])
	opened := ticketOfFault(t, ls)
	require.Equal(t, target, opened["target"])
	require.Equal(t, "store_down", opened["invariant"])
	answer := one(t, ls, "diagnosis.finished")
	require.Equal(t, target, answer["component"])
	require.Equal(t, true, answer["correct"])
	require.EqualValues(t, 1, answer["verified"])
	require.Equal(t, target, one(t, ls, "action.done")["target"])
	require.Equal(t, "auto", one(t, ls, "action.approved")["by"])
	requireSealKept(t, ls)
	require.Positive(t, one(t, ls, "recovered")["ttr_ms"])
	ledger := one(t, ls, "ledger.verified")
	require.EqualValues(t, 0, ledger["lost"])
	require.Positive(t, ledger["acked"])
	require.Positive(t, ledger["checked"])
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])

	kept, err := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, kept, 1, "the record is written on every run")
	b, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	require.Equal(t, r.stdout, string(b), "the JSON face is the record")
	requireNothingLeft(t, state)

	dry := call(t, state, "run", "--dry-run", "--seed", "7")
	require.Equal(t, exitOK, dry.status, dry.err)
	require.Contains(t, dry.stdout, fmt.Sprintf("\ntarget    %s ", target), "the same seed, the same target")
}

// requireSealKept holds that what was done was sealed before, that the seal
// keeps with sha256 alone, and that the rules were scored against it.
func requireSealKept(t *testing.T, ls []map[string]any) {
	t.Helper()
	var order []string
	for _, l := range ls {
		switch k := l["kind"].(string); k {
		case "fault.sealed", "fault.injected", "diagnosis.finished", "fault.opened":
			order = append(order, k)
		}
	}
	require.Equal(t, []string{"fault.sealed", "fault.injected", "diagnosis.finished", "fault.opened"}, order)
	opened := one(t, ls, "fault.opened")
	require.Equal(t, true, opened["matches"])
	require.Equal(t, one(t, ls, "fault.sealed")["sha256"], opened["sha256"])
	sum := sha256.Sum256([]byte(opened["text"].(string)))
	require.Equal(t, opened["sha256"], hex.EncodeToString(sum[:]))
	require.Contains(t, opened["text"], opened["nonce"])
	require.Contains(t, opened["text"], one(t, ls, "fault.injected")["target"])

	total := map[string]float64{}
	for _, l := range opened["card"].([]any) {
		line := l.(map[string]any)
		for _, share := range line["score"].(map[string]any) {
			total[line["source"].(string)] += share.(float64) / 4
		}
	}
	require.Equal(t, map[string]float64{"RULES": 1, "NOBODY": 0}, total)
}

// Meanwhile the program is built anew at its place, as a developer does: a store
// that comes back is still the program that the talk began with.
func TestThePlainFaceTellsTheTalkALineAnEvent(t *testing.T) {
	t.Parallel()
	long(t)
	state := t.TempDir()
	mine := filepath.Join(state, "tikv-demo")
	b, err := os.ReadFile(program)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(mine, b, 0o755))
	cmd := exec.Command(mine, "run", "--auto")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	if runtime.GOOS == "linux" { // elsewhere a program has no hold of its own file
		await(t, state, `"kind":"fault.injected"`)
		other := mine + ".new"
		require.NoError(t, os.WriteFile(other, []byte("#!/bin/sh\nexit 9\n"), 0o755))
		require.NoError(t, os.Rename(other, mine))
	}
	require.NoError(t, cmd.Wait(), errs.String())
	require.Contains(t, errs.String(), "--front plain", "with no terminal, plain is chosen and said")
	for _, want := range []string{"store down", "complete", "0 lost", "record: "} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "\x1b", "no escape sequences in a log")
}
