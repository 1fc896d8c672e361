package demo

import (
	"strconv"
	"time"
)

// What the play takes in is recorded too, so that the state at any moment is a
// fold over the record.
type (
	// PlayBegun is all that a play starts from.
	PlayBegun struct {
		Play     int       `json:"play"`
		Options  Options   `json:"options"`
		Chapters []Chapter `json:"chapters"`

		// What a play that is not the first takes over.
		Cluster  *ClusterReady `json:"cluster,omitempty"`
		Snapshot *Snapshot     `json:"snapshot,omitempty"`
		Step     Step          `json:"step,omitempty"`
		Line     uint64        `json:"line,omitempty"`
		Rev      uint64        `json:"rev,omitempty"`     // the last of the play before; 0 in a record of an earlier version, which began at 1 again
		InVain   int           `json:"in_vain,omitempty"` // rounds of the loop that failed in a row
	}
	// Taken says that the play took in an event.
	Taken struct{ Event Event }
	// RecordSealed gives the head of the record so far: a photograph of it says
	// which record it was.
	RecordSealed struct {
		Head  string `json:"head"`  // SHA-256 of the line before, in full
		Words string `json:"words"` // its first eight characters as four words
		Lines uint64 `json:"lines"` // up to there
	}
)

// Kind names the record's line.
func (PlayBegun) Kind() string { return "play.begun" }

// Kind names the record's line.
func (Taken) Kind() string { return "input" }

// Kind names the record's line.
func (RecordSealed) Kind() string { return "record.sealed" }

// Open is Begin for a front end: what the play starts from goes to the record.
func Open(s State, now time.Time) (State, []Effect) {
	begun := PlayBegun{Play: s.Play, Options: s.Options, Chapters: s.Chapters}
	now = now.Round(0)
	s, effects := Begin(s, now)
	return s.recorded(now, begun, effects)
}

// Take is Apply for a front end: the event goes to the record too, in the order
// in which the play took it in.
func Take(s State, e Event) (State, []Effect) {
	if s.drops(e) {
		return s, nil
	}
	// As the record writes it: in whole milliseconds, and without the reading of
	// the monotonic clock, with which a difference of times comes out otherwise.
	e.Body, e.At = Rounded(e.Body), e.At.Round(0)
	play := s.Play
	s, first := s.recorded(e.At, Taken{e}, nil)
	next, effects := Apply(s, e)
	effects = append(first, effects...)
	if next.Play == play {
		return next, effects
	}
	begun := PlayBegun{
		Play: next.Play, Options: next.Options, Chapters: next.Chapters,
		Cluster: &next.Cluster, Snapshot: &next.Snapshot, Step: s.nextStep, Line: next.nextLine, Rev: s.Rev, InVain: next.InVain,
	}
	return next.recorded(next.Now, begun, effects)
}

// recorded adds a line of the record to the effects.
func (s State) recorded(at time.Time, b Body, effects []Effect) (State, []Effect) {
	m := machine{State: s, effects: effects}
	m.send(Record{At: at, Body: b})
	return m.State, m.effects
}

// Resume gives the state with which a recorded play began.
func Resume(b PlayBegun, at time.Time) State {
	s := New(b.Chapters, b.Options)
	if b.Play > 1 {
		s.Play, s.Rev, s.InVain = b.Play, b.Rev, b.InVain
		if b.Cluster != nil {
			s.Cluster = *b.Cluster
		}
		if b.Snapshot != nil {
			s.Snapshot = *b.Snapshot
		}
	}
	s.nextStep = b.Step
	s, _ = Begin(s, at)
	if b.Play > 1 {
		s.nextLine = b.Line
	}
	s, _ = s.recorded(at, b, nil)
	return s
}

// intentNames are the words for the intents in the record: the numbers may change.
var intentNames = map[Intent]string{
	Advance: "advance", Back: "back", Jump: "jump", Force: "force", Retry: "retry", Quit: "quit",
	Confirm: "confirm", Dismiss: "dismiss", Restart: "restart", Decide: "decide", Choose: "choose", Interrupt: "interrupt", Pause: "pause", TakingOver: "takeover",
}

// MarshalText gives the word for an intent.
func (i Intent) MarshalText() ([]byte, error) {
	if name, ok := intentNames[i]; ok {
		return []byte(name), nil
	}
	return strconv.AppendInt(nil, int64(i), 10), nil
}

// UnmarshalText reads it. A word that this version does not know is no intent.
func (i *Intent) UnmarshalText(b []byte) error {
	*i = 0
	for known, name := range intentNames {
		if name == string(b) {
			*i = known
		}
	}
	return nil
}
