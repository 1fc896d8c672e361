package console

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
	"github.com/tikv-demo/tikv-demo/internal/words/wordstest"
)

// figures is a talk whose own words are figures: every word on the console is then the
// console's.
func figures() protocol.State {
	s := talk()
	s.Notes = "1.\n\n"
	for _, m := range demo.MarkNames() {
		s.Notes += "[on: " + m + "] 2.\n\n"
	}
	s.Marks = []string{demo.MarkFault}
	s.Badge, s.Gate, s.Status, s.Health, s.Pace.Said, s.Screen.Frame = "3", "4", "5", "6", "7", "8"
	for i := range s.Chapters {
		s.Chapters[i].Title, s.Chapters[i].First = "9", "10"
	}
	for i := range s.Offers {
		s.Offers[i].Label, s.Offers[i].Why = "11", "12"
	}
	s.Phone = &protocol.Phone{Speaker: "13", Clicker: "14"}
	for _, role := range []string{protocol.RoleConsole, protocol.RolePhone, protocol.RoleClicker} {
		s.Attached = append(s.Attached, protocol.Peer{Role: role})
	}
	return s
}

// everyLook goes through what a console may show, in a language.
func everyLook(t *testing.T, lang string, w, h int, f func(view, what string)) {
	states := map[string]func(*protocol.State){
		"a talk":      func(*protocol.State) {},
		"late":        func(s *protocol.State) { s.Late = true },
		"open":        func(s *protocol.State) { s.Open = true },
		"behind":      func(s *protocol.State) { s.Pace.Behind = true },
		"asked":       func(s *protocol.State) { s.Pace.Asked = true },
		"back":        func(s *protocol.State) { s.Reached++ },
		"blank":       func(s *protocol.State) { s.Screen.Blank = began },
		"frozen":      func(s *protocol.State) { s.Screen.Frozen = began },
		"rewound":     func(s *protocol.State) { s.Screen.Rewound = 12_000 },
		"large":       func(s *protocol.State) { s.Screen.Width = 300 },
		"locked":      func(s *protocol.State) { s.Phone.Locked = true },
		"no phone":    func(s *protocol.State) { s.Phone = nil },
		"long code":   func(s *protocol.State) { s.Phone.Speaker = strings.Repeat("1", 400) },
		"over":        func(s *protocol.State) { s.Over = true },
		"a question":  func(s *protocol.State) { s.Question = "15" },
		"many notes":  func(s *protocol.State) { s.Notes = strings.Repeat("1.\n\n", 99) },
		"a last line": func(s *protocol.State) { s.Notice = "16" },
	}
	look := func(d *desk, what string) {
		for _, p := range []page{notesPage, screenPage, helpPage, leavePage, codePage} {
			for _, clicker := range []bool{false, true} {
				d.page, d.clicker = p, clicker
				f(ansi.Strip(d.View()), fmt.Sprintf("%s, page %d, clicker %v", what, p, clicker))
			}
		}
		d.page = notesPage
	}
	for name, change := range states {
		d := newDesk(t, w, h)
		d.link.lang = lang
		s := figures()
		change(&s)
		d.linked(s)
		look(d, name)
		d.press(" ")
		look(d, name+", asked")
		d.press("P")
		look(d, name+", the code")
		d.link.refuse = io.EOF
		d.press(" ", "x", " ")
		look(d, name+", not sent")
		d.link.refuse = nil
		d.send(lostMsg{d.link, io.EOF})
		d.at = d.at.Add(4 * time.Second)
		d.send(tickMsg(d.at))
		look(d, name+", no link")
		d.press("x", " ")
		look(d, name+", no link and pressed")
	}
	d := newDesk(t, w, h)
	d.link.lang = lang
	d.send(linkedMsg{d.link})
	look(d, "before the first state")
	d.send(lostMsg{d.link, io.EOF})
	look(d, "lost before the first state")
}

func TestAGermanConsoleSaysNothingInEnglish(t *testing.T) {
	known := wordstest.Of(words.German)
	known.Add("Leertaste", io.EOF.Error(), "Space") // the key as the talk named it
	for _, size := range [][2]int{{60, 18}, {120, 36}, {10, 3}} {
		everyLook(t, "de", size[0], size[1], func(view, what string) {
			require.Empty(t, known.Foreign(view), "%v: %s\n%s", size, what, view)
		})
	}
}

// A translation that is too long for its place is cut off there.
func TestGermanHasRoomOnTheConsoleWhereEnglishHas(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
		cut := map[string]int{}
		everyLook(t, "", size[0], size[1], func(view, what string) { cut[what] = strings.Count(view, "…") })
		everyLook(t, "de", size[0], size[1], func(view, what string) {
			if n := strings.Count(view, "…"); n > cut[what] {
				t.Errorf("%v: %s: %d are cut, and %d in English\n%s", size, what, n, cut[what], view)
			}
		})
	}
}

// The console of a talk that says nothing of its language is English, as such a talk is.
func TestTheConsoleSpeaksAsItsTalkDoes(t *testing.T) {
	for lang, says := range map[string]string{"": "next", "de": "weiter", "tlh": "next"} {
		d := newDesk(t, 80, 24)
		d.link.lang = lang
		d.linked(figures()).shows(says + " ")
	}
}
