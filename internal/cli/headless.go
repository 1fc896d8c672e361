package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// stage is what a front end needs of the runner.
type stage interface {
	Do(ctx context.Context, e demo.Effect)
	Watch() <-chan demo.Event
}

// headless is a play without a screen.
type headless struct {
	s    demo.State
	st   stage
	out  io.Writer
	said string // what was last said about the presses that it waits for
}

// drive plays without a screen: the same machine as behind the screen, fed by
// the same events. Presses come as lines of in, unless the play needs none; what
// the presenter is to do by hand is said on out. It returns when the play has
// ended, or with ctx's error.
func drive(ctx context.Context, s demo.State, st stage, in io.Reader, out io.Writer) (demo.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	presses := make(chan demo.Asked)
	if !s.Options.Auto {
		go readPresses(ctx, in, presses)
	} else {
		presses = nil
	}
	s, effects := demo.Open(s, time.Now())
	h := &headless{s: s, st: st, out: out}
	h.execute(ctx, effects)
	h.tell()
	err := h.play(ctx, presses)
	return h.s, err
}

// play takes events and presses until the play has ended. Without presses, or after
// the last, what goes on by itself still does.
func (h *headless) play(ctx context.Context, presses <-chan demo.Asked) error {
	for h.s.Finished == nil {
		if presses == nil && h.s.NeedsPress() {
			if !h.s.Complete() && !h.s.LoopStopped() {
				return precondition("no more input, and the talk waits for a press; use --auto to need none")
			}
			// It is offered in every state, and repairs what is broken. Quit asks first, and
			// there is nobody to answer.
			h.take(ctx, demo.Event{At: time.Now(), Body: demo.Asked{Intent: demo.Interrupt}})
			if h.s.Finished != nil {
				break
			}
		}
		select {
		case e := <-h.st.Watch():
			h.take(ctx, e)
		case p, ok := <-presses:
			if !ok {
				presses = nil
				continue
			}
			h.take(ctx, demo.Event{At: time.Now(), Body: p})
		case <-ctx.Done():
			return errInterrupted
		}
		h.tell()
	}
	return nil
}

// take gives the play an event, and does what follows from it.
func (h *headless) take(ctx context.Context, e demo.Event) {
	if f, ok := e.Body.(demo.SourceFailed); ok { // the record has no line for it, and with a full disk none for anything
		_, what := words.Of(tongueOf(h.s), h.s.Snapshot).Tell(f)
		fmt.Fprintln(h.out, "tikv-demo: "+what)
	}
	var effects []demo.Effect
	h.s, effects = demo.Take(h.s, e)
	h.execute(ctx, effects)
}

func (h *headless) execute(ctx context.Context, effects []demo.Effect) {
	for _, e := range effects {
		if ask := byHand(h.s, e); ask != "" {
			fmt.Fprintln(h.out, "tikv-demo: "+ask)
		}
		if e.Step == 0 {
			h.st.Do(ctx, e) // a line of the record: it does not wait
			continue
		}
		go h.st.Do(ctx, e) // ends with its effect, at the latest when the runner is closed
	}
}

// tell says what may be asked for, and why something was refused.
func (h *headless) tell() {
	now := onOffer(h.s)
	if now != h.said && now != "" {
		fmt.Fprintln(h.out, "tikv-demo: "+now)
	}
	h.said = now
}

// lineOf is the line of input that asks for each intent.
var lineOf = map[demo.Intent]string{
	demo.Advance: "Enter", demo.Back: "b", demo.Force: "f", demo.Retry: "t", demo.Quit: "q",
	demo.Confirm: "y", demo.Dismiss: "n", demo.Restart: "r", demo.Decide: "a",
}

// lineWords are those lines with what they ask for, for help.
func lineWords() []word {
	return []word{
		{lineOf[demo.Advance], "an empty line: go on"},
		{lineOf[demo.Back], "go back"},
		{lineOf[demo.Force], "force the gate"},
		{lineOf[demo.Retry], "try again"},
		{lineOf[demo.Confirm], "say yes"},
		{lineOf[demo.Dismiss], "say no"},
		{"1 … 4", "the reason of a no"},
		{lineOf[demo.Decide], "ask again what was left undecided"},
		{lineOf[demo.Restart], "start again"},
		{lineOf[demo.Quit], "leave"},
	}
}

// tongueOf gives the language of a talk.
func tongueOf(s demo.State) words.Tongue { return words.In(s.Options.Lang) }

// onOffer says what may be asked for while the play waits for somebody, or why
// the latest line did nothing; "" while it goes on by itself.
func onOffer(s demo.State) string {
	t := tongueOf(s)
	refusal := t.Refusal(s)
	if !s.NeedsPress() {
		return refusal
	}
	var all []string
	for _, o := range demo.Offers(s) {
		if !o.Enabled || !o.Main && o.Intent != demo.Quit {
			continue
		}
		key := lineOf[o.Intent]
		if o.Intent == demo.Choose {
			key = strconv.Itoa(o.N)
		}
		all = append(all, t.Word(key)+": "+t.Offer(o))
	}
	line := strings.Join(all, ", ")
	if refusal != "" {
		line = refusal + "; " + line
	}
	if q := t.Question(s); q != "" {
		return q + " " + line
	}
	return line
}

// byHand gives what the presenter has to do now, on a cluster that the program has
// no hold of; "" for nothing.
func byHand(s demo.State, e demo.Effect) string {
	if s.Plan == nil || !s.Plan.ByHand {
		return ""
	}
	switch e.Verb.(type) {
	case demo.InjectFault:
		return tongueOf(s).Quote(s.Plan.Effect)
	case demo.LiftFault, demo.Act:
		return tongueOf(s).Quote(s.Plan.Undo)
	}
	return ""
}

// readPresses turns lines into presses: an empty one advances. It ends with its
// input; a read that never returns ends with the process.
func readPresses(ctx context.Context, in io.Reader, out chan<- demo.Asked) {
	defer close(out)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		intent := demo.Intent(0)
		for i, l := range lineOf {
			if line == l || line == "" && i == demo.Advance {
				intent = i
			}
		}
		press := demo.Asked{Intent: intent}
		if n, err := strconv.Atoi(line); err == nil {
			press = demo.Asked{Intent: demo.Choose, N: n}
		}
		if press.Intent == 0 {
			continue
		}
		select {
		case out <- press:
		case <-ctx.Done():
			return
		}
	}
}
