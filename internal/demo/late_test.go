package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A slow Docker daemon took longer to start the cluster than its gate may stay
// closed, and a play without a presenter failed with "the cluster is not up yet".
func TestAGateIsNotGivenUpWhileItsEffectIsAtWork(t *testing.T) {
	p := newPlay(t, Options{Auto: true})
	p.run("tick 3s; tick 1m0s")
	require.Nil(t, p.Finished, p.trace.String())
	require.True(t, p.Visits[1].Late, "a screen says that it takes long")
	p.run("tick 1m0s; answer")
	require.Nil(t, p.Finished)
	p.run("tick 1m0s")
	require.NotNil(t, p.Finished, "the cluster is started, and still not well")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
}
