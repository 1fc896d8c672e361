// Package plain prints a run as one sentence an event: for screen readers, logs and
// pipes. No colours, no cursor movements, nothing that is ever overwritten. A
// label stands before its value, because a listener hears the words in order.
package plain

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// loadEvery is the time in which the workload is told once.
const loadEvery = 5 * time.Second

// flagLang is the flag that chose the language of a run. It is in the run's first line,
// so that a record is told as the talk was.
const flagLang = "lang"

// Printer prints the events of one run after the other. What comes all the
// time is thinned out: health when something changed, the workload every five
// seconds. It is safe for several goroutines.
type Printer struct {
	mu      sync.Mutex
	w       io.Writer
	started time.Time
	voice   words.Voice // the language of the talk, and what the subject calls its control plane
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
	run, begins := b.(demo.RunStarted)
	if begins {
		p.voice = words.Voice{Tongue: words.In(run.Flags[flagLang])}
	}
	if begins || p.started.IsZero() {
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
	say := func(who, said string) { out = append(out, sentence(p.voice.Tongue, since, who, said)) }
	switch b := b.(type) {
	case demo.HealthSeen:
		p.voice = words.Of(p.voice.Tongue, b.Snapshot)
		if said := sayHealth(p.voice.Tongue, b.Snapshot); said != p.health {
			p.health = said
			say(words.Later("cluster"), said)
		}
	case demo.LoadSeen:
		// The first second with errors, and the first without, are not waited for.
		if failing := b.Errors+b.Shed > 0; failing != p.failing || at.Sub(p.loadAt) >= loadEvery {
			p.loadAt, p.failing = at, failing
			say(words.Later("load"), sayLoad(p.voice.Tongue, b.LoadSample))
		}
	case demo.DiagnosisDelta:
		for _, l := range p.prose.add(b.Text) {
			say(words.Later("diagnosis"), l)
		}
		for _, c := range b.Claims {
			if !c.OK {
				say(words.Later("diagnosis"), p.voice.Say("a claim does not hold: %s Reason: %s", c.Text, c.Why))
			}
		}
	default:
		switch b.(type) {
		case demo.DiagnosisStarted, demo.DiagnosisFinished: // whoever spoke has been cut off, or is done
			for _, l := range p.prose.rest() {
				say(words.Later("diagnosis"), l)
			}
		}
		if who, said := sayEvent(p.voice, b); who != "" {
			say(who, said)
		}
	}
	return out
}
