package phone

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
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
	Title string `json:"title"`
	Where string `json:"where"` // "5 of 8 · LIVE embedded"
	Gate  string `json:"gate"`
	Open  bool   `json:"open"`
	Late  bool   `json:"late"`
	Says  string `json:"says"`  // the open question, or the line above the laptop's keys
	Cover string `json:"cover"` // that the audience does not see the talk
	Since int64  `json:"since"` // since when not, in milliseconds; 0 where that is no matter

	Next  button `json:"next"`
	Back  button `json:"back"`
	Blank button `json:"blank"`

	// For the speaker alone.
	Pause *button `json:"question,omitempty"`
	Notes []note  `json:"notes,omitempty"`
	Pace  *pace   `json:"pace,omitempty"`
}

// button is one button: its name, and what it does or why it does nothing.
type button struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	On    bool   `json:"on"`
}

// note is one part of the notes.
type note struct {
	Text string `json:"text"`
	Kind string `json:"kind,omitempty"` // noteNow, noteLater, or "" for what waits for nothing
}

// Kinds of notes: what it waited for has happened, or has not.
const (
	noteNow   = "now"
	noteLater = "later"
)

// pace is how the talk stands against its plan.
type pace struct {
	Clock  string `json:"clock"`
	Said   string `json:"said"`
	Behind bool   `json:"behind"`
}

// viewOf is the state as one role sees it, in the language of the talk.
func viewOf(t words.Tongue, st protocol.State, role string) view {
	v := view{
		Rev: st.Rev, Gate: gate(t, st), Open: st.Open, Late: st.Late, Says: says(t, st),
		Next: buttonOf(t, st, protocol.DoAdvance, nextName(t)), Back: buttonOf(t, st, protocol.DoBack, backName(t)),
		Blank: buttonOf(t, st, protocol.DoBlank, blankName(t)),
	}
	at := []string{where(t, st)}
	if st.Badge != "" {
		at = append(at, st.Badge)
	}
	if c, ok := chapter(st, st.Current); ok {
		v.Title = c.Title
	}
	v.cover(t, st)
	if role == protocol.RolePhone {
		v.forSpeaker(t, st)
		if st.Health != "" {
			at = append(at, st.Health)
		}
	}
	v.Where = strings.Join(at, " · ")
	return v
}

// cover says that the audience does not see the talk.
func (v *view) cover(t words.Tongue, st protocol.State) {
	name, sees := "", ""
	switch {
	case !st.Screen.Blank.IsZero():
		name, sees = t.Cover(false)
		v.Since, v.Blank.Name = st.Screen.Blank.UnixMilli(), t.Say("Show the screen")
		v.Next, v.Back = button{Name: v.Next.Name, Label: t.Say("the screen is blank")}, button{Name: v.Back.Name}
	case !st.Screen.Frozen.IsZero():
		name, sees = t.Cover(true)
		v.Since = st.Screen.Frozen.UnixMilli()
	case st.Screen.Rewound > 0:
		name, sees = t.Rewound(time.Duration(st.Screen.Rewound) * time.Millisecond)
		sees += t.Say("; Next returns to the present")
	default:
		return
	}
	v.Cover = name + ": " + sees
}

// forSpeaker adds what a clicker's page does not have.
func (v *view) forSpeaker(t words.Tongue, st protocol.State) {
	millis := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	v.Pace = &pace{Clock: words.Clock(millis(st.Pace.Elapsed)), Said: st.Pace.Said + ", " + t.OfPlan(millis(st.Pace.Total)), Behind: st.Pace.Behind || st.Pace.Asked}
	pause := buttonOf(t, st, protocol.DoPause, questionName(t))
	if st.Pace.Asked {
		v.Pace.Said, pause.Name = t.Say("QUESTION")+": "+t.StoodStill(millis(st.Pace.Question)), t.Say("End the question")
	}
	v.Pause, v.Notes = &pause, notes(t, st)
	if c, ok := chapter(st, st.Current+1); ok {
		v.Notes = append(v.Notes, note{t.Say("next: %s", strings.TrimSuffix(c.Title+": "+c.First, ": ")), noteLater})
	}
}

// The names of the buttons, as the page has them before it knows anything else.
func nextName(t words.Tongue) string     { return t.Say("Next") }
func backName(t words.Tongue) string     { return t.Say("Back") }
func blankName(t words.Tongue) string    { return t.Say("Blank") }
func questionName(t words.Tongue) string { return t.Say("Question") }

// gate is what the gate waits for, with a sign of how that stands.
func gate(t words.Tongue, st protocol.State) string {
	switch {
	case st.Gate == "":
		return ""
	case st.Open:
		return "✓ " + st.Gate
	case st.Late:
		return t.Late(st.Gate)
	}
	return "… " + st.Gate
}

// says is the open question, or what the line above the laptop's keys says.
func says(t words.Tongue, st protocol.State) string {
	switch {
	case st.Over:
		return t.Ended()
	case st.Question != "":
		return t.Say("At the laptop: %s", st.Question)
	}
	return beside(st)
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
func where(t words.Tongue, st protocol.State) string {
	text := t.Say("%d of %d", st.Current+1, len(st.Chapters))
	if st.Current != st.Reached {
		text += ", " + t.LookingBack(st.Reached+1)
	}
	return text
}

func chapter(st protocol.State, i int) (protocol.Chapter, bool) {
	if i < 0 || i >= len(st.Chapters) {
		return protocol.Chapter{}, false
	}
	return st.Chapters[i], true
}

// buttonOf is what a button does now, where its name does not say it already. What is
// on offer, but not to a phone, says where it is.
func buttonOf(t words.Tongue, st protocol.State, do, name string) button {
	b := button{Name: name}
	for _, o := range st.Offers {
		switch {
		case o.Do != do:
		case o.Enabled && o.Afar:
			if b.Label = o.Label; strings.EqualFold(o.Label, name) {
				b.Label = ""
			}
			b.On = true
			return b
		case o.Enabled:
			b.Label = t.Say("at the laptop: %s", o.Label)
		case b.Label == "":
			b.Label = o.Why
		}
	}
	return b
}

// notes are the parts of the notes.
func notes(t words.Tongue, st protocol.State) []note {
	var all []note
	add := func(text, kind string) {
		if text != "" {
			all = append(all, note{text, kind})
		}
	}
	now, plain, later := demo.OrderedNotes(st.Notes, st.Marks)
	for _, p := range now {
		add(plainText(p.Text), noteNow)
	}
	for _, p := range plain {
		add(plainText(p.Text), "")
	}
	for _, p := range later {
		add(t.Waiting(p.On, plainText(p.Text)), noteLater)
	}
	return all
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
