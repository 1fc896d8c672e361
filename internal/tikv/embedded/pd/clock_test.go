package pd

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// states returns what PD calls each store.
func (th *harness) states() (names []string) {
	th.t.Helper()
	_, b := th.get("/pd/api/v1/stores")
	var all stores
	require.NoError(th.t, json.Unmarshal([]byte(b), &all))
	for _, s := range all.Stores {
		require.NotContains(th.t, s.Status.Uptime, "-", "a negative age")
		require.Positive(th.t, s.Store.LastHeartbeat)
		names = append(names, s.Store.StateName)
	}
	return names
}

// The clock of these tests has no monotonic part, which is the worst that a
// clock can do: a running PD's has one, and does not feel a jump at all.
func TestAClockThatJumpsForwardIsForgivenWithTheNextHeartbeat(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	th.clock.pass(10 * time.Minute)
	require.Equal(t, []string{"Disconnected", "Disconnected", "Disconnected"}, th.states())
	th.beat(1)
	require.Equal(t, []string{"Up", "Disconnected", "Disconnected"}, th.states())
	th.clock.pass(31 * time.Minute)
	require.Equal(t, []string{"Down", "Down", "Down"}, th.states())
	for id := range uint64(3) {
		th.beat(id + 1)
	}
	require.Equal(t, []string{"Up", "Up", "Up"}, th.states())
}

func TestAClockThatJumpsBackMakesNoStoreOld(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	for range 3 {
		th.clock.pass(-10 * time.Minute)
		require.Equal(t, []string{"Up", "Up", "Up"}, th.states())
	}
	for id := range uint64(3) {
		th.beat(id + 1)
	}
	th.clock.pass(21 * time.Second)
	require.Equal(t, []string{"Disconnected", "Disconnected", "Disconnected"}, th.states(), "silence counts from the last heartbeat, by the new time")
}

// A PD that was killed finds in its file times that are still to come.
func TestAPDWhoseClockWentBackWhileItWasDead(t *testing.T) {
	dir := t.TempDir()
	th := open(t, dir)
	th.bootstrap()
	th.clock.pass(time.Hour)
	th.beat(1)
	_, words := th.post(`{"max-store-down-time": "30m"}`) // writes the file
	require.Contains(t, words, "updated")
	th.stop()

	th = open(t, dir) // its clock begins an hour earlier
	require.Equal(t, []string{"Up", "Up", "Up"}, th.states())
	th.clock.pass(30 * time.Second)
	th.beat(1)
	require.Equal(t, "Up", th.states()[0])
	th.clock.pass(25 * time.Second)
	require.Equal(t, "Disconnected", th.states()[0])
}

// Leaders are evened out after a jump back as before it.
func TestAClockThatJumpsBackDoesNotStopTheBalance(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := th.cl.RegionHeartbeat(ctx)
	require.NoError(t, err)
	operator := func() {
		t.Helper()
		for i := range uint64(9) {
			require.NoError(t, stream.Send(region(th.head, i, 1)))
		}
		op, err := stream.Recv()
		require.NoError(t, err)
		require.NotNil(t, op.TransferLeader)
	}
	th.clock.pass(provenAfter)
	for id := range uint64(3) {
		th.beat(id + 1)
	}
	operator()
	th.clock.pass(-10 * time.Minute)
	operator()
	require.NoError(t, stream.CloseSend())
	require.Equal(t, []string{"Up", "Up", "Up"}, th.states())
}

// Run is over when nothing of it writes any more: whoever removes the directory
// then would find a file in it again.
func TestAnEndedPDHasNoHandlerLeft(t *testing.T) {
	for range 20 {
		th := open(t, t.TempDir())
		th.bootstrap()
		stream, err := th.cl.RegionHeartbeat(t.Context())
		require.NoError(t, err)
		entered, leave := th.clock.hold()
		require.NoError(t, stream.Send(region(th.head, 0, 1)))
		<-entered
		ended := make(chan struct{})
		go func() { defer close(ended); th.stop() }()
		select {
		case <-ended:
			require.Fail(t, "Run returned while a handler was at work")
		case <-time.After(20 * time.Millisecond):
		}
		close(leave)
		<-ended
	}
}
