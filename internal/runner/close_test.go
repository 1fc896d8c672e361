package runner

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// deafChaos mends for ever and does not look at its context.
type deafChaos struct {
	Chaos
	begun, end chan struct{}
}

func (d deafChaos) Heal(context.Context) error { close(d.begun); <-d.end; return nil }

func bare(t *testing.T, chaos Chaos) *Runner {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	hurried, hurry := context.WithCancel(context.Background())
	return &Runner{cfg: Config{Now: time.Now, Chaos: chaos}, ctx: ctx, cancel: cancel, hurried: hurried, hurry: hurry, plan: &demo.Plan{Target: "lamp-2"}}
}

func TestASecondInterruptDoesNotWaitForARepairThatHangs(t *testing.T) {
	chaos := deafChaos{begun: make(chan struct{}), end: make(chan struct{})}
	defer close(chaos.end)
	r := bare(t, chaos)
	said := ""
	r.cfg.Closing = func(what string) { said = what }
	go func() {
		<-chaos.begun
		r.Hurry()
	}()
	began := time.Now()
	err := r.heal()
	require.ErrorContains(t, err, "lamp-2 may still be broken; run `tikv-demo heal` to repair it")
	require.Contains(t, said, "repairing lamp-2")
	require.Less(t, time.Since(began), CloseLimit/2)
	require.ErrorContains(t, r.heal(), "lamp-2 may still be broken", "and none is begun any more")
}

func TestAPanicInASourceEndsTheTalk(t *testing.T) {
	r := bare(t, nil)
	crashed := make(chan error, 1)
	r.cfg.Crashed = func(err error) { crashed <- err }
	r.spawn("monitor", func(context.Context) error { panic("the lamp fell down") })
	require.ErrorContains(t, <-crashed, "monitor panicked: the lamp fell down")
	r.all.Wait()
}

// Close waited for ever for a round that did not end, whatever its limits.
func TestARoundThatDoesNotEndDoesNotHoldUpTheEnd(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	hangs, release := make(chan struct{}), make(chan struct{})
	opened := 0
	cfg.Journal = func() (Journal, error) {
		if opened++; opened > 1 {
			close(hangs)
			<-release
		}
		return post, nil
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	go r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Reset{Play: 2}})
	<-hangs
	r.Hurry()
	closed := make(chan error, 1)
	go func() { closed <- r.Close() }()
	select {
	case err := <-closed:
		require.ErrorContains(t, err, "closing the record: some of its last lines are lost")
	case <-time.After(time.Minute):
		require.Fail(t, "Close hangs")
	}
	require.Equal(t, demo.RunFinished{}.Kind(), post.lines[len(post.lines)-1])
	close(release)
	r.all.Wait()
}
