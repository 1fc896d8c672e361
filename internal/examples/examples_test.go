package examples

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// There is an example of each fault: a whole record of a talk that went well.
func TestThereIsAGoodRunOfEachFault(t *testing.T) {
	var faults []string
	for _, f := range chaos.Catalogue() {
		faults = append(faults, f.Name)
	}
	require.ElementsMatch(t, faults, Names())
	for _, fault := range Names() {
		t.Run(fault, func(t *testing.T) {
			r, err := Open(fault)
			require.NoError(t, err)
			report, err := journal.Verify(r)
			require.NoError(t, err)
			require.True(t, report.Whole(), report.Faults)
			require.Len(t, report.Seals, 1)

			r, err = Open(fault)
			require.NoError(t, err)
			var s demo.State
			in := journal.NewReader(r)
			for e, err := range in.Inputs() {
				require.NoError(t, err)
				if begun, ok := e.Body.(demo.PlayBegun); ok {
					s = demo.Resume(begun, e.At)
				} else {
					s, _ = demo.Take(s, e)
				}
			}
			require.Zero(t, in.Damaged)
			require.NotNil(t, s.Finished)
			require.Equal(t, demo.OutcomeComplete, s.Finished.Outcome)
			require.Zero(t, s.Finished.Lost)
			require.Equal(t, fault, s.Plan.Fault)
			require.True(t, s.Answer.Correct)
			require.NotNil(t, s.Recovered)
		})
	}
}

func TestAnUnknownExampleIsAnErrorThatNamesThem(t *testing.T) {
	_, err := Open("../examples")
	require.ErrorContains(t, err, "kill")
}
