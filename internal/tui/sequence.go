package tui

import (
	"strings"
	"time"
)

// How long an escape sequence may take to arrive. Escape itself is a key: it is
// one when nothing has followed it for escapeWait. Everything else is held until
// it is whole; the limits are for one that never ends, since keys that follow it
// are lost with it. What follows an Escape that was given as a key may still belong to
// it, on a slow line, and may be the presenter's next key: "[" looks back. It is a key
// when nothing has followed it for doubtWait.
const (
	escapeWait   = 50 * time.Millisecond
	doubtWait    = 500 * time.Millisecond
	sequenceGap  = 2 * time.Second        // between two bytes
	sequenceTime = 10 * time.Second       // in all, if its bytes come no faster than presses
	pressGap     = time.Second            // between two presses
	pasteGap     = 300 * time.Millisecond // between two bytes of a pasted text, on a slow line
	longestKey   = 32                     // bytes of a sequence that can be a key
	longestText  = 256                    // bytes of an answer that is looked at
)

const (
	escByte   = 0x1b
	interrupt = 0x03
)

// place is where in a sequence the next byte stands.
type place int

const (
	between   place = iota
	atEscape        // an Escape is held
	passedOn        // an Escape was given as a key; what continues a sequence still may
	inDoubt         // such a one is held, and is a key too
	inCSI           // ESC [
	inMouse         // ESC [ M, then three bytes
	inSS3           // ESC O
	inText          // ESC ], ESC P and so on: a text that BEL or ESC \ ends
	atTextEnd       // the ESC of ESC \
	inPaste         // a text that somebody has pasted
)

// What terminals put around a pasted text.
const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// sequence holds terminal input together: a terminal's answer may arrive late,
// and byte by byte. Bubble Tea takes what one read gives for whole, so a cursor
// report in pieces was typed as "2", "4", ";" and jumped to chapter 2.
type sequence struct {
	at          place
	held        []byte
	text        []byte
	began, last time.Time
	alone       bool              // the byte came by itself and after a pause, as a key that is pressed does
	answered    func(text string) // a text that the terminal has sent
	interrupted func()            // Ctrl-C, before anybody acts on it
}

// feed takes what was read and gives what may be taken for keys.
func (s *sequence) feed(now time.Time, b []byte) []byte {
	quiet := now.Sub(s.last)
	var out []byte
	if s.at != between && (quiet > sequenceGap || now.Sub(s.began) > sequenceTime && quiet > pressGap) && !s.goesOn(b) {
		s.drop()
	}
	s.last, s.alone = now, len(b) == 1 && quiet > pasteGap
	for _, c := range b {
		out = s.next(now, out, c)
	}
	return out
}

// goesOn says whether what was read at once continues what is held, however late that
// was: a person presses one key at a time, so this program was held up, and the bytes
// have come in time. On a busy machine a report of the mouse jumped to a chapter.
func (s *sequence) goesOn(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	switch s.at {
	case inText, inPaste:
		return b[0] != escByte || strings.HasPrefix(string(b), "\x1b\\") || strings.HasPrefix(string(b), pasteEnds)
	case passedOn:
		next, key := after[b[0]]
		return key && strings.IndexByte(next, b[1]) >= 0
	case inDoubt:
		return strings.IndexByte(after[s.held[1]], b[0]) >= 0
	}
	return b[0] != escByte
}

// wait says how long a key waits for what it may be the beginning of; 0 where none
// does.
func (s *sequence) wait() time.Duration {
	switch s.at {
	case atEscape:
		return escapeWait
	case inDoubt:
		return doubtWait
	}
	return 0
}

// flush gives the key that nothing has followed.
func (s *sequence) flush() []byte {
	if s.at == inDoubt {
		key := s.held[1:]
		s.drop()
		return key
	}
	s.drop()
	s.at = passedOn
	return []byte{escByte}
}

func (s *sequence) drop() { s.at, s.held, s.text = between, nil, nil }

func (s *sequence) hold(now time.Time) {
	s.drop()
	s.at, s.held, s.began = atEscape, []byte{escByte}, now
}

// give ends a sequence that may be a key.
func (s *sequence) give(out []byte) []byte {
	out = append(out, s.held...)
	s.drop()
	return out
}

func (s *sequence) next(now time.Time, out []byte, c byte) []byte {
	if c == interrupt && (s.at != inPaste || s.alone) { // whatever was held: this always arrives
		s.drop()
		s.interrupted()
		return append(out, c)
	}
	switch s.at {
	case atEscape:
		return s.second(now, out, c)
	case passedOn:
		if _, key := after[c]; key {
			s.hold(now)
			s.at, s.held = inDoubt, append(s.held, c)
			return out
		}
		if begins(c) { // none of these is a key by itself
			s.hold(now)
			return s.second(now, out, c)
		}
		s.drop()
	case inDoubt:
		first := s.held[1]
		if strings.IndexByte(after[first], c) >= 0 {
			s.held = s.held[:1]
			return s.next(now, s.second(now, out, first), c)
		}
		s.drop()
		out = append(out, first)
	case inCSI, inMouse, inSS3:
		if c == escByte {
			s.hold(now)
			return out
		}
		if c > ' '-1 && c < 0x7f || s.at == inMouse {
			return s.parameter(out, c)
		}
		s.drop() // a control character ends what was cut, and counts itself
	case inText, atTextEnd:
		return s.character(now, out, c)
	case inPaste:
		s.pasted(c)
		return out
	}
	if c == escByte {
		s.hold(now)
		return out
	}
	return append(out, c)
}

// after has the bytes that are keys of the screen and begin a sequence behind an
// Escape, each with what the sequences of terminals have next.
var after = map[byte]string{
	'[': "0123456789?<=>MABCDFHIO",
	']': "0123456789",
	'P': "0123456789>+$",
	'O': "ABCDFHMPQRS",
}

// begins says whether a byte behind an Escape begins a sequence with an end of its
// own: CSI, OSC, DCS, SOS, PM or APC.
func begins(c byte) bool { return strings.IndexByte("[]PX^_", c) >= 0 }

// second takes what follows an Escape.
func (s *sequence) second(now time.Time, out []byte, c byte) []byte {
	switch {
	case c == escByte:
		out = append(out, escByte)
		s.hold(now)
		return out
	case c == '[':
		s.at = inCSI
	case c == 'O':
		s.at = inSS3
	case begins(c):
		s.at = inText
	default: // Alt and a key
		s.held = append(s.held, c)
		return s.give(out)
	}
	s.held = append(s.held, c)
	return out
}

// parameter takes a byte of a sequence that may be a key.
func (s *sequence) parameter(out []byte, c byte) []byte {
	if len(s.held) < longestKey {
		s.held = append(s.held, c)
	}
	switch {
	case s.at == inSS3:
		return s.give(out)
	case s.at == inMouse:
		if len(s.held) < 6 {
			return out
		}
	case c < 0x40:
		return out
	case c == 'M' && len(s.held) == 3:
		s.at = inMouse
		return out
	case string(s.held) == pasteBegins:
		s.drop()
		s.at = inPaste
		return out
	case extended(s.held):
		return s.press(out)
	case len(s.held) < longestKey && !answer(s.held):
		return s.give(out)
	}
	s.drop()
	return out
}

// pasted takes a byte of a pasted text, which presses nothing. Bubble Tea holds one
// whose end is lost for ever, and every key after it.
func (s *sequence) pasted(c byte) {
	s.text = append(s.text[max(0, len(s.text)-len(pasteEnds)+1):], c)
	if string(s.text) == pasteEnds {
		s.drop()
	}
}

// answer says whether a CSI sequence is no key: an answer to a question (a cursor's
// place, what the terminal is, its modes, its size), or that it has or lost the focus.
func answer(held []byte) bool {
	switch held[len(held)-1] {
	case 'R', 'c', 'n', 'y', 't', 'x', 'I', 'O':
		return true
	}
	return held[2] >= '=' && held[2] <= '?'
}

// character takes a byte of a text.
func (s *sequence) character(now time.Time, out []byte, c byte) []byte {
	switch {
	case s.at == atTextEnd && c != '\\': // the text was cut, and another sequence begins
		s.hold(now)
		return s.second(now, out, c)
	case s.at == atTextEnd, c == '\a':
		s.answered(string(s.held[1:2]) + string(s.text))
		s.drop()
	case c == escByte:
		s.at = atTextEnd
	case c == 0x18 || c == 0x1a: // cancelled
		s.drop()
	case len(s.text) < longestText:
		s.text = append(s.text, c)
	}
	return out
}
