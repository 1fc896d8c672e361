package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

func TestTheHelpSaysWhatEachKeyDoesNowOrWhyItDoesNot(t *testing.T) {
	p := on(t, 4, 80, 36, styles.Mono) // all of it: a smaller screen scrolls
	press(p, letter("?"))
	view := p.View()
	for _, line := range []string{"Space  break lamp-2", "F      force the gate", "t      nothing failed here", "r      the talk can start again only from its last chapter", "q      leave", "N      notes"} {
		require.Contains(t, view, line)
	}
	p = before(t, 80, 24)
	p.over = helpOverlay
	require.Contains(t, p.View(), "y      approve")
	require.Contains(t, p.View(), "Space  go on without")
	require.NotContains(t, p.View(), "force the gate")
}

func TestEveryKeyCanBeFoundOnTheSmallestScreen(t *testing.T) {
	for _, lang := range []words.Tongue{words.English, words.German} {
		for _, takeOver := range []string{"", "the record of 2026-01-02 (example unscrew)"} {
			p := on(t, 4, 60, 18, styles.Mono)
			p.Model = p.translated(lang)
			p.state.Options.TakeOver = takeOver
			press(p, letter("?"))
			var read strings.Builder
			for range 40 {
				read.WriteString(ansi.Strip(p.View()) + "\n")
				press(p, tea.KeyMsg{Type: tea.KeyDown})
			}
			for _, b := range p.keys.own() {
				require.Contains(t, read.String(), b.Help().Desc)
			}
			for _, x := range p.keys.asks() {
				if slices.Contains([]demo.Intent{demo.Confirm, demo.Dismiss}, x.intents[0]) {
					continue // of a question alone
				}
				require.Regexp(t, `(?m)^`+regexp.QuoteMeta(x.Help().Key)+` +\S`, read.String())
			}
			require.NotContains(t, read.String(), "…", "no line is cut")
			why := lang.Say("go on from a record?")
			if takeOver == "" {
				why = lang.Why(p.state, demo.Refusal{Why: demo.WhyNoRecord})
			}
			require.Contains(t, strings.Join(strings.Fields(read.String()), " "), why)
			require.Contains(t, read.String(), lang.Say("A clicker can neither leave, nor force, nor approve."))
			press(p, letter(" "), tea.KeyMsg{Type: tea.KeyEsc})
			require.Equal(t, noOverlay, p.over)
		}
	}
}

// What R does in a replay is not the record's to say: it goes back to the live talk where
// there is one, and does nothing of its own where there is none.
func TestTheHelpOfARecordSaysWhatRDoes(t *testing.T) {
	p := onRecord(t)
	p.goOn(letter("?"))
	require.Regexp(t, `(?m)^R +back to the live talk`, ansi.Strip(p.View()))
	require.NotContains(t, ansi.Strip(p.View()), "--takeover")

	p = on(t, 4, 80, 50, styles.Mono)
	p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-03 10:00", Press: func() {}}
	press(p, letter("?"))
	require.NotRegexp(t, `(?m)^R `, ansi.Strip(p.View()))
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

// P does something only where the talk has a socket to which a phone's page attaches.
func TestTheHelpNamesTheKeyThatUnlocksThePhonesPageWhereItDoesSomething(t *testing.T) {
	p := on(t, 4, 100, 36, styles.Mono)
	press(p, letter("?"))
	require.NotContains(t, p.View(), "unlock the phone's page")
	p.cfg.Attached = &desk{}
	require.Contains(t, p.View(), "P      unlock the phone's page")
}
