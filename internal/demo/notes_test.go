package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPartOfTheNotesIsWhole(t *testing.T) {
	parts := NoteParts("See [the runbook][rb], not [this].\n\n[on: late] Type:\n```\nkubectl get pods\n\n# then\n```\nand wait.\n\n~~~\n```\n\nstill code\n~~~\n\n[rb]: http://runbook\n[this]: http://this\n\nLast.")
	require.Equal(t, []NotePart{
		{Text: "See [the runbook][rb], not [this].\n\n[rb]: http://runbook\n[this]: http://this", Line: 1},
		{On: "late", Text: "Type:\n```\nkubectl get pods\n\n# then\n```\nand wait.", Line: 3},
		{Text: "~~~\n```\n\nstill code\n~~~", Line: 11},
		{Text: "Last.", Line: 20},
	}, parts)
}
