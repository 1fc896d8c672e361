package cast

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const talk = "../report/testdata/talk.jsonl"

// event is a line of a cast.
type event struct {
	at         float64
	code, data string
}

// parsed reads a cast, and checks what every reader relies on.
func parsed(t *testing.T, text string) (head map[string]any, events []event) {
	t.Helper()
	require.True(t, utf8.ValidString(text))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &head))
	require.InDelta(t, 2, head["version"], 0)
	last := 0.0
	for _, l := range lines[1:] {
		var v []any
		require.NoError(t, json.Unmarshal([]byte(l), &v))
		require.Len(t, v, 3)
		e := event{v[0].(float64), v[1].(string), v[2].(string)}
		require.GreaterOrEqual(t, e.at, last, "times never go back")
		require.Contains(t, []string{"o", "m", "r"}, e.code, "nothing that was typed")
		last = e.at
		events = append(events, e)
	}
	return head, events
}

func config(width, height int) Config {
	label := func(time.Time) string { return "REPLAY of a day" }
	return Config{Width: width, Height: height, Look: styles.Fixed(termenv.TrueColor, styles.Dark), Label: label, Title: label}
}

func filmed(t *testing.T, width, height int) string {
	t.Helper()
	f, err := os.Open(talk)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var b bytes.Buffer
	reader := journal.NewReader(f)
	err = Film(&b, reader, config(width, height))
	require.NoError(t, err)
	require.Zero(t, reader.Damaged)
	return b.String()
}

var move = regexp.MustCompile(`\x1b\[(\d*)(?:;\d*)?H`)

// shown puts the lines of an output where it puts them.
func shown(screen []string, data string) {
	places := move.FindAllStringSubmatchIndex(data, -1)
	for i, at := range places {
		end := len(data)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		row := 1
		if at[3] > at[2] {
			row, _ = strconv.Atoi(data[at[2]:at[3]])
		}
		screen[row-1] = data[at[1]:end]
	}
}

// At every size every frame says that it is a replay, and the last one is what the
// screen draws of the record's last state.
func TestAFilmShowsWhatTheScreenShows(t *testing.T) {
	var last demo.State
	f, err := os.Open(talk)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	for e, err := range journal.NewReader(f).Inputs() {
		require.NoError(t, err)
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			last = demo.Resume(begun, e.At)
		} else {
			last, _ = demo.Take(last, e)
		}
	}
	for _, size := range [][2]int{{80, 24}, {120, 36}, {100, 30}, {200, 55}} {
		head, events := parsed(t, filmed(t, size[0], size[1]))
		require.InDelta(t, size[0], head["width"], 0)
		require.InDelta(t, size[1], head["height"], 0)
		screen := make([]string, size[1])
		var marks []string
		frames := 0
		for _, e := range events {
			switch e.code {
			case "m":
				marks = append(marks, e.data)
			case "o":
				if shown(screen, e.data); e.at > 0 && move.MatchString(e.data) {
					frames++
					require.Contains(t, ansi.Strip(strings.Join(screen, "\n")), "REPLAY", "at %g s", e.at)
				}
			}
		}
		require.Len(t, marks, 8)
		require.Equal(t, "1 Welcome", marks[0])
		require.Greater(t, frames, 50)
		reel := tui.NewReel(last, "REPLAY of a day", styles.Fixed(termenv.TrueColor, styles.Dark), size[0], size[1])
		reel.NotWhole() // its fourth line was changed: the path of the record is not that of the run
		want := reel.Frame(last, last.Now)
		for i, row := range strings.Split(want, "\n") {
			require.Equal(t, strings.TrimRight(ansi.Strip(row), " "), strings.TrimRight(ansi.Strip(screen[i]), " "), "%v row %d", size, i+1)
		}
	}
	require.Equal(t, filmed(t, 80, 24), filmed(t, 80, 24), "the same record gives the same cast")
}

func TestARecordThatCannotBeFilmedSaysWhy(t *testing.T) {
	old, err := os.ReadFile("../journal/testdata/version1.jsonl")
	require.NoError(t, err)
	err = Film(&bytes.Buffer{}, journal.NewReader(bytes.NewReader(old)), config(80, 24))
	require.ErrorIs(t, err, journal.ErrNoInputs)
	err = Film(&bytes.Buffer{}, journal.NewReader(strings.NewReader("")), config(80, 24))
	require.Error(t, err)
	whole, err := os.ReadFile(talk)
	require.NoError(t, err)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	err = Film(&bytes.Buffer{}, journal.NewReader(bytes.NewReader(bytes.Join(lines[40:], nil))), config(80, 24))
	require.ErrorContains(t, err, "first lines are missing")
	lines[100] = []byte("rubbish\n")
	reader := journal.NewReader(bytes.NewReader(bytes.Join(lines[:len(lines)-30], nil)))
	require.NoError(t, Film(&bytes.Buffer{}, reader, config(80, 24)))
	require.Positive(t, reader.Damaged)
	require.False(t, reader.Check().Whole())
	err = Film(full{}, journal.NewReader(bytes.NewReader(whole)), config(80, 24))
	require.ErrorContains(t, err, "no space left")
}

// A film of a record that is not whole says so: in every frame where that is known
// before, else in every frame from the place on.
func TestAFilmOfARecordThatIsNotWholeSaysSo(t *testing.T) {
	example, err := examples.Open("kill")
	require.NoError(t, err)
	whole, err := io.ReadAll(example)
	require.NoError(t, err)
	var good bytes.Buffer
	require.NoError(t, Film(&good, journal.NewReader(bytes.NewReader(whole)), config(80, 24)))
	require.NotContains(t, good.String(), "NOT WHOLE")
	lines := bytes.SplitAfter(whole, []byte("\n"))
	n := len(lines) / 2
	broken := bytes.Join(append(lines[:n:n], lines[n+1:]...), nil) // a line less
	for _, known := range []bool{false, true} {
		cfg := config(80, 24)
		cfg.NotWhole = known
		var b bytes.Buffer
		require.NoError(t, Film(&b, journal.NewReader(bytes.NewReader(broken)), cfg))
		_, events := parsed(t, b.String())
		screen, said, frames := make([]string, 24), 0, 0
		for _, e := range events {
			if shown(screen, e.data); e.code == "o" && move.MatchString(e.data) {
				frames++
				if strings.Contains(ansi.Strip(screen[0]), "REPLAY of a day, NOT WHOLE") {
					said++
				} else {
					require.Zero(t, said, "it is said to the end")
				}
			}
		}
		require.Positive(t, said)
		require.Equal(t, known, said == frames, "%d of %d", said, frames)
	}
}

// A time that cannot be is no time that a film takes: one flipped bit made it draw
// nine hundred years, five frames a second.
func TestADamagedTimeTakesNoTime(t *testing.T) {
	whole, err := os.ReadFile(talk)
	require.NoError(t, err)
	_, events := parsed(t, filmed(t, 80, 24))
	lines := bytes.SplitAfter(whole, []byte("\n"))
	n := len(lines) / 2
	for !bytes.Contains(lines[n], []byte(`"kind":"input"`)) {
		n++
	}
	for _, year := range []string{`"t":"29`, `"t":"19`} {
		lines[n] = append([]byte(`{`+year), lines[n][len(`{"t":"20`):]...)
		var b bytes.Buffer
		err = Film(&b, journal.NewReader(bytes.NewReader(bytes.Join(lines, nil))), config(80, 24))
		require.NoError(t, err)
		_, damaged := parsed(t, b.String())
		require.InDelta(t, events[len(events)-1].at, damaged[len(damaged)-1].at, 2, year)
	}
}

// Whoever records the screen hears at once that nothing more is recorded.
func TestAnErrorOfWritingIsToldOnce(t *testing.T) {
	at := time.Unix(100, 0)
	out := &after{lines: 2}
	w := NewWriter(out, Header{Width: 80, Height: 24, Began: at})
	w.Mark(at, "1 Welcome")
	select {
	case <-w.Failed():
		require.Fail(t, "nothing has failed", w.Err())
	default:
	}
	for range 3 {
		w.Mark(at, "2 Health")
		<-w.Failed()
		require.ErrorContains(t, w.Err(), "no space left")
	}
	require.Equal(t, 3, out.written, "nothing is written after the first error")
}

// after is a disk that is full after a few lines.
type after struct{ lines, written int }

func (a *after) Write(b []byte) (int, error) {
	if a.written++; a.written > a.lines {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A terminal is written bytes; the format has text. No character is cut in two,
// and what is no character at all does not make the line unreadable.
func TestACharacterThatIsCutIsJoined(t *testing.T) {
	at := time.Unix(100, 0)
	var b bytes.Buffer
	w := NewWriter(&b, Header{Width: 80, Height: 24, Began: at})
	for i, x := range []byte("a█é\x1b[0m😀z") {
		w.Output(at.Add(time.Duration(i)*time.Millisecond), []byte{x})
	}
	w.Output(at.Add(-time.Hour), []byte("late\xff\xfe"))
	w.Resize(at.Add(time.Second), 100, 30)
	require.NoError(t, w.Err())
	_, events := parsed(t, b.String())
	text := ""
	for _, e := range events {
		if e.code == "o" {
			text += e.data
		}
	}
	assert.True(t, strings.HasPrefix(text, "a█é\x1b[0m😀zlate"), "%q", text)
	assert.Equal(t, event{1, "r", "100x30"}, events[len(events)-1])
}
