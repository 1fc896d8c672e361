package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// recordWhy is why a press from elsewhere does nothing while a record is shown.
func (m Model) recordWhy() string {
	return m.say("the audience's screen shows a record, which goes its own way; Space goes on")
}

// ofRecord says whether an intent lets a record go on.
func ofRecord(i demo.Intent) bool {
	switch i {
	case demo.Back, demo.Jump, demo.Restart, demo.Retry, demo.Dismiss, demo.Pause, demo.TakingOver:
		return false
	}
	return true
}

// replayRequested is requested in a replay: what would go on lets the record go on,
// leaving leaves, and nothing else is taken.
func (m Model) replayRequested(r protocol.Request, i demo.Intent) (Model, tea.Cmd) {
	switch {
	case !ofRecord(i):
		r.Reply(protocol.ResultRefused, m.recordWhy())
		return m, nil
	case m.past != nil:
		return m.presentFor(r, i)
	}
	if o, _ := m.state.Grants(demo.Asked{Intent: i, N: r.Intent.N}); o.Why != demo.NoReason { // it was not on offer in the record
		r.Reply(protocol.ResultRefused, m.voice().Why(m.state, demo.Refusal{Why: o.Why, N: r.Intent.N}))
		return m, nil
	}
	r.Reply(protocol.ResultOK, "")
	return m.replayed(i)
}

// standInRequested is requested while a record stands in. Leaving, and going back,
// are of the live talk.
func (m Model) standInRequested(r protocol.Request, i demo.Intent) (Model, tea.Cmd) {
	if slices.Contains(liveIntents, i) {
		return m.granted(r, i)
	}
	in, cmd := m.stand.replayRequested(r, i)
	m.stand = &in
	return m, cmd
}

// liveIntents are what may be asked of the live talk while a record is shown.
var liveIntents = []demo.Intent{demo.TakingOver, demo.Quit, demo.Interrupt}

// standInPicture is the talk for whoever is attached while a record stands in: what
// the audience sees, and what may be asked of the live talk.
func (m Model) standInPicture(live protocol.State) protocol.State {
	st, _ := m.shownStandIn().picture()
	own := func(o protocol.Offer) bool {
		return slices.Contains(liveIntents, intentOf[o.Do]) || o.Do == protocol.DoBlank || o.Do == protocol.DoFreeze
	}
	for i := range st.Offers {
		if o := &st.Offers[i]; intentOf[o.Do] != 0 && !ofRecord(intentOf[o.Do]) {
			o.Label, o.Main, o.Enabled, o.Why = "", false, false, m.recordWhy()
		}
	}
	st.Offers = slices.DeleteFunc(st.Offers, own)
	st.Offers = append(st.Offers, slices.DeleteFunc(slices.Clone(live.Offers), func(o protocol.Offer) bool { return !own(o) })...)
	st.Rev, st.Status = live.Rev, ansi.Strip(m.liveAside())
	st.Pace = live.Pace
	rewound := st.Screen.Rewound
	st.Screen = live.Screen
	st.Screen.Rewound = rewound
	return st
}
