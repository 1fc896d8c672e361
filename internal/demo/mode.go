package demo

// Mode is what the play as a whole does. It does one thing at a time: a play that is
// being left neither answers a question from the audience nor begins another round. With
// a field for each of these the same order of them stood in many places, and states could
// be written that no play has.
type Mode int

// The modes.
const (
	ModeRunning  Mode = iota // it goes from chapter to chapter
	ModePaused               // a question from the audience stops the talk's clock
	ModeOnRecord             // it stands still while the screen shows a record
	ModeGaveUp               // this round of a loop has failed; the next one begins as soon as nothing is broken
	ModeLeaving              // the run ends as soon as nothing is broken; never taken back
)

// ends says whether the play goes nowhere but to its end, or to that of its round.
func (m Mode) ends() bool { return m >= ModeGaveUp }

// turn goes over to another mode, which ends what the one before was about. From one
// that ends the play no way leads back.
func (m *machine) turn(to Mode) {
	if m.Mode.ends() && to <= m.Mode {
		return
	}
	switch m.Mode {
	case ModePaused:
		m.countPause()
	case ModeOnRecord:
		m.shownNow().Until = m.Now
	}
	m.Mode, m.ModeSince = to, m.Now
}
