package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestLinesArePressesWhereThereIsNoScreen(t *testing.T) {
	out := make(chan demo.Asked)
	go readPresses(t.Context(), strings.NewReader("\n y \nn\n2\nwhat?\na\nq\n"), out)
	var got []demo.Asked
	for p := range out {
		got = append(got, p)
	}
	require.Equal(t, []demo.Asked{
		{Intent: demo.Advance}, {Intent: demo.Confirm}, {Intent: demo.Dismiss}, {Intent: demo.Choose, N: 2}, {Intent: demo.Decide}, {Intent: demo.Quit},
	}, got)
}
