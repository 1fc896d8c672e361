package cli

import (
	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/chaos/netem"
)

// newNetem is what the helper container runs in a store's network.
func newNetem() *cobra.Command {
	var is netem.Line
	probe := false
	c := &cobra.Command{
		Use: chaos.NetemCommand, Short: "Make the network of this namespace slow or lossy, or with nothing given good again", Hidden: true, Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if is.Delay < 0 || is.Loss < 0 || is.Loss > 1 {
				return usage("--delay must not be negative and --loss is a share from 0 to 1")
			}
			if probe {
				return netem.Probe()
			}
			return netem.Set(is)
		},
	}
	c.Flags().DurationVar(&is.Delay, "delay", 0, "added to whatever is sent")
	c.Flags().Float64Var(&is.Loss, "loss", 0, "share of it that is lost")
	c.Flags().BoolVar(&probe, "probe", false, "only say whether this kernel can")
	return c
}
