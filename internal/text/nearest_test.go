package text

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheNearestWordIsMeant(t *testing.T) {
	known := []string{"kill", "stop", "pause", "partition", "latency", "loss", "gray", "pd-kill", "quorum-loss"}
	for word, want := range map[string]string{
		"kil": "kill", "klil": "kill", "KILL": "kill", "partiton": "partition", "part": "partition",
		"grey": "gray", "pdkill": "pd-kill", "quorumloss": "quorum-loss", "los": "loss",
		"flood": "", "x": "", "": "",
	} {
		require.Equal(t, want, Nearest(word, known), word)
	}
}
