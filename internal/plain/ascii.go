package plain

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

// ASCII gives a writer that writes to w in ASCII alone. Signs become words of the
// language or signs that ASCII has, umlauts two letters, other letters lose their
// accents, and what is left becomes "?". Each write must hold whole characters, as
// lines do.
func ASCII(w io.Writer, t words.Tongue) io.Writer {
	return ascii{w, strings.NewReplacer(" · ", ", ", "·", "-", "→", t.Say("to"), "←", t.Say("from"), "…", "...", "–", "-", "—", "-", "−", "-", "×", "x",
		"≥", t.Say("at least"), "≤", t.Say("at most"), "✓", t.Say("yes"), "✗", t.Say("no"), "•", "*", "“", `"`, "”", `"`, "„", `"`, "‘", "'", "’", "'", "µ", "u",
		"½", "1/2", "ß", "ss", "ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "\u00a0", " ")}
}

type ascii struct {
	w     io.Writer
	signs *strings.Replacer
}

func (a ascii) Write(p []byte) (int, error) {
	if _, err := io.WriteString(a.w, a.toASCII(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (a ascii) toASCII(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.Is(unicode.Mn, r): // the accent of the letter before it
			return -1
		}
		return '?'
	}, norm.NFD.String(a.signs.Replace(s)))
}
