package diagnose

import (
	"cmp"
	"net/url"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// apiAddress is where the client library asks when nobody chose another place.
const apiAddress = "https://api.anthropic.com"

// A sender is a diagnoser that sends something away.
type sender interface {
	outgoing(b Bundle) demo.OutgoingSeen
}

// Outgoing gives what a diagnosis of a ticket sends away from this machine, as
// it is sent, and where to. Later questions of the same diagnosis add what the
// tools show, which is the same evidence.
func (a *Analyst) Outgoing(ticket string) demo.OutgoingSeen {
	b, ok := a.Bundle(ticket)
	if !ok {
		return demo.OutgoingSeen{Why: "no evidence was frozen for ticket " + ticket}
	}
	if s, ok := a.who.(sender); ok {
		return s.outgoing(b)
	}
	return stays(a.who.Name())
}

func stays(who string) demo.OutgoingSeen {
	return demo.OutgoingSeen{Why: who + " looks at the evidence on this machine alone"}
}

func (l *Ladder) outgoing(b Bundle) demo.OutgoingSeen {
	for _, r := range l.rungs {
		if s, ok := r.(sender); ok {
			return s.outgoing(b)
		}
	}
	return stays(l.Name())
}

func (c *Claude) outgoing(b Bundle) demo.OutgoingSeen {
	var o demo.OutgoingSeen
	if err := c.ready(); err != nil {
		o.Why = err.Error()
	}
	text, err := c.Outgoing(b)
	if err != nil {
		o.Why = "it cannot be written"
		return o
	}
	o.Text = string(text)
	if to, err := url.Parse(cmp.Or(c.cfg.BaseURL, apiAddress)); err == nil {
		o.To = line(to.JoinPath("v1", "messages").Redacted(), c.cfg.Key, maxItem)
	}
	return o
}
