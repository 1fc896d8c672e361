package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide help is: what every terminal shows.
const helpWidth = 80

// useHelp gives root and all its commands help in one layout.
func useHelp(root *cobra.Command) {
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.OutOrStderr(), usageOf(c))
		return err
	})
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		c.InitDefaultHelpFlag()
		c.InitDefaultVersionFlag()
		fmt.Fprint(c.OutOrStdout(), paragraphs(longOf(c))+"\n\n"+usageOf(c))
	})
}

func longOf(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return c.Short + "."
}

// usageOf is everything of a command's help below its description.
func usageOf(c *cobra.Command) string {
	var b strings.Builder
	section := func(title, body string) {
		if body != "" {
			fmt.Fprintf(&b, "%s:\n%s\n", title, body)
		}
	}
	section("Usage", usageLines(c))
	if c.Example != "" {
		section("Examples", c.Example+"\n")
	}
	section("Commands", columns(commandRows(c)))
	for _, g := range flagGroups(c) {
		title := g.title
		if title == groupOther {
			title = "Other flags"
		}
		section(title, columns(flagRows(g.flags)))
	}
	section("Exit status", columns(exitRows(c)))
	if !c.HasParent() {
		section("Topics, for tikv-demo help TOPIC", columns(topicRows()))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func usageLines(c *cobra.Command) string {
	switch {
	case !c.HasParent():
		return "  tikv-demo [run] [flags]\n  tikv-demo COMMAND [flags]\n"
	case c.HasAvailableSubCommands():
		return "  " + c.CommandPath() + " COMMAND [flags]\n"
	}
	return "  " + c.UseLine() + "\n"
}

// row is a line of a table in help: what is written, and what it means.
type row struct{ left, right string }

// leftWidth is where the second column of a table begins, at most.
const leftWidth = 26

// columns lays a table out in helpWidth columns.
func columns(all []row) string {
	left := 0
	for _, r := range all {
		if w := ansi.StringWidth(r.left) + 4; w <= leftWidth {
			left = max(left, w)
		}
	}
	left = max(left, 8)
	var b strings.Builder
	for _, r := range all {
		lines := wrap(r.right, helpWidth-left)
		first := "  " + r.left
		if r.right == "" {
			b.WriteString(first + "\n")
			continue
		}
		if ansi.StringWidth(first)+2 > left {
			b.WriteString(first + "\n")
			first = ""
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "%s%s%s\n", first, strings.Repeat(" ", left-ansi.StringWidth(first)), l)
			first = ""
		}
	}
	return b.String()
}

// wrap breaks text between words alone: a flag or a name is never cut at a hyphen.
func wrap(s string, width int) []string {
	lines := []string{""}
	for _, w := range strings.Fields(s) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = w
		case ansi.StringWidth(*last)+1+ansi.StringWidth(w) <= width:
			*last += " " + w
		default:
			lines = append(lines, w)
		}
	}
	return lines
}

// paragraphs wraps text, and leaves lines alone that are indented.
func paragraphs(s string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if !strings.HasPrefix(l, " ") {
			l = strings.Join(wrap(l, helpWidth), "\n")
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

func commandRows(c *cobra.Command) []row {
	var all []row
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			all = append(all, row{sub.Name(), sub.Short})
		}
	}
	return all
}

// flagGroup is the flags of a command that belong together.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

func groupOf(fl *pflag.Flag) string {
	if g := fl.Annotations[groupKey]; len(g) > 0 {
		return g[0]
	}
	return groupOther
}

// flagGroups gives the flags of a command in the order of the groups.
func flagGroups(c *cobra.Command) []flagGroup {
	of := map[string][]*pflag.Flag{}
	c.LocalFlags().VisitAll(func(fl *pflag.Flag) {
		if !fl.Hidden {
			of[groupOf(fl)] = append(of[groupOf(fl)], fl)
		}
	})
	var all []flagGroup
	for _, g := range groups {
		if len(of[g]) > 0 {
			all = append(all, flagGroup{g, of[g]})
		}
	}
	return all
}

func flagRows(flags []*pflag.Flag) []row {
	var all []row
	for _, fl := range flags {
		all = append(all, row{flagName(fl), flagMeaning(fl)})
	}
	return all
}

// flagName is "-v, --version" or "--fault WORD".
func flagName(fl *pflag.Flag) string {
	name := "--" + fl.Name
	if fl.Shorthand != "" {
		name = "-" + fl.Shorthand + ", " + name
	}
	kind, _ := pflag.UnquoteUsage(fl)
	if kind == "" || fl.Value.Type() == "bool" {
		return name
	}
	return name + " " + strings.ToUpper(kind)
}

// flagMeaning is what a flag is for, its words and its default.
func flagMeaning(fl *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(fl)
	text = strings.TrimPrefix(text, ": ")
	if o, ok := fl.Value.(offering); ok {
		text += ": " + strings.Join(wordsOf(o), ", ")
	}
	if !slices.Contains([]string{"", "0", "false", "[]"}, fl.DefValue) {
		text += fmt.Sprintf(" (default %s)", fl.DefValue)
	}
	return text
}

// wordsOf gives the words of a flag without their meanings.
func wordsOf(o offering) []string {
	var all []string
	for _, w := range o.offers() {
		name, _, _ := strings.Cut(w, "\t")
		all = append(all, name)
	}
	return all
}

// exitRows are the exit statuses of a command. Those of the talk are the contract;
// where a command means something else by one it says so.
func exitRows(c *cobra.Command) []row {
	if c.HasAvailableSubCommands() && c.HasParent() {
		return nil
	}
	done, failed := "done", "failed"
	switch c.Name() {
	case "tikv-demo", "run":
		done = "complete, or left early with q; outcome in the record's last line says which"
		failed = "failed; a violation or a lost key fails the talk too"
	case "eval":
		done = "all rounds were played, whatever the scores"
		failed = "a round could not be played"
	case "lint":
		failed = "something is wrong with the chapters"
	}
	all := []row{{"0", done}, {"1", failed}, {"2", "usage error"}}
	if !slices.Contains([]string{"version", "help", "completion", "lint"}, c.Name()) {
		all = append(all, row{"3", "a precondition is not met; standard error says which, and what to do"})
	}
	interrupted := "interrupted"
	if c.Name() == "tikv-demo" || c.Name() == "run" {
		interrupted = "left early with Ctrl-C or by a signal"
	}
	return append(all, row{"130", interrupted})
}
