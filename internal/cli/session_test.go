package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// A chapter that failed is tried again with the same session: what could not be made
// is made then, once the presenter has made room for it.
func TestALedgerThatCannotBeOpenedMayBeTriedAgain(t *testing.T) {
	for name, backendIn := range map[string]func(o *options, state string) backend{
		clusterEmbedded: func(o *options, state string) backend {
			return &embeddedBackend{o: o, stateDir: state, cluster: &embedded.Cluster{}}
		},
		clusterDocker: func(o *options, state string) backend { return &dockerBackend{o: o, stateDir: state} },
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			inTheWay := filepath.Join(state, "faults")
			require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
			o := &options{cluster: name, fault: "kill"}
			s := &session{o: o, stateDir: state, backend: backendIn(o, state)}
			for range 2 {
				_, err := sessionChaos{s}.Plan(demo.Snapshot{}, 0)
				require.ErrorContains(t, err, inTheWay)
			}
			made, err := s.backend.Chaos()
			require.ErrorContains(t, err, inTheWay)
			require.True(t, made == nil && s.chaos == nil, "no nil pointer in an interface")
			require.NoError(t, os.Remove(inTheWay))
			_, err = sessionChaos{s}.Plan(demo.Snapshot{}, 0)
			require.ErrorContains(t, err, "no store", "it plans, and the picture is empty")
		})
	}
}
