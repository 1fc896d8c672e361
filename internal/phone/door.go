package phone

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Bounds of the door.
const (
	failuresKept = 10          // wrong codes that lock the door
	failuresIn   = time.Minute // in this time
	codeBytes    = 16          // 128 bits

	sessionsOfRole = 8 // so that a clicker's code puts no speaker's phone out
)

// Why nobody is let in.
var (
	errCode   = errors.New(words.Later("that code is not this talk's; scan the one that the console shows"))
	errLocked = errors.New(words.Later("locked: too many wrong codes came. Press P on the laptop, then try again"))
)

// Codes let a phone in, each with its role.
type Codes struct {
	Speaker string `json:"speaker"`
	Clicker string `json:"clicker"`
}

// NewCodes draws codes of 128 bits each.
func NewCodes() Codes { return Codes{draw(), draw()} }

// whole says whether both codes can be ones that were drawn.
func (c Codes) whole() bool {
	ok := func(s string) bool {
		b, err := base64.RawURLEncoding.DecodeString(s)
		return err == nil && len(b) == codeBytes
	}
	return ok(c.Speaker) && ok(c.Clicker) && c.Speaker != c.Clicker
}

func draw() string {
	b := make([]byte, codeBytes)
	_, _ = rand.Read(b) // never fails; see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// door lets phones in.
type door struct {
	codes Codes
	now   func() time.Time
	turn  func(locked bool) // is told when the lock is turned

	mu       sync.Mutex
	failures []time.Time // of the last minute, oldest first
	locked   bool
	sessions map[string]*session
}

// session is one phone that was let in.
type session struct {
	role, cookie string
	address      string // of the phone
	since        time.Time

	tapping sync.Mutex // held while a tap waits for its answer
	mu      sync.Mutex
	last    uint64   // number of the latest tap
	streams []func() // end the streams of states, oldest first
	closed  bool
}

func newDoor(codes Codes, now func() time.Time, turn func(bool)) *door {
	return &door{codes: codes, now: now, turn: turn, sessions: map[string]*session{}}
}

// enter exchanges a code for a session.
func (d *door) enter(code, address string) (*session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked {
		return nil, errLocked
	}
	role := d.roleOf(code)
	if role == "" {
		d.fail()
		return nil, errCode
	}
	d.makeRoom(role)
	s := &session{role: role, cookie: d.cookie(), address: address, since: d.now()}
	d.sessions[s.cookie] = s
	return s, nil
}

func (d *door) roleOf(code string) string {
	role := ""
	for known, is := range map[string]string{d.codes.Speaker: protocol.RolePhone, d.codes.Clicker: protocol.RoleClicker} {
		if subtle.ConstantTimeCompare([]byte(known), []byte(code)) == 1 {
			role = is
		}
	}
	return role
}

// makeRoom ends the oldest session of a role that has as many as it may have.
func (d *door) makeRoom(role string) {
	var oldest *session
	n := 0
	for _, s := range d.sessions {
		if s.role != role {
			continue
		}
		n++
		if oldest == nil || s.since.Before(oldest.since) {
			oldest = s
		}
	}
	if n >= sessionsOfRole {
		delete(d.sessions, oldest.cookie)
		oldest.close()
	}
}

// cookie draws a cookie, and signs it: a page whose session had to make room, or is of
// the talk before this one was started again, asks with what was given to it once.
func (d *door) cookie() string {
	c := draw()
	return c + "." + d.signature(c)
}

// gave says whether this talk gave a cookie out. That lets nobody in.
func (d *door) gave(cookie string) bool {
	c, signature, _ := strings.Cut(cookie, ".")
	return hmac.Equal([]byte(signature), []byte(d.signature(c)))
}

func (d *door) signature(c string) string {
	h := hmac.New(sha256.New, []byte("cookie:"+d.codes.Speaker)) // which no clicker knows
	h.Write([]byte(c))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// find gives the session of a cookie, nil if there is none. A cookie that was never
// given out counts as a wrong code.
func (d *door) find(cookie string) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[cookie]
	if s == nil && cookie != "" && !d.locked && !d.gave(cookie) {
		d.fail()
	}
	return s
}

// knows says whether a phone at this address was let in.
func (d *door) knows(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		if s.address == address {
			return true
		}
	}
	return false
}

// fail counts a wrong code. The lock keeps out who comes; who is in stays in, or
// everybody in the hall could take the phone away from the speaker.
func (d *door) fail() {
	now := d.now()
	for len(d.failures) > 0 && now.Sub(d.failures[0]) >= failuresIn {
		d.failures = d.failures[1:]
	}
	d.failures = append(d.failures, now)
	if len(d.failures) >= failuresKept {
		d.locked = true
		d.turn(true)
	}
}

// unlock opens the door again, and says whether it was locked.
func (d *door) unlock() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.locked
	d.locked, d.failures = false, nil
	if was {
		d.turn(false)
	}
	return was
}

// streamsKept is how many streams a session has: a phone that lost its network opens
// a new one before the old one is known to be dead.
const streamsKept = 2

// open adds a stream and ends the oldest beyond those that are kept.
func (s *session) open(end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed { // between its request and now
		end()
		return
	}
	s.streams = append(s.streams, end)
	for len(s.streams) > streamsKept {
		s.streams[0]()
		s.streams = s.streams[1:]
	}
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.streams {
		end()
	}
	s.streams, s.closed = nil, true
}

// taken says whether a tap is newer than every tap before it, and keeps its number.
func (s *session) taken(id uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id <= s.last {
		return false
	}
	s.last = id
	return true
}

// lastTap gives the number of the latest tap.
func (s *session) lastTap() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
