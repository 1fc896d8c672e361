package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	dockerfiles "github.com/tikv-demo/tikv-demo/docker"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// here runs a command line in this process.
func here(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := Main(t.Context(), args, IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	return result{status, out.String(), errs.String()}
}

// everyCommand calls f with each command that a user sees, and its words.
func everyCommand(c *cobra.Command, words []string, f func(c *cobra.Command, words []string)) {
	f(c, words)
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			everyCommand(sub, append(words[:len(words):len(words)], sub.Name()), f)
		}
	}
}

func fits(t *testing.T, name, text string) {
	t.Helper()
	for _, l := range strings.Split(text, "\n") {
		require.LessOrEqual(t, ansi.StringWidth(l), helpWidth, "%s: %s", name, l)
		require.Equal(t, strings.TrimRight(l, " "), l, name)
	}
}

func TestTheHelpOfEveryCommandFits80ColumnsAndHasAnExample(t *testing.T) {
	n := 0
	everyCommand(newRoot(IO{}), nil, func(c *cobra.Command, words []string) {
		n++
		r := here(t, append(words, "--help")...)
		name := strings.Join(words, " ")
		require.Zero(t, r.status, name)
		require.Empty(t, r.err, name)
		fits(t, name, r.stdout)
		require.Contains(t, r.stdout, "Examples:\n", name)
		if c.Flags().Lookup("seed") != nil {
			require.Contains(t, r.stdout, "Fault:\n", name)
		}
		c.LocalFlags().VisitAll(func(fl *pflag.Flag) {
			require.Contains(t, r.stdout, "--"+fl.Name, name)
			if o, ok := fl.Value.(offering); ok {
				text := strings.Join(strings.Fields(r.stdout), " ")
				require.Contains(t, text, strings.Join(wordsOf(o), ", "), "%s --%s", name, fl.Name)
			}
		})
	})
	require.Greater(t, n, 15)
	require.Contains(t, here(t, "--help").stdout, "left early with q")
}

func TestEveryTopicIsPrintedFrom80ColumnsOfData(t *testing.T) {
	for _, topic := range topics() {
		r := here(t, "help", topic.name)
		require.Zero(t, r.status, r.err)
		fits(t, topic.name, r.stdout)
	}
	for topic, wants := range map[string][]string{
		"faults":    append(faultNames(), demo.TypeGray, "SIGKILL to a store", "restart"),
		"chapters":  append(demo.GateNames(), demo.OnEnterNames()...),
		"docker":    {"PD_IMAGE", "TIKV_STATUS_PORT_3", "10.213.77", "partition can be watched"},
		"phone":     {"8765", "hotspot", "P shows the code"},
		"keys":      {"PageDown", "Ctrl-C", "an empty line"},
		"diagnosis": names(diagnosers),
		"zero-lost": {demo.ViolationStale, demo.ViolationPhantom},
		"config":    {settingsName, "TIKV_DEMO_TARGET_OPS=500"},
	} {
		for _, want := range wants {
			require.Contains(t, here(t, "help", topic).stdout, want, topic)
		}
	}
}

func TestHelpOnTheRecordHasEveryKindAndField(t *testing.T) {
	text := " " + strings.NewReplacer(",", " ", ".\n", " ", ". ", " ").Replace(here(t, "help", "record").stdout)
	text = strings.Join(strings.Fields(text), " ")
	known := map[string]bool{}
	for _, k := range journal.Kinds() {
		known[k.Name] = true
		require.Contains(t, text, k.Name+" "+strings.Join(k.Fields, " "))
	}
	for name := range recordNotes {
		require.True(t, known[name], "a note about %s, which no record has", name)
	}
}

func TestAHelpOnNothingNamesTheTopics(t *testing.T) {
	r := here(t, "help", "fautls")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, "did you mean faults?")
	require.Contains(t, here(t, "help", "cluster", "up").stdout, "tikv-demo cluster up")
}

func TestSlipsOfTheKeyboardAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"clutser"}, "did you mean cluster?"},
		{[]string{"cluster", "upp"}, "did you mean up?"},
		{[]string{"--falt", "kill"}, "did you mean --fault?"},
		{[]string{"--fault", "grey"}, `--fault "grey" is not known; did you mean gray?`},
		{[]string{"--cluster", "dokcer"}, "did you mean docker?"},
		{[]string{"--target", "tikv2"}, "did you mean tikv-2?"},
		{[]string{"eval", "--fault", "kill,nun"}, "did you mean none?"},
		{[]string{"--stores", "99"}, `--stores "99" is out of range; give 3 to 9`},
		{[]string{"--talk", "-1m"}, "is out of range"},
		{[]string{"--end", "2pm"}, `--end "2pm" is not a time of day; give one such as 14:25`},
		{[]string{"--end", "14:25", "--talk", "25m"}, "give one of them"},
		{[]string{"--end", "14:25", "--loop"}, "does not go with --loop"},
		{[]string{"completion", "bahs"}, "did you mean bash?"},
	} {
		r := here(t, c.args...)
		require.Equal(t, exitUsage, r.status, c.args)
		require.Contains(t, r.err, c.says)
		require.Equal(t, 1, strings.Count(r.err, "\n"))
	}
	dir := t.TempDir()
	require.Contains(t, here(t, dir).err, "tikv-demo run "+dir)
}

func TestAShellIsOfferedTheValuesOfFlags(t *testing.T) {
	for _, c := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"--fault", ""}, faultNames()},
		{[]string{"run", "--target", ""}, []string{"max-leaders", "pd-leader", "tikv-2"}},
		{[]string{"--cluster", ""}, names(clusters)},
		{[]string{"--theme", ""}, names(themes)},
		{[]string{"--front", ""}, names(fronts)},
		{[]string{"--diagnoser", ""}, names(diagnosers)},
		{[]string{"--profile", ""}, names(profiles)},
		{[]string{"eval", "--fault", ""}, []string{"none", "outside"}},
		{[]string{"help", ""}, topicNames()},
		{[]string{"completion", ""}, names(shells)},
	} {
		r := here(t, append([]string{cobra.ShellCompRequestCmd}, c.args...)...)
		require.Zero(t, r.status, r.err)
		offered := strings.Split(r.stdout, "\n")
		for i, o := range offered {
			offered[i], _, _ = strings.Cut(o, "\t")
		}
		require.Subset(t, offered, c.wants, c.args)
	}
	require.Contains(t, here(t, "--help").stdout, "completion")
	for _, s := range shells {
		require.Contains(t, here(t, "completion", s.name).stdout, "tikv-demo")
	}
}

func TestTheThemesAreThoseOfTheScreen(t *testing.T) {
	require.Equal(t, styles.Themes(), names(themes))
}

func TestTheVersionComesFromTheBuildWhereNobodySetOne(t *testing.T) {
	require.Equal(t, "unknown", versionOf(nil))
	b := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	require.Equal(t, "v1.2.3", versionOf(b), "as go install leaves it")
	b = &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}}
	require.Equal(t, "0123456789ab-dirty", versionOf(b))
	require.Equal(t, "tikv-demo "+version()+"\n", here(t, "--version").stdout)
	require.Equal(t, here(t, "--version").stdout, here(t, "version").stdout)
}

func TestTheManualHasEveryCommandAndFlag(t *testing.T) {
	r := here(t, "man")
	require.Zero(t, r.status, r.err)
	root := newRoot(IO{})
	root.Flags().VisitAll(func(fl *pflag.Flag) {
		require.Contains(t, r.stdout, roff("--"+fl.Name))
	})
	everyCommand(root, nil, func(c *cobra.Command, _ []string) {
		if c.Runnable() && !c.HasAvailableSubCommands() {
			require.Contains(t, r.stdout, roff(c.CommandPath()))
		}
	})
	for _, l := range strings.Split(r.stdout, "\n") {
		if strings.HasPrefix(l, ".") {
			require.Regexp(t, `^\.(TH|SH|SS|TP|B|RS|RE|nf|fi)( |$)`, l)
		}
	}
}

// writeSettings makes a chapter directory with a file of settings.
func writeSettings(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "talk")
	require.Zero(t, here(t, "chapters", "export", dir).status)
	require.NoError(t, os.WriteFile(filepath.Join(dir, settingsName), []byte(text), 0o600))
	return dir
}

func TestASettingComesFromTheFlagElseTheVariableElseTheFile(t *testing.T) {
	dir := writeSettings(t, "# my talk\ntitle: 'Who notices?'\nfault: gray\nstores: 5\ntheme: dark\nregions: 12\nrecord: mine.jsonl\n")
	t.Setenv("TIKV_DEMO_THEME", "light")
	t.Setenv("TIKV_DEMO_STORES", "4")
	t.Setenv("TIKV_DEMO_TARGET_OPS", "")
	t.Setenv("TIKV_DEMO_FAULD", "kill")
	t.Setenv(keyVariable, "secret-1")
	r := here(t, "config", "--chapters", dir, "--stores", "6")
	require.Zero(t, r.status, r.err)
	at := filepath.Join(dir, settingsName)
	for _, want := range []string{
		`(?m)^stores: 6 +# flag$`,
		`(?m)^theme: light +# TIKV_DEMO_THEME$`,
		`(?m)^fault: gray +# ` + at + `:3$`,
		`(?m)^title: Who notices\? +# ` + at + `:2$`,
		`(?m)^record: ` + filepath.Join(dir, "mine.jsonl") + ` +# `,
		`(?m)^target-ops: 1000 +# default$`,
		`(?m)^# ` + keyVariable + ` is set$`,
	} {
		require.Regexp(t, want, r.stdout)
	}
	require.NotContains(t, r.stdout+r.err, "secret-1")
	require.Contains(t, r.err, "nothing reads the variable TIKV_DEMO_FAULD; did you mean TIKV_DEMO_FAULT?")

	again := filepath.Join(t.TempDir(), "again.yaml")
	require.NoError(t, os.WriteFile(again, []byte(r.stdout), 0o600))
	r2 := here(t, "config", "--config", again)
	require.Zero(t, r2.status, "what config prints is a file of settings: %s", r2.err)
	require.Regexp(t, `(?m)^stores: 4 +# TIKV_DEMO_STORES$`, r2.stdout)
	require.Regexp(t, `(?m)^fault: gray +# `+again+`:\d+$`, r2.stdout)
}

var namedVariable = regexp.MustCompile(`"(TIKV_DEMO_[A-Z_]*[A-Z])"`)

// A variable that the program reads is not said to be read by nothing, and help tells
// what it does.
func TestEveryVariableThatIsReadIsKnown(t *testing.T) {
	read := map[string]bool{}
	for _, v := range dockerfiles.Variables() {
		read[v.Name] = strings.HasPrefix(v.Name, "TIKV_DEMO_")
	}
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range namedVariable.FindAllSubmatch(b, -1) {
			read[string(m[1])] = true
		}
		return err
	}))
	root := newRoot(IO{})
	help := here(t, "help", "config").stdout + here(t, "help", "docker").stdout
	n := 0
	for name, is := range read {
		if is {
			n++
			require.Contains(t, knownVariables(root.Flags()), name)
			if !slices.Contains(variablesOf(root), name) {
				require.Contains(t, help, name)
			}
		}
	}
	require.Greater(t, n, 5)
	for name, value := range map[string]string{"TIKV_DEMO_ACCESSIBLE": "1", "TIKV_DEMO_CHART": "braille", "TIKV_DEMO_NET": "10.214.77"} {
		t.Setenv(name, value)
	}
	require.Empty(t, here(t, "config").err)
}

func TestAFileInPlaceOfADirectoryIsCalledOne(t *testing.T) {
	dir := writeSettings(t, "fault: gray\n")
	chapter, none := filepath.Join(dir, "01-welcome.md"), filepath.Join(dir, "none")
	for _, at := range []string{chapter, none} {
		for _, args := range [][]string{{"run", "--dry-run", at}, {"--dry-run", "--chapters", at}, {"chapters", "lint", at}, {"notes", at}} {
			r := here(t, args...)
			require.Equal(t, exitUsage, r.status, args)
			require.Contains(t, r.err, at+" is not a directory; `tikv-demo chapters export DIR` makes one to start from", args)
		}
	}
	for _, args := range [][]string{{"config", chapter}, {"doctor", "--chapters", chapter}, {"run", "--dry-run", filepath.Join(chapter, "below")}} {
		r := here(t, args...)
		require.Equal(t, exitUsage, r.status, args)
		require.Contains(t, r.err, " is not a directory; ", args)
	}
}

func TestAFileOfSettingsIsReadStrictly(t *testing.T) {
	for text, says := range map[string]string{
		"falt: kill\n":              `:1: unknown key "falt"; did you mean fault?`,
		"# x\n\ntarget_ops: 5\n":    `:3: unknown key "target_ops"; did you mean target-ops?`,
		"theme: dark\nfault: grey":  `:2: fault: "grey" is not known; did you mean gray?`,
		"stores: 99":                `:1: stores: "99" is out of range; give 3 to 9`,
		"stores: [3, 4]":            `:1: stores must be one value`,
		"stores:\n":                 `:1: stores has no value`,
		"stores: 3\nstores: 4\n":    `:2: stores is given again; line 1 has it already`,
		"just words":                `:1: must be lines of the form`,
		"a: b: c":                   `:1: not YAML`,
		"dry-run: true":             `:1: unknown key "dry-run"; it is for the command line alone`,
		"chapters: .":               `:1: unknown key "chapters"; this file was found in the directory`,
		"title: \"a\\u001b]0;x\"":   `:1: title: "a\x1b]0;x" holds a control character`,
		"falt: kill\nspeeker: me\n": "did you mean speaker?",
	} {
		dir := writeSettings(t, text)
		for _, args := range [][]string{{"doctor", "--chapters", dir}, {"notes", dir}, {"--chapters", dir, "--dry-run"}, {"heal", "--config", filepath.Join(dir, settingsName)}} {
			if text == "chapters: ." && args[0] == "heal" {
				continue // there it may stand
			}
			r := here(t, args...)
			require.Equal(t, exitUsage, r.status, "%s %v", text, args)
			require.Contains(t, r.err, settingsName+":", text)
			require.Contains(t, r.err, says)
			require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
		}
	}
	r := here(t, "config", "--config", filepath.Join(t.TempDir(), "none.yaml"))
	require.Equal(t, exitPrecondition, r.status)
}

func TestADirectoryMeansTheSameAsAFlagAnArgumentAndAVariable(t *testing.T) {
	dir := writeSettings(t, "fault: gray\n")
	welcome := filepath.Join(dir, "01-welcome.md")
	b, err := os.ReadFile(welcome)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(welcome, []byte(strings.Replace(string(b), "budget: ", "budget: 1", 1)), 0o600))
	list := here(t, "chapters", "list", dir)
	require.Zero(t, list.status, list.err)
	require.NotEqual(t, here(t, "chapters", "list").stdout, list.stdout)
	require.Equal(t, list, here(t, "chapters", "list", "--chapters", dir))
	require.Equal(t, here(t, "notes", dir), here(t, "notes", "--chapters", dir))
	dry := here(t, "run", dir, "--dry-run", "--seed", "7")
	require.Contains(t, dry.stdout, "fault     gray")
	require.Equal(t, dry, here(t, "--chapters", dir, "--dry-run", "--seed", "7"))
	require.Equal(t, exitUsage, here(t, "run", dir, "--chapters", t.TempDir(), "--dry-run").status)

	t.Setenv("TIKV_DEMO_CHAPTERS", dir)
	require.Equal(t, list, here(t, "chapters", "list"))
	require.Equal(t, dry, here(t, "--dry-run", "--seed", "7"))
	require.Contains(t, here(t, "chapters", "lint").stdout, "8 chapters")
}
