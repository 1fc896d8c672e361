package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// asked is a screen on which an answer has begun.
func asked(t *testing.T, w, h int, b demo.DiagnosisStarted) *played {
	t.Helper()
	p := on(t, 5, w, h, styles.Mono)
	p.advance()
	b.Ticket, b.Evidence = "T-1", lampEvidence
	p.hear(b)
	return p
}

// stage gives the left column of a screen, without its looks.
func (p *played) stage() string {
	l := p.layout()
	var lines []string
	shown, _ := p.stageView(l.at[stagePane].rect)
	for line := range strings.Lines(ansi.Strip(strings.Join(shown, "\n"))) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n")
}

func TestEachClaimIsCheckedOnStageAsItStreams(t *testing.T) {
	p := asked(t, 120, 36, demo.DiagnosisStarted{Source: "CLAUDE LIVE", Beside: []demo.Verdict{lampRules}})
	p.hear(demo.DiagnosisDelta{Text: "Let me see. The lamp is out [E1]. It went", Claims: lampClaims[:1]})
	require.Contains(t, p.stage(), "E1–E2, frozen, 1 of 1 hold")
	require.Contains(t, p.stage(), "RULES already say: lamp-2 process crashed, restart lamp-2")
	require.Contains(t, p.stage(), "\n· Let me see.\n✓ The lamp is out [E1].\n· It went")

	p.hear(demo.DiagnosisDelta{Text: " out 40 times before [E2]. So", Claims: lampClaims[1:]})
	require.Contains(t, p.stage(), "1 of 2 hold")
	require.Contains(t, p.stage(), "✗ It went out 40 times before [E2].\n  40 does not stand in the cited evidence\n· So")

	p.hear(lampAnswer)
	for _, want := range []string{
		"3 of 4 hold", "lamp-2: process crashed  ✓ right  ✗ not grounded", "RULES said: lamp-2 process crashed, restart lamp-2",
		"✓ a power cut: the other lamps shine [E2]", "risk      It may flicker", "oracle-1, 900 + 120 tokens, 1 turn, 0 tool calls",
	} {
		require.Contains(t, p.stage(), want)
	}
}

func TestAStepDownIsSaidInWordsAndBeginsAfresh(t *testing.T) {
	p := asked(t, 120, 36, demo.DiagnosisStarted{Source: "CLAUDE LIVE"})
	p.hear(demo.DiagnosisDelta{Text: "It went out 40 times before [E2]. So", Claims: lampClaims[1:]})
	p.hear(demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: lampEvidence, Why: "CLAUDE LIVE: its answer was cut off"})
	require.Contains(t, p.stage(), " RULES   E1–E2, frozen\nCLAUDE LIVE: its answer was cut off")
	require.NotContains(t, p.stage(), "40 times")
	require.Empty(t, p.state.Claims)
}

func TestALongAnswerIsCutWhereItMattersLeast(t *testing.T) {
	p := asked(t, 80, 24, demo.DiagnosisStarted{Source: "CLAUDE LIVE"})
	p.hear(demo.DiagnosisDelta{Text: "First. " + strings.Repeat("The lamps have been looked at again. ", 20) + "The latest words"})
	require.Contains(t, p.stage(), "more lines")
	require.Contains(t, p.stage(), "The latest words", "what comes is seen as it comes")
	require.NotContains(t, p.stage(), "First.")

	p.hear(lampAnswer)
	require.Contains(t, p.stage(), "First.")
	require.Contains(t, p.stage(), "more lines")
	require.Contains(t, p.stage(), "proposed  restart lamp-2", "what is to be decided is never cut")
}

func TestWhatASmallScreenLeavesOutIsOnAPageOfItsOwn(t *testing.T) {
	p := asked(t, 80, 24, demo.DiagnosisStarted{Source: "CLAUDE LIVE"})
	p.hear(demo.DiagnosisDelta{Text: strings.Repeat("The lamps have been looked at again. ", 20) + "The latest words"})
	p.hear(lampAnswer)
	require.NotContains(t, p.stage(), "a power cut")
	require.NotContains(t, p.stage(), "risk", "the answer comes first; the question tells the risk")
	press(p, letter("e"))
	all := ""
	for range 3 {
		all += p.View()
		press(p, letter(" "))
	}
	for _, want := range []string{"The whole answer", "latest words", "E2  lamp-1", "a power cut", "risk      It may flicker"} {
		require.Contains(t, all, want)
	}
	require.NotContains(t, all, "more lines")
}

func TestPartsGoByTheirRankAndNoLineIsTooMany(t *testing.T) {
	parts := func() []part {
		return []part{{lines: []string{"a"}}, {lines: []string{"1", "2", "3", "4"}, cut: fromEnd}, {lines: []string{"b"}, rank: 2}, {lines: []string{"c"}, rank: 1, close: true}, {}}
	}
	for room, want := range map[int]string{
		9: "a||1|2|3|4||b|c", 8: "a||1|2|3|4|c", 7: "a||1|2|3|4|c", 6: "a||1|2|3|4", 5: "a||1|2|  … 2 more lines", 4: "a||1|  … 3 more lines",
	} {
		require.Equal(t, want, strings.Join(Model{}.pack(parts(), room), "|"), "room %d", room)
	}
}
