package plain

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ASCII gives a writer that writes to w in ASCII alone. Signs become words or
// signs that ASCII has, letters lose their accents, and what is left becomes "?".
// Each write must hold whole characters, as lines do.
func ASCII(w io.Writer) io.Writer { return ascii{w} }

type ascii struct{ w io.Writer }

func (a ascii) Write(p []byte) (int, error) {
	if _, err := io.WriteString(a.w, toASCII(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

var inASCII = strings.NewReplacer(" · ", ", ", "·", "-", "→", "to", "←", "from", "…", "...", "–", "-", "—", "-", "−", "-", "×", "x", "≥", "at least", "≤", "at most",
	"✓", "yes", "✗", "no", "•", "*", "“", `"`, "”", `"`, "‘", "'", "’", "'", "µ", "u", "ß", "ss", "\u00a0", " ")

func toASCII(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.Is(unicode.Mn, r): // the accent of the letter before it
			return -1
		}
		return '?'
	}, norm.NFD.String(inASCII.Replace(s)))
}
