package tui

import (
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// Attached is whoever sees the talk from elsewhere, and presses keys there. None
// of it waits for anybody.
type Attached interface {
	// Requests gives what is asked for; each request gets a reply.
	Requests() <-chan protocol.Request
	// Attached gives how many there are.
	Attached() int
	// Publish gives them a newer state.
	Publish(protocol.State)
	// Unlock lets phones try again after too many wrong codes, and says whether that
	// was needed; an error means that there is no page for a phone.
	Unlock() (bool, error)
}

type (
	requestMsg  protocol.Request
	publishMsg  struct{}
	unlockedMsg string // what the screen says of it
)

// publishEvery is how soon a change is told to whoever is attached: the frame that
// belongs to it has been drawn by then.
const publishEvery = 100 * time.Millisecond

// hearRequests waits for one request. It is armed again where that is taken in.
func (m Model) hearRequests() tea.Cmd {
	if m.cfg.Attached == nil {
		return nil
	}
	requests, ctx := m.cfg.Attached.Requests(), m.ctx
	return func() tea.Msg {
		select {
		case r := <-requests:
			return requestMsg(r)
		case <-ctx.Done():
			return nil
		}
	}
}

// sight is what somebody who is attached has before their eyes, and so what their
// press is meant for.
type sight struct {
	play         uint64 // revision of the play that is shown
	live         uint64 // of the live one, which leaving is about behind a record too
	cover        Cover
	past, record bool
}

// looked counts on when what is seen is another: each of these changes what a press
// does, and a press for what was there before is stale.
func (m Model) looked() Model {
	shown := m
	if m.standsIn() {
		shown = *m.stand
	}
	if now := (sight{shown.state.Rev, m.state.Rev, m.cover, shown.past != nil, m.standsIn()}); m.rev == 0 || now != m.sight {
		m.sight, m.rev = now, m.rev+1
	}
	return m
}

// requested answers one press of somebody who is attached. It is taken like a key,
// with two differences: it names the revision that its user saw, and one that comes
// while the audience sees nothing must not move the talk.
func (m Model) requested(r protocol.Request) (Model, tea.Cmd) {
	m = m.looked()
	if r.Expired(m.cfg.Clock()) {
		r.Reply(protocol.ResultRefused, m.say("it came too late"))
		return m, nil
	}
	if !protocol.May(r.Role, r.Intent.Do) {
		r.Reply(protocol.ResultRefused, m.tongue.AtLaptop())
		return m, nil
	}
	if r.Intent.Rev != m.rev {
		r.Reply(protocol.ResultStale, m.voice().Why(m.state, demo.Refusal{Why: demo.WhyStale}))
		return m, nil
	}
	switch r.Intent.Do {
	case protocol.DoBlank:
		return m.coverFor(r, Blanked)
	case protocol.DoFreeze:
		return m.coverFor(r, Frozen)
	}
	intent, known := intentOf[r.Intent.Do]
	if !known {
		r.Reply(protocol.ResultRefused, m.voice().Why(m.state, demo.Refusal{Why: demo.WhyNotOffered}))
		return m, nil
	}
	if m.hides(intent) {
		r.Reply(protocol.ResultRefused, m.blankWhy())
		return m, nil
	}
	switch {
	case m.standsIn():
		return m.standInRequested(r, intent)
	case m.cfg.Replay != nil:
		return m.replayRequested(r, intent)
	case m.past != nil:
		return m.presentFor(r, intent)
	}
	return m.granted(r, intent)
}

// hides says whether somebody elsewhere may not ask for something because the audience
// sees nothing: it would not see what that leads to.
func (m Model) hides(i demo.Intent) bool {
	return m.cover == Blanked && i != demo.Pause && i != demo.Quit
}

func (m Model) blankWhy() string { return m.say("the audience's screen is blank; . shows it again") }

func (m Model) coveredWhy() string {
	return m.say("the audience's screen is covered already; first show it again")
}

// granted takes a press from elsewhere if the play grants it.
func (m Model) granted(r protocol.Request, intent demo.Intent) (Model, tea.Cmd) {
	now := m.cfg.Now()
	asked := demo.Asked{Intent: intent, N: r.Intent.N, Who: r.Role, Rev: m.state.Rev}
	as := m.state
	if now.After(as.Now) {
		as.Now = now
	}
	switch offer, why := as.Grants(asked); {
	case why != demo.NoReason:
		r.Reply(protocol.ResultRefused, m.voice().Why(m.state, demo.Refusal{Why: why, N: r.Intent.N}))
		return m, nil
	case r.Role != protocol.RoleConsole && !offer.Afar():
		r.Reply(protocol.ResultRefused, m.tongue.AtLaptop())
		return m, nil
	}
	r.Reply(protocol.ResultOK, "")
	m.over = noOverlay // what it leads to must be seen
	return m.apply(demo.Event{At: now, Body: asked})
}

// coverFor blanks or freezes the screen, or takes that away.
func (m Model) coverFor(r protocol.Request, wanted Cover) (Model, tea.Cmd) {
	switch {
	case m.cover != Uncovered && m.cover != wanted:
		r.Reply(protocol.ResultRefused, m.coveredWhy())
		return m, nil
	case m.past != nil && wanted == Frozen:
		r.Reply(protocol.ResultRefused, m.pastWhy())
		return m, nil
	}
	r.Reply(protocol.ResultOK, "")
	return m.toggleCover(wanted)
}

// pastWhy is why a press from elsewhere does nothing while the screen shows the past.
func (m Model) pastWhy() string {
	return m.say("the audience's screen shows the past; Space returns to what is now")
}

// presentFor ends a look back. Going on from elsewhere does that, as it does here;
// nothing else that would move the play is taken.
func (m Model) presentFor(r protocol.Request, i demo.Intent) (Model, tea.Cmd) {
	if i != demo.Advance {
		r.Reply(protocol.ResultRefused, m.pastWhy())
		return m, nil
	}
	r.Reply(protocol.ResultOK, "")
	return m.present()
}

// unlock lets phones in again.
func (m Model) unlock() tea.Cmd {
	attached, tongue := m.cfg.Attached, m.tongue
	return func() tea.Msg {
		switch was, err := attached.Unlock(); {
		case err != nil:
			return unlockedMsg(tongue.NoPhone())
		default:
			return unlockedMsg(tongue.Unlocked(was))
		}
	}
}

// intentOf gives the play's intent for what the protocol calls it.
var intentOf = map[string]demo.Intent{
	protocol.DoAdvance: demo.Advance, protocol.DoBack: demo.Back, protocol.DoJump: demo.Jump, protocol.DoForce: demo.Force,
	protocol.DoRetry: demo.Retry, protocol.DoQuit: demo.Quit, protocol.DoConfirm: demo.Confirm, protocol.DoDismiss: demo.Dismiss,
	protocol.DoRestart: demo.Restart, protocol.DoDecide: demo.Decide, protocol.DoChoose: demo.Choose,
	protocol.DoTakeOver: demo.TakingOver, protocol.DoInterrupt: demo.Interrupt, protocol.DoPause: demo.Pause,
}

// changed arranges that whoever is attached is told, soon and once.
func (m Model) changed() (Model, tea.Cmd) {
	if m.cfg.Attached == nil || m.telling || m.cfg.Attached.Attached() == 0 {
		return m, nil
	}
	m.telling = true
	return m, tea.Tick(publishEvery, func(time.Time) tea.Msg { return publishMsg{} })
}

// publish tells whoever is attached.
func (m Model) publish() (Model, tea.Cmd) {
	m.telling = false
	var st protocol.State
	st, m.paceSaid = m.picture()
	attached := m.cfg.Attached
	return m, func() tea.Msg {
		attached.Publish(st)
		return nil
	}
}

// picture is the talk for whoever is attached, and the delay that it says.
func (m Model) picture() (protocol.State, time.Duration) {
	s := m.state
	pace := s.Pace(m.now, m.cfg.Slot)
	said, figure := m.voice().Pace(pace, m.paceSaid)
	gate := s.Gate(s.Reached)
	st := protocol.State{
		Rev: m.rev, At: m.now, Chapters: m.chapters(), Current: s.Current, Reached: s.Reached,
		Notes: s.Chapter().Notes, Marks: s.Marks(), Open: gate.Open, Late: s.Visits[s.Reached].Late,
		Status: ansi.Strip(m.statusLine(1 << 10)), Health: m.voice().Health(s), Badge: strings.TrimSpace(ansi.Strip(m.badge())),
		Question: m.voice().Question(s), Notice: m.voice().Kept(s), Offers: m.remoteOffers(), Over: s.Finished != nil,
		Pace: protocol.Pace{
			Elapsed: pace.Elapsed.Milliseconds(), Planned: pace.Planned.Milliseconds(), Total: pace.Total.Milliseconds(), Waited: pace.Waited.Milliseconds(), Behind: figure > 0,
			Question: s.Pausing(m.now).Milliseconds(), Asked: s.Mode == demo.ModePaused, Said: said,
		},
		Screen: protocol.Screen{Width: m.width, Height: m.height, Frame: *m.shown},
	}
	if gate.Name != "" {
		st.Gate = m.voice().Gate(s, s.Reached)
	}
	if m.past != nil {
		st.Screen.Rewound = m.now.Sub(m.past.at).Milliseconds()
	}
	switch cover, since := m.Cover(); cover {
	case Blanked:
		st.Screen.Blank = since
	case Frozen:
		st.Screen.Frozen = since
	}
	if m.standsIn() {
		st = m.standInPicture(st)
	}
	st.Offers = m.behindCover(st.Offers)
	return st, figure
}

// behindCover are offers as they are while the audience sees nothing.
func (m Model) behindCover(offers []protocol.Offer) []protocol.Offer {
	for i := range offers {
		if o := &offers[i]; o.Do != protocol.DoBlank && o.Do != protocol.DoFreeze && m.hides(intentOf[o.Do]) {
			o.Label, o.Main, o.Enabled, o.Why = "", false, false, m.blankWhy()
		}
	}
	return offers
}

// firsts are the first lines of the chapters' narrations, as of some chapters.
type firsts struct {
	of    []demo.Chapter
	lines []string
}

// chapters are the eight, with the first line of each.
func (m Model) chapters() []protocol.Chapter {
	if !slices.Equal(m.firsts.of, m.state.Chapters) {
		*m.firsts = firsts{of: m.state.Chapters}
		for _, c := range m.state.Chapters { // a millisecond each, so only once
			m.firsts.lines = append(m.firsts.lines, firstLine(c.Narration))
		}
	}
	var out []protocol.Chapter
	for i, c := range m.state.Chapters {
		out = append(out, protocol.Chapter{N: c.N, ID: c.ID, Title: c.Title, First: m.firsts.lines[i]})
	}
	return out
}

// firstLine is the first words of a narration, without its marks.
func firstLine(narration string) string {
	for _, row := range markdown.Rows(markdown.Parse(narration, markdown.Look{}).Blocks(1 << 10)) {
		if line := strings.TrimSpace(ansi.Strip(row)); line != "" {
			return line
		}
	}
	return ""
}

// remoteOffers are what may be asked for from elsewhere: the play's offers, and
// the covers of this screen. Interrupts are for who sits at it.
func (m Model) remoteOffers() []protocol.Offer {
	var out []protocol.Offer
	for _, o := range demo.Offers(m.state) {
		do := nameOf(o.Intent)
		if o.Intent == demo.Interrupt || o.Label == demo.DoSee || do == "" {
			continue
		}
		b := m.keys.binding(o.Intent)
		offer := protocol.Offer{Do: do, N: o.N, Key: b.Help().Key, Keys: b.Keys(), Main: o.Main, Enabled: o.Enabled, Afar: o.Afar()}
		if o.Intent == demo.Jump || o.Intent == demo.Choose {
			digit := string(rune('0' + o.N))
			offer.Key, offer.Keys = digit, []string{digit}
		}
		if offer.Label = m.voice().Offer(o); !o.Enabled {
			offer.Label, offer.Why = "", m.voice().Why(m.state, demo.Refusal{Why: o.Why, N: o.N})
		}
		if m.past != nil {
			offer = m.pastOffer(offer)
			offer.Afar = do == protocol.DoAdvance
		}
		out = append(out, offer)
	}
	cover := func(do string, b interface{ Keys() []string }, key, label string, c Cover) {
		o := protocol.Offer{Do: do, Key: key, Keys: b.Keys(), Label: label, Enabled: true, Afar: do == protocol.DoBlank}
		switch m.cover {
		case Uncovered:
		case c:
			o.Label, o.Main = m.say("show the screen again"), true
		default:
			o.Label, o.Enabled, o.Why = "", false, m.coveredWhy()
		}
		out = append(out, o)
	}
	cover(protocol.DoBlank, m.keys.Blank, m.keys.Blank.Help().Key, m.say("blank the screen"), Blanked)
	if m.past != nil {
		return out
	}
	cover(protocol.DoFreeze, m.keys.Freeze, m.keys.Freeze.Help().Key, m.say("freeze the screen"), Frozen)
	return out
}

// pastOffer is what an offer becomes while the screen shows the past.
func (m Model) pastOffer(o protocol.Offer) protocol.Offer {
	if o.Do == protocol.DoAdvance {
		o.Label, o.Main, o.Enabled, o.Why = m.say("return to what is now"), true, true, ""
		return o
	}
	o.Label, o.Main, o.Enabled, o.Why = "", false, false, m.pastWhy()
	return o
}

func nameOf(i demo.Intent) string {
	for do, intent := range intentOf {
		if intent == i {
			return do
		}
	}
	return ""
}
