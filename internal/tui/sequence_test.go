package tui

import (
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// terminal sends bytes with a pause between them.
type terminal struct {
	sequence
	now     time.Time
	texts   []string
	ctrlC   int
	escaped int
}

func newTerminal() *terminal {
	t := &terminal{now: ten}
	t.answered = func(text string) { t.texts = append(t.texts, text) }
	t.interrupted = func() { t.ctrlC++ }
	return t
}

// send gives what may be taken for keys of bytes that come one by one.
func (t *terminal) send(s string, pause time.Duration) string {
	var out []byte
	for i := range len(s) {
		if wait := t.wait(); wait > 0 && pause > wait {
			out = append(out, t.flush()...)
			t.escaped++
		}
		t.now = t.now.Add(pause)
		out = append(out, t.feed(t.now, []byte{s[i]})...)
	}
	return string(out)
}

func TestWhatATerminalAnswersIsNeverAKey(t *testing.T) {
	for _, answer := range []string{
		"\x1b[24;80R", "\x1b[2;2R", "\x1b[?64;1;2;6;22c", "\x1b[>41;370;0c", "\x1b[0n", "\x1b[?2026;2$y", "\x1b[8;36;120t", "\x1b[?1u",
		"\x1b]11;rgb:1e1e/2e2e/3e3e\a", "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1bP>|xterm(370)\x1b\\", "\x1bP1$r0m\x1b\\", "\x1b_Gi=1;OK\x1b\\", "\x1b^1n\x1b\\", "\x1bX1n\x1b\\", "\x1b[M !!", "\x1b[I", "\x1b[O",
		"\x1bP1+r544e=787465726d2d323536636f6c6f72\x1b\\",
	} {
		for _, pause := range []time.Duration{0, time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond, 400 * time.Millisecond} {
			term := newTerminal()
			got := term.send(answer, pause)
			want := ""
			if term.escaped > 0 {
				want = "\x1b" // which does no harm
			}
			require.Equal(t, want, got, "%q, %s between its bytes", answer, pause)
			require.Equal(t, "n", term.send("n", time.Millisecond), "and the next key counts, after %q", answer)
		}
	}
}

func TestKeysThatComeByteByByteAreWhole(t *testing.T) {
	for _, key := range []string{"\x1b[6~", "\x1b[5~", "\x1b[A", "\x1bOC", "\x1b[15~", "\x1b[1;5C", "\x1bx", "q", " ", "\r", "ü"} {
		require.Equal(t, key, newTerminal().send(key, time.Millisecond), "%q", key)
	}
	slow := newTerminal()
	require.Equal(t, "\x1b\x1b[6~", slow.send("\x1b[6~", 100*time.Millisecond), "Escape, and then the key")
	clicker := newTerminal()
	require.Equal(t, "\x1b[15~", clicker.send("\x1b[15~\x1b", time.Millisecond))
	require.Equal(t, escapeWait, clicker.wait())
	require.Equal(t, "\x1b", string(clicker.flush()))
	require.Equal(t, "q", clicker.send("q", time.Millisecond))
}

// Escape returns from the past, and "[" goes back again: it was taken for the rest of
// Escape, with the keys after it.
func TestAKeyAfterEscapeIsAKey(t *testing.T) {
	for _, pause := range []time.Duration{60 * time.Millisecond, 200 * time.Millisecond, time.Second} {
		for _, keys := range []string{"\x1b[ ", "\x1b[[[[q", "\x1b] ", "\x1b]]q", "\x1bO\x1b", "\x1bOq", "\x1bPn", "\x1b[\x1b[", "\x1b[]["} {
			term := newTerminal()
			got := term.send(keys, pause)
			for term.wait() > 0 {
				got += string(term.flush())
			}
			require.Equal(t, keys, got, "%q, %s between", keys, pause)
		}
	}
}

// What waits to be read has come in time, however late this program reads it: only a
// wait in which nothing comes makes a key of what is held.
func TestAProgramThatWasHeldUpTakesNoAnswerForKeys(t *testing.T) {
	term := newTerminal()
	require.Empty(t, term.send("\x1b", 0))
	require.Equal(t, "\x1b", string(term.flush()))
	require.Empty(t, term.send("[", 0))
	term.now = term.now.Add(doubtWait + time.Millisecond)
	require.Empty(t, string(term.feed(term.now, []byte("24;80R"))))
	require.Equal(t, "n", term.send("n", time.Millisecond))
}

// It may be held up for longer than any sequence takes: what it reads at once then was
// not pressed.
func TestAProgramThatWasHeldUpForLongTakesNoAnswerForKeys(t *testing.T) {
	for _, answer := range []string{"\x1b[<0;10;10M", "\x1b[24;80R", "\x1b]11;rgb:1e1e/2e2e/3e3e\a", "\x1bP>|xterm(370)\x1b\\", pasteBegins + "12 q y" + pasteEnds} {
		for n := 1; n < len(answer)-1; n++ {
			term := newTerminal()
			got := term.send(answer[:n], time.Millisecond)
			for term.wait() > 0 && n == 1 {
				got += string(term.flush())
			}
			require.Contains(t, []string{"", "\x1b"}, got)
			term.now = term.now.Add(sequenceTime + sequenceGap)
			rest := string(term.feed(term.now, []byte(answer[n:])))
			require.Regexp(t, `^(\x1b\[[0-9;<]+[M~])?$`, rest, "%q after %q", answer[n:], answer[:n]) // whole, and no key
			require.Equal(t, "n", term.send("n", time.Millisecond))
		}
	}
}

func TestNothingHoldsCtrlCBack(t *testing.T) {
	for _, before := range []string{"", "\x1b", "\x1b[", "\x1b[2", "\x1bO", "\x1b]11;rgb", "\x1bP", "\x1b[M "} {
		term := newTerminal()
		require.Contains(t, term.send(before+"\x03", time.Millisecond), "\x03", "%q", before)
		require.Equal(t, 1, term.ctrlC)
	}
}

func TestAnAnswerThatNeverEndsDoesNotSwallowTheTalk(t *testing.T) {
	term := newTerminal()
	term.send("\x1b]11;rgb:00", time.Millisecond)
	term.now = term.now.Add(sequenceGap)
	require.Equal(t, "n", term.send("n", time.Millisecond))

	term.send("\x1b]11;rgb:00", time.Millisecond)
	term.send("nnnnnnn", 1500*time.Millisecond)
	require.Equal(t, "n", term.send("n", time.Millisecond), "a presenter who presses on is heard after %s", sequenceTime)
}

func FuzzEveryKeyAfterASilenceCounts(f *testing.F) {
	f.Add("\x1b]11;rgb:00", "\x1b[24;8")
	f.Fuzz(func(t *testing.T, a, b string) {
		term := newTerminal()
		term.send(a, 0)
		term.send(b, 60*time.Millisecond)
		for term.wait() > 0 {
			term.flush()
		}
		term.now = term.now.Add(sequenceGap)
		require.Equal(t, "q", term.send("q", time.Millisecond))
	})
}

func TestTheBackgroundIsWhatTheTerminalSays(t *testing.T) {
	for text, light := range map[string]bool{
		"]11;rgb:0000/0000/0000": false, "]11;rgb:ffff/ffff/ffff": true, "]11;rgb:fd/f6/e3": true, "]11;rgb:002b/0036/0042": false, "]11;rgb:f/f/f": true,
	} {
		b, ok := background(text)
		require.True(t, ok, text)
		require.Equal(t, light, b.light, text)
	}
	for _, text := range []string{"", "]10;rgb:ffff/ffff/ffff", "]11;?", "]11;rgb:ffff/ffff", "]11;rgb:zz/zz/zz", "]11;rgb:fffff/0/0", "]11;rgb://"} {
		_, ok := background(text)
		require.False(t, ok, text)
	}
}

func TestALateAnswerDoesNotChangeTheTheme(t *testing.T) {
	p := on(t, 1, 100, 30, styles.Dark)
	p.asks = true
	p.at = p.at.Add(backgroundLimit)
	m, _ := p.Update(backgroundMsg{light: true})
	require.NotSame(t, p.story, m.(Model).story, "in time it is drawn anew")
	p.at = p.at.Add(time.Millisecond)
	m, _ = p.Update(backgroundMsg{light: true})
	require.Same(t, p.story, m.(Model).story)
	p.asks, p.at = false, ten
	m, _ = p.Update(backgroundMsg{light: true})
	require.Same(t, p.story, m.(Model).story, "a theme that was given stays")
}

func TestKeysThatComeTogetherCountOneByOne(t *testing.T) {
	runes := func(s string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)} }
	p := on(t, 3, 100, 30, styles.Dark)
	m, _ := p.Update(runes("hh"))
	require.Equal(t, 1, m.(Model).State().Chapter().N, "two steps back")
	m, _ = m.Update(runes("ll"))
	require.Equal(t, 3, m.(Model).State().Chapter().N)
	m, _ = m.Update(runes("?z"))
	require.Equal(t, noOverlay, m.(Model).over, "the help was opened and closed")
	p = on(t, 1, 100, 30, styles.Dark)
	m, _ = p.Update(runes("qq"))
	require.NotNil(t, m.(Model).State().Finished)
	require.Contains(t, m.(Model).View(), "leaving", "the last frame, with no fault to name")
}

func TestAPastedTextPressesNothing(t *testing.T) {
	text := "1 q y\x03\x03\x03\r\x1b[6~\x1b]0;x" + string(make([]byte, 5000))
	term := newTerminal()
	var out []byte
	for len(text) > 0 { // as reads bring it
		n := min(len(text), 223)
		term.now = term.now.Add(time.Millisecond)
		out = append(out, term.feed(term.now, []byte(pasteBegins+text[:n]+pasteEnds+"n"))...)
		text = text[n:]
	}
	require.Regexp(t, "^n+$", string(out))
	require.Zero(t, term.ctrlC)
	require.Equal(t, "n", newTerminal().send(pasteBegins+"q\x03"+pasteEnds+"n", 40*time.Millisecond), "byte by byte: the Ctrl-C in it left the talk")
}

// A link that is cut in the middle of a paste has no end of it: no key did anything any
// more.
func TestAPasteWithoutAnEndDoesNotSwallowTheTalk(t *testing.T) {
	term := newTerminal()
	require.Empty(t, term.feed(term.now, []byte(pasteBegins+"some text\x03")))
	term.now = term.now.Add(pasteGap)
	require.Equal(t, "\x03", term.send("\x03", time.Millisecond), "Ctrl-C always arrives")
	require.Equal(t, 1, term.ctrlC)
	require.Empty(t, term.feed(term.now, []byte(pasteBegins+"some text")))
	term.now = term.now.Add(sequenceGap)
	require.Equal(t, "n", term.send("n", time.Millisecond))
}

func TestAKeyThatIsWrittenAsItsNumberIsThatKey(t *testing.T) {
	for from, want := range map[string]string{
		"\x1b[113u": "q", "\x1b[99;5u": "\x03", "\x1b[27;5;99~": "\x03", "\x1b[122;5u": "\x1a", "\x1b[27u": "\x1b", "\x1b[13u": "\r", "\x1b[32;1u": " ",
		"\x1b[102;2u": "F", "\x1b[102:70;2u": "F", "\x1b[47:63;2u": "?", "\x1b[113;129u": "q", "\x1b[113;1:2u": "q",
		"\x1b[113;1:3u": "", "\x1b[57441;2u": "", "\x1b[113;3u": "", "\x1b[113;9u": "", "\x1b[u": "\x1b[u", "\x1b[0u": "", "\x1b[99999999999999999999u": "", "\x1b[27;5~": "",
	} {
		term := newTerminal()
		require.Equal(t, want, term.send(from, time.Millisecond), "%q", from)
		if want == "\x03" {
			require.Equal(t, 1, term.ctrlC)
		}
	}
}
