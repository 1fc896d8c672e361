package tui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestEachSignalStandsNextToWhenItWasDue(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Mono)
	require.Contains(t, p.stage(), `
     seen    due
◆   2.0 s  0.4 s its status port is silent
◆   3.0 s  0.6 s clients get errors
     …    20.0 s SWITCH has doubts

◆ this pair opened T-1
SWITCH still says Up, 6.0 s after the fault`)
	require.NotContains(t, p.stage(), "heartbeat", "what nobody expects is not awaited")

	p.hear(demo.SignalSeen{Name: demo.SignalLeaderMoved, Target: "lamp-2"})
	require.Contains(t, p.stage(), "7.0 s        its leaders have moved", "what nobody expected is shown when it comes")
}

// On a machine that is too busy clients may have had errors already: they count
// towards the ticket, and yet the fault did not bring them.
func TestASignalThatWasThereBeforeTheFaultIsNotAwaited(t *testing.T) {
	p := on(t, 4, 120, 36, styles.Mono)
	for _, there := range []bool{true, false} {
		p.hear(demo.SignalSeen{Name: demo.SignalHeartbeatAge, Target: "lamp-2", Cleared: !there})
		p.hear(demo.SignalSeen{Name: demo.SignalClientErrors, Target: "lamp-2"})
	}
	p.toDetection()
	require.Contains(t, p.stage(), `
◆  before  0.6 s clients get errors
◆   2.0 s  0.4 s its status port is silent`)
	require.NotContains(t, p.stage(), "heartbeat", "it was there, and had gone")
}

func TestAFaultOfWhichNothingIsForeseenShowsEverySignal(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Mono)
	bare := *p.state.Plan
	bare.Expect = nil
	p.state.Plan = &bare
	require.NotContains(t, p.stage(), "seen    due")
	require.Contains(t, p.stage(), "◆   2.0 s its status port is silent")
	require.Contains(t, p.stage(), "     …    its heartbeat is overdue")
}

func TestTheControlPlanesLagIsToldAsItGrowsAndWhenItEnds(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	p.now = p.now.Add(3 * time.Second)
	require.Contains(t, p.stage(), "SWITCH still says Up, 9.0 s after the fault")

	silent := p.lamps(true)
	silent.Error = "no answer"
	p.hear(demo.HealthSeen{Snapshot: silent})
	require.Contains(t, p.stage(), "SWITCH does not answer")

	missed := p.lamps(true)
	missed.Nodes[2].Health, missed.Nodes[2].State = demo.HealthSuspect, "Disconnected"
	missed.LastUpdated = p.state.FaultAt.Add(20100 * time.Millisecond)
	p.hear(demo.HealthSeen{Snapshot: missed})
	require.Contains(t, p.stage(), "SWITCH noticed after 20.1 s")
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.Contains(t, p.stage(), "SWITCH noticed after 20.1 s", "the first time counts")
}

func TestAControlPlaneThatNeverNoticedIsSaidToHaveSlept(t *testing.T) {
	p := on(t, 7, 120, 36, styles.Mono)
	press(p, letter("5"))
	require.Contains(t, p.stage(), "SWITCH never noticed: it was mended after")
}

func TestBlankLinesGoBeforeWordsDo(t *testing.T) {
	require.Equal(t, []string{"a", "b", "", "c"}, squeeze([]string{"a", "", "b", "", "c"}, 4))
	require.Equal(t, []string{"a", "b", "c"}, squeeze([]string{"a", "", "b", "", "c"}, 1))
}
