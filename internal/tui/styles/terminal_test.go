package styles

import (
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/guard"
)

// The terminal of a talk is guarded: nobody waits for it when it is not read.
func TestAGuardedTerminalHasItsColours(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("COLORTERM", "truecolor")
	t.Setenv("NO_COLOR", "")
	control, terminal, err := pty.Open()
	require.NoError(t, err)
	defer func() { _, _ = control.Close(), terminal.Close() }()
	for name, out := range map[string]io.Writer{"bare": terminal, "guarded": guard.NewOutput(terminal, nil)} {
		s := New(out, Light)
		require.Equal(t, termenv.TrueColor, s.profile, name)
		require.Equal(t, Light, s.Name(), name)
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	require.Equal(t, Mono, New(guard.NewOutput(file, nil), Light).Name(), "a file is no terminal")

	t.Setenv("NO_COLOR", "1")
	require.Equal(t, Mono, New(guard.NewOutput(terminal, nil), Light).Name())
}
