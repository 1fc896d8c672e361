package phone

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
	"github.com/tikv-demo/tikv-demo/internal/words/wordstest"
)

// figures is a talk whose own words are figures: every word of the page is then the
// page's.
func figures() protocol.State {
	st := talkState()
	st.Badge, st.Health, st.Gate, st.Status, st.Pace.Said, st.Notes = "1", "2", "3", "4", "5", "6\n\n"
	for _, m := range demo.MarkNames() {
		st.Notes += "[on: " + m + "] 7\n\n"
	}
	for i := range st.Chapters {
		st.Chapters[i].Title, st.Chapters[i].First = "8", "9"
	}
	for i := range st.Offers {
		st.Offers[i].Label, st.Offers[i].Why = "10", "11"
	}
	return st
}

// saidIn gives every text of a view.
func saidIn(t *testing.T, v view) []string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var all []string
	for _, m := range regexp.MustCompile(`:"((?:[^"\\\\]|\\\\.)*)"`).FindAllStringSubmatch(string(b), -1) {
		if m[1] != noteNow && m[1] != noteLater { // classes of the page's style
			all = append(all, m[1])
		}
	}
	return all
}

func TestAGermanViewSaysNothingInEnglish(t *testing.T) {
	known := wordstest.Of(words.German)
	for name, change := range map[string]func(*protocol.State){
		"a talk":     func(*protocol.State) {},
		"late":       func(s *protocol.State) { s.Late = true },
		"open":       func(s *protocol.State) { s.Open = true },
		"asked":      func(s *protocol.State) { s.Pace.Asked = true },
		"back":       func(s *protocol.State) { s.Reached++ },
		"blank":      func(s *protocol.State) { s.Screen.Blank = time.UnixMilli(1) },
		"frozen":     func(s *protocol.State) { s.Screen.Frozen = time.UnixMilli(1) },
		"rewound":    func(s *protocol.State) { s.Screen.Rewound = 12_000 },
		"over":       func(s *protocol.State) { s.Over = true },
		"a question": func(s *protocol.State) { s.Question = "12" },
		"at the laptop": func(s *protocol.State) {
			for i := range s.Offers {
				s.Offers[i].Afar = false
			}
		},
		"not offered": func(s *protocol.State) {
			for i := range s.Offers {
				s.Offers[i].Enabled = false
			}
		},
	} {
		st := figures()
		change(&st)
		for _, role := range []string{protocol.RolePhone, protocol.RoleClicker} {
			for _, said := range saidIn(t, viewOf(words.German, st, role)) {
				require.Empty(t, known.Foreign(said), "%s, %s: %s", name, role, said)
			}
		}
	}
}

// The page's own words are in the language too, and what it draws with has none: its
// script may only have the names that are listed here.
func TestThePageIsInTheLanguageOfTheTalk(t *testing.T) {
	h := openIn(t, words.German)
	r := h.from("127.0.0.1").send(http.MethodGet, "/", "")
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	page := string(b)
	require.NotContains(t, page, "{{")
	require.Contains(t, page, `<html lang="de">`)
	require.Contains(t, page, "<b>Weiter</b>")

	known := wordstest.Of(words.German)
	known.Add("tikv-demo")
	body := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(page, "")
	for _, m := range regexp.MustCompile(`>([^<]+)<|\sdata-\w+="([^"]*)"|\s(?:title|alt|placeholder|aria-label)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		said := html.UnescapeString(m[1] + m[2] + m[3])
		require.Empty(t, known.Foreign(said), said)
	}
	script := regexp.MustCompile(`(?s)<script>(.*)</script>`).FindStringSubmatch(page)[1]
	script = regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(script, "")
	names := strings.Fields("use strict code advance back question next blank asking #t= POST Content-Type application/json same-origin no-store error /session /press /events" +
		" … ok 0 : p b small lost cover gate open late says no title where clock pace behind clicker notes click visibilitychange pageshow online")
	for _, m := range regexp.MustCompile("\"([^\"]*)\"|'([^']*)'|`([^`]*)`").FindAllStringSubmatch(script, -1) {
		for _, name := range strings.Fields(m[1] + m[2] + m[3]) {
			require.Contains(t, names, name, "words of the page are said by the laptop: %s", m[0])
		}
	}
	source := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).FindAllString(source, -1)
	require.NotContains(t, strings.Join(source, ""), "{{", "the policy names the script and the style by what they are in every language")
}

func TestAGermanTalkAnswersAPhoneInGerman(t *testing.T) {
	h := openIn(t, words.German)
	known := wordstest.Of(words.German)
	c := h.speaker()
	for _, x := range []tap{{ID: 1, Do: protocol.DoForce, Rev: 9, At: h.now().UnixMilli()}, {ID: 1, Do: protocol.DoAdvance, At: h.now().UnixMilli()}, {ID: 2, Do: protocol.DoAdvance}} {
		a := c.press(x)
		require.NotEqual(t, protocol.ResultOK, a.Result)
		require.Empty(t, known.Foreign(a.Why), a.Why)
	}
	guess := h.from("127.0.0.1")
	for range failuresKept + 1 { // the last one finds the door locked
		r := guess.send(http.MethodPost, "/session", `{"code":"guess"}`)
		b, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		said := string(b)
		require.NotEmpty(t, said)
		require.Empty(t, known.Foreign(said), said)
	}
}
