package cli

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	dockerfiles "github.com/tikv-demo/tikv-demo/docker"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// newConfig prints the settings that a talk would be played with.
func newConfig(std IO) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use: "config [DIR]", Short: "Print the settings in force, and where each comes from", Args: upToOne,
		Long: "Print the settings that a talk would be played with, and where each comes from: a flag, the " +
			"environment, a file, or the default. The output is a file of settings itself.",
		Example: "  tikv-demo config                      # the defaults and the environment\n" +
			"  tikv-demo config my-talk              # with my-talk/" + settingsName + "\n" +
			"  tikv-demo config --fault gray > my-talk/" + settingsName,
		RunE: func(c *cobra.Command, _ []string) error { return printSettings(std, c.Flags()) },
	}
	o.bind(c.Flags())
	return c
}

// printSettings writes every setting as a line of YAML with its origin. Of the
// model's key it only says whether there is one.
func printSettings(std IO, f *pflag.FlagSet) error {
	group := ""
	f.VisitAll(func(fl *pflag.Flag) {
		if slices.Contains(notForFile, fl.Name) {
			return
		}
		if g := groupOf(fl); g != group {
			group = g
			fmt.Fprintf(std.Out, "# %s\n", group)
		}
		fmt.Fprintf(std.Out, "%-36s # %s\n", settingLine(fl), origin(fl))
	})
	if os.Getenv(keyVariable) != "" {
		fmt.Fprintf(std.Out, "# %s is set\n", keyVariable)
	}
	return strangeVariables(std.Err, f)
}

// settingLine is a flag as a line of the file; one without a value, and the
// directory that the file lies in, stand there as a comment.
func settingLine(fl *pflag.Flag) string {
	value := fl.Value.String()
	if many, ok := fl.Value.(pflag.SliceValue); ok {
		value = strings.Join(many.GetSlice(), ",")
	}
	if fl.Name == "base-url" {
		value = withoutPassword(value)
	}
	if value == "" {
		return "# " + fl.Name + ":"
	}
	line := fl.Name + ": " + yamlScalar(value)
	if fl.Name == flagChapters {
		return "# " + line
	}
	return line
}

// yamlScalar writes a value as YAML, with quotes where it needs them.
func yamlScalar(s string) string {
	b, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Value: s})
	if err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func withoutPassword(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

// origin says where a flag's value came from.
func origin(fl *pflag.Flag) string {
	switch from := fl.Annotations[originKey]; {
	case len(from) > 0:
		return from[0]
	case fl.Changed:
		return "flag"
	case fl.Name == "base-url" && os.Getenv("ANTHROPIC_BASE_URL") != "":
		return "ANTHROPIC_BASE_URL"
	}
	return "default"
}

// otherVariables are read by the program and stand for no flag.
var otherVariables = []string{"TIKV_DEMO_STATE_DIR", "TIKV_DEMO_HELPER_IMAGE", accessibleVariable, chartVariable}

// strangeVariables says which variables nothing reads: a slip in a name is easily
// made and never noticed.
func strangeVariables(out io.Writer, f *pflag.FlagSet) error {
	known := knownVariables(f)
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "TIKV_DEMO_") || strings.HasPrefix(name, "TIKV_DEMO_TEST_") || slices.Contains(known, name) {
			continue
		}
		hint := ""
		if near := text.Nearest(name, known); near != "" {
			hint = "; did you mean " + near + "?"
		}
		fmt.Fprintf(out, "tikv-demo: nothing reads the variable %s%s\n", name, hint)
	}
	return nil
}

// knownVariables are those that stand for a flag, of f or of any command, those that the
// Compose file reads, and the others.
func knownVariables(f *pflag.FlagSet) []string {
	known := slices.Clone(otherVariables)
	for _, c := range newRoot(IO{}).Commands() {
		known = append(known, variablesOf(c)...)
	}
	for _, v := range dockerfiles.Variables() {
		known = append(known, v.Name)
	}
	f.VisitAll(func(fl *pflag.Flag) { known = append(known, variable(fl.Name)) })
	return known
}

func variablesOf(c *cobra.Command) []string {
	var all []string
	c.Flags().VisitAll(func(fl *pflag.Flag) { all = append(all, variable(fl.Name)) })
	for _, sub := range c.Commands() {
		all = append(all, variablesOf(sub)...)
	}
	return all
}
