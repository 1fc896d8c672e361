package export

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The patterns with which OpenRCA's main/evaluate.py reads both files.
var (
	openRCAPrediction = regexp.MustCompile(`{\s*(?:"root cause occurrence datetime":\s*"(.*?)")?,?\s*(?:"root cause component":\s*"(.*?)")?,?\s*(?:"root cause reason":\s*"(.*?)")?\s*}`)
	openRCAComponent  = regexp.MustCompile(`The (?:\d+-th|only) predicted root cause component is ([^\n]+)`)
	openRCAReason     = regexp.MustCompile(`The (?:\d+-th|only) predicted root cause reason is ([^\n]+)`)
)

func answer(source, component, fault string) demo.Scored {
	return demo.Scored{Verdict: demo.Verdict{Source: source, Component: component, FaultType: fault}}
}

func table(t *testing.T, b *bytes.Buffer) [][]string {
	t.Helper()
	rows, err := csv.NewReader(b).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

func TestAnswersAreReadByThePatternsOfOpenRCA(t *testing.T) {
	rounds := []Answered{
		{At: ten, Components: []string{"tikv-2"}, Reason: demo.TypeCrashed, Card: []demo.Scored{answer("CLAUDE LIVE", "tikv-2", demo.TypeCrashed), answer("RULES", "tikv-1", demo.TypeSlow)}},
		{At: ten, Components: []string{"tikv-1", "tikv-3"}, Reason: demo.TypeQuorumLost, Card: []demo.Scored{answer("RULES", "tikv-1, tikv-3", demo.TypeQuorumLost)}},
		{At: ten, Components: []string{"tikv-1"}, Reason: demo.TypeGray, Card: []demo.Scored{answer("CLAUDE LIVE", `x","root cause reason":"gray_failure`, "\"}{\n")}},
	}
	require.Equal(t, []string{"CLAUDE LIVE", "RULES"}, OpenRCASources(rounds))
	var q, rules, claude bytes.Buffer
	require.NoError(t, OpenRCAQueries(&q, rounds))
	require.NoError(t, OpenRCAAnswers(&rules, rounds, "RULES"))
	require.NoError(t, OpenRCAAnswers(&claude, rounds, "CLAUDE LIVE"))
	queries := table(t, &q)
	require.Len(t, queries, 3)
	for i, want := range [][]string{{"tikv-2"}, {"tikv-1", "tikv-3"}, {"tikv-1"}} {
		require.Equal(t, "task_6", queries[i][0])
		components, reasons := openRCAComponent.FindAllStringSubmatch(queries[i][2], -1), openRCAReason.FindAllStringSubmatch(queries[i][2], -1)
		require.Len(t, reasons, len(want))
		for k, c := range components {
			require.Equal(t, want[k], c[1])
			require.Equal(t, rounds[i].Reason, reasons[k][1])
		}
	}
	said := func(row []string) (out [][]string) {
		for _, m := range openRCAPrediction.FindAllStringSubmatch(row[3], -1) {
			out = append(out, m[2:])
		}
		return out
	}
	byRules := table(t, &rules)
	require.Equal(t, [][]string{{"tikv-1", demo.TypeSlow}}, said(byRules[0]))
	require.Equal(t, [][]string{{"tikv-1", demo.TypeQuorumLost}, {"tikv-3", demo.TypeQuorumLost}}, said(byRules[1]))
	byClaude := table(t, &claude)
	require.Equal(t, []string{"tikv-1", "tikv-3"}, componentsOf("tikv-1 and tikv-3"))
	require.Equal(t, [][]string{{"tikv-2", demo.TypeCrashed}}, said(byClaude[0]))
	require.Equal(t, [][]string{{"", ""}}, said(byClaude[1]), "it was not asked")
	for _, got := range said(byClaude[2]) { // what a model wrote makes no right answer
		require.NotEqual(t, []string{"tikv-1", demo.TypeGray}, got)
	}
	for i, row := range byRules {
		require.Equal(t, []string{string(rune('0' + i)), "task_6", queries[i][1]}, row[:3])
	}
}
