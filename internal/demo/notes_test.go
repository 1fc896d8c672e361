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

func TestNotesAreCutWhereMarkdownIs(t *testing.T) {
	for name, c := range map[string]struct {
		notes string
		want  []NotePart
	}{
		"code within a line is no fence": {"```a``` b\n\nc", []NotePart{{Text: "```a``` b", Line: 1}, {Text: "c", Line: 3}}},
		"a fence ends with as many signs": {"````\na\n```\n\nb\n````\n\nc", []NotePart{
			{Text: "````\na\n```\n\nb\n````", Line: 1}, {Text: "c", Line: 8}}},
		"a fence does not end with a language": {"```\na\n```sh\n\nb\n```\n\nc", []NotePart{
			{Text: "```\na\n```sh\n\nb\n```", Line: 1}, {Text: "c", Line: 8}}},
		"a fence behind a mark":               {"[on: late] ```\na\n\nb\n```\n\nc", []NotePart{{On: "late", Text: "```\na\n\nb\n```", Line: 1}, {Text: "c", Line: 7}}},
		"the fence of an item":                {"- a\n\n- ```\n  b\n\n  c\n  ```\n\nd", []NotePart{{Text: "- a", Line: 1}, {Text: "- ```\n  b\n\n  c\n  ```", Line: 3}, {Text: "d", Line: 9}}},
		"a mark on a line of its own":         {"[on: fault]\n    a\n    b", []NotePart{{On: "fault", Text: "\n    a\n    b", Line: 1}}},
		"what looks like a definition within": {"a\n[b]: c\n\nd", []NotePart{{Text: "a\n[b]: c", Line: 1}, {Text: "d", Line: 4}}},
		"a mark alone":                        {"[on: fault]\n\na", []NotePart{{On: "fault", Line: 1}, {Text: "a", Line: 3}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, NoteParts(c.notes)) })
	}
}
