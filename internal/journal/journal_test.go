package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC)

// bodies has one body of every kind, with every field set.
func bodies() []demo.Body {
	ms := demo.Millis(1234 * time.Millisecond)
	plan := demo.Plan{Fault: "kill", FaultType: demo.TypeCrashed, Target: "tikv-2", Reason: "drawn", Seed: 7, Effect: "SIGKILL", Undo: "restart",
		Expect: []demo.Expectation{{Signal: demo.SignalStatusProbe, After: ms}}}
	act := demo.Action{Name: demo.ActionRestart, Target: "tikv-2"}
	terms := demo.Terms{Effect: "start it", Undo: "stop it", Precondition: "it is gone", Risk: "a second outage"}
	claim := demo.Claim{Text: "tikv-2 died [E1].", Cites: []int{1}, OK: true, Why: "it stands there"}
	verdict := demo.Verdict{Source: "RULES", Component: "tikv-2", FaultType: demo.TypeCrashed, Action: act, Took: ms}
	return []demo.Body{
		demo.RunStarted{Rehearsal: true, Version: "v1", Cluster: "embedded", Profile: "stage", Fault: "kill", Seed: math.MaxInt64, Chapters: []string{"welcome"},
			Schema: 2, Run: "r1", Build: map[string]string{"go": "go1.26"}, Host: map[string]string{"cores": "2"}, Flags: map[string]string{"auto": "true"}},
		demo.ChapterEntered{N: 1, ID: "welcome", Title: "Grüße <b>", By: demo.ByKey},
		demo.ChapterDone{N: 1, ID: "welcome", Title: "Welcome", By: demo.ByForced},
		demo.ClusterReady{Took: ms, PD: "http://127.0.0.1:2379", Stores: 3, Label: "embedded", Versions: map[string]string{"tikv": "8.5"}},
		demo.HealthSeen{Snapshot: demo.Snapshot{HasIssues: true, LastUpdated: at, Stale: ms, Error: "PD silent", Nodes: []demo.Node{{
			ID: "18446744073709551615", Name: "tikv-1", Type: "TiKV", Role: demo.RoleData, Health: demo.HealthSuspect, State: "Disconnected",
			Address: "127.0.0.1:20160", StatusAddress: "127.0.0.1:20180", Leader: true, Leaders: 3, Regions: 9, HeartbeatAge: ms, StartedAt: at, LastBeat: at,
		}}}},
		demo.RegionsSeen{RegionMap: demo.RegionMap{Total: 1, LastUpdated: at, Stale: ms, Error: "PD silent", Nodes: []demo.NodeRegions{{Name: "tikv-1", Leaders: 1, Regions: 1}},
			Shown: []demo.Region{{ID: math.MaxUint64, Leader: "tikv-1", Peers: []string{"tikv-1", "tikv-2"}, Down: []string{"tikv-2"}, Pending: []string{"tikv-2"}}}}},
		demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 1000, Reads: 500, Updates: 500, Errors: 2, Shed: 3, P50: demo.Micros(100 * time.Microsecond),
			P95: demo.Micros(time.Millisecond), P99: demo.Micros(time.Second), ErrorsByKind: map[string]int64{"timeout": 2}, ErrorsByNode: map[string]int64{"tikv-2": 2},
			Max: demo.Micros(time.Second), Regions: []demo.RegionTrouble{{ID: math.MaxUint64, Errors: 2, Unwritable: ms}}, RecordsHit: 2, Histogram: "HISTFAAA"}},
		demo.HypothesisStated{Hypothesis: demo.Hypothesis{P99: ms, Within: ms}},
		demo.HypothesisJudged{Hypothesis: demo.Hypothesis{P99: ms, Within: ms}, Verdict: demo.Held, Latency: demo.Held, Writes: demo.Held, Back: &ms, Lost: 1, Unread: 2},
		demo.FaultSealed{Hash: "3fa9"},
		demo.FaultOpened{Hash: "3fa9", Nonce: "n", Text: `{"nonce":"n"}`, Matches: true, Why: "x", Card: []demo.Scored{{
			Verdict: verdict, Marks: demo.Marks{Detection: 1, Localization: 0.5, FaultType: 1, Action: 1}, Usage: &demo.Usage{Model: "m"}, Cost: 0.01}}},
		demo.FaultInjected{Plan: plan, By: demo.ByPresenter},
		demo.FaultConfirmed{Fault: "kill", Target: "tikv-2", SinceFault: ms},
		demo.FaultLifted{Fault: "kill", Target: "tikv-2", By: demo.ByDemo},
		demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "tikv-2", Cleared: true, Detail: "refused", SinceFault: ms},
		demo.TicketOpened{ID: "T-1", Invariant: "store_down", Target: "tikv-2", Severity: demo.SeverityCritical, Message: "down", Signals: []string{"status_probe"}, SinceFault: ms},
		demo.TicketClosed{ID: "T-1", Invariant: "store_down", Target: "tikv-2", Severity: demo.SeverityCritical, Message: "up", FirstSeen: at, LastSeen: at, Count: 4, SinceFault: ms},
		demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: []demo.Evidence{{N: 1, At: at, Source: "pd", Text: "x\t\ny"}}, Why: "CLAUDE LIVE: overloaded", Beside: []demo.Verdict{verdict}},
		demo.DiagnosisDelta{Source: "RULES", Text: "because", Claims: []demo.Claim{claim}},
		demo.DiagnosisFinished{Source: "RULES", Component: "tikv-2", FaultType: demo.TypeCrashed, RootCause: "killed", Evidence: []int{1},
			Alternatives: []demo.Alternative{{Cause: "frozen", Against: "exit", Evidence: []int{1}}}, Action: act, Verified: 0.5, Correct: true, Grounded: true, Took: ms,
			Risk: "none", Claims: []demo.Claim{claim}, Usage: &demo.Usage{Model: "m", InputTokens: 1, OutputTokens: 2, Turns: 1, ToolCalls: 1},
			Beside: []demo.Verdict{verdict}, Terms: terms},
		demo.ActionProposed{Action: act, Terms: terms, By: "RULES"},
		demo.ActionAsked{Action: act},
		demo.ActionApproved{Action: act, By: demo.ByPresenter},
		demo.ActionDenied{Action: act, By: demo.ByPresenter, Reason: "the risk is too high"},
		demo.ActionSkipped{Action: act, Why: "it runs"},
		demo.ActionDone{Action: act, By: demo.ByAgent},
		demo.StageSeen{Name: demo.StageMember, Late: true, Limit: ms, SinceFault: ms},
		demo.Recovered{TTR: ms, FromAction: ms, OpsRatio: 0.97, By: demo.ByAgent},
		demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 4, Upper: 6, Read: 3, Store: "tikv-2", When: demo.SeenInRun},
		demo.DataProved{Stores: []demo.StoreProof{{Store: "tikv-2", Records: 1, Inserts: 2, Wrong: 3, Unread: 4, Why: "x"}}},
		demo.LedgerVerified{Acked: 3, Refused: 1, Indeterminate: 2, Reads: 4, Checked: 2, Unknown: 5, Inserts: 6, InsertsLost: 1, Lost: 1, Violations: map[string]int64{"stale": 1}},
		demo.EffectFailed{Effect: "inject the fault", Err: "no such node"},
		demo.QuestionOpened{Elapsed: ms},
		demo.QuestionClosed{Took: ms},
		demo.TakenOver{N: 4, ID: "fault", Record: "the example kill"},
		demo.RecordShown{N: 4, ID: "fault", Run: "r0", Head: strings.Repeat("cd", 32), Of: at},
		demo.LiveWell{After: ms},
		demo.LiveAgain{N: 4, ID: "fault", Took: ms},
		demo.ChaptersRevised{Chapters: []demo.Chapter{{N: 1, ID: "welcome"}}},
		demo.ChaptersKept{Why: "01-welcome.md:3: budget: is missing"},
		demo.PlayBegun{Play: 2, Options: demo.Options{Auto: true}, Chapters: []demo.Chapter{{N: 1, ID: "welcome", Budget: time.Minute, Narration: "# Hi"}},
			Cluster: &demo.ClusterReady{PD: "x"}, Snapshot: &demo.Snapshot{HasIssues: true}, Step: 3, Line: 4, Rev: 5, InVain: 1},
		demo.Taken{Event: demo.Event{At: at, Step: 7, Play: 1, Body: demo.Asked{Intent: demo.Choose, N: 2, Who: "phone", Rev: 9}}},
		demo.RecordSealed{Head: strings.Repeat("ab", 32), Words: "a-b-c-d", Lines: 9},
		demo.RunFinished{Outcome: demo.OutcomeComplete, TTD: ms, TTR: ms, Lost: 1, Unknown: 5, Forced: 2, Verified: true, Hypothesis: demo.Held, LeftBroken: []string{"tikv-2"}},
	}
}

// contract is the record as other programs read it: every kind with its
// fields. The first line of each is what was promised; what follows "+" was
// added since. A field that goes away or changes its name breaks a reader.
const contract = `
run.started        version cluster profile fault seed chapters + schema run build host flags rehearsal
chapter.entered    n id title by
chapter.done       n id title by
cluster.ready      took_ms pd stores + label versions
health             nodes has_issues last_updated stale_ms error
regions            total shown nodes last_updated stale_ms + error
load               ops reads updates errors p50_us p95_us p99_us + shed errors_by_kind errors_by_node max_us regions records_hit latency_hdr
hypothesis.stated  p99_ms within_ms
hypothesis.judged  verdict latency writes back_ms lost unread p99_ms within_ms
fault.sealed       sha256
fault.opened       sha256 nonce text matches card + why
fault.injected     fault target reason seed by + fault_type effect undo expect
fault.confirmed    fault target since_fault_ms
fault.lifted       fault target by
signal             name target since_fault_ms + cleared detail
ticket.opened      id invariant target severity message since_fault_ms + signals
ticket.closed      id invariant target severity message since_fault_ms + first_seen last_seen count
diagnosis.started  source evidence + ticket why beside
diagnosis.delta    source + text claims
diagnosis.finished source component fault_type root_cause evidence alternatives action verified correct took_ms + risk claims usage beside terms grounded
action.proposed    action target by + effect undo precondition risk
action.asked       action target
question.opened    elapsed_ms
question.closed    took_ms
talk.taken_over    n id record
talk.record_shown  + n id of run head
talk.live_well     + after_ms
talk.live_again    n id + took_ms
action.approved    action target by
action.denied      action target by + reason
action.skipped     action target why
action.done        action target by
recovery.stage     name limit_ms since_fault_ms late
recovered          ttr_ms ops_ratio + by from_action_ms
violation          name key lower upper read store when
data.proved        stores
ledger.verified    acked checked lost + refused indeterminate reads unknown inserts inserts_lost violations
effect.failed      effect error
chapters.revised   chapters
chapters.kept      why
play.begun         + play options chapters cluster snapshot step line rev in_vain
input              + step play as body
record.sealed      + head words lines
run.finished       outcome ttd_ms ttr_ms lost forced + verified unknown left_broken hypothesis self
`

func TestTheRecordKeepsItsContract(t *testing.T) {
	got := map[string][]string{}
	for _, b := range bodies() {
		line, err := encode(at, b, 0, "")
		require.NoError(t, err)
		require.Truef(t, bytes.HasPrefix(line, []byte(`{"t":"2026-03-04T05:06:07.123456789Z","kind":"`+b.Kind()+`",`)), "t and kind first: %s", line)
		require.Equal(t, len(line)-1, bytes.IndexByte(line, '\n'), "one line")
		var m map[string]any
		require.NoError(t, json.Unmarshal(line, &m))
		for k := range m {
			if k != "t" && k != "kind" {
				got[b.Kind()] = append(got[b.Kind()], k)
			}
		}
	}
	want := map[string][]string{}
	for l := range strings.Lines(strings.TrimSpace(contract)) {
		words := strings.Fields(strings.Replace(l, "+", "", 1))
		want[words[0]] = words[1:]
	}
	require.Len(t, got, len(kinds))
	for k := range want {
		assert.ElementsMatch(t, want[k], got[k], k)
	}
	assert.Len(t, got, len(want))
}

func TestEveryFieldOfEveryKindIsTried(t *testing.T) {
	for _, b := range bodies() {
		v := reflect.ValueOf(b)
		for i := range v.NumField() {
			assert.Falsef(t, v.Field(i).IsZero(), "%T.%s", b, v.Type().Field(i).Name)
		}
	}
}

func TestWhatIsWrittenIsReadBackTheSame(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for i, b := range bodies() {
		require.NoError(t, w.Write(at.Add(time.Duration(i)), b))
	}
	require.NoError(t, w.Close())
	i := 0
	for l := range NewReader(&buf).lines() {
		require.NoError(t, l.err)
		want := bodies()[i]
		if taken, ok := want.(demo.Taken); ok { // its time is that of its line
			taken.Event.At = l.at
			want = taken
		}
		assert.Equal(t, at.Add(time.Duration(i)), l.at)
		assert.Equal(t, want, l.body)
		i++
	}
	assert.Len(t, bodies(), i)
}

func TestTimesAreWrittenInUTC(t *testing.T) {
	line, err := encode(at.In(time.FixedZone("", 5*3600)), demo.Recovered{}, 0, "")
	require.NoError(t, err)
	got, _, err := Decode(line)
	require.NoError(t, err)
	assert.Equal(t, at, got)
	assert.Contains(t, string(line), `:07.123456789Z"`)
}

func TestWhatOnlyMovesThePlayIsNotWritten(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for _, b := range []demo.Body{demo.Asked{}, demo.Waited{}, demo.Progressed{Text: "x"}, nil} {
		require.NoError(t, w.Write(at, b))
	}
	assert.Empty(t, buf.String())
}

func TestLinesOfManyGoroutinesDoNotMix(t *testing.T) {
	w, err := CreateIn(filepath.Join(t.TempDir(), "a", "runs"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for range 200 {
				assert.NoError(t, w.Write(time.Now(), demo.ChapterEntered{N: n, Title: strings.Repeat("x", 100)}))
			}
		})
	}
	all.Wait()
	require.NoError(t, w.Close())
	f, err := os.Open(w.Path())
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()
	n := 0
	for l := range NewReader(f).lines() {
		require.NoError(t, l.err)
		n++
	}
	assert.Equal(t, 1600, n)
}

func TestRecordsOfOneMomentHaveFilesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for range 20 {
		w, err := CreateIn(dir)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NotContains(t, paths, w.Path())
		paths = append(paths, w.Path())
	}
	assert.True(t, slices.IsSorted(paths), "the newest has the last name")
}

// cutter takes a part of one write and then fails, as a full disk does.
type cutter struct {
	bytes.Buffer
	left int
}

var errFull = errors.New("no space left on device")

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		n, _ := c.Buffer.Write(b[:c.left])
		c.left = 0
		return n, errFull
	}
	c.left -= len(b)
	return c.Buffer.Write(b)
}

func TestAFullDiskIsSaidOnceAndWhatWasWrittenCanBeRead(t *testing.T) {
	first, err := encode(at, demo.Recovered{}, 0, "")
	require.NoError(t, err)
	disk := &cutter{left: len(first) + 20}
	w := NewWriter(disk)
	require.NoError(t, w.Write(at, demo.Recovered{}))
	require.ErrorIs(t, w.Write(at, demo.Recovered{}), errFull)
	require.NoError(t, w.Write(at, demo.Recovered{}), "said once")
	require.ErrorIs(t, w.Err(), errFull)
	require.NoError(t, w.Close())
	assert.Len(t, disk.Bytes(), len(first)+20, "nothing follows a line that was cut")

	r := NewReader(&disk.Buffer)
	n := 0
	for l := range r.lines() {
		require.NoError(t, l.err)
		n++
	}
	assert.Equal(t, 1, n)
	assert.True(t, r.Truncated)
}

func TestABodyThatCannotBeEncodedDoesNotEndTheRecord(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	require.Error(t, w.Write(at, demo.Recovered{OpsRatio: math.NaN()}))
	require.NoError(t, w.Write(at, demo.Recovered{OpsRatio: 1}))
	require.NoError(t, w.Err())
	assert.Equal(t, 1, strings.Count(buf.String(), "\n"))
}

func TestAClosedRecordTakesNothing(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "r.jsonl"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, w.Close())
	require.ErrorIs(t, w.Write(at, demo.Recovered{}), os.ErrClosed)
	_, err = Create(filepath.Join(t.TempDir(), "no", "dir"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAReaderGoesPastWhatIsNewAndWhatIsBroken(t *testing.T) {
	good := `{"t":"2026-03-04T05:06:07Z","kind":"recovered","ttr_ms":5,"ops_ratio":1,"new_field":true}` + "\n"
	unknown := `{"t":"2026-03-04T05:06:07Z","kind":"moon.seen"}` + "\n"
	for name, c := range map[string]struct {
		in        string
		events    int
		skipped   int
		truncated bool
		damaged   int
		err       string
	}{
		"nothing":                             {},
		"a new field and an unknown kind":     {in: good + unknown + good, events: 2, skipped: 1},
		"empty lines":                         {in: "\n" + good + "\n", events: 1},
		"a last line that was cut":            {in: good + good[:40], events: 1, truncated: true},
		"a last line that only lacks its end": {in: good + strings.TrimSpace(good), events: 2},
		"a broken line in the middle":         {in: good + good[:40] + "\n" + good, events: 2, damaged: 1},
		"a line without a time":               {in: `{"kind":"recovered"}` + "\n", damaged: 1},
		"a field of the wrong type":           {in: good + strings.Replace(good, "5,", `"5",`, 1), events: 1, damaged: 1},
		"a line without an end":               {in: strings.Repeat("x", maxLine+2), err: "4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(c.in))
			n, said := 0, ""
			for l := range r.lines() {
				if l.err != nil {
					said = l.err.Error()
					continue
				}
				if l.body != nil {
					n++
				}
			}
			assert.Equal(t, c.events, n)
			assert.Equal(t, c.damaged, r.Damaged)
			assert.Equal(t, c.skipped, r.Skipped)
			assert.Equal(t, c.truncated, r.Truncated)
			if c.err == "" {
				assert.Empty(t, said)
			}
			assert.Contains(t, said, c.err)
		})
	}
}

func TestAReaderPassesOnWhatItsSourceSays(t *testing.T) {
	var said error
	for l := range NewReader(iotest.ErrReader(errFull)).lines() {
		said = l.err
	}
	assert.ErrorIs(t, said, errFull)
}

func TestTheStateDirectoryFollowsTheEnvironment(t *testing.T) {
	home := t.TempDir()
	for _, c := range []struct{ own, xdg, want string }{
		{"/own", "/xdg", "/own"},
		{"", "/xdg", "/xdg/tikv-demo"},
		{"", "relative", home + "/.local/state/tikv-demo"},
		{"", "", home + "/.local/state/tikv-demo"},
	} {
		t.Setenv("HOME", home)
		t.Setenv("TIKV_DEMO_STATE_DIR", c.own)
		t.Setenv("XDG_STATE_HOME", c.xdg)
		got, err := StateDir()
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
	t.Setenv("HOME", "")
	_, err := StateDir()
	require.ErrorContains(t, err, "TIKV_DEMO_STATE_DIR")
}

func FuzzDecodeNeverPanics(f *testing.F) {
	for _, b := range bodies() {
		line, err := encode(at, b, 0, "")
		require.NoError(f, err)
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		at, b, err := Decode(line)
		if err != nil {
			return
		}
		again, err := encode(at, b, 0, "")
		if err != nil {
			return // a year beyond 9999 cannot be written
		}
		_, b2, err := Decode(again)
		require.NoError(t, err)
		require.Equal(t, b.Kind(), b2.Kind())
	})
}

// Whatever a name on the command line stands for, nothing is lost by it and
// nothing blocks.
func TestARecordNeverTakesTheRoomOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept.jsonl")
	require.NoError(t, os.WriteFile(kept, []byte("the last talk\n"), 0o644))
	link := filepath.Join(dir, "link.jsonl")
	require.NoError(t, os.Symlink(kept, link))
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o644))
	for path, why := range map[string]error{kept: ErrExists, link: ErrExists, pipe: ErrNotAPlace, dir: ErrNotAPlace} {
		_, err := Create(path)
		require.ErrorIs(t, err, why, path)
		require.ErrorContains(t, err, path)
	}
	b, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Equal(t, "the last talk\n", string(b))

	empty := filepath.Join(dir, "empty.jsonl") // as mktemp leaves it
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, path := range []string{empty, filepath.Join(dir, "new.jsonl"), os.DevNull} {
		w, err := Create(path)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
}

// A record comes from anywhere.
func TestNothingInARecordIsForTheTerminal(t *testing.T) {
	for _, line := range []string{
		`{"t":"2026-01-02T10:00:00Z","kind":"play.begun","play":1,"options":{"title":"a\u001b]0;x\u0007b"},"chapters":[{"title":"a\u001b[2Jb\u202e","narration":"a\n\tb\u009b2J"}]}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"input","as":"outgoing","body":{"text":"a\u001b[2Jb","to":"` + "\u202e\u009b2J" + `x"}}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"diagnosis.started","evidence":[{"text":"a\u0000\u001b[31m"}]}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"cluster.ready","versions":{"a\u001b[2J":"\u001b[2J"}}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"diagnosis.started","evidence":[{"text":"over\rwritten"}]}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"diagnosis.started","evidence":[{"text":"a\b\bb"}]}`,
		`{"t":"2026-01-02T10:00:00Z","kind":"diagnosis.started","evidence":[{"text":"a\fb"}]}`,
	} {
		_, b, err := Decode([]byte(line))
		require.NoError(t, err, line)
		require.False(t, strings.ContainsFunc(fmt.Sprintf("%+v", b), func(r rune) bool { return text.Acts(r) && r != '\n' && r != '\t' }), "%q", fmt.Sprintf("%+v", b))
	}
	_, b, err := Decode([]byte(`{"t":"2026-01-02T10:00:00Z","kind":"play.begun","chapters":[{"narration":"a\n\tb\u009b2J"}]}`))
	require.NoError(t, err)
	require.Equal(t, "a\n\tb", b.(demo.PlayBegun).Chapters[0].Narration, "lines and tabs stay")
}
