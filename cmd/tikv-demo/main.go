// Command tikv-demo runs an interactive demo in eight chapters on a live cluster.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/tikv-demo/tikv-demo/internal/cli"
	"github.com/tikv-demo/tikv-demo/internal/early"
	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

func main() {
	early.Done()
	// A node of the embedded cluster is this same binary; it must start fast, so
	// it branches off before anything else is set up.
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == guard.Command {
		os.Exit(guard.Main(os.Args[2:]))
	}
	// A reader that goes away (| head) must not kill the talk before it has
	// cleaned up: writes then fail with EPIPE instead.
	signal.Ignore(syscall.SIGPIPE)
	std := cli.Stdio()
	os.Exit(cli.Main(std.Leaving.Context(), os.Args[1:], std))
}
