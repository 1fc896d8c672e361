package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATicketKeepsEveryVersionOfItsDiagnosis(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket + "; press")
	p.apply("claude", Event{Body: DiagnosisStarted{Source: "CLAUDE LIVE", Ticket: "T-1"}})
	p.apply("claude", Event{Body: DiagnosisDelta{Source: "CLAUDE LIVE", Text: "It is the"}})
	before := p.Tickets[0]
	p.apply("recorded", Event{Body: DiagnosisStarted{Source: "RECORDED", Ticket: "T-1", Why: "CLAUDE LIVE: cut off"}})
	p.apply("rules", Event{Body: DiagnosisStarted{Source: "RULES", Ticket: "T-1", Why: "CLAUDE LIVE: cut off; RECORDED: no answer was recorded for it"}})
	p.run("answer")
	got := p.Tickets[0].Versions
	require.Len(t, got, 3)
	require.Equal(t, Version{At: got[0].At, Source: "CLAUDE LIVE", Prose: "It is the", Ended: "cut off"}, got[0])
	require.Equal(t, "no answer was recorded for it", got[1].Ended)
	require.Equal(t, p.Answer, got[2].Answer)
	require.Len(t, before.Versions, 1, "an older state is as it was")
	require.Empty(t, before.Versions[0].Ended)

	p.apply("again", Event{Body: DiagnosisStarted{Source: "RULES", Ticket: "T-1"}})
	got = p.Tickets[0].Versions
	require.Len(t, got, 4)
	require.NotNil(t, got[2].Answer, "asked again: the answer before stays")
	require.Nil(t, got[3].Answer)
	for range 2 * versionsKept {
		p.apply("again", Event{Body: DiagnosisStarted{Source: "RULES", Ticket: "T-1"}})
	}
	require.Len(t, p.Tickets[0].Versions, versionsKept)
}
