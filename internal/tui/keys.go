package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// keyMap is every key. Clickers send PageDown, PageUp, "." or "b", and one
// button that alternates F5 and Escape; nothing that these do can spoil a show.
type keyMap struct {
	Advance, Back, Jump       key.Binding
	Force, Retry, Restart     key.Binding
	Help, Notes, Blank, Close key.Binding
	Quit, Interrupt, Yes, No  key.Binding
	Decide, Choose, Sent      key.Binding
	Up, Down                  key.Binding
	PageUp, PageDown          key.Binding
	Seal, Answer, Text        key.Binding
	Large, Small, Focus, Log  key.Binding
	Left, Right               key.Binding // of the focus
	Freeze, Theme, Pause      key.Binding
	TakeOver                  key.Binding
	Earlier, Later            key.Binding // of what has happened
	Overview, Pick            key.Binding
	Unlock                    key.Binding
}

// newKeyMap gives the keys, with what they do in a language.
func newKeyMap(t words.Tongue) keyMap {
	bind := func(keys []string, shown, does string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(t.Word(shown), t.Word(does)))
	}
	return keyMap{
		Advance:   bind([]string{" ", "enter", "right", "pgdown", "l"}, "Space", "next"),
		Back:      bind([]string{"left", "pgup", "h", "p"}, "←", "back"),
		Jump:      bind([]string{"1", "2", "3", "4", "5", "6", "7", "8"}, "1-8", "jump"),
		Force:     bind([]string{"F"}, "F", "force the gate"),
		Retry:     bind([]string{"t"}, "t", "try again"),
		Restart:   bind([]string{"r"}, "r", "play again"),
		Help:      bind([]string{"?"}, "?", "help"),
		Notes:     bind([]string{"N"}, "N", "notes"),
		Blank:     bind([]string{".", "b"}, ".", "blank"),
		Close:     bind([]string{"esc", "f5"}, "Esc", "close"),
		Quit:      bind([]string{"q"}, "q", "leave"),
		Interrupt: bind([]string{"ctrl+c"}, "Ctrl-C", "repair and leave"),
		Yes:       bind([]string{"y"}, "y", "yes"),
		No:        bind([]string{"n"}, "n", "no"),
		Decide:    bind([]string{"a"}, "a", "approve or refuse"),
		Sent:      bind([]string{"o"}, "o", "sent"),
		Seal:      bind([]string{"s"}, "s", "seal"),
		Answer:    bind([]string{"e"}, "e", "all"),
		Overview:  bind([]string{"O"}, "O", "overview"),
		Pick:      bind([]string{"enter"}, "Enter", "jump there"), // of the overview
		Text:      bind([]string{"down", "j"}, "↓", "whole text"),
		Up:        bind([]string{"up", "k"}, "↑", "up"),
		Down:      bind([]string{"down", "j"}, "↓", "down"),
		PageUp:    bind([]string{"pgup"}, "PageUp", "page up"),
		PageDown:  bind([]string{"pgdown", " "}, "Space", "page down"),
		Large:     bind([]string{"+", "="}, "+ -", "type size"),
		Small:     bind([]string{"-"}, "-", "normal type"),
		Focus:     bind([]string{"z"}, "z", "one pane"),
		Log:       bind([]string{"L"}, "L", "event log"),
		Left:      bind([]string{"left", "up"}, "← →", "other pane"),
		Right:     bind([]string{"right", "down"}, "→", "other pane"),
		Freeze:    bind([]string{"x"}, "x", "freeze"),
		Theme:     bind([]string{"T"}, "T", "theme"),
		Pause:     bind([]string{"w"}, "w", "a question: stop the clock"),
		TakeOver:  bind([]string{"R"}, "R", "go on from a record"),
		Earlier:   bind([]string{"["}, "[ ]", "look back, and forth"),
		Later:     bind([]string{"]"}, "]", "forth"),
		Unlock:    bind([]string{"P"}, "P", "unlock the phone's page"),
		Choose:    bind([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "1-4", "the reason"),
	}
}

// asks pairs the keys with what they may ask for, the first that is on offer.
// What is on offer is the play's to say; no other key does anything.
func (k keyMap) asks() []struct {
	key.Binding
	intents []demo.Intent
} {
	type ask = struct {
		key.Binding
		intents []demo.Intent
	}
	return []ask{
		{k.Yes, []demo.Intent{demo.Confirm}}, {k.No, []demo.Intent{demo.Dismiss}},
		{k.Advance, []demo.Intent{demo.Advance}}, {k.Back, []demo.Intent{demo.Back}},
		{k.Jump, []demo.Intent{demo.Choose, demo.Jump}},
		{k.Force, []demo.Intent{demo.Force}}, {k.Retry, []demo.Intent{demo.Retry}}, {k.Restart, []demo.Intent{demo.Restart}}, {k.TakeOver, []demo.Intent{demo.TakingOver}},
		{k.Decide, []demo.Intent{demo.Decide}}, {k.Quit, []demo.Intent{demo.Quit}}, {k.Interrupt, []demo.Intent{demo.Interrupt}}, {k.Pause, []demo.Intent{demo.Pause}},
	}
}

// binding gives the key for an intent.
func (k keyMap) binding(i demo.Intent) key.Binding {
	if i == demo.Choose {
		return k.Choose // the reasons are fewer than the chapters
	}
	for _, a := range k.asks() {
		if slices.Contains(a.intents, i) {
			return a.Binding
		}
	}
	return k.Quit
}

// shown gives the keys that do something now, for the footer: what the play says
// is worth a place, and the screen's own.
func (k keyMap) shown(v words.Voice, s demo.State) []key.Binding {
	var keys []key.Binding
	chosen, jumps := false, false
	for _, o := range demo.Offers(s) {
		jumps = jumps || o.Intent == demo.Jump
		if !o.Main || !o.Enabled || o.Intent == demo.Choose && chosen {
			continue
		}
		chosen = o.Intent == demo.Choose // the reasons stand in the question's frame
		b := k.binding(o.Intent)
		if !chosen {
			b.SetHelp(b.Help().Key, v.Offer(o))
		}
		keys = append(keys, b)
	}
	if s.Question != demo.NoQuestion || s.Mode == demo.ModeLeaving {
		return keys
	}
	switch at := s.Chapter().OnEnter; {
	case at == demo.OnEnterDiagnose && s.Outgoing != nil: // 80 columns hold no more
		keys = append(keys, k.Answer, k.Sent, k.Seal)
	case at == demo.OnEnterVerify && s.Sealed != "" && jumps:
		keys = append(keys, k.Jump, k.Seal)
	case !jumps: // a round of a loop that has failed goes nowhere
		keys = append(keys, k.Blank)
	default:
		keys = append(keys, k.Jump, k.Blank)
	}
	return append(keys, k.Help, k.leaving(v, demo.Offers(s)))
}

// leaving is the key that leaves, with whether it asks first.
func (k keyMap) leaving(v words.Voice, offers []demo.Offer) key.Binding {
	b := k.Quit
	for _, o := range offers {
		if o.Intent == demo.Quit {
			b.SetHelp(b.Help().Key, v.Offer(o))
		}
	}
	return b
}

// own gives the keys that are the screen's and not the play's, for the help.
func (k keyMap) own() []key.Binding {
	return []key.Binding{k.Jump, k.Overview, k.Large, k.Focus, k.Text, k.Earlier, k.Blank, k.Freeze, k.Log, k.Theme, k.Answer, k.Sent, k.Seal, k.Notes, k.Help, k.Close}
}
