package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestWhatIsPlayedWithoutAPresenterIsMarked(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	p.state.Options.From = 5
	require.Contains(t, p.View(), "BY ITSELF TO CHAPTER 5")
	require.Contains(t, p.View(), "» played without a presenter up to chapter 5, and waits there: ")
	p = on(t, 5, 120, 36, styles.Mono)
	p.state.Options.From = 5
	p.state.Visits[1].LeftBy = demo.ByFrom
	require.NotContains(t, p.View(), "BY ITSELF")
	require.Contains(t, p.View(), "» 2 health", "it stays marked")
	press(p, letter("O"))
	require.Contains(t, p.View(), "» played without a presenter")
	require.Contains(t, p.View(), "» 2 Lamp Health")
}

func TestARehearsalIsMarked(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Mono)
	require.NotContains(t, p.View(), "REHEARSAL")
	p.state.Options.Rehearsal = true
	require.Contains(t, p.View(), " REHEARSAL ")
	require.NotContains(t, p.View(), " LIVE ")
}
