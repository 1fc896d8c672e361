package diagnose

import (
	"strings"
	"unicode/utf8"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// minKey is the shortest key that is one. Shorter words, such as "test", would
// be taken out of every text.
const minKey = 8

// maxWordHeld is how long a run without white space may get before it is said.
const maxWordHeld = 1024

// speech hands on a text that streams in, cleaned and without secrets, word by
// word: a key that is cut across chunks is still seen whole.
type speech struct {
	cleaner text.Cleaner
	key     string // never said
	out     func(string)
	held    string
	said    strings.Builder
}

func (s *speech) add(chunk string) {
	s.held += s.cleaner.Clean(chunk)
	end := strings.LastIndexAny(s.held, " \n") + 1
	if end == 0 && len(s.held) > maxWordHeld {
		s.held = scrub(s.held, s.key)
		// What may still become the key stays.
		end = max(0, len(s.held)-max(len(s.key), utf8.UTFMax))
		for end > 0 && !utf8.RuneStart(s.held[end]) {
			end--
		}
	}
	s.say(s.held[:end])
	s.held = s.held[end:]
}

// end says what is left; what comes next begins a line of its own.
func (s *speech) end() {
	s.say(s.held + s.cleaner.Flush())
	s.held = ""
	if s.said.Len() > 0 && !strings.HasSuffix(s.said.String(), "\n") {
		s.say("\n")
	}
}

func (s *speech) say(words string) {
	if words == "" {
		return
	}
	words = scrub(words, s.key)
	s.said.WriteString(words)
	s.out(words)
}

// scrub takes the key itself out of s, and what looks like any other.
func scrub(s, key string) string {
	if len(key) >= minKey {
		s = strings.ReplaceAll(s, key, redacted)
	}
	return Redact(s)
}

// line cleans one field of an answer or of an observation. It is cut last: half
// a key is not recognised.
func line(s, key string, limit int) string {
	return text.Line(scrub(text.Line(s, 0), key), limit)
}
