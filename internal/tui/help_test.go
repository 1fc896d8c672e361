package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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
// there is one that is well, and does nothing of its own where there is none. So it is with
// leaving: only the live talk asks first, and only while it is broken.
func TestTheHelpOfARecordSaysWhatItsKeysDo(t *testing.T) {
	p := onRecord(t)
	p.height = 50
	p.goOn(letter("?"))
	require.Regexp(t, `(?m)^R +the live cluster is not well yet`, ansi.Strip(p.View()))
	require.Regexp(t, `(?m)^q +leave\?`, ansi.Strip(p.View()))
	require.NotContains(t, ansi.Strip(p.View()), "--takeover")
	require.NotContains(t, ansi.Strip(p.View()), "1-8 ")

	p = on(t, 5, 80, 50, styles.Mono)
	require.True(t, p.state.FaultOpen())
	p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-03 10:00", Press: func() {}}
	press(p, letter("?"))
	require.NotRegexp(t, `(?m)^R `, ansi.Strip(p.View()))
	require.Regexp(t, `(?m)^q +leave {2}`, ansi.Strip(p.View()))
	require.Regexp(t, `(?m)^Ctrl-C +leave {2}`, ansi.Strip(p.View()))
	require.NotContains(t, ansi.Strip(p.View()), "1-8 ")
}

// Leaving asks first while something is broken, and the footer says so.
func TestTheFooterSaysWhetherLeavingAsksFirst(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
			p := on(t, chapter, size[0], size[1], styles.Mono)
			foot := func() string {
				rows := strings.Split(ansi.Strip(p.View()), "\n")
				return strings.TrimRight(rows[len(rows)-1], " ")
			}
			says := "q leave"
			if p.state.FaultOpen() {
				says = "q leave?"
			}
			require.True(t, strings.HasSuffix(foot(), says), "chapter %d: %s", chapter, foot())
			p.at = p.at.Add(time.Minute)
			press(p, letter("q"))
			require.Equal(t, says == "q leave?", p.state.Question == demo.AskQuitFault)
		}
	}
	p := onRecord(t)
	rows := strings.Split(ansi.Strip(p.View()), "\n")
	require.Contains(t, rows[len(rows)-1], "q leave?", "a record does not say how the live talk is left")
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
