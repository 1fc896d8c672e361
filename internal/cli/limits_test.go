package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/runner"
)

// With the two the other way round, a store that took its time over SIGTERM was
// given up on while it ended.
func TestTheLimitOfAFaultIsLongerThanTheLimitOfAStop(t *testing.T) {
	require.Greater(t, runner.FaultLimit, chaos.StopLimit)
}

// With the two alike, the end of the talk said only that time was up, and not which
// node is still broken and why.
func TestTheLimitOfTheEndIsLongerThanTheLimitOfARepair(t *testing.T) {
	require.Greater(t, runner.CloseLimit, chaos.HealLimit)
}
