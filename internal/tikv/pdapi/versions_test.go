package pdapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersionsAreWhatTheClusterSaysOfItself(t *testing.T) {
	for name, c := range map[string]struct {
		members, stores string
		want            map[string]string
	}{
		"all the same":    {`{"members":[{"binary_version":"v8.5.4"}]}`, `{"stores":[{"store":{"version":"8.5.4"}},{"store":{"version":"8.5.4"}}]}`, map[string]string{"pd": "v8.5.4", "tikv": "8.5.4"}},
		"half upgraded":   {`{"members":[{"binary_version":"v8.5.4"},{"binary_version":"v8.5.0"}]}`, `{"stores":[]}`, map[string]string{"pd": "v8.5.0, v8.5.4"}},
		"built by hand":   {`{"members":[{"binary_version":"None"}]}`, `{"stores":[{"store":{}}]}`, map[string]string{}},
		"no answer":       {`<html>`, `{`, map[string]string{}},
		"hostile version": {`{"members":[{"binary_version":"v8\u001b]0;x\u0007\n9"}]}`, `{}`, map[string]string{"pd": "v8 9"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := c.stores
				if r.URL.Path == "/pd/api/v1/members" {
					answer = c.members
				}
				_, _ = w.Write([]byte(answer))
			}))
			defer srv.Close()
			pd := New([]string{srv.URL})
			defer pd.Close()
			require.Equal(t, c.want, pd.Versions(t.Context()))
		})
	}
}
