package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var shells = []word{{"bash", ""}, {"zsh", ""}, {"fish", ""}, {"powershell", ""}}

// newCompletion writes the script with which a shell completes commands, flags and
// their values.
func newCompletion(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print the completion script of bash, zsh, fish or powershell",
		Long: "Print the script with which a shell completes commands, flags and the values of flags. Shells: bash, zsh, fish, powershell.",
		Example: "  source <(tikv-demo completion bash)      # for this shell\n" +
			"  tikv-demo completion bash > /etc/bash_completion.d/tikv-demo\n" +
			"  tikv-demo completion zsh > \"${fpath[1]}/_tikv-demo\"\n" +
			"  tikv-demo completion fish > ~/.config/fish/completions/tikv-demo.fish",
		ValidArgs: names(shells),
		Args:      exactlyOne,
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(std.Out, true)
			case "zsh":
				return root.GenZshCompletion(std.Out)
			case "fish":
				return root.GenFishCompletion(std.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(std.Out)
			}
			return refused("completion ", args[0], nil, unknown(args[0], shells))
		},
	}
}

// completeValues lets completion offer the values of every flag that has a list of
// them, the targets, files and directories.
func completeValues(c *cobra.Command) error {
	var err error
	c.LocalFlags().VisitAll(func(fl *pflag.Flag) {
		if err == nil {
			err = completeFlag(c, fl)
		}
	})
	for _, sub := range c.Commands() {
		if err == nil {
			err = completeValues(sub)
		}
	}
	return err
}

func completeFlag(c *cobra.Command, fl *pflag.Flag) error {
	if o, ok := fl.Value.(offering); ok {
		return c.RegisterFlagCompletionFunc(fl.Name, cobra.FixedCompletions(o.offers(), cobra.ShellCompDirectiveNoFileComp))
	}
	switch fl.Name {
	case "target":
		return c.RegisterFlagCompletionFunc(fl.Name, cobra.FixedCompletions(completions(targets()), cobra.ShellCompDirectiveNoFileComp))
	case "from":
		return c.RegisterFlagCompletionFunc(fl.Name, cobra.FixedCompletions(completions(builtInChapters()), cobra.ShellCompDirectiveNoFileComp))
	case flagChapters:
		return c.MarkFlagDirname(fl.Name)
	case flagConfig, "compose-file":
		return c.MarkFlagFilename(fl.Name, "yaml", "yml")
	case "record", "takeover":
		return c.MarkFlagFilename(fl.Name, "jsonl")
	case "cast":
		return c.MarkFlagFilename(fl.Name, "cast")
	}
	return c.RegisterFlagCompletionFunc(fl.Name, cobra.NoFileCompletions)
}
