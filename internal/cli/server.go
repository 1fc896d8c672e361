package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// newServer is one stand-in store with TiKV's own command line, so that it can
// stand in TiKV's place in a Compose file. It is for tests of what is done to
// containers, on machines that cannot have TiKV's image.
func newServer(std IO) *cobra.Command {
	o := &options{}
	cfg := embedded.ServerConfig{Log: std.Err}
	var settings, logFile, logLevel string
	c := &cobra.Command{
		Use: "tikv-server", Short: "Run one stand-in store in the place of a TiKV server", Hidden: true, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if logFile != "" {
				f, err := os.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
				if err != nil {
					return err
				}
				defer f.Close()
				cfg.Log = f
			}
			cfg.Stores, cfg.Profile, cfg.SplitKeys = o.stores, o.profile, load.SplitKeys(o.records, o.regions)
			return embedded.Serve(c.Context(), cfg)
		},
	}
	f := c.Flags()
	f.StringVarP(&cfg.Addr, "addr", "A", "127.0.0.1:20160", "address to listen on")
	f.StringVar(&cfg.AdvertiseAddr, "advertise-addr", "", "address that clients are told")
	f.StringVar(&cfg.StatusAddr, "status-addr", "127.0.0.1:20180", "address of the status port")
	f.StringVar(&cfg.AdvertiseStatusAddr, "advertise-status-addr", "", "address of the status port that others are told")
	f.StringSliceVar(&cfg.PD, "pd-endpoints", []string{"127.0.0.1:2379"}, "PD's addresses")
	f.StringVarP(&cfg.DataDir, "data-dir", "s", "data", "directory of the data")
	f.StringVarP(&settings, "config", "C", "", "taken for TiKV's sake, and not read")
	f.StringVarP(&logFile, "log-file", "f", "", "file of the log; standard error when empty")
	f.StringVarP(&logLevel, "log-level", "L", "info", "taken for TiKV's sake")
	o.bindRecords(f)
	o.bindEmbedded(f)
	return c
}
