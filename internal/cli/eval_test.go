package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestRoundsWithAndWithoutAFaultAreScoredAndLeaveNothing(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	// This one knows of processes that are gone, and nothing to say where none is.
	env := []string{"ANTHROPIC_API_KEY=" + testKey, "ANTHROPIC_BASE_URL=" + playsClaude(t).URL}
	r := callWith(t, state, env, "eval", "--runs", "1", "--fault", "kill,none", "--wait", "3s", "--seed", "7", "--diagnoser", "claude", "--price", "3,15", "--json")
	require.Equal(t, exitOK, r.status, "%s%s", r.err, r.stdout) // why a round failed stands in its line
	ls := lines(t, r.stdout)
	require.Equal(t, "eval.summary", ls[len(ls)-1]["kind"])
	rounds := kind(ls, "eval.round")
	require.Len(t, rounds, 2)
	tokens := map[string]any{}
	for _, row := range ls[len(ls)-1]["rows"].([]any) {
		row := row.(map[string]any)
		tokens[row["fault"].(string)+" "+row["source"].(string)] = row["tokens"]
	}
	require.Equal(t, map[string]any{"kill CLAUDE LIVE": 999., "kill RULES": nil, "kill NOBODY": nil, "none RULES": nil, "none NOBODY": nil}, tokens)

	require.Equal(t, "kill", rounds[0]["fault"])
	require.Equal(t, "store_down", rounds[0]["ticket"].(map[string]any)["invariant"])
	require.Positive(t, rounds[0]["ttd_ms"])
	require.Positive(t, rounds[0]["acked"])
	require.Equal(t, "none", rounds[1]["fault"])
	for _, round := range rounds {
		require.Equal(t, true, round["seal_matches"])
		require.EqualValues(t, 7, round["seed"])
		require.Equal(t, true, round["verified"])
		require.EqualValues(t, 0, round["lost"])
		b, err := os.ReadFile(round["record"].(string))
		require.NoError(t, err)
		record := lines(t, string(b))
		require.Equal(t, round["fault"], one(t, record, "run.started")["fault"])
		require.EqualValues(t, 7, one(t, record, "run.started")["seed"])
		require.Equal(t, "complete", one(t, record, "run.finished")["outcome"])
		ofOthers := slices.DeleteFunc(kind(record, "ticket.opened"), func(ticket map[string]any) bool {
			return round["fault"] == "kill" && ticket["since_fault_ms"] != nil && (ticket["target"] == round["target"] || ticket["target"] == "workload" || ticket["target"] == "regions")
		})
		require.Len(t, ofOthers, int(round["false_tickets"].(float64)), "%v", ofOthers)
		if len(ofOthers) > 0 {
			t.Logf("a busy machine held a node up for so long that it got a ticket: %v", ofOthers)
			continue
		}
		requireAllRight(t, round)
	}
	requireNothingLeft(t, state)
}

// requireAllRight holds that the first on a round's card was right in everything.
func requireAllRight(t *testing.T, round map[string]any) {
	t.Helper()
	first := round["card"].([]any)[0].(map[string]any)
	right := map[string]any{"detection": 1., "localization": 1., "fault_type": 1., "action": 1.}
	if round["fault"] == "none" {
		require.Nil(t, round["ticket"])
		if first["fault_type"] != demo.TypeNone {
			// On a busy machine latency rises by itself: nobody can say that nothing is
			// wrong, and the answer may name the node that was slowest.
			right["fault_type"] = 0.
			for _, mark := range []string{"localization", "action"} {
				right[mark] = first["score"].(map[string]any)[mark]
			}
		}
	}
	require.Equal(t, right, first["score"], round)
}

func TestAnInterruptedEvaluationPrintsWhatItHas(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, "eval", "--runs", "9", "--fault", "kill", "--records", "500")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	// The second round's record is there: the first is over.
	require.Eventually(t, func() bool {
		records, _ := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
		return len(records) > 1
	}, 90*time.Second, 50*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait()
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), errs.String())
	require.Contains(t, errs.String(), "interrupted")
	require.Regexp(t, `(?m)^kill +RULES +1 +100%`, out.String())
	require.Contains(t, out.String(), "1 rounds;")
	requireNothingLeft(t, state)
}

func TestShareAndTimesOfRounds(t *testing.T) {
	scored := func(source string, mark float64, took time.Duration, u *demo.Usage, cost float64) demo.Scored {
		return demo.Scored{Verdict: demo.Verdict{Source: source, Took: demo.Millis(took)}, Marks: demo.Marks{Detection: 1, Localization: mark, FaultType: mark, Action: mark}, Usage: u, Cost: cost}
	}
	var played []evalRound
	for i := range 20 {
		claude := scored("CLAUDE LIVE", float64(i%2), time.Duration(i+1)*time.Second, &demo.Usage{InputTokens: 100, OutputTokens: 10}, 0.01)
		p := evalRound{Fault: "kill", Ticket: &evalTicket{ID: "T-1"}, TTD: demo.Millis(time.Duration(i+1) * time.Second)}
		p.Card = []demo.Scored{claude, scored("RULES", 1, 0, nil, 0), scored("NOBODY", 0, 0, nil, 0)}
		if i == 0 {
			p.FalseTickets, p.Lost = 2, 3
		}
		played = append(played, p, evalRound{Fault: "none", Card: []demo.Scored{scored("RULES", 1, time.Second, nil, 0), scored("NOBODY", 1, 0, nil, 0)}},
			evalRound{Fault: "kill", Failed: "it could not be carried out"})
	}
	got := rows(played)
	require.Len(t, got, 5)
	var order []string
	for _, r := range got {
		order = append(order, r.Fault+" "+r.Source)
	}
	require.Equal(t, []string{"kill CLAUDE LIVE", "kill RULES", "kill NOBODY", "none RULES", "none NOBODY"}, order)
	require.Equal(t, 20, got[0].Rounds)
	require.Equal(t, demo.Marks{Detection: 1, Localization: 0.5, FaultType: 0.5, Action: 0.5}, got[0].Marks)
	require.Equal(t, "100% [83,100]", got[0].Detection.String())
	require.Equal(t, "50% [27,73]", got[0].RootCause.String())
	require.Equal(t, "0% [0,17]", got[0].Grounded.String())
	require.Equal(t, "10.0/19.0/20.0", got[0].Answer.String())
	require.Equal(t, "10.0/19.0/20.0", got[1].Detect.String())
	require.EqualValues(t, 2200, got[0].Tokens)
	require.InDelta(t, 0.2, got[0].Cost, 1e-9)
	require.Equal(t, 2, got[0].FalseTickets)
	require.EqualValues(t, 3, got[1].Lost)
	require.Equal(t, "-", got[2].Answer.String(), "nobody answers")
	require.Equal(t, "-", got[3].Detect.String(), "there was no ticket")
	require.Equal(t, "7.0/7.0/7.0", percentilesOf([]time.Duration{7 * time.Second}).String())
}

// Keys that could not be read are not known to be intact: a 0 beside them says so.
func TestARoundSaysHowManyKeysCouldNotBeRead(t *testing.T) {
	unread := evalRound{Fault: "kill", Card: []demo.Scored{{Verdict: demo.Verdict{Source: "RULES"}}}}
	var end demo.State
	end.Ledger = &demo.LedgerVerified{Acked: 12, Checked: 2, Unknown: 10}
	unread.read(end)
	all := evalRound{Fault: "none", Card: unread.Card}
	end.Ledger = &demo.LedgerVerified{Acked: 12, Checked: 12}
	all.read(end)
	var out bytes.Buffer
	ev := &evaluation{o: &evalOptions{}, out: &out, played: []evalRound{unread, unread, all}}
	require.NoError(t, ev.print())
	require.Regexp(t, `(?m)^kill +RULES .* 0, 20 unknown$`, out.String())
	require.Regexp(t, `(?m)^none +RULES .* 0$`, out.String())
	out.Reset()
	ev.o.json = true
	require.NoError(t, ev.line("eval.round", unread))
	require.NoError(t, ev.line("eval.round", all))
	require.NoError(t, ev.print())
	ls := lines(t, out.String())
	require.EqualValues(t, 10, ls[0]["unknown"])
	require.NotContains(t, ls[1], "unknown", "nothing is unknown")
	table := ls[2]["rows"].([]any)
	require.EqualValues(t, 20, table[0].(map[string]any)["unknown"])
	require.NotContains(t, table[1], "unknown")
}

// A round that ended before its keys were read again has lost nothing that anybody knows
// of, which is not the same as nothing.
func TestARoundWhoseKeysWereNeverReadAgainIsNotCalledWithoutLoss(t *testing.T) {
	card := []demo.Scored{{Verdict: demo.Verdict{Source: "RULES"}}}
	var read, unread, seen demo.State
	read.Ledger = &demo.LedgerVerified{Acked: 12, Checked: 12}
	seen.Violations = []demo.ViolationPoint{{Violation: demo.Violation{Key: "user7"}}}
	round := func(fault string, end demo.State) evalRound {
		r := evalRound{Fault: fault, Card: card}
		r.read(end)
		return r
	}
	var out bytes.Buffer
	ev := &evaluation{o: &evalOptions{}, out: &out, played: []evalRound{
		round("kill", read), round("kill", unread), round("freeze", unread), round("disk", seen), round("slow", read),
	}}
	require.NoError(t, ev.print())
	require.Regexp(t, `(?m)^kill +RULES .* 0, not read again in 1$`, out.String())
	require.Regexp(t, `(?m)^freeze +RULES .*[^,] not read again$`, out.String())
	require.Regexp(t, `(?m)^disk +RULES .* 1, not read again in 1$`, out.String())
	require.Regexp(t, `(?m)^slow +RULES .* 0$`, out.String())
	out.Reset()
	ev.o.json = true
	for _, p := range ev.played {
		require.NoError(t, ev.line("eval.round", p))
	}
	require.NoError(t, ev.print())
	ls := lines(t, out.String())
	require.Equal(t, true, ls[0]["verified"])
	require.Equal(t, false, ls[1]["verified"])
	table := ls[5]["rows"].([]any)
	require.EqualValues(t, 1, table[0].(map[string]any)["unverified"])
	require.NotContains(t, table[3], "unverified")
}

func TestARoundThatCannotBePlayedIsNamedAndTheOthersArePlayed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	begin := func() *evaluation {
		out.Reset()
		return &evaluation{o: &evalOptions{runs: 2, options: options{seed: 7}}, out: &out, tell: newTeller(&out)}
	}
	ev := begin()
	err := ev.play(ctx, []string{"kill", "none"}, func(_ context.Context, r *evalRound) error {
		if r.Fault == "kill" && r.Seed == 8 {
			return errors.New("it did\nnot recover")
		}
		r.Card = []demo.Scored{{Verdict: demo.Verdict{Source: "RULES"}}, {Verdict: demo.Verdict{Source: "NOBODY"}}}
		return nil
	})
	require.EqualError(t, err, "1 of 4 rounds could not be carried out")
	require.NoError(t, ev.print())
	require.Contains(t, out.String(), "round 3, kill, seed 8: it did; not recover\n4 rounds;")
	require.Regexp(t, `(?m)^none +RULES +2 `, out.String())

	ev = begin()
	err = ev.play(ctx, []string{"kill"}, func(context.Context, *evalRound) error { return precondition("no images") })
	var s *statusError
	require.ErrorAs(t, err, &s)
	require.Equal(t, exitPrecondition, s.status)
	require.Len(t, ev.played, 1, "what must be put right first is not tried again")

	ev = begin()
	err = ev.play(ctx, []string{"kill"}, func(_ context.Context, r *evalRound) error {
		if r.N == 2 {
			cancel()
			return errors.New("cut off")
		}
		return nil
	})
	require.ErrorIs(t, err, errInterrupted)
	require.Len(t, ev.played, 1, "a round that was cut off shows nothing")
}

func TestWhatNoEvaluationCanBeMadeOfIsSaid(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--fault=flood", "none"},
		{"--fault=", "--fault"},
		{"--runs=0", "1 to 1000"},
		{"--wait=1ms", "1s to 10m"},
		{"--cluster=external", "embedded"},
		{"--stores=99", "3 to 9"},
	} {
		r := call(t, t.TempDir(), "eval", c.args)
		require.Equal(t, exitUsage, r.status, c.args+r.err)
		require.Contains(t, r.err, c.says)
	}
}
