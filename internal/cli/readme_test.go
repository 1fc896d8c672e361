package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tui"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	return string(b)
}

// commandsIn gives the command lines of a text that begin with a program's name:
// indented lines, and words between backquotes.
func commandsIn(text, program string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?m)^    ("+program+"( .*)?)$|`("+program+" [^`]+)`").FindAllStringSubmatch(text, -1) {
		line := m[1] + m[3]
		line = regexp.MustCompile(`\s*(#|\||>).*`).ReplaceAllString(line, "")
		all = append(all, strings.TrimSpace(line))
	}
	return all
}

// Every command line in the README and in the help topics is one that the program
// takes.
func TestEveryCommandThatIsShownExists(t *testing.T) {
	text := readme(t)
	require.Greater(t, len(commandsIn(text, "tikv-demo")), 12)
	for _, topic := range topics() {
		text += "\n" + regexp.MustCompile(`(?m)^  tikv-demo`).ReplaceAllString(topic.page(), "    tikv-demo")
	}
	everyCommand(newRoot(IO{}), nil, func(c *cobra.Command, _ []string) {
		text += "\n" + regexp.MustCompile(`(?m)^  tikv-demo`).ReplaceAllString(c.Example, "    tikv-demo")
	})
	for _, line := range commandsIn(text, "tikv-demo") {
		args := strings.Fields(line)[1:]
		if len(args) > 0 && (args[len(args)-1] == "TOPIC" || args[len(args)-1] == "--help") {
			continue
		}
		c, rest, err := newRoot(IO{}).Find(args)
		require.NoError(t, err, line)
		if c.HasParent() && !c.Runnable() {
			continue
		}
		require.NoError(t, c.ParseFlags(rest), line)
		if c.Name() == "help" {
			require.True(t, pageOf(args[1]) != nil || len(args) > 2, line)
			continue
		}
		require.NoError(t, c.ValidateArgs(c.Flags().Args()), line)
	}
}

func TestEveryTargetOfMakeThatIsShownExists(t *testing.T) {
	b, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	shown := commandsIn(readme(t), "make")
	require.Greater(t, len(shown), 5)
	require.Contains(t, shown, "make test", "the command that .ci/run calls")
	for _, line := range shown {
		require.Regexp(t, `(?m)^`+strings.Fields(line)[1]+`:`, string(b), line)
	}
}

// The README's tables say what the program says.
func TestTheTablesOfTheREADMEAreThoseOfTheProgram(t *testing.T) {
	text := readme(t)
	for _, topic := range topics() {
		require.Contains(t, text, "| `"+topic.name+"` | "+topic.short+" |\n")
	}
	for _, r := range exitRows(newRoot(IO{})) {
		require.Regexp(t, `(?m)^\| `+r.left+` \| \S`, text)
	}
	known := map[string]bool{}
	for _, k := range tui.Keys() {
		for _, name := range strings.Fields(k.Keys) {
			known[name] = true
		}
	}
	_, card, _ := strings.Cut(text, "| key | what it does |\n")
	card, _, _ = strings.Cut(card, "\n\n")
	for _, line := range strings.Split(card, "\n")[1:] {
		keys := strings.Split(line, "|")[1]
		for _, key := range strings.FieldsFunc(keys, func(r rune) bool { return strings.ContainsRune(" ,`…", r) }) {
			require.True(t, known[key], "%q of the README is no key of the screen", key)
		}
	}
	for _, f := range faultNames() {
		require.Contains(t, text, f)
	}
}
