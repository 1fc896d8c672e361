package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A listener hears a whole talk as sentences, in ASCII where that is asked for.
func TestAWholeTalkIsReadAsSentencesInASCII(t *testing.T) {
	long(t)
	t.Parallel()
	r := callWith(t, t.TempDir(), []string{"TIKV_DEMO_ACCESSIBLE=1"}, "run", "--auto", "--approve", "auto", "--ascii", "--seed", "3")
	require.Equal(t, exitOK, r.status, r.err)
	for _, said := range []string{r.stdout, r.err} {
		require.Regexp(t, `^[\n -~]*$`, said, "ASCII and line ends alone")
	}
	require.Contains(t, r.err, "TIKV_DEMO_ACCESSIBLE is set, so --front plain is chosen")
	sentences, end, found := strings.Cut(r.stdout, "\ncomplete, detected in ")
	require.True(t, found, r.stdout)
	require.Contains(t, end, "record: ")
	for line := range strings.Lines(sentences) {
		require.Regexp(t, `^At \d+\.\d s, [a-z]+: .*[.!?]\n?$`, line)
		require.NotRegexp(t, `[a-z]_[a-z]`, line, "a name that is read as 'underscore'")
	}
	for _, want := range []string{"cluster: nodes up: ", "load: throughput ", "monitor: ticket T-1 opened, severity critical: ", "demo: recovered "} {
		require.Contains(t, sentences, want)
	}
}

func TestAccessibleChoosesPlainOnATerminalToo(t *testing.T) {
	for name, c := range map[string]struct {
		o    options
		env  string
		want string
	}{
		"nothing said":                 {options{}, "", "tui"},
		"accessible":                   {options{}, "1", "plain"},
		"accessible, but a named face": {options{front: "json"}, "1", "json"},
		"accessible is 0":              {options{}, "0", "tui"},
		"ascii":                        {options{ascii: true}, "", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TIKV_DEMO_ACCESSIBLE", c.env)
			t.Setenv("TERM", "xterm-256color")
			got, err := chooseFront(&c.o, IO{Terminal: true, Err: io.Discard})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for value, says := range map[string]string{"yes": `TIKV_DEMO_ACCESSIBLE="yes" is not true or false; give 1 or 0`, "\x1b": "is not true or false"} {
		t.Setenv("TIKV_DEMO_ACCESSIBLE", value)
		for _, args := range [][]string{{"run", "--front", "plain"}, {"replay", "--example", "kill", "--front", "plain", atOnceSpeed}} {
			r := here(t, args...)
			require.Equal(t, exitUsage, r.status, args)
			require.Contains(t, r.err, says)
		}
	}
	t.Setenv("TIKV_DEMO_ACCESSIBLE", "")
	t.Setenv("TIKV_DEMO_CHART", "brail")
	r := here(t, "replay", "--example", "kill", atOnceSpeed)
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, `TIKV_DEMO_CHART="brail" is not known; did you mean braille?`)
	t.Setenv("TIKV_DEMO_CHART", "")
	_, err := chooseFront(&options{front: "tui", ascii: true}, IO{Terminal: true})
	require.ErrorContains(t, err, "--ascii")
}
