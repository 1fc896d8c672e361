// Package plain prints a run as one line an event: for logs, pipes and screen
// readers. No colours, no cursor movements, nothing that is ever overwritten.
package plain

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

const (
	loadEvery = 5 * time.Second // one line of the workload in this time
	maxLine   = 500             // characters; a listener hears every one of them
)

// Line gives the line of an event without its line end, and whether it has one:
// "  12.4s  monitor    T-1 critical: …". The time is that since started.
func Line(at, started time.Time, b demo.Body) (string, bool) {
	return line(words.Voice{}, at, started, b)
}

func line(v words.Voice, at, started time.Time, b demo.Body) (string, bool) {
	who, said := v.Tell(b)
	if who == "" {
		return "", false
	}
	return format(at.Sub(started), who, said+detail(b)), true
}

// detail is what a screen shows elsewhere, and a listener hears here.
func detail(b demo.Body) string {
	said := ""
	switch b := b.(type) {
	case demo.ActionProposed: // what approving it means
		for _, x := range []struct{ name, words string }{{"effect", b.Effect}, {"only if", b.Precondition}, {"undo", b.Undo}, {"risk", b.Risk}} {
			if x.words != "" {
				said += "; " + x.name + ": " + x.words
			}
		}
	case demo.ActionAsked: // the lines that answer it
		said = " y approves, an empty line goes on without, n refuses, and then"
		for i, why := range demo.DenyReasons() {
			said += fmt.Sprintf(" %d: %s,", i+1, why)
		}
		said = strings.TrimSuffix(said, ",")
	case demo.FaultOpened:
		if b.Text != "" {
			said = ": sha256 of " + b.Text
		}
	}
	return said
}

func format(since time.Duration, who, said string) string {
	return fmt.Sprintf("%7.1fs  %-9s  %s", max(0, since).Seconds(), who, text.Line(said, maxLine))
}

// Printer prints the events of one run after the other. What comes all the
// time is thinned out: health when something changed, the workload every five
// seconds. It is safe for several goroutines.
type Printer struct {
	mu      sync.Mutex
	w       io.Writer
	started time.Time
	voice   words.Voice // what the subject calls its control plane
	health  string      // as it was printed last
	loadAt  time.Time
	failing bool // the workload had errors when it was printed last
	prose   prose
	err     error
}

// NewPrinter prints to w.
func NewPrinter(w io.Writer) *Printer { return &Printer{w: w} }

// Print is Write for an event.
func (p *Printer) Print(e demo.Event) error { return p.Write(e.At, e.Body) }

// Write prints what an event deserves, in one write to w. The first failure of w
// is returned once; after it Write does nothing.
func (p *Printer) Write(at time.Time, b demo.Body) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := b.(demo.RunStarted); ok || p.started.IsZero() {
		p.started, p.health, p.loadAt, p.failing, p.prose = at, "", time.Time{}, false, prose{}
	}
	out := ""
	for _, l := range p.lines(at, b) {
		out += l + "\n"
	}
	if out == "" || p.err != nil {
		return nil
	}
	if _, err := io.WriteString(p.w, out); err != nil {
		p.err = fmt.Errorf("cannot print: %w", err)
		return p.err
	}
	return nil
}

func (p *Printer) lines(at time.Time, b demo.Body) []string {
	since := at.Sub(p.started)
	var out []string
	say := func(who, said string) { out = append(out, format(since, who, said)) }
	switch b := b.(type) {
	case demo.HealthSeen:
		p.voice = words.Of(b.Snapshot)
		if said := tellHealth(b.Snapshot); said != p.health {
			p.health = said
			say("cluster", said)
		}
	case demo.LoadSeen:
		// The first second with errors, and the first without, are not waited for.
		if failing := b.Errors+b.Shed > 0; failing != p.failing || at.Sub(p.loadAt) >= loadEvery {
			p.loadAt, p.failing = at, failing
			say("load", tellLoad(b.LoadSample))
		}
	case demo.DiagnosisDelta:
		for _, l := range p.prose.add(b.Text) {
			say("diagnosis", l)
		}
		for _, c := range b.Claims {
			if !c.OK {
				say("diagnosis", fmt.Sprintf("does not hold: %s (%s)", c.Text, c.Why))
			}
		}
	default:
		switch b.(type) {
		case demo.DiagnosisStarted, demo.DiagnosisFinished: // whoever spoke has been cut off, or is done
			for _, l := range p.prose.rest() {
				say("diagnosis", l)
			}
		}
		if l, ok := line(p.voice, at, p.started, b); ok {
			out = append(out, l)
		}
	}
	return out
}

// tellHealth leaves out what changes with every look (ages, counts of regions):
// a change of this text is news.
func tellHealth(s demo.Snapshot) string {
	if s.Error != "" {
		return "no fresh look at the cluster: " + s.Error
	}
	up, words := 0, ""
	for _, n := range s.Nodes {
		if n.Health == demo.HealthUp {
			up++
			continue
		}
		words += fmt.Sprintf(", %s is %s", n.Name, n.Health)
		if n.State != "" {
			words += " (" + n.State + ")"
		}
	}
	return fmt.Sprintf("%d of %d nodes up%s", up, len(s.Nodes), words)
}

func tellLoad(s demo.LoadSample) string {
	words := fmt.Sprintf("%d ops/s, p99 %.1f ms", s.Ops, float64(s.P99.Duration().Microseconds())/1000)
	if s.Errors > 0 {
		words += fmt.Sprintf(", %d errors", s.Errors)
	}
	if s.Shed > 0 {
		words += fmt.Sprintf(", %d not started (too many under way)", s.Shed)
	}
	return words
}
