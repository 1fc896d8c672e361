package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestTheHelpSaysWhatEachKeyDoesNowOrWhyItDoesNot(t *testing.T) {
	p := on(t, 4, 80, 24, styles.Mono)
	press(p, letter("?"))
	view := p.View()
	for _, line := range []string{"Space  break lamp-2", "F      force the gate", "t      nothing failed here", "r      the talk begins again from its last chapter", "q      leave", "N      notes"} {
		require.Contains(t, view, line)
	}
	p = before(t, 80, 24)
	p.over = helpOverlay
	require.Contains(t, p.View(), "y      approve")
	require.Contains(t, p.View(), "Space  go on without")
	require.NotContains(t, p.View(), "force the gate")
}

func TestASlowInjectionIsShownAsUnderWay(t *testing.T) {
	p := on(t, 4, 80, 24, styles.Mono)
	require.Contains(t, p.stage(), "nothing is broken yet")
	p.hear(demo.FaultInjected{Plan: lampPlan, By: demo.ByDemo})
	require.Contains(t, p.stage(), "under way for")
	require.NotContains(t, p.stage(), "nothing is broken yet")
	p.hear(demo.FaultConfirmed{Fault: "unscrew", Target: "lamp-2"})
	require.Contains(t, p.stage(), "ago")
}
