package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// page gives the lines of text that the page shows.
func (p *played) shownLines() []string {
	rows := strings.Split(p.View(), "\n")
	return rows[len(p.document().head(p.Model)) : len(rows)-1]
}

func TestEverythingThatLeavesCanBeReadWordForWord(t *testing.T) {
	p := on(t, 6, 80, 24, styles.Mono)
	require.Contains(t, p.View(), "o sent")
	press(p, letter("o"))
	require.Contains(t, p.View(), "What leaves this machine")
	require.Contains(t, p.View(), "sent to https://oracle.example/v1/messages")
	all := strings.Join(p.shownLines(), "\n")
	for range 400 {
		before := p.scroll
		press(p, letter(" "))
		if p.scroll == before {
			break
		}
		lines := p.shownLines()
		all += "\n" + strings.Join(lines[len(lines)-(p.scroll-before):], "\n")
	}
	// What was cut at the edge of the screen is put together again.
	want := strings.NewReplacer("\n", "", " ", "").Replace(lampQuestion)
	require.Equal(t, want, strings.NewReplacer("\n", "", " ", "").Replace(all))
	require.Contains(t, p.View(), "202–221 of 221 lines")

	press(p, tea.KeyMsg{Type: tea.KeyUp}, tea.KeyMsg{Type: tea.KeyPgUp})
	end := p.scroll
	press(p, tea.KeyMsg{Type: tea.KeyDown})
	require.Equal(t, end+1, p.scroll)
	press(p, tea.KeyMsg{Type: tea.KeyEsc})
	require.Contains(t, p.View(), "proposed  restart lamp-2")
	require.Equal(t, 6, p.state.Chapter().N, "no key of the page moves the talk")
}

func TestWhereNothingLeavesThatIsSaid(t *testing.T) {
	p := on(t, 6, 120, 36, styles.Mono)
	p.hear(demo.OutgoingSeen{Why: "RULES look at the evidence on this machine"})
	press(p, letter("o"))
	require.Contains(t, p.View(), "nothing: RULES look at")
	press(p, letter("x"))
	p.hear(demo.OutgoingSeen{To: "https://oracle.example", Why: "there is no key", Text: "{}\x1b[2J"})
	press(p, letter("o"))
	require.Contains(t, p.View(), "nothing: there is no key, else this to https://oracle.example")
	require.NotContains(t, p.View(), "\x1b[2J")
}

func TestBeforeTheDiagnosisThereIsNothingToShow(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	press(p, letter("o"))
	require.NotContains(t, p.View(), "What leaves")
	require.NotContains(t, p.View(), "o sent")
}

func TestEveryVersionOfTheDiagnosisCanBeRead(t *testing.T) {
	p := asked(t, 100, 60, demo.DiagnosisStarted{Source: "CLAUDE LIVE"})
	p.hear(demo.DiagnosisDelta{Text: "It went out 40 times before [E2]. So", Claims: lampClaims[1:]})
	p.hear(demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: lampEvidence, Why: "CLAUDE LIVE: its answer was cut off"})
	p.hear(lampAnswer)
	press(p, letter("e"))
	all := strings.Join(p.shownLines(), "\n")
	require.Contains(t, all, "Every diagnosis of T-1")
	require.Regexp(t, `1\. CLAUDE LIVE at \d\d:\d\d:\d\d: gave no answer: its answer was cut off`, all)
	require.Contains(t, all, "it had said: It went out 40 times before [E2]. So")
	require.Regexp(t, `2\. RULES at \d\d:\d\d:\d\d: lamp-2 process crashed, restart lamp-2`, all)
}

func TestNoEvidenceIsCutOnThePageOfTheWholeAnswer(t *testing.T) {
	p := on(t, 6, 60, 24, styles.Mono)
	asking := *p.state.Asking
	asking.Evidence = []demo.Evidence{{N: 1, Text: "log of lamp-2: " + strings.Repeat("burn all lamps, ", 12) + "said nobody"}}
	p.state.Asking = &asking
	whole := strings.Join(strings.Fields(strings.Join(p.evidenceLines(rect{60, wholeAnswer}), " ")), " ")
	require.Contains(t, whole, asking.Evidence[0].Text)
	require.Len(t, p.evidenceLines(rect{60, 24}), 2, "a line each beside the chapter")
}
