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

// drive plays without a screen: the same machine as behind the screen, fed by
// the same events. Presses come as lines of in, unless the play needs none; what
// the presenter is to do by hand is said on out. It returns when the play has
// ended, or with ctx's error.
func drive(ctx context.Context, s demo.State, st stage, in io.Reader, out io.Writer) (demo.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	perform := func(effects []demo.Effect) {
		for _, e := range effects {
			if ask := byHand(s, e); ask != "" {
				fmt.Fprintln(out, "tikv-demo: "+ask)
			}
			if e.Step == 0 {
				st.Do(ctx, e) // a line of the record: it does not wait
				continue
			}
			go st.Do(ctx, e) // ends with its effect, at the latest when the runner is closed
		}
	}
	presses := make(chan demo.Asked)
	if !s.Options.Auto {
		go readPresses(ctx, in, presses)
	} else {
		presses = nil
	}

	s, effects := demo.Begin(s, time.Now())
	perform(effects)
	said := ""
	tell := func() { // what may be asked for, and why something was refused
		if now := onOffer(s); now != said {
			if said = now; said != "" {
				fmt.Fprintln(out, "tikv-demo: "+said)
			}
		}
	}
	tell()
	over := false // the input has ended: what goes on by itself still does
	for s.Finished == nil {
		var e demo.Event
		if over && s.NeedsPress() {
			if !s.Complete() {
				return s, precondition("no more input, and the talk waits for a press; use --auto to need none")
			}
			e = demo.Event{At: time.Now(), Body: demo.Asked{Intent: demo.Quit}}
			s, effects = demo.Apply(s, e)
			perform(effects)
			continue
		}
		select {
		case e = <-st.Watch():
		case p, ok := <-presses:
			if !ok {
				presses, over = nil, true
				break
			}
			e = demo.Event{At: time.Now(), Body: p}
		case <-ctx.Done():
			return s, errInterrupted
		}
		if f, ok := e.Body.(demo.SourceFailed); ok { // the record has no line for it, and with a full disk none for anything
			_, what := words.Of(s.Snapshot).Tell(f)
			fmt.Fprintln(out, "tikv-demo: "+what)
		}
		s, effects = demo.Apply(s, e)
		perform(effects)
		tell()
	}
	return s, nil
}

// lineOf is the line of input that asks for each intent.
var lineOf = map[demo.Intent]string{
	demo.Advance: "Enter", demo.Back: "b", demo.Force: "f", demo.Retry: "t", demo.Quit: "q",
	demo.Confirm: "y", demo.Dismiss: "n", demo.Restart: "r", demo.Decide: "a",
}

// onOffer says what may be asked for while the play waits for somebody, or why
// the latest line did nothing; "" while it goes on by itself.
func onOffer(s demo.State) string {
	refusal := words.Refusal(s)
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
		all = append(all, key+": "+words.Offer(o))
	}
	line := strings.Join(all, ", ")
	if refusal != "" {
		line = refusal + "; " + line
	}
	if q := words.Question(s); q != "" {
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
		return s.Plan.Effect
	case demo.LiftFault, demo.Act:
		return s.Plan.Undo
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
