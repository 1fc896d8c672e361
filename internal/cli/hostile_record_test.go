package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// linesOfExample gives the lines of an example.
func linesOfExample(t *testing.T, fault string) []string {
	t.Helper()
	r, err := examples.Open(fault)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSpace(string(b)), "\n")
}

// poisoned changes texts and numbers of a line at random.
func poisoned(rng *rand.Rand, v any, odds int) any {
	hit := rng.IntN(odds) == 0
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) { // a seed is to say it all
			x := v[k]
			if k == "t" || k == "kind" || k == "as" || k == "seq" {
				continue
			}
			if hit && rng.IntN(len(v)) == 0 {
				delete(v, k)
				continue
			}
			v[k] = poisoned(rng, x, odds)
		}
	case []any:
		if hit && len(v) > 0 {
			return v[:rng.IntN(len(v))]
		}
		for i := range v {
			v[i] = poisoned(rng, v[i], odds)
		}
	case string:
		if hit {
			return v + []string{"\x1b[2J", "\x1b]0;owned\a", "\u009b2J", "\u202e", "\r\n\n", "👩‍🚀", strings.Repeat("W", 500), "\x00"}[rng.IntN(8)]
		}
	case float64:
		if hit {
			return []float64{0, -1, 1, 1e9, -1e18, 9e18}[rng.IntN(6)]
		}
	}
	return v
}

// spoil gives a record that somebody has written to do harm, or that a disk has spoiled:
// lines are lost, come twice or in another order, and say something else.
func spoil(t *testing.T, rng *rand.Rand, lines []string) string {
	t.Helper()
	var out strings.Builder
	for i, l := range lines {
		if n := rng.IntN(60); n == 0 {
			continue
		} else if n == 1 {
			l += lines[rng.IntN(len(lines))]
		} else if n < 6 || i < 4 && rng.IntN(4) == 0 {
			var v map[string]any
			require.NoError(t, json.Unmarshal([]byte(l), &v))
			b, err := json.Marshal(poisoned(rng, v, 4+rng.IntN(30)))
			require.NoError(t, err)
			l = string(b) + "\n"
		}
		out.WriteString(l)
	}
	return out.String()
}

var coloured = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// A record comes from anywhere. Whatever is in it, a replay does not crash, and nothing of
// it is for the terminal.
func TestNoRecordHarmsAReplay(t *testing.T) {
	t.Parallel()
	shown := 0
	seeds := uint64(30)
	if raced {
		seeds = 10
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 3))
		record := spoil(t, rng, linesOfExample(t, examples.Names()[int(seed)%len(examples.Names())]))
		what := fmt.Sprintf("seed %d", seed)
		p, err := replay.Open(replay.Config{Record: strings.NewReader(record)})
		if err != nil {
			continue
		}
		p.Close()
		s, first := p.State(), true
		reel := tui.NewReel(s, "REPLAY", styles.Fixed(termenv.ANSI256, styles.Dark), 120, 36)
		for e, err := range journal.NewReader(strings.NewReader(record)).Inputs() {
			if err != nil {
				break
			}
			if !first {
				s, _ = demo.Take(s, e)
			}
			first = false
			if rng.IntN(20) > 0 {
				continue
			}
			frame := reel.Frame(s, e.At)
			bare := coloured.ReplaceAllString(frame, "")
			require.Equal(t, text.Clean(bare), bare, what)
			shown++
		}
		var out bytes.Buffer
		require.NoError(t, retellAtOnce(t, record, &out), what)
		require.Equal(t, text.Clean(out.String()), out.String(), what)
	}
	require.Greater(t, shown, 5*int(seeds))
}

// retellAtOnce tells a record in lines.
func retellAtOnce(t *testing.T, record string, out io.Writer) error {
	t.Helper()
	return retell(t.Context(), IO{Out: out, Err: io.Discard}, &replayOptions{speed: 1e12}, recordFile{Reader: strings.NewReader(record), name: "it", close: func() error { return nil }}, "plain")
}
