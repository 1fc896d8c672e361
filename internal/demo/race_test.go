package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhenTheControlPlaneFirstMissesTheTargetIsKept(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark + "; lamps up")
	require.True(t, p.StillTrusted())
	require.Zero(t, p.DoubtedAt)

	old := p.lamps("out")
	old.LastUpdated = p.FaultAt
	p.apply("an old look", Event{Body: HealthSeen{Snapshot: old}})
	failed := p.lamps("out")
	failed.Error = "no answer"
	p.apply("no look", Event{Body: HealthSeen{Snapshot: failed}})
	require.Zero(t, p.DoubtedAt, "neither of these says anything new")

	p.run("lamps out")
	first := p.at
	require.Equal(t, first, p.DoubtedAt)
	require.False(t, p.StillTrusted())
	p.run("lamps up; lamps out")
	require.Equal(t, first, p.DoubtedAt)
}
