package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// newCluster is the cluster without the talk, for other clients to try.
func newCluster(std IO) *cobra.Command {
	c := &cobra.Command{Use: "cluster", Short: "Start, look at and stop a cluster without the talk", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newClusterUp(std), newClusterDown(std), newClusterStatus(std), newClusterSplit(std))
	return c
}

func newClusterUp(std IO) *cobra.Command {
	o, d := &options{}, &dockerOptions{}
	c := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster and keep it until interrupted",
		Long:  "Start a cluster in the foreground and keep it until interrupted.\nThe line `pd: http://127.0.0.1:PORT` on standard output is what clients need.",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnv(c.Flags()); err != nil {
				return err
			}
			if err := checkWords(word{"cluster", o.cluster, []string{clusterEmbedded, clusterDocker}}); err != nil {
				return err
			}
			if err := o.checkCluster(); err != nil {
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
	c.Flags().StringVar(&o.cluster, "cluster", clusterEmbedded, "which cluster: embedded or docker")
	o.bindCluster(c.Flags())
	d.bind(c.Flags())
	c.Flags().BoolVar(&d.detach, "detach", false, "return when the cluster is ready, and leave it up")
	c.Flags().SortFlags = false
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
		return err
	}
	fmt.Fprintf(std.Err, "ready in %.1f s\n", time.Since(from).Seconds())
	for _, p := range cl.Processes() {
		fmt.Fprintf(std.Err, "%-8s %-21s pid %d, log %s\n", p.Name, p.Address, p.PID, p.LogFile)
	}
	fmt.Fprintf(std.Out, "pd: %s\n", cl.PD()[0])
	<-ctx.Done()
	return stopBounded(cl)
}
