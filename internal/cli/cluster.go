package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// newCluster is the cluster without the talk, for other clients to try.
func newCluster(std IO) *cobra.Command {
	c := &cobra.Command{Use: "cluster", Short: "Start, look at and stop a cluster without the talk", Args: noArgs,
		Example: "  tikv-demo cluster up                                # embedded, until Ctrl-C\n" +
			"  tikv-demo cluster up --cluster docker --detach\n" +
			"  tikv-demo cluster down --cluster docker --volumes",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newClusterUp(std), newClusterDown(std), newClusterStatus(std), newClusterSplit(std))
	return c
}

func newClusterUp(std IO) *cobra.Command {
	o, d := &options{}, &dockerOptions{}
	c := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster and keep it until interrupted",
		Long: "Start a cluster in the foreground and keep it until interrupted, which is how it is meant to end (status 0). " +
			"The line `pd: http://127.0.0.1:PORT` on standard output is what clients need.",
		Example: "  tikv-demo cluster up --stores 5\n  tikv-demo cluster up --cluster docker --detach",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.parsePD(); err != nil {
				return err
			}
			if o.cluster == clusterDocker {
				return dockerUp(c.Context(), std, o, d)
			}
			if d.detach {
				return usage("--detach is for --cluster docker; the embedded cluster ends with its command")
			}
			return embeddedUp(c.Context(), std, o)
		},
	}
	in(c.Flags(), groupCluster, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.cluster, clusterEmbedded, ownClusters), "cluster", "which cluster")
		f.BoolVar(&d.detach, "detach", false, "return when the cluster in Docker is ready, and leave it up")
		d.bind(f)
		o.bindEmbedded(f)
		o.bindRecords(f)
		f.StringSliceVar(&o.pd, "pd", nil, "`URL`s of a real PD without a cluster, for the embedded stores to use")
	})
	o.bindSettings(c.Flags())
	return c
}

func embeddedUp(ctx context.Context, std IO, o *options) error {
	dir, err := stateDir()
	if err != nil {
		return err
	}
	from := time.Now()
	tell := newTeller(std.Err)
	cl, err := embedded.Start(ctx, embedded.Config{
		Stores:    o.stores,
		SplitKeys: load.SplitKeys(o.records, o.regions),
		StateDir:  dir,
		PD:        answeringFirst(ctx, o.pdURLs),
		PDPort:    o.pdPort,
		Profile:   o.profile,
	}, tell.tell)
	tell.end()
	if err != nil {
		return explained(err, dir)
	}
	fmt.Fprintf(std.Err, "ready in %.1f s\n", time.Since(from).Seconds())
	for _, p := range cl.Processes() {
		fmt.Fprintf(std.Err, "%-8s %-21s pid %d, log %s\n", p.Name, p.Address, p.PID, p.LogFile)
	}
	fmt.Fprintf(std.Out, "pd: %s\n", cl.PD()[0])
	<-ctx.Done()
	return stopBounded(cl)
}
