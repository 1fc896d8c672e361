package compose

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

// Between two attempts of one talk somebody may bring the cluster up, or take it down.
func TestTheDutyToTakeAClusterDownOverSeveralAttempts(t *testing.T) {
	const nobody, somebody = false, true
	for name, x := range map[string]struct {
		first, then bool // whether containers were there
		disowned    bool // by `cluster up` or `cluster down` in between
		duty        bool
	}{
		"half of it was started":              {nobody, somebody, false, true},
		"nothing was started":                 {nobody, nobody, false, true},
		"it was somebody else's":              {somebody, somebody, false, false},
		"it was, and they have taken it down": {somebody, nobody, false, true},
		"somebody has brought it up by hand":  {nobody, somebody, true, false},
		"somebody has taken it down by hand":  {nobody, nobody, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			command(t, dir, "docker", `
case "$1" in
ps) cat '`+dir+`/up' 2>/dev/null;;
inspect) echo '[{"Id":"c1","Config":{"Labels":{"com.docker.compose.service":"pd-1"}}}]';;
*) case "$*" in *" down "*) : >'`+dir+`/down';; esac;;
esac
exit 0`)
			t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			there := func(is bool) {
				if is {
					require.NoError(t, os.WriteFile(filepath.Join(dir, "up"), []byte("c1"), 0o600))
					return
				}
				require.NoError(t, os.RemoveAll(filepath.Join(dir, "up")))
			}
			cfg := Config{Project: "p", StateDir: t.TempDir(), At: dockerhost.Endpoint{Host: dockerhost.Local}}
			there(x.first)
			var none *Owned
			own, err := none.Again(t.Context(), cfg)
			require.NoError(t, err)
			there(x.then)
			if x.disowned {
				require.NoError(t, Disown(cfg))
			}
			own, err = own.Again(t.Context(), cfg)
			require.NoError(t, err)
			require.NoError(t, own.End(t.Context()))
			_, err = os.Stat(filepath.Join(dir, "down"))
			require.Equal(t, x.duty, err == nil)
		})
	}
}
