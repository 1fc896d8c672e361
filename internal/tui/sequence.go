package tui

import "time"

// How long an escape sequence may take to arrive. Escape itself is a key: it is
// one when nothing has followed it for escapeWait. Everything else is held until
// it is whole; the limits are for one that never ends, since keys that follow it
// are lost with it.
const (
	escapeWait   = 50 * time.Millisecond
	sequenceGap  = 2 * time.Second  // between two bytes
	sequenceTime = 10 * time.Second // in all
	longestKey   = 32               // bytes of a sequence that can be a key
	longestText  = 256              // bytes of an answer that is looked at
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
	inCSI           // ESC [
	inMouse         // ESC [ M, then three bytes
	inSS3           // ESC O
	inText          // ESC ], ESC P and so on: a text that BEL or ESC \ ends
	atTextEnd       // the ESC of ESC \
)

// sequence holds terminal input together: a terminal's answer may arrive late,
// and byte by byte. Bubble Tea takes what one read gives for whole, so a cursor
// report in pieces was typed as "2", "4", ";" and jumped to chapter 2.
type sequence struct {
	at          place
	held        []byte
	text        []byte
	began, last time.Time
	answered    func(text string) // a text that the terminal has sent
	interrupted func()            // Ctrl-C, before anybody acts on it
}

// feed takes what was read and gives what may be taken for keys.
func (s *sequence) feed(now time.Time, b []byte) []byte {
	if s.at != between && (now.Sub(s.last) > sequenceGap || now.Sub(s.began) > sequenceTime) {
		s.drop()
	}
	s.last = now
	var out []byte
	for _, c := range b {
		out = s.next(now, out, c)
	}
	return out
}

// escape says whether an Escape waits for what it may be the beginning of.
func (s *sequence) escape() bool { return s.at == atEscape }

// flush gives the Escape that nothing has followed.
func (s *sequence) flush() []byte {
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
	if c == interrupt { // whatever was held: this always arrives
		s.drop()
		s.interrupted()
		return append(out, c)
	}
	switch s.at {
	case atEscape:
		return s.second(now, out, c)
	case passedOn:
		if c == '[' || c == ']' || c == 'O' {
			s.hold(now)
			return s.second(now, out, c)
		}
		s.drop()
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
	}
	if c == escByte {
		s.hold(now)
		return out
	}
	return append(out, c)
}

// second takes what follows an Escape.
func (s *sequence) second(now time.Time, out []byte, c byte) []byte {
	switch c {
	case escByte:
		out = append(out, escByte)
		s.hold(now)
		return out
	case '[':
		s.at = inCSI
	case 'O':
		s.at = inSS3
	case ']', 'P', 'X', '^', '_':
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
	case len(s.held) < longestKey && !answer(s.held):
		return s.give(out)
	}
	s.drop()
	return out
}

// answer says whether a CSI sequence answers a question: a cursor's place, what
// the terminal is, its modes, its size.
func answer(held []byte) bool {
	switch held[len(held)-1] {
	case 'R', 'c', 'n', 'y', 't', 'x':
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
