// Package text cleans foreign text (from models, logs, containers, PD's errors)
// where it enters the program, so that a terminal can show it: no control
// characters, no escape sequences, nothing that hides, reorders or overwrites.
package text

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
)

const (
	// DefaultMaxLine is the longest line of a Cleaner, in characters.
	DefaultMaxLine = 2000
	// DefaultMaxBytes is the most output of a Cleaner.
	DefaultMaxBytes = 1 << 20

	// maxSequence ends an unterminated escape sequence. Real ones are far shorter;
	// what follows is text again.
	maxSequence = 512
	// MaxMarks is how many combining marks a character may have; more would reach
	// into the lines above.
	MaxMarks = 3

	cut = '…'

	// flagA to flagZ are letters that a terminal may draw as a flag, two at a
	// time, in 1, 2 or 4 cells. They are shown as plain letters.
	flagA, flagZ = '\U0001F1E6', '\U0001F1FF'
)

// Cleaner cleans a text that comes in chunks. Chunks may end anywhere, inside a
// character or an escape sequence too; the output is the same. The zero value is
// ready. It is not safe for concurrent use.
//
// The table of escape sequences is that of charmbracelet/x/ansi, the one that
// the screen itself is drawn with. Three things are done around it. It decodes
// UTF-8 by the first byte alone and swallows what follows a broken one, so
// characters are decoded here. It prints U+0080 to U+009F, which terminals
// obey as C1 controls, so these are given to it as such. And it waits for ever
// for the end of a string (OSC, DCS, PM, APC, SOS), so a new line or too long
// a string ends it here.
type Cleaner struct {
	MaxLine  int // characters; DefaultMaxLine when 0
	MaxBytes int // of output; DefaultMaxBytes when 0

	parser   *ansi.Parser
	out      strings.Builder
	pending  []byte // the first bytes of a character
	sequence int    // length of the escape sequence that we are in
	line     int    // characters in the line
	marks    int    // combining marks on the last character
	cr       bool   // the last character was a carriage return
	given    int    // bytes given so far
	full     bool
}

// Clean returns the clean form of the next chunk. An incomplete character is kept
// for the next call.
func (c *Cleaner) Clean(chunk string) string {
	c.init()
	b := []byte(chunk)
	if len(c.pending) > 0 {
		b = append(c.pending, b...)
		c.pending = nil
	}
	for len(b) > 0 {
		if !utf8.FullRune(b) {
			c.pending = append([]byte(nil), b...)
			break
		}
		r, n := utf8.DecodeRune(b)
		c.rune(r)
		b = b[n:]
	}
	return c.take()
}

// Flush ends the text: half a character becomes U+FFFD, half an escape
// sequence becomes nothing.
func (c *Cleaner) Flush() string {
	c.init()
	for range c.pending {
		c.rune(utf8.RuneError)
	}
	c.pending = nil
	c.escaped()
	return c.take()
}

// Full says that MaxBytes was reached; the rest is dropped.
func (c *Cleaner) Full() bool { return c.full }

func (c *Cleaner) init() {
	if c.parser != nil {
		return
	}
	if c.MaxLine <= 0 {
		c.MaxLine = DefaultMaxLine
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	c.parser = new(ansi.Parser)
	c.parser.SetParamsSize(1) // the content of the sequences does not matter
	c.parser.SetDataSize(1)
	c.parser.SetHandler(ansi.Handler{Print: c.print, Execute: c.execute})
}

func (c *Cleaner) take() string {
	s := c.out.String()
	c.out.Reset()
	return s
}

// rune feeds one character to the parser of sequences, if it may be part of one.
func (c *Cleaner) rune(r rune) {
	if r == '\n' || r == '\r' || c.sequence >= maxSequence {
		c.escaped()
	}
	inside := c.parser.State() != parser.GroundState
	switch {
	case r <= 0x9f:
		c.sequence++
		c.parser.Advance(byte(r))
	case !inside:
		c.print(r)
	case isString(c.parser.State()):
		c.sequence++
	default: // only a string may contain such a character
		c.escaped()
		c.print(r)
	}
	if c.parser.State() == parser.GroundState {
		c.sequence = 0
	}
}

func (c *Cleaner) escaped() {
	c.parser.Reset()
	c.sequence = 0
}

func isString(s parser.State) bool {
	switch s {
	case parser.OscStringState, parser.DcsStringState, parser.SosStringState, parser.PmStringState, parser.ApcStringState:
		return true
	}
	return false
}

// execute keeps the three controls that are part of a text.
func (c *Cleaner) execute(b byte) {
	if b == '\n' || b == '\r' || b == '\t' {
		c.print(rune(b))
	}
}

// print writes a character of the text, if it may be shown.
func (c *Cleaner) print(r rune) {
	wasCR := c.cr
	c.cr = r == '\r'
	switch {
	case r == '\n' && wasCR:
		return // the second half of one line end
	case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		// A lone carriage return would overwrite the line.
		c.line, c.marks = 0, 0
		c.put('\n')
		return
	case r == '\t' || unicode.Is(unicode.Zs, r):
		r = ' '
	case r == utf8.RuneError || unicode.Is(unicode.Co, r):
		r = utf8.RuneError
	case r >= flagA && r <= flagZ:
		r = 'A' + r - flagA
	case hidden(r):
		return
	}
	if unicode.Is(unicode.M, r) {
		if c.marks++; c.marks > MaxMarks {
			return
		}
	} else {
		c.marks = 0
	}
	switch c.line++; {
	case c.line == c.MaxLine:
		r = cut
	case c.line > c.MaxLine:
		c.line = c.MaxLine + 1
		return
	}
	c.put(r)
}

func (c *Cleaner) put(r rune) {
	if c.full {
		return
	}
	if c.given+utf8.RuneLen(r) > c.MaxBytes {
		c.full = true
		return
	}
	c.given += utf8.RuneLen(r)
	c.out.WriteRune(r)
}

// hidden tells characters that cannot be seen, or that reorder what is seen:
// controls, bidi marks, zero-width characters, tags, fillers, variation
// selectors, and what has no meaning in Unicode. Those that change the character
// before them (skin tones, joiners, keycaps) are hidden too: terminals and
// multiplexers do not agree how wide the result is, and a row that is too wide
// for its terminal breaks the screen.
func hidden(r rune) bool {
	return unicode.IsControl(r) || !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Me) ||
		r >= '\U0001F3FB' && r <= '\U0001F3FF'
}

// Acts says whether a terminal obeys r, or reorders the text around it.
func Acts(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// Shown says whether Clean keeps r, apart from blanks and new lines.
func Shown(r rune) bool {
	return r == '\n' || r == '\t' || unicode.Is(unicode.Zs, r) ||
		!hidden(r) && !unicode.Is(unicode.Co, r) && (r < flagA || r > flagZ)
}

// Clean cleans a whole text, with the default limits.
func Clean(s string) string {
	var c Cleaner
	return c.Clean(s) + c.Flush()
}

// Line cleans s and joins it to one line, with each run of white space as one
// space. The result is at most limit cells wide, and ends in "…" if it was cut.
// With a limit of 0 only a Cleaner's own line limit counts.
func Line(s string, limit int) string {
	if len(s) > DefaultMaxBytes {
		s = s[:DefaultMaxBytes]
	}
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if limit > 0 {
		s = ansi.Truncate(s, limit, string(cut))
	}
	return s
}

// Duration writes a duration as people do: 2m for 2m0s, 1h for 1h0m0s.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
