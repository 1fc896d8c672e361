package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// newCluster is the cluster without the talk, for other clients to try.
func newCluster(std IO) *cobra.Command {
	c := &cobra.Command{Use: "cluster", Short: "Start the embedded cluster without the talk", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newClusterUp(std))
	return c
}

func newClusterUp(std IO) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "up",
		Short: "Start the embedded cluster and keep it until interrupted",
		Long:  "Start the embedded cluster in the foreground and keep it until interrupted.\nThe line `pd: http://127.0.0.1:PORT` on standard output is what clients need.",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnv(c.Flags()); err != nil {
				return err
			}
			if err := o.checkCluster(); err != nil {
				return err
			}
			dir, err := stateDir()
			if err != nil {
				return err
			}
			from := time.Now()
			cl, err := embedded.Start(c.Context(), embedded.Config{
				Stores:    o.stores,
				SplitKeys: load.SplitKeys(o.records, o.regions),
				StateDir:  dir,
				PD:        o.pdURLs,
				PDPort:    o.pdPort,
				Profile:   o.profile,
			}, func(text string, done, total int) { fmt.Fprintf(std.Err, "%s (%d of %d)\n", text, done, total) })
			if err != nil {
				return err
			}
			fmt.Fprintf(std.Err, "ready in %.1f s\n", time.Since(from).Seconds())
			for _, p := range cl.Processes() {
				fmt.Fprintf(std.Err, "%-8s %-21s pid %d, log %s\n", p.Name, p.Address, p.PID, p.LogFile)
			}
			fmt.Fprintf(std.Out, "pd: %s\n", cl.PD()[0])
			<-c.Context().Done()
			return stopBounded(cl)
		},
	}
	o.bindCluster(c.Flags())
	return c
}
