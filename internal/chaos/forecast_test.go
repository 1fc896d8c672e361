package chaos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestEachFaultIsForetoldInEachProfile(t *testing.T) {
	for _, profile := range []string{"stage", "real"} {
		for _, kind := range Catalogue() {
			told := kind.Forecast(profile)
			require.NotEmpty(t, told, "%s, %s", kind.Name, profile)
			require.True(t, slices.IsSortedFunc(told, func(a, b demo.Expectation) int { return int(a.After - b.After) }), kind.Name)
		}
	}
	require.Nil(t, killFault().Forecast("another"), "nobody knows")
}

func TestNoSignalIsForetoldThatTheFaultDoesNotGive(t *testing.T) {
	signals := func(kind Type) (names []string) {
		for _, x := range kind.Forecast("stage") {
			names = append(names, x.Signal)
		}
		return names
	}
	require.Equal(t, demo.SignalNames(), signals(killFault()))
	require.Equal(t, []string{demo.SignalStatusProbe, demo.SignalPDSilent, demo.SignalPDDisconnected}, signals(pdKillFault()))
	require.NotContains(t, signals(grayFault()), demo.SignalStatusProbe, "its status port answers")
	require.NotContains(t, signals(quorumLossFault()), demo.SignalLeaderMoved, "there is nobody to elect")
	require.Equal(t, []string{demo.SignalClientErrors, demo.SignalSlowProbe}, signals(latencyFault()))
}
