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
	Decide, Approve, Refuse   key.Binding
	Without, Choose, Sent     key.Binding
	Up, Down                  key.Binding
	PageUp, PageDown          key.Binding
	Seal, Answer              key.Binding
}

func newKeyMap() keyMap {
	bind := func(keys []string, shown, does string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	return keyMap{
		Advance:  bind([]string{" ", "enter", "right", "pgdown", "l"}, "Space", "next"),
		Back:     bind([]string{"left", "pgup", "h", "p"}, "←", "back"),
		Jump:     bind([]string{"1", "2", "3", "4", "5", "6", "7", "8"}, "1-8", "jump"),
		Force:    bind([]string{"F"}, "F", "force the gate"),
		Retry:    bind([]string{"t"}, "t", "try again"),
		Restart:  bind([]string{"r"}, "r", "play again"),
		Help:     bind([]string{"?"}, "?", "help"),
		Notes:    bind([]string{"N"}, "N", "notes"),
		Blank:    bind([]string{".", "b"}, ".", "blank"),
		Close:    bind([]string{"esc", "f5"}, "Esc", "close"),
		Quit:     bind([]string{"q", "ctrl+c"}, "q", "leave"),
		Yes:      bind([]string{"y"}, "y", "yes, mend and leave"),
		No:       bind([]string{"n", "esc"}, "n", "no, stay"),
		Decide:   bind([]string{"a"}, "a", "approve or refuse"),
		Approve:  bind([]string{"y"}, "y", "approve"),
		Refuse:   bind([]string{"n"}, "n", "refuse"),
		Without:  bind([]string{" ", "enter", "right", "pgdown", "l"}, "Space", "go on without"),
		Sent:     bind([]string{"o"}, "o", "sent"),
		Seal:     bind([]string{"s"}, "s", "seal"),
		Answer:   bind([]string{"e"}, "e", "all"),
		Up:       bind([]string{"up", "k"}, "↑", "up"),
		Down:     bind([]string{"down", "j"}, "↓", "down"),
		PageUp:   bind([]string{"pgup"}, "PageUp", "page up"),
		PageDown: bind([]string{"pgdown", " "}, "Space", "page down"),
		Choose:   bind([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "1-4", "the reason"),
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
		{k.Retry, demo.Retry}, {k.Restart, demo.Restart}, {k.Quit, demo.Quit}, {k.Decide, demo.Decide},
	}
}

// shown gives the keys that do something now, for the footer.
func (k keyMap) shown(s demo.State) []key.Binding {
	switch s.Question {
	case demo.AskQuitFault, demo.AskQuorum, demo.AskQuorumAgain:
		return []key.Binding{k.Yes, k.No}
	case demo.AskApprove:
		return []key.Binding{k.Approve, k.Refuse, k.Without, k.Back}
	case demo.AskReason:
		return []key.Binding{k.Choose, k.Back}
	}
	next := k.Advance
	next.SetHelp("Space", nextDoes(s))
	keys := []key.Binding{next, k.Back}
	last := s.Reached == len(s.Chapters)-1
	_, late := s.LateStage()
	_, undecided := s.Proposal()
	switch v, work := s.Visits[s.Reached], s.WorkOf(s.Reached); {
	case work.State == demo.WorkFailed, late && work.State == demo.WorkDone && s.AtFront() && !last:
		keys = []key.Binding{k.Retry, k.Force, k.Back}
	case s.Unmended() && undecided && s.AtFront():
		keys = []key.Binding{k.Decide, next, k.Back}
	case v.Late && s.AtFront() && !last:
		keys = []key.Binding{k.Force, k.Back}
	case last && s.AtFront() && s.Gate(s.Reached).Open:
		keys = []key.Binding{k.Restart, k.Back}
	case last && s.AtFront():
		keys = []key.Binding{k.Back}
	}
	switch at := s.Chapter().OnEnter; {
	case at == demo.OnEnterDiagnose && s.Outgoing != nil: // 80 columns hold no more
		keys = append(keys, k.Answer, k.Sent, k.Seal)
	case at == demo.OnEnterVerify && s.Sealed != "":
		keys = append(keys, k.Jump, k.Seal)
	default:
		keys = append(keys, k.Jump, k.Blank)
	}
	return append(keys, k.Help, k.Quit)
}

// nextDoes says what Space would do.
func nextDoes(s demo.State) string {
	g := s.Gate(s.Reached)
	action, undecided := s.Proposal()
	switch {
	case !s.AtFront():
		return "next"
	case s.Aimed():
		return "break " + s.Plan.Target
	case s.Unmended():
		return "mend it by hand"
	case g.Open && undecided && !s.Unattended() && s.Chapter().OnEnter == demo.OnEnterDiagnose:
		return action.String() + "?"
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
		{k.Decide, k.Force, k.Retry, k.Restart},
		{k.Answer, k.Sent, k.Seal, k.Notes},
		{k.Help, k.Close, k.Quit},
	}
}
