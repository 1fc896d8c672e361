package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dockerThat puts a docker command into PATH, before any other, which does what a
// script says in a directory of its own. Where a daemon is asked itself, it knows its
// ID and no image.
func dockerThat(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\ncd '"+dir+"'\n"+script+"\n"), 0o755))
	daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Api-Version", "1.41")
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = io.WriteString(w, `{"ID":"daemon-a"}`)
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = io.WriteString(w, `{"Version":"x","ApiVersion":"1.41","Os":"plan9","Arch":"mips"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"no such thing"}`)
		}
	}))
	t.Cleanup(daemon.Close)
	t.Setenv("DOCKER_HOST", "tcp://"+daemon.Listener.Addr().String())
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TIKV_DEMO_STATE_DIR", t.TempDir())
	return dir
}

// An attempt that failed leaves containers behind. They are the talk's own, whatever
// comes of the next attempt.
func TestADockerStartThatFailedMayBeTriedAgainAndIsTakenDown(t *testing.T) {
	dir := dockerThat(t, `
case "$*" in
ps\ *) cat up 2>/dev/null;;
inspect\ *) echo '[{"Id":"c1","Name":"/c1","State":{"Status":"running"},"Config":{"Labels":{"com.docker.compose.service":"pd-1"}}}]';;
*" config") echo 'services: {pd-1: {image: pd}}';;
*" up "*) echo c1 >up; echo "the disk is full" >&2; exit 1;;
*" down "*) rm -f up; echo down >>done;;
esac
exit 0`)
	state, err := stateDir()
	require.NoError(t, err)
	o := &options{cluster: clusterDocker, records: 10, regions: 1, docker: dockerOptions{project: "p"}}
	d, err := newDockerBackend(o, state)
	require.NoError(t, err)
	for range 3 {
		_, err = d.Start(t.Context(), func(string, int64, int64) {})
		require.ErrorContains(t, err, "the disk is full")
	}
	require.FileExists(t, filepath.Join(dir, "up"))
	require.NoError(t, d.Stop(t.Context()))
	require.NoFileExists(t, filepath.Join(dir, "up"), "nothing of a talk stays up")
	owned, err := filepath.Glob(filepath.Join(state, "compose", "*.owned"))
	require.NoError(t, err)
	require.Empty(t, owned)
}
