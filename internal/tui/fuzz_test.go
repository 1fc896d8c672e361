package tui

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// sgr is what the screen itself sends: colours and weights.
var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// requireClean holds that nothing in a view is for the terminal but looks.
func requireClean(t *testing.T, view, what string) {
	t.Helper()
	bare := sgr.ReplaceAllString(view, "")
	require.Equal(t, text.Clean(bare), bare, what)
}

// withFile gives the built-in chapters with another first file, or false when
// the loader refuses it.
func withFile(t *testing.T, file string) (*chapters.File, bool) {
	t.Helper()
	fsys := fstest.MapFS{"01-welcome.md": {Data: []byte(file)}}
	builtIn := chapters.Files(chapters.English)
	names, err := fs.Glob(builtIn, "*.md")
	require.NoError(t, err)
	for _, n := range names[1:] {
		b, err := fs.ReadFile(builtIn, n)
		require.NoError(t, err)
		fsys[n] = &fstest.MapFile{Data: b}
	}
	files, err := chapters.Read(fsys)
	if err != nil {
		return nil, false
	}
	return files[0], true
}

// requireHarmless shows a chapter file on a screen, with its notes and its whole
// text, and holds that the frame stays whole.
func requireHarmless(t *testing.T, p *played, file string, w, h int) bool {
	t.Helper()
	f, ok := withFile(t, file)
	if !ok {
		return false
	}
	p.width, p.height = w, h
	p.state.Chapters[p.state.Current] = f.Chapter
	*p.story, *p.page = story{}, page{}
	for _, over := range []overlay{noOverlay, notesOverlay, textOverlay, helpOverlay, overviewOverlay} {
		p.over, p.scroll = over, 0
		what := fmt.Sprintf("overlay %d at %dx%d of %q", over, w, h, file)
		requireWithin(t, p.View(), w, h, what)
		requireClean(t, p.View(), what)
	}
	p.over = noOverlay
	return true
}

// scraps are what random files are made of. W is a word that occurs once.
var scraps = []string{
	"W ", "W", "\n\n", "- W\n", "1. W\n", "# W\n", "> W\n", "**W**", "`W`", "<W>", "&#27;]0;W&#7;", "&#x9b;2J", "\\e[2J", "\\x1b]0;", "\\u202e", "\\U0001F469\\u200D\\U0001F680", "👩‍🚀", "🇩🇪",
	"日本語", "日本語日本語日本語日本語日本語日本語日本語", "|W|W|\n|-|-|\n|W|W|\n", "```\n\tW\n```\n", "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "\x07", "\x1b[2J", "ི", "நி", "\t", "'", "\"", ":", "#",
}

func scrapped(r *rand.Rand, n int, words *[]string) string {
	var s strings.Builder
	for range n {
		p := scraps[r.IntN(len(scraps))]
		for strings.Contains(p, "W") {
			w := fmt.Sprintf("q%dz", len(*words))
			*words = append(*words, w)
			p = strings.Replace(p, "W", w, 1)
		}
		s.WriteString(p)
	}
	return s.String()
}

func TestNoChapterFileBreaksTheFrameOrLosesAWordSilently(t *testing.T) {
	p := on(t, 1, 80, 24, styles.Dark)
	loaded := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		var front, words []string
		title, hint := strings.ReplaceAll(scrapped(r, 1+r.IntN(4), &front), "\n", " "), strings.ReplaceAll(scrapped(r, 1, &front), "\n", " ")
		body := scrapped(r, 1+r.IntN(30), &words)
		quote := []func(string) string{strconv.Quote, func(s string) string { return `"` + strings.ReplaceAll(s, `"`, "") + `"` }, func(s string) string { return s }}[r.IntN(3)]
		file := "---\nid: welcome\ntitle: " + quote(title) + "\nkey_hint: " + quote(hint) + "\nbudget: 2m\nnotes: " + strconv.Quote(body) + "\n---\n" + body + "\n"
		w, h := 60+r.IntN(80), 18+r.IntN(30)
		if !requireHarmless(t, p, file, w, h) {
			continue
		}
		loaded++
		requireEveryWord(t, p, file, words)
	}
	require.Greater(t, loaded, 25, "enough of them are chapters")
}

// requireEveryWord reads the whole text of the chapter page by page.
func requireEveryWord(t *testing.T, p *played, file string, words []string) {
	t.Helper()
	f, _ := withFile(t, file)
	reported := map[int]bool{}
	for _, r := range f.Remarks() {
		reported[r.Line] = true
	}
	var read strings.Builder
	press(p, tea.KeyMsg{Type: tea.KeyDown})
	for {
		before := p.scroll
		for _, l := range p.shownLines() {
			read.WriteString(strings.TrimSpace(ansi.Strip(l)))
		}
		if press(p, tea.KeyMsg{Type: tea.KeyPgDown}); p.over == noOverlay || p.scroll == before {
			break
		}
	}
	p.over = noOverlay
	body := strings.LastIndex(file, "\n---\n") + len("\n---\n")
	if i := strings.Index(file, "\n---\n"); i >= 0 {
		body = i + len("\n---\n")
	}
	for _, w := range words {
		at := body + strings.Index(file[body:], w)
		require.True(t, strings.Contains(read.String(), w) || reported[1+strings.Count(file[:at], "\n")], "%s of %q is neither read nor reported: %q", w, file, read.String())
	}
}

func FuzzAChapterFileNeverHarmsTheScreen(f *testing.F) {
	f.Add("title: A\nbudget: 2m\nnotes: |\n  **Say.** x", "- a\n\n&#27;[2J", uint8(20), uint8(6))
	f.Add("title: \"Hi \\e[2J\"\nbudget: 2m", "<b>", uint8(0), uint8(0))
	f.Add("title: \"\\U0001F469\\u200D\\U0001F680 北京\"\nkey_hint: \"\\t\"\nbudget: 2m", "|a|b|\n|-|-|\n|c|d|", uint8(1), uint8(12))
	p := on(f, 1, 80, 24, styles.Dark)
	f.Fuzz(func(t *testing.T, front, body string, w, h uint8) {
		requireHarmless(t, p, "---\nid: welcome\n"+front+"\n---\n"+body, 1+int(w)%140, 1+int(h)%60)
	})
}
