package tui

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMarksUnderTheChartNeverCutAWordNorStandOnEachOther(t *testing.T) {
	for _, c := range []struct {
		fault, recovered int
		want             string
	}{
		{2, 12, "  ▲ fault   ▲ recovered     "},
		{8, 14, "  fault ▲     ▲ recovered   "},
		{4, 26, "    ▲ fault     recovered ▲ "},
		{20, 26, "              fault ▲     ▲ "},
		{1, 3, " ▲ ▲ recovered              "},
	} {
		require.Equal(t, c.want, markLine(28, []mark{{c.recovered, "recovered"}, {c.fault, "fault"}}))
	}
	require.Equal(t, "     fault ▲", markLine(12, []mark{{11, "fault"}}))
}
