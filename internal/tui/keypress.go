package tui

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A terminal may write a key as its number: "ESC [ 99 ; 5 u" is Ctrl-C. The screen never
// asks for that, but a program that crashed before it may have left it on, and some
// terminals and multiplexers are set to it always. Ctrl-C did nothing there.

// What a key's number may come with.
const (
	withShift = 1
	withCtrl  = 4
	withLock  = 64 | 128 // of capitals, of numbers

	released     = 3      // what has happened to the key: nothing to do
	firstPrivate = 0xE000 // from here on numbers are keys without a character, such as Shift
)

// extended says whether a whole sequence is a key that is written as its number.
func extended(held []byte) bool {
	return held[2] >= '0' && held[2] <= '9' &&
		(held[len(held)-1] == 'u' || strings.HasPrefix(string(held[2:]), "27;") && held[len(held)-1] == '~')
}

// press gives the key that the held sequence is the number of.
func (s *sequence) press(out []byte) []byte {
	key := unnumbered(string(s.held[2:len(s.held)-1]), s.held[len(s.held)-1] == '~')
	s.drop()
	if len(key) == 1 && key[0] == interrupt {
		s.interrupted()
	}
	return append(out, key...)
}

// unnumbered gives the bytes of a key whose number and what it comes with are written
// as "99;5" or, where other says so, as "27;5;99".
func unnumbered(text string, other bool) []byte {
	parts := strings.Split(text, ";")
	if other {
		if len(parts) != 3 {
			return nil
		}
		parts[0], parts[2] = parts[2], ""
	}
	number := func(i, k int) int {
		if i >= len(parts) {
			return 0
		}
		sub := strings.Split(parts[i], ":")
		if k >= len(sub) {
			return 0
		}
		n, err := strconv.Atoi(sub[k])
		if err != nil {
			return 0
		}
		return n
	}
	key, with := rune(number(0, 0)), max(0, number(1, 0)-1)&^withLock
	switch {
	case key <= 0 || key >= firstPrivate || number(1, 1) == released:
		return nil
	case with == withCtrl && key >= 'a' && key <= 'z':
		return []byte{byte(key) & 0x1f}
	case with == withShift && unicode.IsLetter(key):
		key = unicode.ToUpper(key)
	case with == withShift && number(0, 1) > 0:
		key = rune(number(0, 1))
	case with != 0 && with != withShift:
		return nil
	}
	return utf8.AppendRune(nil, key)
}
