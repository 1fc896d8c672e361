package tui

import (
	"github.com/charmbracelet/bubbles/key"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// keyMap is every key. Clickers send PageDown, PageUp, "." or "b", and one
// button that alternates F5 and Escape; nothing that these do can spoil a show.
type keyMap struct {
	Advance, Back, Jump       key.Binding
	Force, Retry, Restart     key.Binding
	Help, Notes, Blank, Close key.Binding
	Quit, Yes, No             key.Binding
}

func newKeyMap() keyMap {
	bind := func(keys []string, shown, does string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	return keyMap{
		Advance: bind([]string{" ", "enter", "right", "pgdown", "l", "n"}, "Space", "next"),
		Back:    bind([]string{"left", "pgup", "h", "p"}, "←", "back"),
		Jump:    bind([]string{"1", "2", "3", "4", "5", "6", "7", "8"}, "1-8", "jump"),
		Force:   bind([]string{"F"}, "F", "force the gate"),
		Retry:   bind([]string{"t"}, "t", "try again"),
		Restart: bind([]string{"r"}, "r", "play again"),
		Help:    bind([]string{"?"}, "?", "help"),
		Notes:   bind([]string{"N"}, "N", "notes"),
		Blank:   bind([]string{".", "b"}, ".", "blank"),
		Close:   bind([]string{"esc", "f5"}, "Esc", "close"),
		Quit:    bind([]string{"q", "ctrl+c"}, "q", "leave"),
		Yes:     bind([]string{"y"}, "y", "yes, mend and leave"),
		No:      bind([]string{"n", "esc"}, "n", "no, stay"),
	}
}

// intents pairs the keys with what they ask for, where that needs no more
// thought.
func (k keyMap) intents() []struct {
	key.Binding
	demo.Intent
} {
	return []struct {
		key.Binding
		demo.Intent
	}{
		{k.Advance, demo.Advance}, {k.Back, demo.Back}, {k.Force, demo.Force},
		{k.Retry, demo.Retry}, {k.Restart, demo.Restart}, {k.Quit, demo.Quit},
	}
}

// shown gives the keys that do something now, for the footer.
func (k keyMap) shown(s demo.State) []key.Binding {
	if s.Question == demo.AskQuitFault {
		return []key.Binding{k.Yes, k.No}
	}
	next := k.Advance
	next.SetHelp("Space", nextDoes(s))
	keys := []key.Binding{next, k.Back}
	last := s.Reached == len(s.Chapters)-1
	switch v := s.Visits[s.Reached]; {
	case v.Work.State == demo.WorkFailed:
		keys = []key.Binding{k.Retry, k.Force, k.Back}
	case v.Late && s.AtFront() && !last:
		keys = []key.Binding{k.Force, k.Back}
	case last && s.AtFront() && s.Gate(s.Reached).Open:
		keys = []key.Binding{k.Restart, k.Back}
	case last && s.AtFront():
		keys = []key.Binding{k.Back}
	}
	return append(keys, k.Jump, k.Blank, k.Help, k.Quit)
}

// nextDoes says what Space would do.
func nextDoes(s demo.State) string {
	g := s.Gate(s.Reached)
	switch {
	case !s.AtFront():
		return "next"
	case s.Aimed():
		return "break " + s.Plan.Target
	case g.Open && s.Answer != nil && s.Approved == "" && s.LiftedAt.IsZero() && s.Chapter().OnEnter == demo.OnEnterDiagnose:
		return "approve: " + s.Answer.Action.String()
	case g.Open:
		return "next"
	case s.Armed:
		return "will go on"
	}
	return "next when ready"
}

// full gives every key, for the help.
func (k keyMap) full() [][]key.Binding {
	return [][]key.Binding{
		{k.Advance, k.Back, k.Jump, k.Blank},
		{k.Force, k.Retry, k.Restart, k.Notes},
		{k.Help, k.Close, k.Quit},
	}
}
