package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Hours later is too late to hear that the screen is recorded no more. A limit stands for
// a full disk: the cluster has its own, which is not changed.
func TestARecordingOfTheScreenThatStopsIsToldDuringTheTalk(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	path := filepath.Join(state, "talk.cast")
	s := onScreen(t, state, "run", "--log", "on", "--cast", path)
	s.shows("Welcome")
	s.press(pageDown)
	s.until(state, `"kind":"cluster.ready"`)
	st, err := os.Stat(path)
	require.NoError(t, err)
	most := uint64(st.Size())
	require.NoError(t, unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: most}, nil))
	require.Eventually(t, func() bool { return s.tells("recording of the screen stopped") }, awaitLimit, awaitEvery)
	s.leave()
	require.True(t, s.tells("the recording of the screen is not whole"), "and once more at the end")
	require.FileExists(t, path, "what was recorded until then is kept")
	s.requireWhole()
}
