package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// stamped is the version that the build sets with -ldflags; "" where none did.
var stamped string

// version gives the program's version: the build's, else the module's or the
// commit's from the build information, as `go install` and `go build` leave it.
func version() string {
	v, b := stamped, (*debug.BuildInfo)(nil)
	if info, ok := debug.ReadBuildInfo(); ok {
		b = info
	}
	if v == "" {
		v = versionOf(b)
	}
	if b == nil {
		return v
	}
	return v + " (" + b.GoVersion + ")"
}

// versionOf reads a version off the build information.
func versionOf(b *debug.BuildInfo) string {
	if b == nil {
		return "unknown"
	}
	if v := b.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, dirty := "", ""
	for _, s := range b.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return cmp.Or(commit, "unknown") + dirty
}

func newVersion(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version, as --version does", Args: noArgs, Example: "  tikv-demo version",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.Out, "tikv-demo "+version())
			return err
		},
	}
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
