package demo

import "slices"

// A play that nobody looks on (Options.Unseen) is for measuring. It makes no
// pause for an audience, and it goes on where a talk would have failed: a ticket that
// does not come is a finding, and so is one for a node that nothing was done to.
// The cause is asked for all the same, so that "nothing is wrong" can be said.

// FaultNone is the name of the fault of a play in which nothing is broken.
const FaultNone = "none"

// Nothing says whether a plan is to do nothing.
func (p Plan) Nothing() bool { return p.Fault == FaultNone }

// ticketToAsk gives the ticket whose cause is asked for: the target's. Where it
// has none an unseen play takes the first that came after the fault, whatever it
// is about, and without any the zero ticket.
func (s State) ticketToAsk() (TicketOpened, bool) {
	if t, ok := s.TargetTicket(); ok {
		return t.TicketOpened, true
	}
	if !s.Options.Unseen {
		return TicketOpened{}, false
	}
	for _, t := range s.Tickets {
		if s.FaultBegun() && !t.OpenedAt.Before(s.FaultAt) {
			return t.TicketOpened, true
		}
	}
	return TicketOpened{}, true
}

// AskedTicket gives the ticket that the answer is about.
func (s State) AskedTicket() (Ticket, bool) {
	for _, t := range s.Tickets {
		if s.Asking != nil && s.Asking.Ticket == t.ID {
			return t, true
		}
	}
	return Ticket{}, false
}

// FalseTickets counts the tickets that stand for nothing: those of before the
// fault, all where nothing was broken, and those for a healthy node. What is not
// about a node, such as the workload, is a consequence.
func (s State) FalseTickets() int {
	n := 0
	for _, t := range s.Tickets {
		_, node := s.Before.Node(t.Target)
		switch {
		case !s.FaultBegun() || t.OpenedAt.Before(s.FaultAt) || s.Plan.Nothing():
			n++
		case node && !slices.Contains(s.Plan.Targets(), t.Target):
			n++
		}
	}
	return n
}
