package compose

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

// Each of two talks on one cluster found the other's writes, whoever had brought
// the cluster up.
func TestAProjectIsForOneRunAtATime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	at := dockerhost.Endpoint{Host: dockerhost.Local}
	cfg := Config{Project: "p", StateDir: t.TempDir(), At: at}
	who, err := HeldBy(cfg)
	require.NoError(t, err)
	require.Empty(t, who)
	first, err := Hold(cfg, "tikv-demo run --cluster docker")
	require.NoError(t, err)

	other := Config{Project: "p", StateDir: t.TempDir(), At: at}
	_, err = Hold(other, "tikv-demo run")
	require.ErrorIs(t, err, ErrPrecondition)
	require.ErrorContains(t, err, "another run uses the project p: `tikv-demo run --cluster docker`, process ")
	who, err = HeldBy(other)
	require.NoError(t, err)
	require.Contains(t, who, "tikv-demo run --cluster docker")

	elsewhere := Config{Project: "p", StateDir: cfg.StateDir, At: dockerhost.Endpoint{Host: "unix:///other.sock"}}
	second, err := Hold(elsewhere, "tikv-demo run")
	require.NoError(t, err, "a project of this name on another daemon is another one")
	require.NoError(t, second.Release())

	require.NoError(t, first.Release())
	require.NoError(t, first.Release(), "twice changes nothing")
	again, err := Hold(other, "tikv-demo run")
	require.NoError(t, err)
	require.NoError(t, again.Release())
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Len(t, left, 1)
	files, err := os.ReadDir(os.TempDir() + "/" + left[0].Name())
	require.NoError(t, err)
	require.Empty(t, files)
}
