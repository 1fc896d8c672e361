// Package protocol is what a running talk and whoever attaches to it say to
// each other: one JSON object a line, either way.
//
// The server speaks first with a hello, and the client answers with its own. A
// peer of another version is refused. Then the server sends whole states, at most
// five a second, of which a slow client gets only the newest, and a beat every
// second when nothing has changed. The client sends intents, each with the
// revision that its user saw, and gets one answer for each.
package protocol

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is the version of the protocol. It changes when an old peer would
// misunderstand a new one. A field that an old peer leaves unread, such as the talk's
// language, does not change it: an old console labels a German talk in English.
const Version = 1

// Times of the protocol.
const (
	StateEvery = 200 * time.Millisecond // at most one state for each client in this time
	BeatEvery  = time.Second            // a line at least this often
	LostAfter  = 3 * time.Second        // without a line the link is lost
)

// MaxLine bounds a line. A state with a frame of 300×100 cells in true colour
// took 0.7 MB.
const MaxLine = 4 << 20

// MaxIntent bounds a line of a client.
const MaxIntent = 4 << 10

// Kinds of lines.
const (
	KindHello  = "hello"
	KindState  = "state"
	KindBeat   = "beat"
	KindIntent = "intent"
	KindAnswer = "answer"
	KindRefuse = "refused" // the connection ends; Why says why
)

// Roles of those who attach, and of the server.
const (
	RoleTalk    = "talk"
	RoleConsole = "console"
	RolePhone   = "phone"   // the page: sees the notes, and presses the harmless keys
	RoleClicker = "clicker" // the page without notes
)

// Line is one line, either way. Only the fields of its kind are set.
type Line struct {
	Kind string `json:"kind"`

	Version int    `json:"v,omitempty"`    // hello
	Run     string `json:"run,omitempty"`  // hello of the server: which run this is
	Lang    string `json:"lang,omitempty"` // hello of the server: the talk's language, "" for English
	Role    string `json:"role,omitempty"` // hello
	Name    string `json:"name,omitempty"` // hello of a client: how others tell it from a second one

	State *State `json:"state,omitempty"`

	Intent *Intent `json:"intent,omitempty"`
	Answer *Answer `json:"answer,omitempty"`

	Why string `json:"why,omitempty"` // refused
}

// Intent is one press of somebody who is attached.
type Intent struct {
	ID  uint64 `json:"id"`  // chosen by the client; the answer has it too
	Do  string `json:"do"`  // one of the Do… constants
	N   int    `json:"n"`   // number of the chapter or of the reason, 0 otherwise
	Rev uint64 `json:"rev"` // State.Rev as its user saw it
}

// What may be asked for. The first group moves the play, the second only the
// audience's screen.
const (
	DoAdvance   = "advance"
	DoBack      = "back"
	DoJump      = "jump"
	DoForce     = "force"
	DoRetry     = "retry"
	DoQuit      = "quit"
	DoConfirm   = "confirm"
	DoDismiss   = "dismiss"
	DoRestart   = "restart"
	DoDecide    = "decide"
	DoChoose    = "choose"
	DoInterrupt = "interrupt"
	DoTakeOver  = "takeover" // go on from a record, or back to the live talk
	DoPause     = "question" // a question from the audience begins or ends

	DoBlank  = "blank"
	DoFreeze = "freeze"

	DoUnlock = "unlock" // lets phones try again after too many wrong codes; a console's alone
)

// May says whether a role may ask for an intent at all. What it would do now is the
// screen's to judge: from a phone nobody breaks, repairs, decides, forces or ends
// anything.
func May(role, do string) bool {
	switch do {
	case DoAdvance, DoBack, DoBlank:
		return role == RoleConsole || role == RolePhone || role == RoleClicker
	case DoPause:
		return role == RoleConsole || role == RolePhone
	}
	return role == RoleConsole
}

// Results of an intent.
const (
	ResultOK      = "ok"
	ResultStale   = "stale"   // the show has moved on
	ResultRefused = "refused" // Why has the words that the screen would show
)

// Answer is what became of an intent.
type Answer struct {
	ID     uint64 `json:"id"`
	Result string `json:"result"`
	Why    string `json:"why,omitempty"`
}

// ErrTooLong means a line above the bound; the connection cannot go on.
var ErrTooLong = errors.New("the line is too long")

// Encode gives a line with its newline.
func Encode(l Line) ([]byte, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode a %s: %w", l.Kind, err)
	}
	return append(b, '\n'), nil
}

// Reader reads lines of at most a given length.
type Reader struct {
	scan *bufio.Scanner
}

// NewReader reads from r; a longer line than limit bytes is ErrTooLong.
func NewReader(r io.Reader, limit int) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, min(4096, limit)), limit)
	return &Reader{scan: s}
}

// Next gives the next line, or io.EOF at the end.
func (r *Reader) Next() (Line, error) {
	if !r.scan.Scan() {
		switch err := r.scan.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return Line{}, ErrTooLong
		case err != nil:
			return Line{}, err
		}
		return Line{}, io.EOF
	}
	var l Line
	if err := json.Unmarshal(bytes.TrimSpace(r.scan.Bytes()), &l); err != nil {
		return Line{}, fmt.Errorf("a line that is not of the protocol: %w", err)
	}
	return l, nil
}
