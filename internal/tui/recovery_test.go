package tui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// late lets the clock of a stage run out.
func (p *played) late(stage string) {
	p.t.Helper()
	for s := demo.Step(1); s < 60; s++ {
		p.step(s, demo.Waited{})
		if st, ok := p.state.LateStage(); ok && st.Name == stage {
			return
		}
	}
	require.Failf(p.t, "no clock runs", "for %s", stage)
}

func TestEachStageHasItsTimeOrItsLimit(t *testing.T) {
	p := on(t, 7, 120, 36, styles.Mono)
	require.Contains(t, p.stage(), "restart lamp-2   approved by presenter")
	require.Contains(t, p.stage(), scaled("2/5", 2)[0]+"\n")
	require.Contains(t, p.stage(), `
✓  14.0 s  process up

✓  15.0 s  status OK

○ by 44 s  SWITCH says Up

○ by 54 s  leads again

○ by 74 s  throughput back to 95%`)
}

func TestALateStageSaysSoAndOffersWhatCanBeDone(t *testing.T) {
	p := on(t, 7, 120, 36, styles.Mono)
	p.late(demo.StageMember)
	require.Contains(t, p.stage(), "▲ by 44 s  SWITCH says Up")
	require.Contains(t, p.View(), "late  still waiting for SWITCH says Up (30 s)")
	require.Contains(t, p.View(), "t try again • F force the gate")

	press(p, letter("t"))
	require.Contains(t, p.stage(), "○ by 46 s  SWITCH says Up")
	p.answer(demo.FaultLifted{Fault: "unscrew", Target: "lamp-2", By: demo.ByAgent})
	p.late(demo.StageMember)
	p.now = p.now.Add(time.Second)
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.Contains(t, p.stage(), "SWITCH says Up  late", "a stage that came late has come")
}

func TestTheCreditIsWhoseItIs(t *testing.T) {
	for by, want := range map[string]string{
		demo.ByAgent: "agent, approved by presenter", demo.ByPresenter: "presenter, by hand", demo.ByItself: "by itself", demo.ByDemo: "demo",
	} {
		p := on(t, 8, 120, 36, styles.Mono)
		p.state.MendedBy = by
		require.Contains(t, p.stage(), "repaired    "+want)
	}
}
