package cli

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// A cluster that is started in this process starts this test binary as its nodes.
func init() {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
}

// watched is an embedded cluster under the talk's load with the talk's monitor:
// the runner of a talk, told what to do by a benchmark in place of the chapters.
type watched struct {
	b       *testing.B
	r       *runner.Runner
	step    demo.Step
	open    map[string]bool // tickets
	opened  []demo.TicketOpened
	steady  int  // seconds in a row with at least half of the load: other work on the machine is let pass
	healthy bool // as PD last said
}

func watch(b *testing.B) *watched {
	b.Helper()
	o, f := &options{}, pflag.NewFlagSet("", pflag.ContinueOnError)
	o.bind(f)
	require.NoError(b, f.Parse([]string{"--auto", "--fault", "kill"}))
	require.NoError(b, o.check())
	o.settle()
	session, err := newSession(o, b.TempDir())
	require.NoError(b, err)
	r, err := runner.New(b.Context(), session.configFor(nil, &recordFiles{dir: b.TempDir()}))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, r.Close()) })
	w := &watched{b: b, r: r, open: map[string]bool{}}
	r.Do(b.Context(), demo.Effect{Line: 1, Verb: demo.Reset{Play: 1}})
	do[demo.ClusterReady](w, demo.StartCluster{})
	do[demo.LoadStarted](w, demo.StartLoad{})
	return w
}

// note takes what an event says of the cluster's state.
func (w *watched) note(e demo.Event) {
	switch v := e.Body.(type) {
	case demo.TicketOpened:
		w.open[v.ID] = true
		w.opened = append(w.opened, v)
	case demo.TicketClosed:
		delete(w.open, v.ID)
	case demo.HealthSeen:
		w.healthy = v.Error == "" && !v.HasIssues
	case demo.LoadSeen:
		if w.steady++; v.Ops < load.DefaultTargetOps/2 {
			w.steady = 0
		}
	case demo.EffectFailed:
		w.b.Fatalf("%s: %s", v.Effect, v.Err)
	case demo.SourceFailed:
		w.b.Fatalf("%s: %s", v.Source, v.Err)
	}
}

// until takes events until one says that it is enough.
func (w *watched) until(limit time.Duration, what string, enough func(demo.Event) bool) {
	w.b.Helper()
	if !w.within(limit, enough) {
		w.b.Fatalf("still waiting for %s (%s)", what, limit)
	}
}

// within is until, and reports whether it was enough in time.
func (w *watched) within(limit time.Duration, enough func(demo.Event) bool) bool {
	end := time.After(limit)
	for {
		select {
		case e := <-w.r.Watch():
			w.note(e)
			if enough(e) {
				return true
			}
		case <-end:
			return false
		}
	}
}

// do has the runner execute one effect and gives its answer.
func do[A demo.Body](w *watched, v demo.Verb) (answer A) {
	w.b.Helper()
	w.step++
	step := w.step
	go w.r.Do(w.b.Context(), demo.Effect{Step: step, Verb: v}) // ends with its answer
	w.until(2*time.Minute, demo.NameOf(v), func(e demo.Event) (ok bool) {
		if e.Step == step {
			answer, ok = e.Body.(A)
		}
		return ok
	})
	return answer
}

// settle reports whether within two minutes no ticket is open, PD is content, and
// the load has been steady for some seconds.
func (w *watched) settle() bool {
	w.steady = 0
	return w.within(2*time.Minute, func(demo.Event) bool {
		return len(w.open) == 0 && w.healthy && w.steady >= 5
	})
}

// BenchmarkKillToTicket kills a store so often, or for so long on a slow machine.
const (
	kills   = 20
	killing = 8 * time.Minute
)

// BenchmarkKillToTicket kills a store under load again and again and gives the
// time from the SIGKILL to its ticket, and from there until the restarted store
// leads again under steady load.
func BenchmarkKillToTicket(b *testing.B) {
	w := watch(b)
	var detect, back []time.Duration
	for begun := time.Now(); len(detect) < kills && time.Since(begun) < killing; {
		if !w.settle() {
			b.Logf("not steady for two minutes (tickets %v, healthy %t): this machine has other work", w.open, w.healthy)
			break
		}
		plan := do[demo.FaultPlanned](w, demo.PlanFault{}).Plan
		before := len(w.opened)
		do[demo.FaultConfirmed](w, demo.InjectFault{Plan: plan})
		named := func(demo.Event) bool {
			return len(w.opened) > before && w.opened[len(w.opened)-1].Target == plan.Target
		}
		if !named(demo.Event{}) {
			w.until(time.Minute, "a ticket of "+plan.Target, named)
		}
		detect = append(detect, time.Duration(w.opened[len(w.opened)-1].SinceFault))
		signals := w.opened[len(w.opened)-1].Signals
		lifted := time.Now()
		do[demo.FaultLifted](w, demo.LiftFault{Plan: plan, By: demo.ByDemo})
		if !w.settle() {
			break
		}
		back = append(back, time.Since(lifted))
		b.Logf("%s: ticket after %s (%s), steady again %s after the restart", plan.Target, detect[len(detect)-1], strings.Join(signals, " and "), back[len(back)-1].Round(time.Millisecond))
	}
	b.ReportMetric(float64(len(detect)), "kills")
	spread(b, "ticket", detect)
	spread(b, "steady", back)
}

// BenchmarkFalseTickets watches a healthy cluster under load and gives how many
// tickets were opened: there should be none. It watches for one minute;
// TIKV_DEMO_TEST_MINUTES=30 is what the bar speaks of.
func BenchmarkFalseTickets(b *testing.B) {
	minutes, err := strconv.Atoi(os.Getenv("TIKV_DEMO_TEST_MINUTES"))
	if err != nil {
		minutes = 1
	}
	w := watch(b)
	require.True(b, w.settle(), "the load is not steady")
	before := len(w.opened)
	seconds, low := 0, 0
	w.until(time.Duration(2*minutes)*time.Minute, "the end of the load", func(e demo.Event) bool {
		if v, ok := e.Body.(demo.LoadSeen); ok {
			if seconds++; v.Ops < load.DefaultTargetOps/2 {
				low++
			}
		}
		return seconds >= 60*minutes
	})
	for _, t := range w.opened[before:] {
		b.Logf("%s: %s of %s: %s", t.ID, t.Invariant, t.Target, t.Message)
	}
	b.ReportMetric(float64(len(w.opened)-before), "false-tickets")
	b.ReportMetric(float64(minutes), "minutes")
	b.ReportMetric(float64(low), "seconds-below-half-the-load")
	b.ReportMetric(0, "ns/op")
}
