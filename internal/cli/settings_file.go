package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// commentWidth is how long a line of comment is in a file of settings.
const commentWidth = 96

// commentedSettings is a file of settings in which every setting is a comment with
// what it means. A line that begins with "#" and no blank is one to take the sign
// away from.
func commentedSettings() []byte {
	var b bytes.Buffer
	comment := func(text string) {
		for _, line := range wrap(text, commentWidth) {
			fmt.Fprintf(&b, "# %s\n", line)
		}
	}
	comment("Settings of this talk. Take away the # before a line that you want; what is shown is the default, or an example " +
		"where there is none. A flag and an environment variable count more than this file: see tikv-demo help config.")
	group := ""
	settingFlags(false).VisitAll(func(fl *pflag.Flag) {
		if g := groupOf(fl); g != group {
			group = g
			fmt.Fprintf(&b, "\n## %s\n", g)
		}
		_, usage := pflag.UnquoteUsage(fl)
		b.WriteString("\n")
		comment(usage)
		if o, ok := fl.Value.(offering); ok {
			for _, w := range o.offers() {
				name, means, _ := strings.Cut(w, "\t")
				comment(strings.TrimRight(fmt.Sprintf("  %-12s %s", name, means), " "))
			}
		}
		fmt.Fprintf(&b, "#%s: %s\n", fl.Name, yamlScalar(exampleOf(fl)))
	})
	return b.Bytes()
}

// exampleOf is a setting's default, or a value of its kind where it has none.
func exampleOf(fl *pflag.Flag) string {
	value := fl.Value.String()
	if _, many := fl.Value.(pflag.SliceValue); many {
		value = strings.Trim(value, "[]")
	}
	if value != "" {
		return value
	}
	if o, ok := fl.Value.(offering); ok {
		name, _, _ := strings.Cut(o.offers()[0], "\t")
		return name
	}
	if _, ok := fl.Value.(*clockTime); ok {
		return exampleTime
	}
	if fl.Value.Type() == "duration" {
		return "25m"
	}
	name, _ := pflag.UnquoteUsage(fl)
	return strings.ToUpper(name)
}
