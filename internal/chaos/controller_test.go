package chaos

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestTheLedgerIsWrittenBeforeTheFaultAndClosedAfterItsInverse(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Kill, "tikv-2")
	var onDisk []string
	s.backend.before = func(call string) {
		b, err := os.ReadFile(s.ledger.Path())
		require.NoError(t, err)
		onDisk = append(onDisk, call+": "+events(string(b)))
	}
	require.NoError(t, s.c.Inject(context.Background(), p))
	require.NoError(t, s.c.Lift(context.Background(), p))
	assert.Equal(t, []string{"kill tikv-2: open", "start tikv-2: open"}, onDisk)
	b, err := os.ReadFile(s.ledger.Path())
	require.NoError(t, err)
	assert.Equal(t, "open closed", events(string(b)))
	require.NoError(t, s.ledger.Close())
	assert.NoFileExists(t, s.ledger.Path(), "nothing is open, nothing stays")
}

// events lists the events of a ledger's lines.
func events(ledger string) string {
	var out []string
	for l := range strings.Lines(ledger) {
		_, rest, _ := strings.Cut(l, `"event":"`)
		event, _, _ := strings.Cut(rest, `"`)
		out = append(out, event)
	}
	return strings.Join(out, " ")
}

func TestNothingIsBrokenWhenTheLedgerCannotBeWritten(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Kill, "tikv-2")
	require.NoError(t, s.ledger.file.close())
	err := s.c.Inject(context.Background(), p)
	require.ErrorContains(t, err, "nothing was broken, for the ledger of open faults cannot be written")
	assert.Empty(t, s.backend.said())
}

func TestEveryVerbMayBeCalledTwice(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	ctx := context.Background()
	p := s.plan(t, Kill, "tikv-2")
	require.NoError(t, s.c.Lift(ctx, p), "a fault that was never done")
	require.NoError(t, s.c.Inject(ctx, p))
	require.NoError(t, s.c.Inject(ctx, p))
	require.NoError(t, s.c.Lift(ctx, p))
	require.NoError(t, s.c.Lift(ctx, p))
	healed, err := s.c.Heal(ctx)
	require.NoError(t, err)
	assert.Empty(t, healed)
	assert.Equal(t, []string{"kill tikv-2", "start tikv-2"}, s.backend.said())
}

func TestAnOpenFaultCountsAgainstTheQuorumThoughTheControlPlaneSaysUp(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	require.NoError(t, s.c.Inject(context.Background(), s.plan(t, Pause, "tikv-2")))
	_, err := s.c.Plan(cluster(3, 3, 3), Request{Fault: Kill, Target: "tikv-1"})
	require.ErrorIs(t, err, ErrRefused)
	_, err = s.c.Plan(cluster(3, 3, 3), Request{Fault: Kill, Target: "tikv-2"})
	require.ErrorContains(t, err, "tikv-2 is already broken (pause)")
}

func TestANodeThatDiedSinceThePlanIsNotBrokenAgain(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Kill, "tikv-2")
	*s.backend.nodes["tikv-2"] = Condition{Exit: "exit status 1"}
	require.ErrorIs(t, s.c.Inject(context.Background(), p), ErrNoTarget)
	open, err := s.c.Open()
	require.NoError(t, err)
	assert.Empty(t, open)
}

func TestAFaultThatFailedIsClosedOnlyWhenTheNodeIsUnharmed(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	s.backend.fail["kill tikv-2"] = notDone{errors.New("operation not permitted")}
	p := s.plan(t, Kill, "tikv-2")
	require.ErrorContains(t, s.c.Inject(context.Background(), p), "kill tikv-2: operation not permitted")
	open, err := s.c.Open()
	require.NoError(t, err)
	assert.Empty(t, open, "it runs as before")

	s.backend.fail["kill tikv-2"] = nil
	s.backend.before = func(call string) {
		if call == "kill tikv-2" { // it dies, and the call fails all the same
			*s.backend.nodes["tikv-2"] = Condition{Exit: "signal: killed"}
			s.backend.fail["kill tikv-2"] = errors.New("the daemon went away")
		}
	}
	require.Error(t, s.c.Inject(context.Background(), p))
	open, err = s.c.Open()
	require.NoError(t, err)
	assert.Equal(t, []demo.Plan{p}, open)
}

// Ctrl-C did not end `tikv-demo heal`, which went on to its limit.
func TestHealingEndsWithItsContextAndGoesOnTheNextTime(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Kill, "tikv-1")
	require.NoError(t, s.c.Inject(context.Background(), p))
	ctx, cancel := context.WithCancel(context.Background())
	s.backend.before = func(string) { cancel() }
	healed, err := s.c.Heal(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, healed)

	s.backend.before = nil
	healed, err = s.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Equal(t, []demo.Plan{p}, healed)
}

func TestHealingWorksOnAfterErrors(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	s.c.cfg.Replicas = 9 // a toy that bears two faults
	five := cluster(2, 2, 2, 2, 2)
	s.backend.nodes["tikv-4"], s.backend.nodes["tikv-5"] = &Condition{Running: true}, &Condition{Running: true}
	ctx := context.Background()
	var plans []demo.Plan
	for _, r := range []Request{{Fault: Kill, Target: "tikv-1"}, {Fault: Pause, Target: "tikv-2"}} {
		p, err := s.c.Plan(five, r)
		require.NoError(t, err)
		require.NoError(t, s.c.Inject(ctx, p))
		plans = append(plans, p)
	}
	s.backend.fail["start tikv-1"] = errors.New("port in use")
	healed, err := s.c.Heal(ctx)
	require.ErrorContains(t, err, "restart tikv-1 with its data: port in use")
	assert.Equal(t, plans[1:], healed)

	s.backend.fail["start tikv-1"] = nil
	healed, err = s.c.Heal(ctx)
	require.NoError(t, err)
	assert.Equal(t, plans[:1], healed)
	for name, n := range s.backend.nodes {
		assert.True(t, n.Whole(), name)
	}
}

func TestAPausedNodeThatDiedIsStartedByTheLift(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Pause, "tikv-3")
	assert.Equal(t, demo.TypeFrozen, p.FaultType)
	require.NoError(t, s.c.Inject(context.Background(), p))
	*s.backend.nodes["tikv-3"] = Condition{Exit: "signal: killed"}
	require.NoError(t, s.c.Lift(context.Background(), p))
	assert.Equal(t, []string{"pause tikv-3", "start tikv-3"}, s.backend.said())
}

// die ends a run as SIGKILL does: the lock goes, the file stays.
func (s *scene) die(t *testing.T) { require.NoError(t, s.ledger.file.close()) }

func TestTheNextRunHealsWhatADeadRunLeft(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "run-1")
	p := dead.plan(t, Kill, "tikv-2")
	require.NoError(t, dead.c.Inject(context.Background(), p))
	dead.die(t)

	next := newScene(t, dir, "run-2")
	*next.backend.nodes["tikv-2"] = Condition{Exit: "signal: killed"}
	open, err := next.c.Open()
	require.NoError(t, err)
	assert.Equal(t, []demo.Plan{p}, open)
	healed, err := next.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Equal(t, []demo.Plan{p}, healed)
	assert.NoFileExists(t, dead.ledger.Path())
	healed, err = next.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Empty(t, healed)
	assert.Equal(t, []string{"start tikv-2"}, next.backend.said())
}

func TestARunThatIsAliveIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	other := newScene(t, dir, "run-1")
	require.NoError(t, other.c.Inject(context.Background(), other.plan(t, Kill, "tikv-2")))
	me := newScene(t, dir, "run-2")
	open, err := me.c.Open()
	require.NoError(t, err)
	assert.Empty(t, open)
	healed, err := me.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Empty(t, healed)
	assert.Empty(t, me.backend.said())
	mine, err := other.c.Open()
	require.NoError(t, err)
	assert.Len(t, mine, 1)
}

func TestARunWithTheIdOfADeadOneDoesNotTakeOverItsFaults(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "4711")
	require.NoError(t, dead.c.Inject(context.Background(), dead.plan(t, Kill, "tikv-2")))
	dead.die(t)
	next := newScene(t, dir, "4711")
	assert.NotEqual(t, dead.ledger.Path(), next.ledger.Path())
	own, err := next.ledger.own()
	require.NoError(t, err)
	assert.Empty(t, own)
	open, err := next.c.Open()
	require.NoError(t, err)
	assert.Len(t, open, 1, "it is seen as what a dead run left")
}

func TestAnotherClustersFaultIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "run-1")
	require.NoError(t, dead.c.Inject(context.Background(), dead.plan(t, Kill, "tikv-2")))
	dead.die(t)
	next := newScene(t, dir, "run-2")
	next.c.cfg.Where = "elsewhere"
	healed, err := next.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Empty(t, healed)
	assert.Empty(t, next.backend.said())
	assert.FileExists(t, dead.ledger.Path())
}

func TestWhatDiedWithItsRunIsClosedAndNotUndone(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "run-1")
	require.NoError(t, dead.c.Inject(context.Background(), dead.plan(t, Kill, "tikv-2")))
	dead.die(t)
	next := newScene(t, dir, "run-2")
	next.c.cfg.DiesWithOwner = true
	healed, err := next.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Empty(t, healed)
	assert.Empty(t, next.backend.said())
	assert.NoFileExists(t, dead.ledger.Path())
}

func TestADamagedLedgerIsReportedOnceAndTheRestIsHealed(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "run-1")
	p := dead.plan(t, Kill, "tikv-2")
	_, err := dead.ledger.file.f.WriteString("\x00\x00garbage\n")
	require.NoError(t, err)
	require.NoError(t, dead.c.Inject(context.Background(), p))
	_, err = dead.ledger.file.f.WriteString(`{"at":"2026-`)
	require.NoError(t, err)
	dead.die(t)

	next := newScene(t, dir, "run-2")
	*next.backend.nodes["tikv-2"] = Condition{Exit: "signal: killed"}
	healed, err := next.c.Heal(context.Background())
	var damaged *DamagedError
	require.ErrorAs(t, err, &damaged)
	assert.Equal(t, []int{1, 3}, damaged.Lines)
	assert.ErrorContains(t, err, "line 1, 3 cannot be read")
	assert.Equal(t, []demo.Plan{p}, healed)
	assert.FileExists(t, dead.ledger.Path()+damagedSuffix)
	_, err = next.c.Heal(context.Background())
	require.NoError(t, err, "said once")
}

func TestALineThatWasCutShortHidesNoFault(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "old"+ledgerSuffix), []byte(`{"event":"open","pl`), 0o600))
	_, err := newScene(t, dir, "run-2").c.Open()
	assert.ErrorContains(t, err, "its fault was never done")
}

func TestARunsIdCannotLeaveTheDirectory(t *testing.T) {
	for _, id := range []string{"", "..", "../x", "a/b", ".hidden"} {
		_, err := OpenLedger(t.TempDir(), id)
		assert.ErrorContains(t, err, "cannot be the id of a run", id)
	}
}

// A store that takes longer over SIGTERM than somebody waits for it runs when it is
// looked at, and ends later.
func TestAStoreThatWasToldToEndIsNotTakenForUnharmed(t *testing.T) {
	dir := t.TempDir()
	s := newScene(t, dir, "run-1")
	s.backend.nodes["tikv-2"].Life = "first"
	s.backend.fail["stop tikv-2"] = context.DeadlineExceeded
	p := s.plan(t, Stop, "tikv-2")
	require.ErrorIs(t, s.c.Inject(context.Background(), p), context.DeadlineExceeded)
	open, err := s.c.Open()
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, open, "the ledger says so")
	s.die(t)

	next := newScene(t, dir, "run-2")
	next.backend.nodes["tikv-2"].Life = "first"
	go func() { // ends with the third look
		require.Eventually(t, func() bool {
			next.backend.mu.Lock()
			defer next.backend.mu.Unlock()
			if next.backend.looks < 3 {
				return false
			}
			*next.backend.nodes["tikv-2"] = Condition{Exit: "exit status 0"}
			return true
		}, time.Minute, time.Millisecond)
	}()
	healed, err := next.c.Heal(context.Background())
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, healed)
	require.Equal(t, []string{"start tikv-2"}, next.backend.said(), "its end is awaited, then it is started")
	require.NoFileExists(t, s.ledger.Path())
}

// What a call that ran out of time did is not known, so a second try does it again.
func TestAFaultOfUnknownOutcomeIsTriedAgain(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Stop, "tikv-2")
	s.backend.fail["stop tikv-2"] = context.DeadlineExceeded
	require.Error(t, s.c.Inject(context.Background(), p))
	delete(s.backend.fail, "stop tikv-2")
	require.NoError(t, s.c.Inject(context.Background(), p))
	require.Equal(t, []string{"stop tikv-2", "stop tikv-2"}, s.backend.said())
	require.NoError(t, s.c.Inject(context.Background(), p), "it is known to be in now")
	require.Len(t, s.backend.said(), 2)
	require.NoError(t, s.c.Lift(context.Background(), p))
	b, err := os.ReadFile(s.ledger.Path())
	require.NoError(t, err)
	require.Equal(t, "open closed", events(string(b)), "one fault is one line")
}

func TestALineIsClosedOnlyByTheDaemonThatItNames(t *testing.T) {
	dir := t.TempDir()
	dead := newScene(t, dir, "run-1")
	dead.backend.home = Home{ID: "A", At: "unix:///a.sock"}
	p := dead.plan(t, Kill, "tikv-2")
	require.NoError(t, dead.c.Inject(context.Background(), p))
	dead.die(t)
	left, err := LeftOpen(dir)
	require.NoError(t, err)
	require.Equal(t, []OpenFault{{"toy", dead.backend.home, p}}, left)

	// Another daemon, where nobody has heard of the cluster.
	next := newScene(t, dir, "run-2")
	next.backend.nodes, next.backend.vanished = map[string]*Condition{}, true
	next.backend.home = Home{ID: "B"}
	healed, err := next.c.Heal(context.Background())
	require.NoError(t, err)
	require.Empty(t, healed)
	require.FileExists(t, dead.ledger.Path())

	// The daemon itself, while it does not answer.
	next.backend.homeErr = errors.New("the daemon does not answer")
	_, err = next.c.Heal(context.Background())
	require.ErrorContains(t, err, "does not answer")
	require.FileExists(t, dead.ledger.Path())

	// Only the one container is gone, by somebody's docker rm.
	next.backend.home, next.backend.homeErr, next.backend.vanished = dead.backend.home, nil, false
	_, err = next.c.Heal(context.Background())
	require.ErrorContains(t, err, "no node tikv-2")
	require.FileExists(t, dead.ledger.Path())

	// The whole cluster is gone from it.
	next.backend.vanished = true
	healed, err = next.c.Heal(context.Background())
	require.NoError(t, err)
	require.Empty(t, healed)
	require.NoFileExists(t, dead.ledger.Path())
}

func TestALineStaysOpenUntilTheNodeIsSeenWell(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p := s.plan(t, Kill, "tikv-2")
	require.NoError(t, s.c.Inject(context.Background(), p))
	s.backend.onStart = Condition{Exit: "exit status 1"} // it starts, and dies
	require.ErrorContains(t, s.c.Lift(context.Background(), p), "tikv-2 is still not well: exit status 1")
	open, err := s.c.Open()
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, open)
}

// A booth breaks and repairs something every minute for days: its ledger stays small,
// and what is open is never forgotten.
func TestALedgerInWhichNothingIsOpenDoesNotGrowForEver(t *testing.T) {
	s := newScene(t, t.TempDir(), "booth")
	largest := int64(0)
	for range 200 {
		p := s.plan(t, Kill, "tikv-2")
		require.NoError(t, s.c.Inject(t.Context(), p))
		open, err := s.ledger.own()
		require.NoError(t, err)
		require.Len(t, open, 1)
		require.NoError(t, s.c.Lift(t.Context(), p))
		st, err := os.Stat(s.ledger.Path())
		require.NoError(t, err)
		largest = max(largest, st.Size())
	}
	require.Less(t, largest, int64(shortenFrom)+4096)
	require.Greater(t, largest, int64(shortenFrom/2), "too few rounds to say anything")
}
