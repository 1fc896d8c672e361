package tui

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
	"github.com/tikv-demo/tikv-demo/internal/words/wordstest"
)

// looked goes through what an audience may see of each chapter: large or not, with the
// log, and with each page over it.
func looked(t *testing.T, w, h int, f func(p *played, what string)) {
	t.Helper()
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, w, h, styles.Mono)
		for _, over := range []overlay{noOverlay, helpOverlay, notesOverlay, outgoingOverlay, sealOverlay, answerOverlay, textOverlay, overviewOverlay} {
			for _, large := range []bool{false, true} {
				for _, log := range []bool{false, true} {
					p.over, p.large, p.logOn = over, large, log
					f(p, fmt.Sprintf("chapter %d at %d×%d, page %d, large %v, log %v", chapter, w, h, over, large, log))
				}
			}
		}
	}
}

// translated gives the screen in another language.
func (m Model) translated(t words.Tongue) Model {
	m.tongue, m.keys = t, newKeyMap(t)
	return m
}

// spoken gives the screen as it is in a language.
func (p *played) spoken(t words.Tongue) string {
	m := p.translated(t)
	m.chart = &chart{pen: quadrant}
	m.page = &page{}
	return ansi.Strip(m.View())
}

// factsOf gives the words that come from elsewhere: everything that a play knows.
func factsOf(t *testing.T, p *played) wordstest.Known {
	t.Helper()
	facts := wordstest.Of(words.German)
	b, err := json.Marshal(p.state)
	require.NoError(t, err)
	facts.Add(string(b))
	for _, l := range p.state.Log {
		b, err := json.Marshal(l.Body)
		require.NoError(t, err)
		facts.Add(string(b))
	}
	for _, c := range p.state.Chapters {
		facts.Add(c.Narration + " " + c.Notes)
	}
	facts.Add(p.state.Options.Title + " " + p.state.Options.Speaker + " " + p.state.Options.Event + " " + p.cfg.Record)
	facts.Add("LIVE ops ms printf sha256sum") // of signs that are the same in any language
	return facts
}

func TestAGermanScreenSaysNothingInEnglish(t *testing.T) {
	known := map[*played]wordstest.Known{}
	german := func(p *played, what string) {
		if known[p] == nil {
			known[p] = factsOf(t, p)
		}
		view := p.spoken(words.German)
		require.Empty(t, known[p].Foreign(view), "%s\n%s", what, view)
	}
	looked(t, 120, 36, german)
	for name, p := range crowds(t) {
		german(p, name)
	}
	long := asked(t, 80, 24, demo.DiagnosisStarted{Source: "RULES"})
	long.hear(demo.DiagnosisDelta{Text: strings.Repeat("The lamps have been looked at again. ", 20)})
	german(long, "an answer that is cut")
}

// crowds are clusters that are shown in counts.
func crowds(t *testing.T) map[string]*played {
	t.Helper()
	sick := crowded(t, 100, 1000)
	for i := range sick.state.Snapshot.Nodes {
		sick.state.Snapshot.Nodes[i].Health, sick.state.Snapshot.Nodes[i].State = demo.HealthSuspect, "Disconnected"
	}
	return map[string]*played{"three nodes": crowded(t, 3, 1000), "a hundred": crowded(t, 100, 1000), "a hundred sick": sick}
}

// A translation that is too long for its place is cut off there.
func TestGermanHasRoomWhereEnglishHas(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {60, 18}, {100, 30}, {120, 36}, {200, 55}} {
		looked(t, size[0], size[1], func(p *played, what string) {
			english, german := p.spoken(words.English), p.spoken(words.German)
			requireExact(t, german, size[0], size[1], what)
			if !p.logOn { // lines of the log are cut in any language
				require.LessOrEqual(t, strings.Count(german, "…"), strings.Count(english, "…"), "%s\n%s\n%s", what, english, german)
			}
			if p.over == noOverlay {
				foot := strings.TrimRight(german[strings.LastIndex(german, "\n")+1:], " ")
				require.True(t, strings.HasSuffix(strings.TrimSuffix(foot, "?"), "q Ende"), "%s: %q", what, foot)
			}
		})
	}
}

// The option is in the record, so that a replay speaks as the talk did.
func TestTheLanguageIsAnOptionOfThePlay(t *testing.T) {
	for lang, next := range map[string]string{"": "Space next", "de": "Leertaste weiter", "tlh": "Space next"} {
		m := New(t.Context(), Config{Stage: &deaf{}, State: demo.New(lampChapters(), demo.Options{Lang: lang}), Now: func() time.Time { return ten }, Out: io.Discard})
		m.width, m.height = 80, 24
		require.Contains(t, ansi.Strip(m.View()), next, lang)
	}
}

func TestQuestionsOfAGermanTalkAreGerman(t *testing.T) {
	p := on(t, 7, 80, 24, styles.Mono)
	p.Model = p.translated(words.German)
	for q := demo.NoQuestion + 1; words.English.Question(with(p.state, q)) != ""; q++ {
		p.state = with(p.state, q)
		if q != demo.AskApprove { // the action, and a question mark
			require.NotEqual(t, words.English.Question(p.state), p.voice().Question(p.state), q)
		}
		lines := strings.Split(ansi.Strip(p.View()), "\n")
		require.NotContains(t, lines[22]+lines[23], "…", q)
	}
}

func with(s demo.State, q demo.Question) demo.State {
	s.Question, s.Options.TakeOver = q, "the record of 2026-01-02"
	return s
}

// Whoever is attached hears the language of the screen, in every word that the screen
// does not quote.
func TestWhatAGermanTalkTellsElsewhereIsGerman(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		for _, key := range []string{"", "q", ".", "x", "<", " "} {
			p, d := attachedAt(t, chapter)
			p.Model = p.translated(words.German)
			if key != "" {
				press(p, letter(key))
			}
			facts, st := factsOf(t, p), p.told(d)
			for _, said := range toldIn(st) {
				require.Empty(t, facts.Foreign(said), "chapter %d, after %q: %s", chapter, key, said)
			}
			for _, do := range []string{protocol.DoAdvance, protocol.DoBack, protocol.DoForce, protocol.DoRetry, protocol.DoRestart, protocol.DoFreeze, "dance"} {
				for _, rev := range []uint64{st.Rev, st.Rev - 1} {
					for _, role := range []string{protocol.RoleConsole, protocol.RolePhone} {
						again := *p // the screen is a value
						a := again.remoteAs(role, do, 1, rev)
						require.Empty(t, facts.Foreign(a.Why), "%s of a %s in chapter %d: %s", do, role, chapter, a.Why)
					}
				}
			}
		}
	}
}

// toldIn gives what a state says in words.
func toldIn(st protocol.State) []string {
	said := []string{st.Gate, st.Status, st.Health, st.Badge, st.Notice, st.Question, st.Pace.Said}
	for _, o := range st.Offers {
		said = append(said, o.Key, o.Label, o.Why)
	}
	return said
}
