package embedded

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No node is handed a secret of this program's: what stands in the environment of
// a process stands in /proc, and in whatever it leaves when it crashes.
func TestNoNodeIsGivenASecret(t *testing.T) {
	const secret = "sk-ant-0123456789"
	for _, name := range []string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "AWS_SECRET_ACCESS_KEY", "SOME_KEY"} {
		t.Setenv(name, secret)
	}
	t.Setenv("TZ", "UTC")
	for _, v := range childEnvironment(os.Environ()) {
		require.NotContains(t, v, secret)
	}
	require.Contains(t, childEnvironment(os.Environ()), "TZ=UTC")
	if runtime.GOOS != "linux" {
		t.Skip("/proc shows what a process was given on Linux alone")
	}
	for _, p := range start(t).Processes() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
		require.NoError(t, err)
		given := strings.Split(string(b), "\x00")
		require.True(t, slices.Contains(given, "TZ=UTC"), "%s: %q", p.Name, given)
		require.NotContains(t, string(b), secret, p.Name)
		require.NotContains(t, string(b), "ANTHROPIC", p.Name)
	}
}
