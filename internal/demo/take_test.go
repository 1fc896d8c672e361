package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryIntentHasAWordInTheRecord(t *testing.T) {
	for i := Advance; i <= Pause; i++ {
		word, err := i.MarshalText()
		require.NoError(t, err)
		require.Regexp(t, "^[a-z]+$", string(word), "intent %d", i)
		var back Intent
		require.NoError(t, back.UnmarshalText(word))
		require.Equal(t, i, back)
	}
}

// What is rounded is a copy: the body that was given stays as it is.
func TestRoundedChangesACopy(t *testing.T) {
	plan := Plan{Expect: []Expectation{{After: Millis(1500 * time.Microsecond)}}}
	got, ok := Rounded(FaultPlanned{Plan: plan}).(FaultPlanned)
	require.True(t, ok)
	require.Equal(t, Millis(2*time.Millisecond), got.Plan.Expect[0].After)
	require.Equal(t, Millis(1500*time.Microsecond), plan.Expect[0].After)
	load, ok := Rounded(LoadSeen{LoadSample{P99: Micros(1999 * time.Nanosecond)}}).(LoadSeen)
	require.True(t, ok)
	require.Equal(t, Micros(time.Microsecond), load.P99)
	at := time.Unix(1, 1)
	require.Equal(t, HealthSeen{Snapshot{LastUpdated: at}}, Rounded(HealthSeen{Snapshot{LastUpdated: at}}))
}
