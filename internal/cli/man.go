package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan writes the manual page from what --help prints. (cobra's own pages are
// one for each command, and know no groups of flags.)
func newMan(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Hidden: true, Args: noArgs,
		Example: "  tikv-demo man > tikv-demo.1",
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(std.Out, manual(c.Root()))
			return err
		},
	}
}

// manual is tikv-demo(1) in the man macros.
func manual(root *cobra.Command) string {
	var b strings.Builder
	v, _, _ := strings.Cut(root.Version, " ")
	fmt.Fprintf(&b, ".TH TIKV-DEMO 1 \"\" \"tikv-demo %s\" \"User Commands\"\n", roff(v))
	fmt.Fprintf(&b, ".SH NAME\ntikv-demo \\- %s\n", roff(root.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s.fi\n", roffLines(usageLines(root)))
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roff(root.Long))
	b.WriteString(".SH OPTIONS\n")
	manualFlags(&b, root)
	b.WriteString(".SH COMMANDS\n")
	manualCommands(&b, root)
	b.WriteString(".SH EXIT STATUS\n")
	manualRows(&b, exitRows(root))
	fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s.fi\n", roffLines(root.Example+"\n"))
	for _, t := range topics() {
		fmt.Fprintf(&b, ".SH %s\n.nf\n%s.fi\n", strings.ToUpper(t.name), roffLines(t.page()))
	}
	return b.String()
}

func manualFlags(b *strings.Builder, c *cobra.Command) {
	for _, g := range flagGroups(c) {
		if g.title == groupOther && c.HasParent() {
			continue // --help
		}
		fmt.Fprintf(b, ".SS %s\n", roff(g.title))
		manualRows(b, flagRows(g.flags))
	}
}

// manualCommands writes every command with its flags, but for those that run's
// section has.
func manualCommands(b *strings.Builder, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() && sub.Name() != "help" {
			continue
		}
		if sub.HasAvailableSubCommands() {
			manualCommands(b, sub)
			continue
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSuffix(sub.UseLine(), " [flags]")), roff(longOf(sub)))
		if sub.Name() == "run" || sub.Name() == "config" {
			continue
		}
		b.WriteString(".RS\n")
		sub.LocalFlags().VisitAll(func(fl *pflag.Flag) {
			if fl.Name != "help" && groupOf(fl) != groupSettings {
				manualRows(b, flagRows([]*pflag.Flag{fl}))
			}
		})
		b.WriteString(".RE\n")
	}
}

func manualRows(b *strings.Builder, all []row) {
	for _, r := range all {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(r.left), roff(r.right))
	}
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// roff writes text so that nothing in it is a request.
func roff(s string) string {
	s = roffEscapes.Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func roffLines(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		b.WriteString(roff(l) + "\n")
	}
	return b.String()
}
