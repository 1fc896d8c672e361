package demo

import (
	"slices"
	"strings"
	"time"
)

// Version is one diagnosis of a ticket. A step down the ladder, and an answer
// that is asked for again, leave the ones before it on the ticket.
type Version struct {
	At     time.Time
	Source string
	Prose  string             // what it had said when another took over; the latest one's is State.Prose
	Ended  string             // why it gave no answer, "" while that is not known
	Answer *DiagnosisFinished // nil where it gave none

	AnsweredAt time.Time // zero where it gave none
}

// versionsKept of one ticket: a ladder has three rungs, and few ask again.
const versionsKept = 12

// beginVersion adds a diagnosis to its ticket, and closes the one before it.
func (m *machine) beginVersion(at time.Time, b DiagnosisStarted) {
	m.onTicket(b.Ticket, func(t *Ticket) {
		if n := len(t.Versions); n > 0 && t.Versions[n-1].Answer == nil {
			last := &t.Versions[n-1]
			last.Prose, last.Ended = m.Prose, reasonOf(last.Source, b.Why)
		}
		t.Versions = keep(t.Versions, Version{At: at, Source: b.Source}, versionsKept)
	})
}

// answerVersion keeps the answer of the latest diagnosis.
func (m *machine) answerVersion(at time.Time, b *DiagnosisFinished) {
	if m.Asking == nil {
		return
	}
	m.onTicket(m.Asking.Ticket, func(t *Ticket) {
		if n := len(t.Versions); n > 0 {
			t.Versions[n-1].Answer, t.Versions[n-1].AnsweredAt = b, at
		}
	})
}

// onTicket changes a copy of a ticket: older states may hold it.
func (m *machine) onTicket(id string, change func(*Ticket)) {
	m.Tickets = slices.Clone(m.Tickets)
	for i := range m.Tickets {
		if m.Tickets[i].ID == id {
			m.Tickets[i].Versions = slices.Clone(m.Tickets[i].Versions)
			change(&m.Tickets[i])
		}
	}
}

// reasonOf takes out of the reasons of all who gave no answer that of one.
func reasonOf(source, why string) string {
	for reason := range strings.SplitSeq(why, "; ") {
		if r, ok := strings.CutPrefix(reason, source+": "); ok {
			return r
		}
	}
	return ""
}
