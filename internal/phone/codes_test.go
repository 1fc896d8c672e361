package phone

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATalkThatWasKilledFindsItsCodesAgain(t *testing.T) {
	dir := t.TempDir()
	codes, _, err := KeepCodes(dir, "192.168.1.5:8765")
	require.NoError(t, err)
	require.True(t, codes.whole())
	name := filepath.Join(dir, "phone-192.168.1.5:8765.json")
	st, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode().Perm())

	again, forget, err := KeepCodes(dir, "192.168.1.5:8765")
	require.NoError(t, err)
	require.Equal(t, codes, again)
	other, _, err := KeepCodes(dir, "192.168.1.6:8765")
	require.NoError(t, err)
	require.NotEqual(t, codes, other)

	require.NoError(t, forget())
	require.NoError(t, forget())
	fresh, _, err := KeepCodes(dir, "192.168.1.5:8765")
	require.NoError(t, err)
	require.NotEqual(t, codes, fresh)
}

func TestCodesThatNobodyDrewAreDrawnAnew(t *testing.T) {
	dir := t.TempDir()
	for _, bad := range []string{"", "{}", `{"speaker":"a","clicker":"b"}`, `{"speaker":"AAAAAAAAAAAAAAAAAAAAAA","clicker":"AAAAAAAAAAAAAAAAAAAAAA"}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "phone-a.json"), []byte(bad), 0o644))
		codes, _, err := KeepCodes(dir, "a")
		require.NoError(t, err)
		require.True(t, codes.whole(), bad)
	}
}
