package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Key is a line of the reference of keys: the keys, as people write them, and what
// they do.
type Key struct{ Keys, Does string }

// line is a key with what it does.
type line struct {
	key.Binding
	does string
}

// Keys lists every key of the screen, from the bindings that it obeys.
func Keys() []Key {
	var all []Key
	for _, r := range newKeyMap(words.English).reference() {
		all = append(all, Key{written(r.Keys()), r.does})
	}
	return append(all, Key{"Ctrl-Z", "give the terminal to the shell until fg; where no shell waits it says so"})
}

// reference gives every key with what it does.
func (k keyMap) reference() []line {
	return []line{
		{k.Advance, "go on; on a closed gate the press is remembered, and the talk goes on when it opens"},
		{k.Back, "go back; nothing is done twice"},
		{k.Jump, "jump to a chapter that has been reached"},
		{k.Overview, "all chapters and what was done in each; ↑ ↓ and Enter, or a digit, jump where a jump is allowed"},
		{k.Help, "every key, and what can be done now"},
		{k.Blank, "blank the screen; only the same key brings it back"},
		{k.Freeze, "freeze the picture and show its age, while the talk goes on behind it; the same key goes on"},
		{k.Earlier, "look back: the whole screen as it was a second earlier, and further with every press, while the talk goes on"},
		{k.Later, "a second forth again; at the end the screen shows what is now, as it does after Escape or Space"},
		{k.Large, "large type: fewer and larger things"},
		{k.Small, "normal type"},
		{k.Focus, "one pane on the whole screen, and back"},
		{k.Left, "with one pane: the one before"},
		{k.Right, "with one pane: the next"},
		{k.Log, "show or hide the event log"},
		{k.Theme, "the next theme"},
		{k.Pause, "stop the talk's clock for a question, and start it again"},
		{k.Unlock, "let phones in again after too many wrong codes; in the console: the code that lets one in"},
		{k.Yes, "approve the action that was proposed, or say yes to a question"},
		{k.No, "refuse the action, for one of four reasons, or say no"},
		{k.Decide, "ask again what was left undecided"},
		{k.Answer, "from chapter 6: the whole answer with its evidence, and every diagnosis of the ticket"},
		{k.Seal, "from chapter 4: what was sealed, and how to check it"},
		{k.Sent, "in chapter 6: everything that leaves this machine, word for word, and where to"},
		{k.Force, "force a closed gate; counted and recorded"},
		{k.Retry, "try again what failed, or a stage of the recovery that is late"},
		{k.TakeOver, "go on from a record where the live side hangs; asks first, and goes back only to a cluster that is well"},
		{k.Notes, "the speaker's notes of this chapter, over the screen"},
		{k.Text, "the whole text of this chapter, for when its column has no room for all of it"},
		{k.Restart, "in chapter 8: start again; asks first, since the clock and the record begin anew"},
		{k.Quit, "leave; asks first while something is broken, and repairs it"},
		{k.Interrupt, "repair what is broken, and leave; a second one leaves at once and says what stays broken; a third ends the program"},
		{k.Close, "close what lies over the screen; clickers send these, and they do no harm"},
	}
}

// written gives keys as people write them; a row of digits is "1 … 8".
func written(keys []string) string {
	names := map[string]string{
		" ": "Space", "enter": "Enter", "right": "→", "left": "←", "up": "↑", "down": "↓",
		"pgdown": "PageDown", "pgup": "PageUp", "esc": "Escape", "f5": "F5", "ctrl+c": "Ctrl-C",
	}
	if len(keys) > 5 {
		return keys[0] + " … " + keys[len(keys)-1]
	}
	var out []string
	for _, k := range keys {
		if n, ok := names[k]; ok {
			k = n
		}
		out = append(out, k)
	}
	return strings.Join(out, " ")
}
