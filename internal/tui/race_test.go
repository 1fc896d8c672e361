package tui

import (
	"strings"
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
     …    20.0 s SWITCH no longer says Up
◆ this pair opened T-1`)
	require.Contains(t, p.stage(), "s to T-1 for lamp-2                s, still says Up")
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
	require.Contains(t, p.stage(), "s, still says Up")
	require.Contains(t, p.stage(), big("9.0")[0])

	silent := p.lamps(true)
	silent.Error = "no answer"
	p.hear(demo.HealthSeen{Snapshot: silent})
	require.Contains(t, p.stage(), "s, and it does not answer")

	missed := p.lamps(true)
	missed.Nodes[2].Health, missed.Nodes[2].State = demo.HealthSuspect, "Disconnected"
	missed.LastUpdated = p.state.FaultAt.Add(20100 * time.Millisecond)
	p.hear(demo.HealthSeen{Snapshot: missed})
	require.Contains(t, p.stage(), "s to Disconnected")
	require.Contains(t, p.stage(), strings.TrimSpace(big("20.1")[0]))
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.Contains(t, p.stage(), strings.TrimSpace(big("20.1")[0]), "the first time counts")
	require.Contains(t, p.stage(), "s to Disconnected")
}

func TestAControlPlaneThatNeverNoticedIsSaidToHaveSlept(t *testing.T) {
	p := on(t, 7, 120, 36, styles.Mono)
	press(p, letter("5"))
	require.Contains(t, p.stage(), "s, and it never noticed")
}

func TestBlankLinesGoBeforeWordsDo(t *testing.T) {
	require.Equal(t, []string{"a", "b", "", "c"}, squeeze([]string{"a", "", "b", "", "c"}, 4))
	require.Equal(t, []string{"a", "b", "c"}, squeeze([]string{"a", "", "b", "", "c"}, 1))
}
