package diagnose

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// frozenFor is an analyst that has frozen the evidence of a killed store.
func frozenFor(t *testing.T, who Diagnoser) *Analyst {
	t.Helper()
	a := NewAnalyst(Config{}, who)
	a.bundles["T-1"] = killed(t)
	return a
}

// What is shown is what is sent: the first request that arrives, word for word.
func TestWhatIsShownToLeaveIsWhatLeaves(t *testing.T) {
	server := newActor(t, good)
	a := frozenFor(t, NewLadder(NewClaude(ClaudeConfig{Key: fakeKey, BaseURL: server.URL}), nil))
	shown := a.Outgoing("T-1")
	require.Equal(t, server.URL+"/v1/messages", shown.To)
	require.Empty(t, shown.Why)
	require.NotContains(t, shown.Text, fakeKey)

	_, err := a.Diagnose(t.Context(), "T-1", func(demo.Body) {})
	require.NoError(t, err)
	var sent, said map[string]any
	require.NoError(t, json.Unmarshal([]byte(server.requests()[0].body), &sent))
	require.NoError(t, json.Unmarshal([]byte(shown.Text), &said))
	require.Equal(t, true, sent["stream"])
	delete(sent, "stream") // how it is answered, not what is told
	require.Equal(t, sent, said)
}

func TestItIsSaidWhyNothingLeaves(t *testing.T) {
	without := frozenFor(t, NewLadder(NewClaude(ClaudeConfig{}), nil)).Outgoing("T-1")
	require.Equal(t, "there is no key in ANTHROPIC_API_KEY", without.Why)
	require.Equal(t, "https://api.anthropic.com/v1/messages", without.To)
	require.Contains(t, without.Text, "is gone", "what would leave with one")

	for _, who := range []Diagnoser{Rules(), NewLadder(nil, NewRecorded(""))} {
		o := frozenFor(t, who).Outgoing("T-1")
		require.Equal(t, demo.OutgoingSeen{Why: who.Name() + " looks at the evidence on this machine alone"}, o)
	}
	require.Equal(t, "no evidence was frozen for ticket T-2", frozenFor(t, Rules()).Outgoing("T-2").Why)
}
