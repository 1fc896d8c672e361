package diagnose

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var noon = time.Date(2026, 3, 1, 14, 2, 0, 0, time.UTC)

// stage is a cluster of one PD and three stores whose observations a test
// scripts; the ticket opens at second 62.
type stage struct {
	t         *testing.T
	w         *Witness
	processes map[string]ProcessFact
	serves    map[string]error // of the ports for clients
	lookErr   error
}

var errSilent = errors.New("context deadline exceeded")
var errPaused = errors.New("clients are turned away: gRPC is paused")

func newStage(t *testing.T) *stage {
	s := &stage{t: t, processes: map[string]ProcessFact{}, serves: map[string]error{}}
	for i, n := range healthy(noon).Nodes {
		s.processes[n.Name] = ProcessFact{Running: true, Executes: 40 + i, What: fmt.Sprintf("process %d", 4711+i)}
	}
	s.w = NewWitness(Config{Process: func(_ context.Context, name string) (ProcessFact, error) {
		return s.processes[name], s.lookErr
	}, Serve: func(_ context.Context, n demo.Node) error { return s.serve(n.Name) }, TurnedAway: func(err error) bool { return errors.Is(err, errPaused) }})
	for i := range 60 {
		at := noon.Add(time.Duration(i) * time.Second)
		if i%2 == 0 {
			s.w.Snapshot(at, healthy(at))
		}
		s.w.Load(at, demo.LoadSample{Ops: 1000, Reads: 500, Updates: 500, P99: demo.Micros(4 * time.Millisecond)})
	}
	return s
}

// serve is what a port for clients does: that of a process that does not run or
// execute cannot take anybody.
func (s *stage) serve(name string) error {
	switch p := s.processes[name]; {
	case !p.Running:
		return errPaused
	case p.Stopped, p.Frozen, p.Stuck, p.CutOff:
		return errSilent
	}
	return s.serves[name]
}

func second(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

func healthy(at time.Time) demo.Snapshot {
	s := demo.Snapshot{LastUpdated: at, Nodes: []demo.Node{{ID: "1", Name: "pd-1", Type: "pd", Role: demo.RoleControl, Health: demo.HealthUp, State: "healthy"}}}
	for i := 1; i <= 3; i++ {
		s.Nodes = append(s.Nodes, demo.Node{
			ID: fmt.Sprint(i + 1), Name: fmt.Sprintf("tikv-%d", i), Type: "tikv", Role: demo.RoleData, Health: demo.HealthUp, State: "Up",
			Address: "127.0.0.1:20160", StatusAddress: "127.0.0.1:20180", Leaders: 3, Regions: 9, LastBeat: at.Add(-time.Second), HeartbeatAge: demo.Millis(time.Second),
		})
	}
	return s
}

// answersAfter has a node's status port answer after a while, and the others' at
// once.
func (s *stage) answersAfter(node string, d time.Duration) {
	s.w.cfg.Ask = func(_ context.Context, n demo.Node) error {
		if n.Name == node {
			time.Sleep(d) // what is measured is how long it takes
		}
		return nil
	}
}

// log gives tikv-2 these lines; the other nodes have said nothing.
func (s *stage) log(lines ...string) {
	s.w.cfg.Log = func(_ context.Context, name string) ([]string, error) {
		if name != "tikv-2" {
			return nil, nil
		}
		return lines, nil
	}
}

func (s *stage) signal(at float64, name, target, detail string) {
	s.w.Signal(second(at), demo.SignalSeen{Name: name, Target: target, Detail: detail})
}

func (s *stage) clientErrors(at float64, node, kind string, n int) {
	for range n {
		s.w.ClientError(second(at), node, kind)
	}
}

func (s *stage) load(at float64, ops, errs int64, p99 time.Duration) {
	s.w.Load(second(at), demo.LoadSample{Ops: ops, Errors: errs, P99: demo.Micros(p99)})
}

func (s *stage) leadersLeave(at float64, node string) {
	snap := healthy(second(at))
	for i := range snap.Nodes {
		switch n := &snap.Nodes[i]; {
		case n.Name == node:
			n.Leaders = 0
		case n.Role == demo.RoleData:
			n.Leaders += 1 + i%2
		}
	}
	s.w.Snapshot(second(at), snap)
}

func (s *stage) diagnose(t demo.TicketOpened) (demo.DiagnosisFinished, Bundle, string) {
	s.t.Helper()
	t.ID = "T1"
	b := s.w.Freeze(context.Background(), second(62), t)
	var prose strings.Builder
	d, err := Rules().Diagnose(context.Background(), b, func(p string) { prose.WriteString(p) })
	require.NoError(s.t, err)
	return d, b, prose.String()
}

func storeDown(target string) demo.TicketOpened {
	return demo.TicketOpened{Invariant: "store_down", Target: target, Severity: demo.SeverityCritical}
}

// observed is what was seen, and the diagnosis that it must lead to.
var observed = map[string]struct {
	script                   func(s *stage)
	ticket                   demo.TicketOpened
	component, fault, action string
	saysOneOf                string
}{
	"a store that was killed has crashed": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "dial tcp 127.0.0.1:20180: connect: connection refused")
			s.clientErrors(60.6, "tikv-2", "unavailable", 180)
			s.clientErrors(61.2, "tikv-2", "timeout", 32)
			s.signal(60.7, demo.SignalClientErrors, "tikv-2", "212 errors")
			s.load(61, 640, 212, 980*time.Millisecond)
			s.leadersLeave(61.9, "tikv-2")
			s.processes["tikv-2"] = ProcessFact{What: "process 4713", Exit: "signal: killed"}
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeCrashed, "restart tikv-2", "signal: killed",
	},
	"a refused probe alone does not tell a crash from an end that was asked for": {
		func(s *stage) {
			s.lookErr = errors.New("no such permission")
			s.signal(60.4, demo.SignalStatusProbe, "tikv-3", "connection refused")
			s.clientErrors(60.6, "tikv-3", "unavailable", 20)
		},
		storeDown("tikv-3"), "tikv-3", demo.TypeInconclusive, "no action", "Nobody listens",
	},
	"a store that was stopped is frozen": {
		func(s *stage) {
			s.signal(60.9, demo.SignalStatusProbe, "tikv-1", "context deadline exceeded")
			s.clientErrors(61, "tikv-1", "timeout", 16)
			s.processes["tikv-1"] = ProcessFact{Running: true, Stopped: true, What: "process 4712"}
		},
		storeDown("tikv-1"), "tikv-1", demo.TypeFrozen, "resume tikv-1", "executes nothing",
	},
	"a store that executes and is silent on every port is cut off": {
		func(s *stage) {
			s.serves["tikv-1"] = errSilent
			s.signal(60.9, demo.SignalStatusProbe, "tikv-1", "dial tcp: i/o timeout")
			s.clientErrors(61, "tikv-1", "timeout", 16)
		},
		storeDown("tikv-1"), "tikv-1", demo.TypePartitioned, "reconnect tikv-1", "runs and executes",
	},
	"a slow disk: clients time out on one store whose ports answer, and no cause is named": {
		func(s *stage) {
			s.clientErrors(61.5, "tikv-2", "timeout", 40)
			s.answersAfter("tikv-2", 0)
		},
		demo.TicketOpened{Invariant: "error_rate"}, "tikv-2", demo.TypeInconclusive, "no action", "does not decide",
	},
	"a store that was told to stop has not crashed": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "connection refused")
			s.clientErrors(60.6, "tikv-2", "unavailable", 90)
			s.processes["tikv-2"] = ProcessFact{What: "process 4713", Exit: "exit status 0"}
			s.log("INFO receive signal 15, stopping server...")
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeStopped, "restart tikv-2", "told to stop",
	},
	"an old goodbye in the log of a store that was killed since says nothing": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "connection refused")
			s.clientErrors(60.6, "tikv-2", "unavailable", 90)
			s.processes["tikv-2"] = ProcessFact{What: "process 4713", Exit: "signal: killed"}
			s.log("INFO receive signal 15, stopping server...", "INFO serves")
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeCrashed, "restart tikv-2", "signal: killed",
	},
	"a container on no network is cut off": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "read: connection reset by peer")
			s.clientErrors(60.6, "tikv-2", "unavailable", 90)
			s.processes["tikv-2"] = ProcessFact{Running: true, CutOff: true, What: "container 0123456789ab"}
		},
		storeDown("tikv-2"), "tikv-2", demo.TypePartitioned, "reconnect tikv-2", "on no network",
	},
	"a store that turns clients away and is well otherwise is a gray failure": {
		func(s *stage) {
			s.clientErrors(61, "tikv-2", "region", 87)
			s.clientErrors(61, "tikv-2", "unavailable", 4)
			s.clientErrors(61, "tikv-2", "timeout", 9)
			s.answersAfter("tikv-2", time.Millisecond)
			s.serves["tikv-2"] = errPaused
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeGray, "resume_grpc tikv-2", "turns them away",
	},
	"a store that turns clients away is a gray failure on a busy machine too, where its status port is late": {
		func(s *stage) {
			s.clientErrors(61, "tikv-2", "region", 87)
			s.clientErrors(61, "tikv-2", "unavailable", 12)
			s.processes["tikv-2"] = ProcessFact{Running: true, Executes: 117, What: "process 4711"}
			s.answersAfter("tikv-2", 166*time.Millisecond)
			s.serves["tikv-2"] = errPaused
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeGray, "resume_grpc tikv-2", "turns them away",
	},
	"a store that answers late is slow, though the monitor saw silence": {
		func(s *stage) {
			s.signal(60.9, demo.SignalStatusProbe, "tikv-1", "status port gave no answer within 300ms")
			s.clientErrors(61, "tikv-1", "timeout", 16)
			s.answersAfter("tikv-1", 150*time.Millisecond)
		},
		storeDown("tikv-1"), "tikv-1", demo.TypeSlow, "restore_line tikv-1", "late or not every time",
	},
	"a store whose status port is too late for once, on a busy machine, is not down beside the one that was killed": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-1", "connection refused")
			s.clientErrors(60.6, "tikv-1", "unavailable", 90)
			s.processes["tikv-1"] = ProcessFact{What: "process 4711", Exit: "signal: killed"}
			s.w.cfg.Ask = func(_ context.Context, n demo.Node) error {
				return map[string]error{"tikv-1": errors.New("connection refused"), "tikv-2": context.DeadlineExceeded}[n.Name]
			}
		},
		storeDown("tikv-1"), "tikv-1", demo.TypeCrashed, "restart tikv-1", "signal: killed",
	},
	"two stores of three that are gone have cost the quorum": {
		func(s *stage) {
			for _, n := range []string{"tikv-1", "tikv-3"} {
				s.signal(60.4, demo.SignalStatusProbe, n, "connection refused")
				s.clientErrors(60.6, n, "unavailable", 90)
				s.processes[n] = ProcessFact{What: "process 4711", Exit: "signal: killed"}
			}
		},
		storeDown("tikv-1"), "tikv-1, tikv-3", demo.TypeQuorumLost, "restart tikv-1", "no majority",
	},
	// Seen with a kill on a cluster that was only attached: the port refuses, and
	// nothing tells a crash from a stop or from a process that moved.
	"a kill on a cluster of somebody else's is inconclusive, and the words say why": {
		func(s *stage) {
			s.lookErr = errors.New("the cluster is not this program's: its processes and logs are out of reach")
			s.signal(60.4, demo.SignalStatusProbe, "tikv-1", "connection refused, 2 times in a row")
			s.clientErrors(60.6, "tikv-1", "unavailable", 90)
		},
		storeDown("tikv-1"), "tikv-1", demo.TypeInconclusive, "no action", "could not be looked at",
	},
	"time-outs do not tell a freeze from a cut where processes cannot be seen": {
		func(s *stage) {
			s.lookErr = errors.New("no such permission")
			s.signal(60.9, demo.SignalStatusProbe, "tikv-1", "i/o timeout")
		},
		storeDown("tikv-1"), "tikv-1", demo.TypeInconclusive, "no action", "could not be looked at",
	},
	// What follows was observed on the embedded cluster with faults from outside.
	"a store whose control group is frozen is frozen, and SIGCONT is not proposed": {
		func(s *stage) {
			s.signal(60.9, demo.SignalStatusProbe, "tikv-2", "no answer to 9 questions in 1.2 s")
			s.clientErrors(61, "tikv-2", "region", 25)
			s.clientErrors(61, "tikv-2", "timeout", 14)
			s.processes["tikv-2"] = ProcessFact{Running: true, Frozen: true, Stuck: true, What: "process 26541"}
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeFrozen, "no action", "control group is frozen",
	},
	"a store that waits in the kernel is frozen or waits for its disk: nothing decides": {
		func(s *stage) {
			s.signal(60.9, demo.SignalStatusProbe, "tikv-2", "no answer to 9 questions in 1.2 s")
			s.clientErrors(61, "tikv-2", "timeout", 14)
			s.processes["tikv-2"] = ProcessFact{Running: true, Stuck: true, What: "process 26541"}
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeInconclusive, "no action", "waits in the kernel",
	},
	"a store that serves clients and does not report to PD is cut off from PD": {
		func(s *stage) {
			snap := healthy(second(61))
			n := &snap.Nodes[2]
			n.Health, n.State, n.HeartbeatAge = demo.HealthSuspect, "Disconnected", demo.Millis(21200*time.Millisecond)
			s.w.Snapshot(second(61), snap)
			s.signal(55, demo.SignalHeartbeatAge, "tikv-2", "heartbeat is 11.2 s old, usually at most 3.3 s")
			s.answersAfter("tikv-2", 0)
		},
		demo.TicketOpened{Invariant: "store_slow", Target: "tikv-2"}, "tikv-2", demo.TypeCutOffFromPD, "reconnect tikv-2", "takes requests",
	},
	"a store that could not write says so in its log, and is not started again blindly": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "dial tcp 127.0.0.1:37499: connect: connection refused, 2 times in a row")
			s.clientErrors(60.6, "tikv-2", "unavailable", 11)
			s.processes["tikv-2"] = ProcessFact{What: "process 28119", Exit: "exit status 1"}
			s.log("error: the raft log cannot be written: write /clusters/c4026197578/tikv-2/raft.log: file too large")
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeCannotWrite, "no action", "could not write (file too large)",
	},
	"a store that the kernel killed for memory is named so": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "read: connection reset by peer, 2 times in a row")
			s.clientErrors(60.6, "tikv-2", "unavailable", 14)
			s.processes["tikv-2"] = ProcessFact{What: "process 28547", Exit: "signal: killed", OOMKilled: true}
		},
		storeDown("tikv-2"), "tikv-2", demo.TypeNoMemory, "restart tikv-2", "for want of memory",
	},
	"one store that was killed and one that is stopped, of which nobody noticed, cost the quorum": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-2", "connection refused, 2 times in a row")
			s.clientErrors(60.6, "tikv-2", "unavailable", 4)
			s.processes["tikv-2"] = ProcessFact{What: "process 1996", Exit: "signal: killed"}
			s.processes["tikv-3"] = ProcessFact{Running: true, Stopped: true, What: "process 1997"}
		},
		storeDown("tikv-2"), "tikv-2, tikv-3", demo.TypeQuorumLost, "restart tikv-2", "no majority",
	},
	"a store that says that it is busy is overloaded": {
		func(s *stage) {
			s.clientErrors(61, "tikv-2", "busy", 60)
			s.answersAfter("tikv-2", 0)
		},
		demo.TicketOpened{Invariant: "store_slow", Target: "tikv-2"}, "tikv-2", demo.TypeOverloaded, "no action", "busy",
	},
	"a neighbour on the processor makes a store slow, and no network is mended": {
		func(s *stage) {
			s.clientErrors(61, "tikv-2", "timeout", 139)
			s.signal(61, demo.SignalSlowProbe, "tikv-2", "10 of 27 answers took over 150 ms, half of them 338 ms or more")
			s.answersAfter("tikv-2", 0)
			s.processes["tikv-2"] = ProcessFact{Running: true, Stutters: 0.94, What: "process 18098"}
		},
		demo.TicketOpened{Invariant: "store_slow", Target: "tikv-2"}, "tikv-2", demo.TypeSlow, "no action", "stopped and continued",
	},
	// Invented input: a process that is killed and started again within 0.3 s leaves
	// only its start time in PD.
	"a store that was killed and started again is said to be, and nothing is done": {
		func(s *stage) {
			for _, at := range []float64{55, 60.5} {
				snap := healthy(second(at))
				for i := range snap.Nodes {
					snap.Nodes[i].StartedAt = noon.Add(-time.Hour)
					if snap.Nodes[i].Name == "tikv-2" && at > 60 {
						snap.Nodes[i].StartedAt = second(60)
					}
				}
				s.w.Snapshot(second(at), snap)
			}
			s.signal(60.5, demo.SignalRestarted, "tikv-2", "it started at 14:03:00, before that at 13:02:00")
		},
		demo.TicketOpened{Invariant: "store_restarted", Target: "tikv-2", Severity: demo.SeverityWarning}, "tikv-2", demo.TypeRestarted, "no action", "started again",
	},
	"a store whose quota of the processor is used up is slow, and no network is mended": {
		func(s *stage) {
			s.clientErrors(61, "tikv-2", "timeout", 139)
			s.signal(61, demo.SignalSlowProbe, "tikv-2", "15 of 27 answers took over 28 ms, half of them 89 ms or more")
			s.answersAfter("tikv-2", 0)
			s.processes["tikv-2"] = ProcessFact{Running: true, Throttled: true, Executes: 13, What: "process 18898"}
		},
		demo.TicketOpened{Invariant: "store_slow", Target: "tikv-2"}, "tikv-2", demo.TypeSlow, "no action", "waits for a processor",
	},
	"PD whose process is gone has crashed": {
		func(s *stage) {
			snap := healthy(second(58))
			snap.Error = "Get http://127.0.0.1:2379: connection refused"
			s.w.Snapshot(second(61), snap)
			s.processes["pd-1"] = ProcessFact{What: "process 4711", Exit: "exit status 1"}
		},
		demo.TicketOpened{Invariant: "pd_unreachable", Target: "pd"}, "pd-1", demo.TypeCrashed, "restart pd-1", "exit status 1",
	},
	"PD that is away for no visible reason is no store's fault": {
		func(s *stage) {
			snap := healthy(second(55))
			snap.Error = "503 Service Unavailable: no leader"
			s.w.Snapshot(second(61), snap)
		},
		demo.TicketOpened{Invariant: "pd_unreachable", Target: "pd"}, "pd-1", demo.TypeInconclusive, "no action", "gives no answer",
	},
	"overload blames no node": {
		func(s *stage) {
			// As the monitor does it: no signal of a node, and a ticket that opens on a
			// tick after the last sample.
			for at := 57.5; at < 62; at++ {
				s.load(at, 420, 0, 800*time.Millisecond)
			}
			s.w.Snapshot(second(61), healthy(second(61)))
		},
		demo.TicketOpened{Invariant: "throughput_drop"}, "", demo.TypeInconclusive, "no action", "No single node stands out",
	},
	"errors on all nodes alike blame none": {
		func(s *stage) {
			s.clientErrors(61, "tikv-1", "timeout", 40)
			s.clientErrors(61, "tikv-2", "timeout", 44)
			s.clientErrors(61, "tikv-3", "timeout", 38)
			s.load(61.5, 300, 122, 990*time.Millisecond)
			s.w.Snapshot(second(61), healthy(second(61)))
		},
		demo.TicketOpened{Invariant: "error_rate"}, "", demo.TypeInconclusive, "no action", "not on one node alone",
	},
	"a symptom that ended by itself leaves a ticket without a known cause": {
		func(s *stage) {
			s.signal(60, demo.SignalStatusProbe, "tikv-2", "i/o timeout")
			s.w.Signal(second(61), demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "tikv-2", Cleared: true})
			s.w.Snapshot(second(61), healthy(second(61)))
		},
		storeDown("tikv-2"), "", demo.TypeInconclusive, "no action", "What was seen of tikv-2 has ended",
	},
	"a throughput drop leads to the store that died": {
		func(s *stage) {
			s.signal(60.4, demo.SignalStatusProbe, "tikv-3", "connection refused")
			s.clientErrors(60.6, "tikv-3", "unavailable", 90)
			s.clientErrors(60.6, "tikv-1", "timeout", 4)
			s.processes["tikv-3"] = ProcessFact{What: "process 4714", Exit: "signal: killed"}
		},
		demo.TicketOpened{Invariant: "throughput_drop"}, "tikv-3", demo.TypeCrashed, "restart tikv-3", "has ended",
	},
}

func TestRulesNameTheCauseThatTheObservationsShow(t *testing.T) {
	for name, c := range observed {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c.script(s)
			d, b, prose := s.diagnose(c.ticket)
			for _, e := range b.Items {
				t.Logf("E%d %s: %s", e.N, e.Source, e.Text)
			}
			t.Log(prose)
			t.Logf("%+v", d.Alternatives)
			assert.Equal(t, SourceRules, d.Source)
			assert.Equal(t, c.component, d.Component)
			assert.Equal(t, c.fault, d.FaultType)
			assert.Equal(t, c.action, d.Action.String())
			assert.Contains(t, prose, c.saysOneOf)
			assert.Equal(t, strings.TrimSpace(prose), d.RootCause, "what is streamed is what is answered")
			assert.GreaterOrEqual(t, len(d.Alternatives), 1)
			assert.LessOrEqual(t, len(d.Alternatives), 3)
			assert.NotEmpty(t, d.Evidence)
			for _, claim := range Check(b, d).Claims {
				assert.True(t, claim.OK, "%s: %s", claim.Text, claim.Why)
			}
			assert.InDelta(t, 1.0, d.Verified, 0)
			assert.True(t, d.Grounded)
		})
	}
}

func TestRulesStopWhenNobodyWaits(t *testing.T) {
	s := newStage(t)
	s.clientErrors(61.5, "tikv-2", "timeout", 40)
	b := s.w.Freeze(context.Background(), second(62), demo.TicketOpened{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Rules().Diagnose(ctx, b, func(string) { t.Error("nothing may be said") })
	require.ErrorIs(t, err, context.Canceled)
}
