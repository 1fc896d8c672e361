package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
)

// newClusterDown takes down what `cluster up` with the same flags would have made.
// It once meant Docker, unasked: somebody who ended an embedded cluster removed
// another project with it.
func newClusterDown(std IO) *cobra.Command {
	o, d := &options{}, &dockerOptions{}
	var volumes, yes bool
	c := &cobra.Command{
		Use: "down", Short: "Stop and remove what `cluster up` made", Args: noArgs,
		Long:    "Stop and remove what `cluster up` with the same --cluster and --project made. It says what it will remove, and asks, unless --yes is given.",
		Example: "  tikv-demo cluster down --cluster docker --volumes --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			if o.cluster == clusterEmbedded {
				if volumes || c.Flags().Changed("project") || c.Flags().Changed("compose-file") {
					return usage("--volumes, --project and --compose-file are for --cluster docker; the embedded cluster ends with its command, data and all")
				}
				fmt.Fprintln(std.Err, "the embedded cluster ends with the command that started it (Ctrl-C there); `tikv-demo cluster down --cluster docker` is for the one in Docker")
				return nil
			}
			cfg, err := d.config(o)
			if err != nil {
				return err
			}
			return askedDown(c.Context(), std, cfg, volumes, yes)
		},
	}
	in(c.Flags(), groupCluster, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.cluster, clusterEmbedded, ownClusters), "cluster", "which cluster")
		d.bind(f)
		f.BoolVar(&volumes, "volumes", false, "remove its data too")
		f.BoolVar(&yes, "yes", false, "do not ask")
	})
	o.bindSettings(c.Flags())
	return c
}

// askedDown takes a cluster down that no other run uses, when it may.
func askedDown(ctx context.Context, std IO, cfg compose.Config, volumes, yes bool) error {
	who, err := compose.HeldBy(cfg)
	switch {
	case err != nil:
		return err
	case who != "":
		return precondition("another run uses the project %s: %s; end it first, for it needs its cluster", cfg.Project, who)
	}
	parts, err := compose.Parts(ctx, cfg, volumes)
	if err != nil {
		return fromCompose(err)
	}
	if len(parts) == 0 {
		removeHelperImages(ctx, cfg.Project)
		fmt.Fprintf(std.Err, "nothing of the project %s is at %s\n", cfg.Project, cfg.At)
		return fromCompose(compose.Disown(cfg))
	}
	said := fmt.Sprintf("removing from %s, project %s: %s", cfg.At, cfg.Project, partsInWords(parts))
	if !yes {
		if !std.Terminal {
			return precondition("%s; nobody can be asked here, so give --yes", strings.Replace(said, "removing", "this would remove", 1))
		}
		if yes, err := agreed(ctx, std, said+"\ngo on? [y/N] ", false); err != nil || !yes {
			fmt.Fprintln(std.Err, "nothing was removed")
			return err
		}
	} else {
		fmt.Fprintln(std.Err, said)
	}
	return dockerDown(ctx, std, cfg, volumes)
}

// partsInWords says what will be removed: "6 containers (pd-1, …), 1 network and 6
// volumes with their data".
func partsInWords(parts map[string][]string) string {
	var out []string
	for _, kind := range []string{"container", "network", "volume"} {
		n := len(parts[kind])
		if n == 0 {
			continue
		}
		words := fmt.Sprintf("%d %s", n, kind)
		if n > 1 {
			words += "s"
		}
		switch kind {
		case "container":
			words += " (" + strings.Join(parts[kind], ", ") + ")"
		case "volume":
			words += " with all data"
		}
		out = append(out, words)
	}
	return strings.Join(out, ", ")
}

// removeHelperImages removes the images of the helper, which are of use only while
// a talk makes a network slow or lossy. One that is in use stays.
func removeHelperImages(ctx context.Context, project string) {
	d, err := docker(project)
	if err != nil {
		return // then there is no daemon that could have any
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, strayLimit)
	defer cancel()
	d.RemoveHelperImages(ctx)
}

// theDaemon gives the ID of the daemon that answers here.
func theDaemon(ctx context.Context, project string) (chaos.Home, error) {
	d, err := docker(project)
	if err != nil {
		return chaos.Home{}, err
	}
	defer d.Close()
	return d.Home(ctx)
}
