package cli

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/screentest"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// shownAtEnds gives what a recorded screen showed last of each chapter, by its number.
func shownAtEnds(t *testing.T, path string) map[int]string {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 8<<20)
	require.True(t, lines.Scan())
	var head struct{ Width, Height int }
	require.NoError(t, json.Unmarshal(lines.Bytes(), &head))
	screen := screentest.NewCells(head.Width, head.Height)
	out := map[int]string{}
	for lines.Scan() {
		var e [3]any
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		if e[1] != "o" {
			continue
		}
		if strings.Contains(e[2].(string), ansi.EraseEntireLine) {
			continue // Bubble Tea clears the last line when it leaves
		}
		screen.Write(e[2].(string))
		text := screen.Text()
		_, of, found := strings.Cut(strings.SplitN(text, "\n", 2)[0], "  chapter ")
		number, _, cut := strings.Cut(of, " of ")
		if n, err := strconv.Atoi(number); found && cut && err == nil {
			out[n] = text
		}
	}
	return out
}

// passed is a state that a talk was in, and until when.
type passed struct {
	state demo.State
	until time.Time
}

// untilEnds gives for each chapter the states of the record just before it was left.
func untilEnds(t *testing.T, path string) map[int][]passed {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	out := map[int][]passed{}
	var s demo.State
	for e, err := range journal.NewReader(f).Inputs() {
		require.NoError(t, err)
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			s = demo.Resume(begun, e.At)
			continue
		}
		n := s.Chapters[s.Reached].N
		out[n] = append(out[n], passed{s, e.At})
		s, _ = demo.Take(s, e)
		if s.Finished != nil {
			out[n] = append(out[n], passed{s, e.At})
		}
	}
	return out
}

// upToBadge gives a frame with its first line up to the badge, which says whether it is a
// replay and of when, and takes another width.
func upToBadge(frame string) string {
	lines := strings.Split(ansi.Strip(frame), "\n")
	for _, badge := range []string{"no cluster yet", " LIVE", " REPLAY "} {
		lines[0], _, _ = strings.Cut(lines[0], badge)
	}
	lines[0] = strings.Join(strings.Fields(lines[0]), " ")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// A screen is drawn again at every event, and once a second: its last picture of a
// chapter is of the last second of it, or of a little more where the machine is busy.
const (
	lastSecond = 3 * time.Second
	lateness   = 2 * time.Second
)

// unlike counts the lines that differ.
func unlike(a, b string) (n int) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			n++
		}
	}
	return n
}

// requireReplayShowsTheSame holds a recorded screen against a replay of the record: at
// the end of each chapter they show the same, but for the badge.
func requireReplayShowsTheSame(t *testing.T, cast, record string) {
	t.Helper()
	live, again := shownAtEnds(t, cast), untilEnds(t, record)
	require.Len(t, live, 8)
	for n, want := range live {
		require.Equal(t, upToBadge(want), nearest(upToBadge(want), again[n]), "chapter %d: the live screen, and the replay at the same moment", n)
	}
}

// moment is a state of a replay, drawn at a time.
type moment struct {
	state demo.State
	at    time.Time
	frame string
	off   int // lines that are not as they were
}

// nearest gives the frame of a replay's last second that is most like a frame. Several
// ages stand on a screen, each rounded to a tenth of a second, so a picture may have been
// true for a millisecond only: it is sought roughly, and finely around the best finds.
func nearest(want string, all []passed) string {
	const rough, fine, finds = 20 * time.Millisecond, time.Millisecond / 2, 12
	last := all[len(all)-1]
	reel := tui.NewReel(all[0].state, "REPLAY", styles.Fixed(termenv.ANSI256, styles.Dark), 120, 36)
	look := func(s demo.State, from, to time.Time, step time.Duration) (out []moment) {
		for at := from; !at.After(to); at = at.Add(step) {
			frame := upToBadge(reel.Frame(s, at))
			out = append(out, moment{s, at, frame, unlike(frame, want)})
			if frame == want {
				break
			}
		}
		return out
	}
	best := func(ms []moment) []moment {
		slices.SortStableFunc(ms, func(a, b moment) int { return cmp.Compare(a.off, b.off) })
		return ms[:min(finds, len(ms))]
	}
	var seen []moment
	for i := len(all) - 1; i >= 0 && last.until.Sub(all[i].until) < lastSecond; i-- {
		from := all[i].state.Now
		if last.until.Sub(from) > lastSecond {
			from = last.until.Add(-lastSecond)
		}
		seen = best(append(seen, look(all[i].state, from, last.until.Add(lateness), rough)...))
		if seen[0].off == 0 {
			return seen[0].frame
		}
	}
	for _, m := range slices.Clone(seen) {
		seen = best(append(seen, look(m.state, m.at.Add(-rough), m.at.Add(rough), fine)...))
		if seen[0].off == 0 {
			break
		}
	}
	return seen[0].frame
}

// Whatever was broken, a replay shows at the end of each chapter what the audience saw:
// here on the real program and its real cluster.
func TestAReplayShowsWhatTheAudienceSaw(t *testing.T) {
	long(t)
	for _, fault := range examples.Names() {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			cast := filepath.Join(state, "talk.cast")
			s := onScreen(t, state, "run", "--auto", "--approve", "auto", "--fault", fault, "--theme", "dark", "--title", "Who notices?", "--speaker", "Ada", "--cast", cast)
			require.Equal(t, exitOK, s.ends(), s.tail())
			files, err := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
			require.NoError(t, err)
			require.Len(t, files, 1, fmt.Sprint(files))
			requireReplayShowsTheSame(t, cast, files[0])
		})
	}
}
