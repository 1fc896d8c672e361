package phone

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// beat is the line that a page gets when nothing has changed, and a part of every
// other.
type beat struct {
	Beat bool   `json:"beat"`
	At   int64  `json:"at"`   // by the laptop's clock, in milliseconds; a tap gives it back
	Last uint64 `json:"last"` // number of this phone's latest tap
}

// view is what one page shows: whole, with every word, so that the page only draws.
type view struct {
	beat
	Rev   uint64 `json:"rev"`
	Badge string `json:"badge"`
	Where string `json:"where"` // "5 of 8"
	Title string `json:"title"`
	Gate  string `json:"gate"`
	Open  bool   `json:"open"`
	Late  bool   `json:"late"`
	Says  string `json:"says"`  // the open question, or the line above the laptop's keys
	Cover string `json:"cover"` // that the audience does not see the talk
	Since int64  `json:"since"` // since when not, in milliseconds; 0 where that is no matter
	Over  bool   `json:"over"`

	Next  button `json:"next"`
	Back  button `json:"back"`
	Blank button `json:"blank"`

	// For the speaker alone.
	Pause  *button        `json:"question,omitempty"`
	Notes  []note         `json:"notes,omitempty"`
	Follow string         `json:"follow,omitempty"` // the next chapter
	Health string         `json:"health,omitempty"`
	Pace   *protocol.Pace `json:"pace,omitempty"`
}

// button is one button: what it does, or why it does nothing.
type button struct {
	Label string `json:"label"`
	On    bool   `json:"on"`
}

// note is one part of the notes.
type note struct {
	Text string `json:"text"`
	On   string `json:"on,omitempty"`  // what it waits for, or waited for
	Now  bool   `json:"now,omitempty"` // that has happened
}

// viewOf is the state as one role sees it.
func viewOf(st protocol.State, role string) view {
	v := view{
		Rev: st.Rev, Badge: st.Badge, Gate: st.Gate, Open: st.Open, Late: st.Late, Says: beside(st), Over: st.Over,
		Next: buttonOf(st, protocol.DoAdvance), Back: buttonOf(st, protocol.DoBack), Blank: buttonOf(st, protocol.DoBlank),
	}
	if c, ok := chapter(st, st.Current); ok {
		v.Where, v.Title = where(st), c.Title
	}
	if st.Question != "" {
		v.Says = "At the laptop: " + st.Question
	}
	switch {
	case !st.Screen.Blank.IsZero():
		v.Cover, v.Since = "BLANK: the audience sees nothing", millis(st.Screen.Blank)
		v.Next, v.Back = button{Label: "the screen is blank"}, button{}
	case !st.Screen.Frozen.IsZero():
		v.Cover, v.Since = "FROZEN: the audience sees an old frame", millis(st.Screen.Frozen)
	case st.Screen.Rewound > 0:
		v.Cover = "REWIND: the audience sees the past; Next returns to the present"
	}
	if role != protocol.RolePhone {
		return v
	}
	pause, pace := buttonOf(st, protocol.DoPause), st.Pace
	v.Pause, v.Pace, v.Health, v.Notes = &pause, &pace, st.Health, notes(st)
	if c, ok := chapter(st, st.Current+1); ok {
		v.Follow = strings.TrimSuffix(c.Title+": "+c.First, ": ")
	}
	return v
}

// beside is what the line above the laptop's keys says beside the gate.
func beside(st protocol.State) string {
	said, found := st.Status, false
	if st.Gate != "" {
		said, found = strings.CutPrefix(strings.TrimLeft(said, "✓… "), st.Gate)
	}
	if !found {
		return st.Status
	}
	return strings.TrimSpace(said)
}

// where is the chapter that is shown, and the one that the talk is in.
func where(st protocol.State) string {
	text := fmt.Sprintf("%d of %d", st.Current+1, len(st.Chapters))
	if st.Current != st.Reached {
		text += fmt.Sprintf(", looking back; the talk is in %d", st.Reached+1)
	}
	return text
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func chapter(st protocol.State, i int) (protocol.Chapter, bool) {
	if i < 0 || i >= len(st.Chapters) {
		return protocol.Chapter{}, false
	}
	return st.Chapters[i], true
}

// buttonOf is what a button does now. What is on offer, but not to a phone, says where
// it is.
func buttonOf(st protocol.State, do string) button {
	var b button
	for _, o := range st.Offers {
		switch {
		case o.Do != do:
		case o.Enabled && o.Afar:
			return button{o.Label, true}
		case o.Enabled:
			b.Label = "at the laptop: " + o.Label
		case b.Label == "":
			b.Label = o.Why
		}
	}
	return b
}

// notes are the parts of the notes: what has just become true first, then the rest,
// and last what waits.
func notes(st protocol.State) []note {
	var now, plain, later []note
	for _, p := range demo.NoteParts(st.Notes) {
		n := note{Text: plainText(p.Text), On: p.On, Now: slices.Contains(st.Marks, p.On)}
		switch {
		case n.Text == "":
		case p.On == "":
			plain = append(plain, n)
		case n.Now:
			now = append(now, n)
		default:
			later = append(later, n)
		}
	}
	return slices.Concat(now, plain, later)
}

// plainText is Markdown without its marks, a line a paragraph or item. The page wraps
// it.
func plainText(source string) string {
	var lines []string
	for _, row := range markdown.Rows(markdown.Parse(source, markdown.Look{}).Blocks(1 << 12)) {
		lines = append(lines, strings.TrimRight(ansi.Strip(row), " "))
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
