package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// requireWithin holds that a screen is exactly as large as its terminal: a view
// that is taller loses its top lines, and nobody says so.
func requireWithin(t *testing.T, view string, w, h int, what string) {
	t.Helper()
	lines := strings.Split(view, "\n")
	require.LessOrEqual(t, len(lines), h, what)
	for _, l := range lines {
		require.LessOrEqual(t, ansi.StringWidth(l), w, "%s: %q", what, l)
	}
}

func TestNoSizeBreaksTheScreen(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 80, 24, styles.Dark)
		for _, w := range []int{1, 20, 40, 59, 60, 61, 75, 76, 80, 100, 120, 200, 300} {
			for _, h := range []int{1, 5, 10, 17, 18, 19, 24, 30, 36, 55, 100} {
				for _, over := range []overlay{noOverlay, helpOverlay, notesOverlay, outgoingOverlay, sealOverlay, answerOverlay, textOverlay, overviewOverlay} {
					p.width, p.height, p.over = w, h, over
					requireWithin(t, p.View(), w, h, fmt.Sprintf("chapter %d at %dx%d, overlay %d", chapter, w, h, over))
				}
			}
		}
	}
}

// What a speaker needs is seen at the smallest sizes too: which chapter this is,
// the keys that do something, and, while it matters, the name of the target.
func TestTheSmallestScreensShowWhatASpeakerNeeds(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {100, 30}, {120, 36}} {
		for chapter := 1; chapter <= 8; chapter++ {
			what := fmt.Sprintf("chapter %d at %dx%d", chapter, size[0], size[1])
			p := on(t, chapter, size[0], size[1], styles.Mono)
			rows := strings.Split(ansi.Strip(p.View()), "\n")
			require.Len(t, rows, size[1], what)
			require.Contains(t, rows[0], p.state.Chapter().Title, what)
			require.Contains(t, rows[1], "● "+fmt.Sprint(chapter), what)
			foot := rows[len(rows)-1]
			for _, k := range p.keys.shown(p.voice(), p.state) {
				if k.Help().Desc == "leave" || k.Help().Desc == "back" || size[0] >= 80 {
					require.Contains(t, foot, k.Help().Key+" "+k.Help().Desc, what)
				}
			}
			body := strings.Join(rows[2:], "\n")
			if chapter >= 4 && chapter <= 7 {
				require.Contains(t, body, "lamp-2", what)
			}
			if chapter == 8 {
				require.Regexp(t, `0 lost`, body, what)
				require.Contains(t, body, "record ", what)
				require.Contains(t, body, "recovered", what)
			}
		}
	}
}

func TestEveryThemeSaysTheSame(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		// What is shaded with a colour is shaded with characters where there are none.
		want := strings.ReplaceAll(on(t, chapter, 120, 36, styles.Mono).View(), "░", " ")
		for _, theme := range []string{styles.Dark, styles.Light, styles.Contrast} {
			for _, profile := range []termenv.Profile{termenv.ANSI, termenv.ANSI256, termenv.TrueColor} {
				p := on(t, chapter, 120, 36, theme)
				p.styles = styles.Fixed(profile, theme)
				p.help.Styles = p.styles.Help()
				require.Equal(t, ansi.Strip(want), strings.ReplaceAll(ansi.Strip(p.View()), "░", " "), "chapter %d, %s", chapter, theme)
			}
		}
	}
}

// TestChaptersLookAsTheyDid compares each chapter with the file that was looked
// at and found good; UPDATE_GOLDEN=1 writes them anew.
func TestChaptersLookAsTheyDid(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 55}} {
		for chapter := 1; chapter <= 8; chapter++ {
			name := fmt.Sprintf("chapter%d-%dx%d.txt", chapter, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				var got []string
				for l := range strings.Lines(ansi.Strip(on(t, chapter, size[0], size[1], styles.Mono).View())) {
					got = append(got, strings.TrimRight(l, " \n"))
				}
				path := filepath.Join("testdata", name)
				if os.Getenv("UPDATE_GOLDEN") != "" {
					require.NoError(t, os.MkdirAll("testdata", 0o755))
					require.NoError(t, os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, string(want), strings.Join(got, "\n")+"\n")
			})
		}
	}
}

func press(p *played, keys ...tea.KeyMsg) {
	for _, k := range keys {
		p.at = p.at.Add(time.Second)
		m, _ := p.Update(k)
		p.Model = m.(Model)
	}
}

func letter(s string) tea.KeyMsg {
	if s == " " {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)}
}

func TestEveryAdvanceKeyAdvancesAndEveryBackKeyGoesBack(t *testing.T) {
	for _, k := range []tea.KeyMsg{letter(" "), letter("l"), {Type: tea.KeyEnter}, {Type: tea.KeyRight}, {Type: tea.KeyPgDown}} {
		p := on(t, 1, 80, 24, styles.Dark)
		press(p, k)
		require.Equal(t, 2, p.state.Chapter().N, k)
		for _, b := range []tea.KeyMsg{letter("h"), letter("p"), {Type: tea.KeyLeft}, {Type: tea.KeyPgUp}} {
			press(p, b)
			require.Equal(t, 1, p.state.Chapter().N, b)
			press(p, k)
			require.Equal(t, 2, p.state.Chapter().N)
		}
	}
}

func TestTheKeyThatRefusesIsNeverTheKeyThatGoesOn(t *testing.T) {
	p := on(t, 1, 80, 24, styles.Dark)
	press(p, letter("n"))
	require.Equal(t, 1, p.state.Chapter().N)
	require.False(t, p.state.Armed)
}

func TestWhatAClickerSendsCanNeitherLeaveNorForce(t *testing.T) {
	for _, k := range []tea.KeyMsg{{Type: tea.KeyEsc}, {Type: tea.KeyF5}, letter("."), letter("b"), {Type: tea.KeyPgUp}} {
		p := on(t, 2, 80, 24, styles.Dark)
		press(p, k, k)
		require.Nil(t, p.state.Finished)
		require.Zero(t, p.state.Forced)
		require.Equal(t, 2, p.state.Reached+1)
	}
}

func TestDigitsJump(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Dark)
	press(p, letter("2"))
	require.Equal(t, 2, p.state.Chapter().N)
	press(p, letter("8"))
	require.Equal(t, 2, p.state.Chapter().N)
	require.Contains(t, p.View(), "chapter 8 comes after")
}

func TestLeavingAsksFirstWhileALampIsOut(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Dark)
	press(p, letter("q"))
	require.Contains(t, p.View(), "lamp-2 is still broken")
	require.Contains(t, p.View(), "y repair and leave • n no, stay")
	require.Nil(t, p.state.Finished)
	press(p, letter("n"))
	require.Equal(t, demo.NoQuestion, p.state.Question)
	press(p, letter("q"), letter("y"))
	require.Equal(t, demo.ModeLeaving, p.state.Mode)
}

func TestAnInterruptMendsAndASecondOneLeavesAtOnce(t *testing.T) {
	for _, question := range []string{"", "q"} {
		p := on(t, 5, 80, 24, styles.Dark)
		if question != "" {
			press(p, letter(question))
		}
		press(p, tea.KeyMsg{Type: tea.KeyCtrlC})
		require.Equal(t, demo.ModeLeaving, p.state.Mode)
		require.Nil(t, p.state.Finished)
		require.Contains(t, p.View(), "repairing lamp-2, then leaving")
		require.Contains(t, p.View(), "Ctrl-C leave now, lamp-2 stays broken")
		press(p, letter("n"), letter("q"), letter(" "))
		require.Equal(t, demo.ModeLeaving, p.state.Mode, "nothing else is heard")
		press(p, tea.KeyMsg{Type: tea.KeyCtrlC})
		require.Equal(t, []string{"lamp-2"}, p.state.Finished.LeftBroken)
	}
}

func TestTheQuorumQuestionShowsItsOwnAnswers(t *testing.T) {
	p := on(t, 4, 80, 24, styles.Dark)
	plan := *p.state.Plan
	plan.CostsQuorum, plan.Also = true, []string{"lamp-3"}
	p.state.Plan = &plan
	press(p, letter(" "))
	require.Contains(t, p.View(), "lamp-2 and lamp-3 at once")
	require.Contains(t, p.View(), "y yes, break lamp-2 and lamp-3 • n no, stay")
	require.NotContains(t, p.View(), "leave")
	press(p, letter("y"), letter("n"))
	require.Equal(t, demo.PhaseAimed, p.state.Phase)
}

func TestALateGateThatOpensOffersToGoOnAndNotToForce(t *testing.T) {
	p := on(t, 2, 80, 24, styles.Dark)
	p.state.Snapshot = demo.Snapshot{}
	p.state.Visits[1].Late = true
	require.Contains(t, p.View(), "F force the gate")
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.NotContains(t, p.View(), "force")
	require.NotContains(t, p.View(), " late ")
	require.Contains(t, p.View(), "Space next")
}

func TestOldDataIsNeverShownAsNew(t *testing.T) {
	p := on(t, 2, 120, 36, styles.Dark)
	silent := p.state.Snapshot
	silent.Error = "connection refused"
	p.hear(demo.HealthSeen{Snapshot: silent})
	p.now = p.state.Snapshot.LastUpdated.Add(7 * time.Second)
	require.Contains(t, p.View(), "SWITCH silent for 7.0 s")
	require.Contains(t, p.View(), "LIVE?")
}

func TestTheScreenNeverNamesItsSubject(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		view := strings.ToLower(on(t, chapter, 200, 55, styles.Dark).View())
		require.NotContains(t, view, "tikv")
		require.NotContains(t, view, " pd ")
	}
}

// Nobody may overlook that the store broke its word: the line is there on every
// chapter, at every size.
func TestAViolationIsOnTheScreenWhateverIsShown(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
		for chapter := 2; chapter <= 8; chapter++ {
			m := on(t, chapter, size[0], size[1], styles.Mono)
			require.NotContains(t, ansi.Strip(m.View()), "DATA VIOLATION")
			m.state.Violated = 3
			m.state.Violations = []demo.ViolationPoint{{Violation: demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 4, Upper: 6, Read: 3, Store: "lamp-2"}}}
			require.Contains(t, ansi.Strip(m.View()), " DATA VIOLATION · 3 so far · stale: user1 reads", "chapter %d", chapter)
		}
	}
}

func TestTheRecoverySaysWhatWasReadThroughTheStore(t *testing.T) {
	m := on(t, 7, 120, 36, styles.Mono)
	require.NotContains(t, ansi.Strip(m.View()), "read through lamp-2")
	m.state.Proof = &demo.DataProved{Stores: []demo.StoreProof{{Store: "lamp-2", Records: 310, Inserts: 22}}}
	require.Contains(t, ansi.Strip(m.View()), "310 records and 22 inserts read through lamp-2, 0 wrong")
}

func TestWhatCouldNotBeReadStandsBesideWhatIsLost(t *testing.T) {
	m := on(t, 8, 80, 24, styles.Mono)
	ledger := *m.state.Ledger
	ledger.Unknown = 12
	m.state.Ledger = &ledger
	require.Contains(t, ansi.Strip(m.View()), "0 LOST  12 UNKNOWN")
}

func TestOnePressDoesNotResetTheClock(t *testing.T) {
	p := on(t, 8, 80, 24, styles.Dark)
	elapsed := p.state.Elapsed(p.at)
	require.Positive(t, elapsed)
	press(p, letter("r"))
	require.Contains(t, p.View(), "Play the talk again?")
	require.Equal(t, 1, p.state.Play)
	press(p, letter("n"), letter("r"), tea.KeyMsg{Type: tea.KeyEsc})
	require.Equal(t, 1, p.state.Play)
	require.GreaterOrEqual(t, p.state.Elapsed(p.at), elapsed)
	press(p, letter("r"), letter("y"))
	require.Equal(t, 2, p.state.Play)
}

// A delay is the speaker's to know: the console and the phone say it.
func TestTheAudienceSeesTheElapsedTimeAlone(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Mono)
	p.cfg.Slot = demo.Slot{Talk: time.Minute}
	p.now = p.state.TalkAt.Add(754 * time.Second)
	header, _, _ := strings.Cut(p.View(), "\n")
	require.Contains(t, header, "12:34")
	require.NotContains(t, header, "1:00")
	require.NotContains(t, header, "over")
}

// What is left to do then is the last line of the record, and its disk may hang.
func TestCtrlCAfterTheEndEndsTheProgram(t *testing.T) {
	p := on(t, 8, 80, 24, styles.Dark)
	p.state.Finished = &demo.RunFinished{}
	heard := 0
	p.cfg.Heard = func() { heard++ }
	_, cmd := p.Update(tea.KeyMsg{Type: tea.KeyCtrlC})
	require.NotNil(t, cmd)
	require.Equal(t, tea.QuitMsg{}, cmd())
	require.Zero(t, heard, "so a third one is instant")
}
