package cli

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// version is set by the build.
var version = "unknown"

func newVersion(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.Out, "tikv-demo "+version+goVersion())
			return err
		},
	}
}

func goVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return " (" + b.GoVersion + ")"
	}
	return ""
}

// stateDir is where records, logs, ledgers and the cluster's data are.
func stateDir() (string, error) {
	dir, err := journal.StateDir()
	if err != nil {
		return "", precondition("no state directory: %w; set TIKV_DEMO_STATE_DIR", err)
	}
	return dir, nil
}

// nodeNames gives the names of n nodes of a kind.
func nodeNames(kind string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s-%d", kind, i+1))
	}
	return out
}

// stopBounded stops a cluster although the command's own context is over.
func stopBounded(c *embedded.Cluster) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return c.Stop(ctx)
}
