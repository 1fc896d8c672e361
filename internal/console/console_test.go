package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// fakeLink keeps what was asked; its lines come from the test.
type fakeLink struct {
	asked  []protocol.Intent
	refuse error
	lang   string
}

func (f *fakeLink) Next() (protocol.Line, error) { return protocol.Line{}, io.EOF }
func (f *fakeLink) Close() error                 { return nil }
func (f *fakeLink) Lang() string                 { return f.lang }
func (f *fakeLink) Ask(i protocol.Intent) (uint64, error) {
	if f.refuse != nil {
		return 0, f.refuse
	}
	i.ID = uint64(len(f.asked) + 1)
	f.asked = append(f.asked, i)
	return i.ID, nil
}

var began = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// desk is a console whose clock the test moves.
type desk struct {
	Model
	t    *testing.T
	link *fakeLink
	at   time.Time
}

func newDesk(t *testing.T, w, h int) *desk {
	t.Setenv("NO_COLOR", "1")
	d := &desk{t: t, link: &fakeLink{}, at: began}
	d.Model = New(context.Background(), Config{Out: io.Discard, Now: func() time.Time { return d.at }})
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

func (d *desk) send(msg tea.Msg) tea.Cmd {
	m, cmd := d.Update(msg)
	d.Model = m.(Model)
	return cmd
}

func (d *desk) linked(s protocol.State) *desk {
	d.send(linkedMsg{d.link})
	d.hear(protocol.Line{Kind: protocol.KindState, State: &s})
	return d
}

func (d *desk) hear(l protocol.Line) { d.send(lineMsg{d.link, l}) }

func (d *desk) press(keys ...string) tea.Cmd {
	var cmd tea.Cmd
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case " ":
			msg = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}
		case "down":
			msg = tea.KeyMsg{Type: tea.KeyDown}
		case "ctrl+c":
			msg = tea.KeyMsg{Type: tea.KeyCtrlC}
		case "pgdown":
			msg = tea.KeyMsg{Type: tea.KeyPgDown}
		}
		cmd = d.send(msg)
	}
	return cmd
}

func (d *desk) shows(texts ...string) {
	d.t.Helper()
	view := ansi.Strip(d.View())
	for _, text := range texts {
		require.Contains(d.t, view, text)
	}
}

func (d *desk) hides(texts ...string) {
	d.t.Helper()
	view := ansi.Strip(d.View())
	for _, text := range texts {
		require.NotContains(d.t, view, text)
	}
}

func TestKeysThatComeTogetherAreTakenOneByOne(t *testing.T) {
	d := newDesk(t, 100, 30).linked(talk())
	d.press("?v")
	d.hides("leave the talk")
	d.press("qx")
	d.hides("leave the talk")
	d.press("?q")
	d.shows("leave the talk")
}

func talk() protocol.State {
	s := protocol.State{
		Seq: 1, Rev: 9, At: began, Current: 4, Reached: 4, Badge: "LIVE embedded",
		Notes: "Say that PD was not asked.\n\n[on: ticket] Point at the ticket.\n\n[on: doubt] Say that PD has noticed too.",
		Gate:  "1 of 2 signals agree", Status: "waiting for a ticket", Health: "PD sees 4 of 4 nodes up",
		Offers: []protocol.Offer{
			{Do: protocol.DoAdvance, Key: "Space", Keys: []string{" ", "pgdown"}, Label: "next when ready", Main: true, Enabled: true},
			{Do: protocol.DoForce, Key: "F", Keys: []string{"F"}, Label: "force the gate", Enabled: true},
			{Do: protocol.DoRestart, Key: "r", Keys: []string{"r"}, Why: "the talk begins again from its last chapter"},
			{Do: protocol.DoQuit, Key: "q", Keys: []string{"q"}, Label: "leave?", Enabled: true},
		},
		Pace:   protocol.Pace{Elapsed: 754_000, Planned: 634_000, Total: 1_440_000, Said: "2 min behind, 0:50 of it waiting for the cluster"},
		Screen: protocol.Screen{Width: 20, Height: 4, Frame: "Who notices?\n\n  ██  ██\n  ██  ██"},
	}
	for i, title := range []string{"Welcome", "Health", "Load", "Fault", "Who notices?", "Why?", "Recovery", "Complete"} {
		s.Chapters = append(s.Chapters, protocol.Chapter{N: i + 1, ID: strings.ToLower(title), Title: title, First: "First line of " + title})
	}
	return s
}

func TestTheConsoleShowsWhatASpeakerNeeds(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}, {200, 55}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			d := newDesk(t, size[0], size[1]).linked(talk())
			d.shows("Who notices?", "5 of 8", "12:34", "24:00", "2 min behind", "Say that PD was not asked.", "1 of 2 signals agree", "6 Why?", "Space next when ready", "q leave?")
		})
	}
}

func TestAtEverySizeNoLineIsWiderAndNoViewIsHigher(t *testing.T) {
	s := talk()
	s.Notes = strings.Repeat("A long paragraph of notes that goes on and on. ", 40)
	s.Question, s.Screen.Blank = "Really?", began
	s.Phone = &protocol.Phone{Speaker: phoneURL, Locked: true}
	for w := 20; w <= 220; w += 7 {
		for h := 5; h <= 60; h += 5 {
			for _, p := range []page{notesPage, screenPage, helpPage, leavePage, codePage} {
				d := newDesk(t, w, h).linked(s)
				d.page = p
				rows := strings.Split(d.View(), "\n")
				require.Len(t, rows, h)
				for _, r := range rows {
					require.Equal(t, w, ansi.StringWidth(r), "%d×%d page %d: %q", w, h, p, r)
				}
			}
		}
	}
}

func TestNotesComeForwardWhenTheirTimeHasCome(t *testing.T) {
	s := talk()
	d := newDesk(t, 120, 36).linked(s)
	d.shows("on ticket: Point at the ticket.")
	s.Seq, s.Marks = 2, []string{"fault", "ticket"}
	d.hear(protocol.Line{Kind: protocol.KindState, State: &s})
	d.shows("▌ Point at the ticket.", "on doubt: Say that PD has noticed too.")
	view := ansi.Strip(d.View())
	require.Less(t, strings.Index(view, "Point at the ticket."), strings.Index(view, "Say that PD was not asked."), "first what has just become true")
}

func TestAKeyAsksForTheOfferThatHasIt(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press("pgdown", "F", "w", "r")
	require.Equal(t, []protocol.Intent{{ID: 1, Do: protocol.DoAdvance, Rev: 9}, {ID: 2, Do: protocol.DoForce, Rev: 9}, {ID: 3, Do: protocol.DoRestart, Rev: 9}}, d.link.asked,
		"w is on no offer; r is refused by the talk and not by the console")
	d.hear(protocol.Line{Kind: protocol.KindAnswer, Answer: &protocol.Answer{ID: 3, Result: protocol.ResultRefused, Why: "the talk begins again from its last chapter"}})
	d.shows("the talk begins again from its last chapter")
	d.hear(protocol.Line{Kind: protocol.KindAnswer, Answer: &protocol.Answer{ID: 77, Result: protocol.ResultStale, Why: "of somebody else"}})
	d.hides("of somebody else")
}

func TestAStaleAnswerIsShownAndNothingIsAskedAgain(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press(" ")
	d.hear(protocol.Line{Kind: protocol.KindAnswer, Answer: &protocol.Answer{ID: 1, Result: protocol.ResultStale, Why: "something else is on offer now; look again"}})
	d.shows("something else is on offer now; look again")
	require.Len(t, d.link.asked, 1)
}

// Closing the console must never end the talk, and the key that leaves the talk on
// the main screen is the one that closes every other terminal program.
func TestLeavingTheConsoleIsToldFromLeavingTheTalk(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press("q")
	d.shows("leave the talk, or close this console?", "t the talk", "c this console")
	d.press("x")
	d.hides("leave the talk, or close this console?")
	require.Empty(t, d.link.asked)
	d.press("q", "t")
	require.Equal(t, protocol.DoQuit, d.link.asked[0].Do)
	require.Equal(t, tea.Quit(), d.press("q", "c")())
	require.Equal(t, tea.Quit(), d.press("ctrl+c")())
	require.Len(t, d.link.asked, 1)
}

// Whoever is asked whether to leave decides about what they saw then: what comes while
// they think makes the press stale, and the talk says so.
func TestThePressThatLeavesTheTalkIsForWhatWasSeenWhenItWasAsked(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press("q")
	mended := talk()
	mended.Seq, mended.Rev = 2, 10
	mended.Offers = mended.Offers[:3] // leaving is under way
	d.hear(protocol.Line{Kind: protocol.KindState, State: &mended})
	d.press("t")
	require.Equal(t, []protocol.Intent{{ID: 1, Do: protocol.DoQuit, Rev: 9}}, d.link.asked)
	d.press("q", "t")
	require.Equal(t, uint64(10), d.link.asked[1].Rev)
}

// The digits show another chapter only where that is on offer.
func TestTheHelpOfTheConsoleSaysWhetherThereIsAJump(t *testing.T) {
	jump := protocol.Offer{Do: protocol.DoJump, N: 2, Key: "2", Keys: []string{"2"}}
	for why, wants := range map[string]string{"": "1-8       show another chapter", "the audience's screen is blank": "1-8       the audience's screen is blank", "none": ""} {
		s := talk()
		jump.Enabled, jump.Why = why == "", why
		if why != "none" {
			s.Offers = append(s.Offers, jump)
		}
		d := newDesk(t, 80, 36).linked(s)
		d.press("?")
		if d.shows(wants); wants == "" {
			d.hides("1-8")
		}
	}
}

func TestAfterTheTalkQClosesTheConsole(t *testing.T) {
	s := talk()
	s.Over = true
	d := newDesk(t, 80, 24).linked(s)
	d.shows("q closes this console", "q leave")
	d.hides("q leave?")
	require.Equal(t, tea.Quit(), d.press("q")())
}

func TestALostLinkIsSaidWithItsAgeAndNoPressIsKept(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press(" ")
	d.send(lostMsg{d.link, io.EOF})
	d.at = d.at.Add(4 * time.Second)
	d.send(tickMsg(d.at))
	d.shows("NO LINK", "for 0:04", "Say that PD was not asked.")
	d.press(" ")
	d.shows("there is no link to the talk")
	fresh := &fakeLink{}
	d.send(linkedMsg{fresh})
	d.link = fresh
	d.hides("NO LINK")
	require.Empty(t, fresh.asked, "what was pressed before is not repeated")
	d.send(lineMsg{&fakeLink{}, protocol.Line{Kind: protocol.KindState, State: &protocol.State{Seq: 99}}})
	require.Equal(t, uint64(1), d.state.Seq, "a line of an old link is dropped")
}

func TestNothingIsShownBeforeTheFirstStateButTheSearch(t *testing.T) {
	d := newDesk(t, 80, 24)
	d.shows("looking for the talk")
	d.send(failedMsg{errors.New("no talk is running here")})
	d.shows("no talk is running here; trying again")
}

func TestAFinalRefusalEndsTheConsole(t *testing.T) {
	d := newDesk(t, 80, 24)
	d.cfg.Final = func(error) bool { return true }
	require.Equal(t, tea.Quit(), d.send(failedMsg{errors.New("another version")})())
	require.EqualError(t, d.Err(), "another version")
}

func TestABlankOrFrozenScreenCannotBeOverlooked(t *testing.T) {
	s := talk()
	s.Screen.Blank = began
	for _, w := range []int{60, 120} {
		d := newDesk(t, w, 24).linked(s)
		d.at = began.Add(72 * time.Second)
		d.send(tickMsg(d.at))
		d.shows("BLANK", "1:12")
	}
	s.Screen.Blank, s.Screen.Frozen = time.Time{}, began
	d := newDesk(t, 120, 24).linked(s)
	d.at = began.Add(9 * time.Second)
	d.send(tickMsg(d.at))
	d.shows("FROZEN", "an old frame, for 0:09")
}

func TestTheAudiencesScreenIsShownInSmallAndWhole(t *testing.T) {
	d := newDesk(t, 120, 36).linked(talk())
	d.shows("⣿") // the block figures
	d.press("v")
	d.shows("Who notices?", "██  ██", "20×4")
	d.press(" ")
	require.Empty(t, d.link.asked, "the press that closes a page asks for nothing")
	s := talk()
	s.Seq, s.Screen.Frame = 2, strings.Repeat(" ", 20)
	d.hear(protocol.Line{Kind: protocol.KindState, State: &s})
	d.hides("⣿")
}

func TestAQuestionFromTheAudienceStopsTheClockOnScreen(t *testing.T) {
	s := talk()
	s.Pace.Asked, s.Pace.Question = true, 65_000
	newDesk(t, 80, 24).linked(s).shows("QUESTION", "the clock has stood still for 1:05")
}
