package plain

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// maxLine is in characters. A listener hears every one of them.
const maxLine = 500

// sentence is one line: "At 12.4 s, monitor: ticket T-1 opened, …."
func sentence(t words.Tongue, since time.Duration, who, said string) string {
	said = text.Line(spoken(t, said), maxLine)
	if said != "" && !strings.ContainsRune(".!?…", rune(said[len(said)-1])) {
		said += "."
	}
	return t.Say("At %.1f s, %s: %s", max(0, since).Seconds(), t.Word(who), said)
}

// name is a name out of a closed list, such as store_down.
var name = regexp.MustCompile(`(^|[\s(,])([a-z]+(?:_[a-z]+)+)([\s),;:.]|$)`)

// spoken gives text as it is read aloud: signs are read badly, or not at all.
func spoken(t words.Tongue, s string) string {
	to, yes, no := " "+t.Say("to")+" ", t.Say("yes"), t.Say("no")
	signs := strings.NewReplacer(" · ", ", ", " → ", to, "→", to, " + ", t.Say(" and "), "✓", yes, "✗", no, "ops/s", t.Say("operations a second"))
	return name.ReplaceAllStringFunc(signs.Replace(s), func(n string) string { return strings.ReplaceAll(n, "_", " ") })
}

// sayEvent says an event, and who says it. Who is "" for one that is not told.
func sayEvent(v words.Voice, b demo.Body) (who, said string) {
	who, said = v.Tell(b)
	if who == "" {
		return "", ""
	}
	switch b := b.(type) {
	case demo.TicketOpened:
		said = sayTicket(v, b)
	case demo.TicketClosed:
		said = v.Say("ticket %s", said)
	case demo.ActionProposed: // what approving it means
		for _, x := range []struct{ name, words string }{{v.Say("effect"), b.Effect}, {v.Say("only if"), b.Precondition}, {v.Say("undo"), b.Undo}, {v.Say("risk"), b.Risk}} {
			if x.words != "" {
				said += "; " + x.name + ": " + v.Quote(x.words)
			}
		}
	case demo.ActionAsked: // the lines that answer it; what an empty one does depends on the chapter, and is told with what is on offer
		said += v.Say(" y approves, n refuses, and then")
		for i, why := range demo.DenyReasons() {
			said += fmt.Sprintf(" %d: %s,", i+1, v.Denied(why))
		}
		said = strings.TrimSuffix(said, ",")
	case demo.FaultOpened:
		if b.Text != "" {
			said += v.Say("; the text that was sealed is in the record")
		}
	}
	return who, said
}

// sayTicket tells signals by what they mean.
func sayTicket(v words.Voice, b demo.TicketOpened) string {
	said := v.Say("ticket %s opened, severity %s: %s%s", b.ID, v.Word(string(b.Severity)), b.Invariant, v.On(b.Target))
	if b.SinceFault > 0 {
		said += v.Say(", %s after the fault", v.Seconds(b.SinceFault.Duration()))
	}
	for i, s := range b.Signals {
		if i == 0 {
			said += v.Say("; signals: %s", v.Signal(s))
		} else {
			said += ", " + v.Signal(s)
		}
	}
	if len(b.Signals) == 0 && b.Message != "" {
		said += v.Say("; message: %s", b.Message)
	}
	return said
}

// sayHealth leaves out what changes with every look (ages, counts of regions):
// a change of this text is news.
func sayHealth(t words.Tongue, s demo.Snapshot) string {
	if s.Error != "" {
		return t.Say("no fresh look at the cluster: %s", s.Error)
	}
	up, others := 0, ""
	for _, n := range s.Nodes {
		if n.Health == demo.HealthUp {
			up++
			continue
		}
		switch n.Health {
		case demo.HealthSuspect:
			others += t.Say("; %s is suspect", n.Name)
		case demo.HealthDown:
			others += t.Say("; %s is down", n.Name)
		default:
			others += t.Say("; nothing is known of %s", n.Name)
		}
		if n.State != "" {
			others += " (" + n.State + ")"
		}
	}
	return t.Say("nodes up: %d of %d%s", up, len(s.Nodes), others)
}

func sayLoad(t words.Tongue, s demo.LoadSample) string {
	said := t.Say("throughput %d operations a second, p99 %s", s.Ops, t.Latency(s.P99.Duration()))
	if s.Errors > 0 {
		said += t.Say(", errors %d", s.Errors)
	}
	if s.Shed > 0 {
		said += t.Say(", not started because too many were under way: %d", s.Shed)
	}
	return said
}
