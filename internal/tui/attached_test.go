package tui

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// desk is somebody who is attached.
type desk struct {
	requests chan protocol.Request
	states   []protocol.State
	unlocked int
}

func (d *desk) Requests() <-chan protocol.Request { return d.requests }
func (d *desk) Attached() int                     { return 1 }
func (d *desk) Unlock() (bool, error)             { d.unlocked++; return d.unlocked == 1, nil }
func (d *desk) Publish(s protocol.State)          { d.states = append(d.states, s) }

// attachedAt is a screen in a chapter with somebody attached. The keys of a
// chapter are dead for a moment after it was entered; that is over.
func attachedAt(t *testing.T, chapter int) (*played, *desk) {
	p, d := on(t, chapter, 120, 36, "dark"), &desk{requests: make(chan protocol.Request)}
	p.cfg.Attached = d
	p.at = p.at.Add(time.Minute)
	return p, d
}

// remote is one press of somebody who is attached, and its answer.
func (p *played) remote(do string, rev uint64) protocol.Answer {
	p.t.Helper()
	return p.remoteAs(protocol.RoleConsole, do, 0, rev)
}

func (p *played) remoteAs(role, do string, n int, rev uint64) protocol.Answer {
	p.t.Helper()
	r, answer := protocol.NewRequest(role, "tty", protocol.Intent{ID: 5, Do: do, N: n, Rev: rev})
	m, _ := p.Update(requestMsg(r))
	p.Model = m.(Model)
	select {
	case a := <-answer:
		require.Equal(p.t, uint64(5), a.ID)
		return a
	default:
		p.t.Fatal("no answer")
		return protocol.Answer{}
	}
}

// newest gives the revision of what those who are attached see now.
func (p *played) newest() uint64 {
	p.Model = p.looked() // as after every message
	return p.rev
}

// told gives the state that those who are attached hear next.
func (p *played) told(d *desk) protocol.State {
	p.t.Helper()
	_ = p.View()
	p.newest()
	m, cmd := p.Update(publishMsg{})
	p.Model = m.(Model)
	cmd()
	return d.states[len(d.states)-1]
}

func TestWhoIsAttachedIsToldWhatThePresenterSees(t *testing.T) {
	p, d := attachedAt(t, 5)
	s := p.told(d)
	require.Equal(t, p.rev, s.Rev)
	require.Equal(t, 4, s.Current)
	require.Equal(t, "Point at the lamp.\nWait.", s.Notes)
	require.Equal(t, "Why", s.Chapters[5].Title)
	require.Equal(t, "Look up", s.Chapters[5].First)
	require.Equal(t, p.View(), s.Screen.Frame)
	require.NotEmpty(t, s.Pace.Said)
	require.NotEmpty(t, s.Health)
	require.Contains(t, s.Marks, demo.MarkFault)
	for _, o := range demo.Offers(p.state) {
		if o.Intent != demo.Interrupt {
			require.True(t, hasOffer(s.Offers, o), "%v", o)
		}
	}
}

func hasOffer(offers []protocol.Offer, o demo.Offer) bool {
	for _, x := range offers {
		if intentOf[x.Do] == o.Intent && x.N == o.N && x.Enabled == o.Enabled && len(x.Keys) > 0 && (x.Label != "" || x.Why != "") {
			return true
		}
	}
	return false
}

func TestAPressFromElsewhereIsTakenLikeAKey(t *testing.T) {
	p, _ := attachedAt(t, 1)
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoAdvance, p.newest()).Result)
	require.Equal(t, 2, p.state.Chapter().N)
	a := p.remote(protocol.DoAdvance, p.newest())
	require.Equal(t, protocol.ResultRefused, a.Result, "the echo of the press that brought the talk here")
	require.NotEmpty(t, a.Why)
	p.at = p.at.Add(time.Second)
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoBack, p.newest()).Result)
	require.Equal(t, 1, p.state.Chapter().N)
	a = p.remote(protocol.DoBack, p.newest())
	require.Equal(t, protocol.Answer{ID: 5, Result: protocol.ResultRefused, Why: "this is the first chapter"}, a)
	require.Equal(t, protocol.ResultRefused, p.remote("format the disk", p.newest()).Result)
}

func TestAStalePressDoesNothing(t *testing.T) {
	p, _ := attachedAt(t, 1)
	old := p.newest()
	p.advance()
	p.at = p.at.Add(time.Second)
	before := p.state
	for _, rev := range []uint64{old, 0, p.newest() + 1} {
		require.Equal(t, protocol.ResultStale, p.remote(protocol.DoAdvance, rev).Result, rev)
		require.Equal(t, before.Reached, p.state.Reached)
		require.False(t, p.state.Armed)
	}
}

// A key or a tap that was meant for the screen as it was shows nothing that the
// presenter has just hidden, and moves no talk that was only looked back at.
func TestAPressThatWasMeantForAnotherScreenIsStale(t *testing.T) {
	p, _ := attachedAt(t, 2)
	uncovered := p.newest()
	p.goOn(letter("."))
	require.Equal(t, protocol.ResultStale, p.remoteAs(protocol.RolePhone, protocol.DoBlank, 0, uncovered).Result)
	require.Equal(t, Blanked, p.cover)
	blank := p.newest()
	p.at = p.at.Add(time.Second)
	p.goOn(letter("."))
	require.Equal(t, Uncovered, p.cover)
	require.Equal(t, protocol.ResultStale, p.remoteAs(protocol.RolePhone, protocol.DoBlank, 0, blank).Result)
	require.Equal(t, protocol.ResultStale, p.remote(protocol.DoFreeze, blank).Result)
	require.Equal(t, Uncovered, p.cover)

	p.at = p.at.Add(time.Second)
	p.goOn(letter("["))
	require.NotNil(t, p.past)
	past := p.newest()
	p.goOn(tea.KeyMsg{Type: tea.KeyEsc})
	require.Nil(t, p.past)
	p.at = p.at.Add(time.Second)
	was := p.state.Reached
	require.Equal(t, protocol.ResultStale, p.remote(protocol.DoAdvance, past).Result, "it was to return to what is now")
	require.Equal(t, was, p.state.Reached)
	require.False(t, p.state.Armed)
}

func TestOnABlankScreenNobodyElsewhereMovesTheTalk(t *testing.T) {
	p, d := attachedAt(t, 1)
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoBlank, p.newest()).Result)
	require.False(t, p.told(d).Screen.Blank.IsZero())
	a := p.remote(protocol.DoAdvance, p.newest())
	require.Equal(t, protocol.ResultRefused, a.Result)
	require.Contains(t, a.Why, "blank")
	require.Equal(t, 1, p.state.Chapter().N)
	require.Equal(t, protocol.ResultRefused, p.remote(protocol.DoFreeze, p.newest()).Result)
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoBlank, p.newest()).Result)
	require.Equal(t, Uncovered, p.cover)
	require.True(t, p.told(d).Screen.Blank.IsZero())
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoFreeze, p.newest()).Result)
	require.Equal(t, p.at, p.told(d).Screen.Frozen)
	require.True(t, p.told(d).Screen.Blank.IsZero())
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoAdvance, p.newest()).Result, "behind a frozen frame the show goes on")
	require.Equal(t, 2, p.state.Chapter().N)
}

// A hundred presses of an old state from each of two consoles and a phone, between
// the keys of a talk: it ends where the keys led.
func TestStalePressesFromTwoConsolesAndAPhoneDoNotMoveTheTalk(t *testing.T) {
	all := []string{protocol.DoAdvance, protocol.DoBack, protocol.DoJump, protocol.DoForce, protocol.DoRetry, protocol.DoQuit, protocol.DoConfirm,
		protocol.DoDismiss, protocol.DoRestart, protocol.DoDecide, protocol.DoChoose, protocol.DoInterrupt, protocol.DoPause, protocol.DoTakeOver,
		protocol.DoBlank, protocol.DoFreeze}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		alone, _ := attachedAt(t, 1)
		p, _ := attachedAt(t, 1)
		for range 50 {
			for range 2 {
				for _, role := range []string{protocol.RoleConsole, protocol.RoleConsole, protocol.RolePhone} {
					a := p.remoteAs(role, all[rng.IntN(len(all))], rng.IntN(9), p.newest()-1-rng.Uint64N(p.newest()))
					require.NotEqual(t, protocol.ResultOK, a.Result)
				}
			}
			key := []string{" ", "left", "?", ".", "x", "[", "]", "N", "F", "y"}[rng.IntN(10)]
			for _, x := range []*played{alone, p} {
				x.at = x.at.Add(time.Second)
				m, _ := x.Update(keyNamed(key))
				x.Model = m.(Model)
			}
		}
		require.Equal(t, alone.state.Current, p.state.Current)
		require.Equal(t, alone.state.Reached, p.state.Reached)
		require.Equal(t, alone.state.Forced, p.state.Forced)
		require.Equal(t, alone.state.Question, p.state.Question)
		require.Equal(t, alone.cover, p.cover)
	}
}

func keyNamed(name string) tea.KeyMsg {
	switch name {
	case " ":
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}
	case "left":
		return tea.KeyMsg{Type: tea.KeyLeft}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

func TestChangesAreToldSoonAndOnce(t *testing.T) {
	p, _ := attachedAt(t, 1)
	m, _ := p.Update(tickMsg(p.at))
	require.True(t, m.(Model).telling)
	p.cfg.Attached = nil
	m, _ = p.Update(tickMsg(p.at))
	require.False(t, m.(Model).telling)
}

func TestAnExpiredPressDoesNothing(t *testing.T) {
	p, _ := attachedAt(t, 1)
	r, answer := protocol.NewRequest(protocol.RoleConsole, "", protocol.Intent{Do: protocol.DoAdvance, Rev: p.newest()})
	p.at = time.Now().Add(time.Hour)
	m, _ := p.Update(requestMsg(r))
	require.Equal(t, protocol.ResultRefused, (<-answer).Result)
	require.Equal(t, 1, m.(Model).state.Chapter().N)
}

// From a phone a talk is moved and blanked, and its clock stopped. Nothing else, in
// whichever chapter and at whichever question.
func TestAPhoneNeitherBreaksNorRepairsNorDecidesNorForcesNorLeaves(t *testing.T) {
	all := []string{protocol.DoAdvance, protocol.DoBack, protocol.DoJump, protocol.DoForce, protocol.DoRetry, protocol.DoQuit, protocol.DoConfirm,
		protocol.DoDismiss, protocol.DoRestart, protocol.DoDecide, protocol.DoChoose, protocol.DoInterrupt, protocol.DoFreeze, protocol.DoUnlock, protocol.DoPause}
	for _, role := range []string{protocol.RolePhone, protocol.RoleClicker} {
		for chapter := 1; chapter <= 8; chapter++ {
			for _, key := range []string{"", "q", "r", "a", " "} {
				set, d := attachedAt(t, chapter)
				if key != "" {
					press(set, letter(key))
					set.at = set.at.Add(time.Second)
				}
				for _, do := range all {
					again := *set // the screen is a value
					p, before := &again, set.state
					told := p.told(d)
					a := p.remoteAs(role, do, 1, p.newest())
					at := []any{"%s: %s in chapter %d after %q: %+v", role, do, chapter, key, a}
					require.Equal(t, before.Question == demo.NoQuestion || p.state.Question == before.Question, true, at...)
					require.Equal(t, before.Mode == demo.ModeLeaving, p.state.Mode == demo.ModeLeaving, at...)
					require.Equal(t, before.Finished, p.state.Finished, at...)
					require.Equal(t, before.Forced, p.state.Forced, at...)
					require.Equal(t, before.Play, p.state.Play, at...)
					if before.Phase != demo.PhaseCounting || p.state.Phase != demo.PhaseAimed { // a countdown may be stopped: nothing is broken by that
						require.Equal(t, before.Phase, p.state.Phase, at...)
					}
					require.Equal(t, before.Repair, p.state.Repair, at...)
					require.Equal(t, before.ApprovedBy(), p.state.ApprovedBy(), at...)
					require.Equal(t, before.DeniedFor(), p.state.DeniedFor(), at...)
					if a.Result == protocol.ResultOK {
						require.True(t, offersAfar(told.Offers, do), at...)
					}
				}
			}
		}
	}
}

func offersAfar(offers []protocol.Offer, do string) bool {
	for _, o := range offers {
		if o.Do == do && o.Enabled && o.Afar {
			return true
		}
	}
	return false
}

func TestAClickersPageStopsNoClock(t *testing.T) {
	p, _ := attachedAt(t, 2)
	require.Equal(t, protocol.ResultRefused, p.remoteAs(protocol.RoleClicker, protocol.DoPause, 0, p.newest()).Result)
	require.Equal(t, protocol.ResultOK, p.remoteAs(protocol.RolePhone, protocol.DoPause, 0, p.newest()).Result)
	require.Equal(t, protocol.ResultOK, p.remoteAs(protocol.RoleClicker, protocol.DoBack, 0, p.newest()).Result)
}

func TestAKeyOnTheLaptopUnlocksThePhonesPage(t *testing.T) {
	p, _ := attachedAt(t, 2)
	for _, says := range []string{"lets phones in again", "is not locked"} {
		m, cmd := p.press(letter("P"))
		m, _ = m.Update(cmd())
		p.Model = m.(Model)
		require.Contains(t, p.View(), says)
	}
}
