package cli

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A library asks the terminal for its colours before main begins, and waits 5 s for the
// answer of one that gives none. A shell may have no TERM.
func TestATerminalWithoutANameIsNotAsked(t *testing.T) {
	cmd := exec.Command(program, "version")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TERM=") || strings.HasPrefix(v, "CI=") // where CI is set nobody is asked
	})
	f, err := pty.Start(cmd)
	require.NoError(t, err)
	defer f.Close()
	said, _ := io.ReadAll(f) // Linux ends it with EIO
	require.NoError(t, cmd.Wait())
	require.Contains(t, string(said), "tikv-demo ")
	require.NotContains(t, string(said), "\x1b")
}
