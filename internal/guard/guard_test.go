package guard

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALongReportKeepsItsCauseAndItsEnd(t *testing.T) {
	cause := "panic: the lamp fell down\n"
	kept := last(strings.NewReader(cause + strings.Repeat("goroutine 1\n", 20000) + goodbye))
	require.LessOrEqual(t, len(kept), reportLimit)
	require.True(t, strings.HasPrefix(kept, cause))
	require.True(t, strings.HasSuffix(kept, goodbye))
	require.Equal(t, "short", last(strings.NewReader("short")))
}

func TestAReportCannotHarmTheTerminal(t *testing.T) {
	told := said("panic: \x1b]0;owned\x07 fell\n\tmain.go:1\n")
	require.NotContains(t, told, "\x1b")
	require.Contains(t, told, "    main.go:1\n")
	require.Contains(t, told, "tikv-demo heal")
}
