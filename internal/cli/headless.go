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
		s, effects = demo.Apply(s, e)
		perform(effects)
	}
	return s, nil
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
		intent := map[string]demo.Intent{
			"": demo.Advance, "b": demo.Back, "f": demo.Force, "t": demo.Retry,
			"q": demo.Quit, "y": demo.Confirm, "n": demo.Dismiss, "r": demo.Restart, "a": demo.Decide,
		}[strings.TrimSpace(lines.Text())]
		press := demo.Asked{Intent: intent}
		if n, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil {
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
