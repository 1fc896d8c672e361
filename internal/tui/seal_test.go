package tui

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestTheSealIsShownBeforeAnythingIsBroken(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}, {200, 55}} {
		p := on(t, 4, size[0], size[1], styles.Mono)
		require.Contains(t, p.stage(), "nothing is broken yet")
		whole := strings.NewReplacer("\n", "", " ", "", "sha256", "").Replace(p.stage())
		require.Contains(t, whole, "sealed"+lampHash, "%v: every digit of it", size)
		require.NotContains(t, p.stage(), "nonce")
	}
}

func TestTheSealIsOpenedAfterTheAnswer(t *testing.T) {
	p := on(t, 6, 120, 36, styles.Mono)
	require.Contains(t, p.stage(), "lamp-2: process crashed  ✓ right  ✗ not grounded\n✓ the seal "+lampHash[:11]+"… holds")

	torn := *p.state.Opened
	torn.Matches, torn.Why = false, "something else was done: unscrew lamp-1"
	p.hear(torn)
	require.Contains(t, p.stage(), "✗ the seal "+lampHash[:11]+"… does not hold: something else")
}

// What the page tells a doubter to type is right, whatever the line holds.
func TestWhatWasSealedCanBeCheckedByAnybody(t *testing.T) {
	p := on(t, 6, 300, 36, styles.Mono)
	require.Contains(t, p.View(), "s seal")
	press(p, letter("s"))
	var command string
	for _, l := range p.shownLines() {
		if strings.HasPrefix(l, "printf") {
			command = l
		}
	}
	out, err := exec.Command("sh", "-c", command).Output()
	require.NoError(t, err)
	require.Equal(t, lampHash, strings.Fields(string(out))[0])
	require.Contains(t, p.View(), "sha256 "+lampHash)

	early := on(t, 5, 120, 36, styles.Mono)
	press(early, letter("s"))
	require.Contains(t, early.View(), "it is opened when the answer is there")
	require.NotContains(t, early.View(), "nonce")
}

func TestTheCardSaysWhoWasRightAboutWhat(t *testing.T) {

	const wide = `
            seen  where what  cure     time    tokens      cost
CLAUDE LIVE ✓     50%   ✓     ✓       2.3 s      1020   $0.0045
RULES       ✓     ✓     ✓     ✓      <0.1 s         –         –
NOBODY      ✗     ✗     ✗     ✗           –         –         –`
	require.Contains(t, on(t, 6, 120, 36, styles.Mono).stage(), wide)
	var p *played
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 55}} {
		p = on(t, 8, size[0], size[1], styles.Mono)
		for l := range strings.Lines(wide[1:]) {
			require.Contains(t, p.stage(), strings.TrimSpace(l), "%v", size)
		}
		require.True(t, drawn(p.stage(), "0 LOST"), "the verdict is large")
		require.Contains(t, p.stage(), "record 0123200f  /var/run.jsonl", "nothing is pushed off by it")
	}

	bare := *p.state.Opened
	bare.Card = []demo.Scored{{Verdict: demo.Verdict{Source: "NOBODY"}}}
	p.hear(bare)
	require.NotContains(t, p.stage(), "tokens", "nobody was paid")
}
