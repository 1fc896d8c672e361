package netem

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestAKernelWithoutNetemIsUnderstood(t *testing.T) {
	require.NoError(t, explain(nil))
	for _, err := range []error{unix.ENOENT, unix.EOPNOTSUPP} {
		require.ErrorContains(t, explain(err), "this kernel has no netem")
	}
	require.Equal(t, unix.EPERM, explain(unix.EPERM))
}
