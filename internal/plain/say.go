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
func sentence(since time.Duration, who, said string) string {
	said = text.Line(spoken(said), maxLine)
	if said != "" && !strings.ContainsRune(".!?…", rune(said[len(said)-1])) {
		said += "."
	}
	return fmt.Sprintf("At %.1f s, %s: %s", max(0, since).Seconds(), who, said)
}

// name is a name out of a closed list, such as store_down.
var name = regexp.MustCompile(`(^|[\s(,])([a-z]+(?:_[a-z]+)+)([\s),;:.]|$)`)

// signs are read aloud badly, or not at all.
var signs = strings.NewReplacer(" · ", ", ", " → ", " to ", "→", " to ", " + ", " and ", "✓", "yes", "✗", "no", "ops/s", "operations a second")

// spoken gives text as it is read aloud.
func spoken(s string) string {
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
		said = fmt.Sprintf("ticket %s closed: %s", b.ID, strings.TrimPrefix(said, b.ID+" closed: "))
	case demo.ActionProposed: // what approving it means
		for _, x := range []struct{ name, words string }{{"effect", b.Effect}, {"only if", b.Precondition}, {"undo", b.Undo}, {"risk", b.Risk}} {
			if x.words != "" {
				said += "; " + x.name + ": " + x.words
			}
		}
	case demo.ActionAsked: // the lines that answer it
		said += " y approves, an empty line goes on without, n refuses, and then"
		for i, why := range demo.DenyReasons() {
			said += fmt.Sprintf(" %d: %s,", i+1, words.English.Denied(why))
		}
		said = strings.TrimSuffix(said, ",")
	case demo.FaultOpened:
		if b.Text != "" {
			said += "; the text that was sealed is in the record"
		}
	}
	return who, said
}

// sayTicket tells signals by what they mean.
func sayTicket(v words.Voice, b demo.TicketOpened) string {
	said := fmt.Sprintf("ticket %s opened, severity %s: %s", b.ID, b.Severity, b.Invariant)
	if b.Target != "" {
		said += " on " + b.Target
	}
	if b.SinceFault > 0 {
		said += ", " + words.English.Seconds(b.SinceFault.Duration()) + " after the fault"
	}
	for i, s := range b.Signals {
		said += []string{"; signals: ", ", "}[min(i, 1)] + v.Signal(s)
	}
	if len(b.Signals) == 0 && b.Message != "" {
		said += "; message: " + b.Message
	}
	return said
}

// sayHealth leaves out what changes with every look (ages, counts of regions):
// a change of this text is news.
func sayHealth(s demo.Snapshot) string {
	if s.Error != "" {
		return "no fresh look at the cluster: " + s.Error
	}
	up, others := 0, ""
	for _, n := range s.Nodes {
		if n.Health == demo.HealthUp {
			up++
			continue
		}
		others += fmt.Sprintf("; %s: %s", n.Name, n.Health)
		if n.State != "" {
			others += " (" + n.State + ")"
		}
	}
	return fmt.Sprintf("nodes up: %d of %d%s", up, len(s.Nodes), others)
}

func sayLoad(s demo.LoadSample) string {
	said := fmt.Sprintf("throughput %d operations a second, p99 %s", s.Ops, words.English.Latency(s.P99.Duration()))
	if s.Errors > 0 {
		said += fmt.Sprintf(", errors %d", s.Errors)
	}
	if s.Shed > 0 {
		said += fmt.Sprintf(", not started because too many were under way: %d", s.Shed)
	}
	return said
}
