package demo

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unverified is a play that nothing verifies, at its last chapter: the chapter files
// of a talk cannot say so any more, a record of one can.
func unverified(t *testing.T, o Options, script string) *play {
	p := newPlay(t, o)
	p.Chapters = slices.Clone(p.Chapters)
	p.Chapters[7].OnEnter, p.Chapters[7].Gate = "", ""
	p.run(script)
	require.True(t, p.last())
	require.Nil(t, p.Ledger)
	return p
}

// However a play ends of which nothing was read again, it has not come to its end.
func TestOnlyAVerifiedPlayIsComplete(t *testing.T) {
	toLast := toRecovered + "; tick 3s"
	p := unverified(t, Options{}, toLast)
	p.run("quit")
	assert.Equal(t, OutcomeQuit, p.Finished.Outcome)
	assert.False(t, p.Finished.Verified)

	p = unverified(t, Options{}, toLast)
	p.run("restart; yes")
	assert.Contains(t, p.trace.String(), "finish(quit) reset")

	alone := loopToRecovery + "; tick 3s"
	p = unverified(t, Options{Auto: true}, alone)
	p.run("tick 3s")
	assert.Equal(t, OutcomeQuit, p.Finished.Outcome)

	p = unverified(t, Options{Auto: true, Loop: true}, alone)
	p.run("tick 15s")
	assert.Contains(t, p.trace.String(), "finish(quit) reset")

	p = newPlay(t, Options{})
	p.run(toComplete + "; quit")
	assert.Equal(t, OutcomeComplete, p.Finished.Outcome)
	assert.True(t, p.Finished.Verified)
}
