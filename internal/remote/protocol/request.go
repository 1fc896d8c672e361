package protocol

import "time"

// AnswerWithin bounds how long an intent waits for its answer. The screen answers
// within a frame; one that does not has other troubles.
const AnswerWithin = 5 * time.Second

// Request is one intent that waits for its answer.
type Request struct {
	Role, Name string
	Intent     Intent
	until      time.Time
	answer     chan Answer
}

// NewRequest makes a request whose answer comes out of the channel.
func NewRequest(role, name string, i Intent) (Request, <-chan Answer) {
	c := make(chan Answer, 1)
	return Request{Role: role, Name: name, Intent: i, until: time.Now().Add(AnswerWithin), answer: c}, c
}

// Expired says whether its sender was told meanwhile that nobody answers: then it
// must not be taken any more.
func (r Request) Expired(now time.Time) bool { return now.After(r.until) }

// Reply answers the request. It never blocks; the second reply to a request is
// dropped.
func (r Request) Reply(result, why string) {
	select {
	case r.answer <- Answer{ID: r.Intent.ID, Result: result, Why: why}:
	default:
	}
}
