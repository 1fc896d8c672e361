package monitor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// never says that a signal was not raised by anything.
func (s *sim) never(t *testing.T, signals ...string) {
	t.Helper()
	for _, line := range s.trace {
		for _, name := range signals {
			require.NotContains(t, line, "+"+name)
		}
	}
}

// The half hours below must pass without a ticket, or with none but for the node
// that was truly broken. Each is played by many seeds, fewer under the race
// detector: it slows a simulation down ten times, and has nothing to find in one
// of a single goroutine. make test-long plays them all without it.
const halfAnHour = 30 * time.Minute

func quiet(t *testing.T, members int, play func(s *sim)) {
	t.Helper()
	for seed := range uint64(seeds) {
		s := newSim(seed, members)
		play(s)
		require.Empty(t, s.about(), "seed %d: %v", seed, s.trace)
	}
}

func TestHalfAnHourOfSteadyLoadOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		// A single error and a late answer now and then, a leader that moves.
		for _, n := range s.stores {
			n.delay = func() time.Duration {
				if s.r.IntN(300) == 0 {
					return time.Duration(s.r.IntN(900)) * time.Millisecond
				}
				return time.Duration(1+s.r.IntN(20)) * time.Millisecond
			}
		}
		s.every(20*time.Second, func() {
			a, b := s.stores[s.r.IntN(3)], s.stores[s.r.IntN(3)]
			if a.leaders > 2 {
				a.leaders--
				b.leaders++
			}
			s.d.clientError(s.at, a.name, "timeout")
			s.d.clientError(s.at, a.name, "region")
		})
		// Every other minute is a busy one.
		s.load = func() demo.LoadSample {
			l := s.steady()
			if s.at.Sub(noon)%(2*time.Minute) > time.Minute {
				l.P99 = demo.Micros(time.Duration(50+s.r.IntN(300)) * time.Millisecond)
			}
			return l
		}
		s.pass(halfAnHour)
		require.Empty(t, s.trace)
	})
}

// TestLooksThatAreFasterThanHeartbeatsRaiseNoSignal: the first five looks of these see
// a small part of the time between two heartbeats, which is 10 s in the real profile.
func TestLooksThatAreFasterThanHeartbeatsRaiseNoSignal(t *testing.T) {
	t.Parallel()
	for _, polls := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		for _, beats := range []time.Duration{time.Second, 10 * time.Second} {
			t.Run(fmt.Sprintf("looks every %s, heartbeats every %s", polls, beats), func(t *testing.T) {
				for seed := range uint64(3) {
					s := newSim(seed, 1)
					s.polls, s.beats = polls, beats
					s.pass(time.Duration(seed) * 3 * time.Second) // the looks begin at any time between two heartbeats
					s.d = newDetector()
					s.pass(quietFor)
					require.Empty(t, s.trace, "seed %d", seed)
				}
			})
		}
	}
}

// At the default pace five looks take 8 s, and that is long enough: a store that falls
// silent then is late at the first look at which any may be called late.
func TestAStoreThatFallsSilentSoonAfterTheFirstLooksIsFound(t *testing.T) {
	t.Parallel()
	s := newSim(1, 1)
	s.pass(8500 * time.Millisecond)
	n := s.stores[0]
	n.hung, n.beating = true, false
	s.pass(30 * time.Second)
	require.LessOrEqual(t, n.raisedAt(t, s, demo.SignalHeartbeatAge).Sub(noon), settle+s.polls, s.trace)
}

// rush is a machine that is out of breath for a while: ticks, answers and
// operations are late, whoever they are of.
func (s *sim) rush(d time.Duration) {
	s.hurried = true
	hold := func() time.Duration { return time.Duration(s.r.IntN(1050)) * time.Millisecond } // some are given up
	for _, n := range append(slices.Clone(s.members), s.stores...) {
		n.delay = hold
	}
	s.ticks = func() time.Duration { return 100*time.Millisecond + time.Duration(s.r.IntN(400))*time.Millisecond }
	fails := s.r.IntN(30)
	for _, n := range s.stores {
		n.fails, n.kind = fails, "timeout"
	}
	s.load = func() demo.LoadSample {
		return demo.LoadSample{Ops: 400 + s.r.Int64N(900), Errors: int64(3 * fails), P99: demo.Micros(time.Duration(s.r.IntN(2000)) * time.Millisecond)}
	}
	if s.r.IntN(3) == 0 {
		s.poll = "no answer within 1s"
		s.in(3*time.Second, func() { s.poll = "" })
	}
	s.in(d, func() {
		for _, n := range append(slices.Clone(s.members), s.stores...) {
			n.delay, n.fails = s.prompt, 0
		}
		s.ticks, s.load, s.hurried = s.everyTenth, s.steady, false
	})
}

// hiccup is one process that gets no processor for a moment: its answers and its
// operations wait.
func (s *sim) hiccup(n *simNode, d time.Duration) {
	end := s.at.Add(d)
	n.delay = func() time.Duration { return max(0, end.Sub(s.at)) + time.Millisecond }
	n.fails, n.kind = 16, "timeout"
	s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 300, Errors: 100, P99: demo.Micros(d)} }
	s.in(d, func() { n.delay, n.fails, s.load = s.prompt, 0, s.steady })
}

func TestHalfAnHourOfABusyMachineOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.every(25*time.Second, func() { s.rush(time.Duration(1+s.r.IntN(15)) * time.Second) })
		s.pass(halfAnHour)
	})
}

// TestAnOverloadedMachineIsSaidAndNotPutDownToTheCluster plays what 20 busy loops
// on 2 cores were seen to do: the monitor's own ticks come late by a few tens of
// milliseconds each, everybody answers late, most operations fail or are never
// begun, and those that fail are for seconds on one store alone.
func TestAnOverloadedMachineIsSaidAndNotPutDownToTheCluster(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.ticks = func() time.Duration { // never lateTick, and at rest for ten seconds in each half minute
			if s.at.Sub(noon)%(30*time.Second) > 20*time.Second {
				return s.everyTenth()
			}
			return time.Duration(105+s.r.IntN(100)) * time.Millisecond
		}
		for _, n := range append(slices.Clone(s.members), s.stores...) {
			n.delay = func() time.Duration { return time.Duration(20+s.r.IntN(400)) * time.Millisecond }
		}
		s.load = func() demo.LoadSample {
			return demo.LoadSample{Ops: s.r.Int64N(300), Errors: 30, Shed: 800, P99: demo.Micros(time.Duration(1000+s.r.IntN(1000)) * time.Millisecond)}
		}
		fails := 20
		s.every(7*time.Second, func() {
			n := s.stores[s.r.IntN(3)]
			n.fails, n.kind = fails, "timeout"
			s.in(5*time.Second, func() { n.fails = 0 })
		})
		s.pass(5 * time.Minute)
		require.Len(t, s.overloads, 1, "once, while it lasts: %v", s.trace)
		require.Less(t, s.overloads[0].Sub(noon), calm+4*time.Second)
		s.ticks = s.everyTenth
		for _, n := range append(slices.Clone(s.members), s.stores...) {
			n.delay, n.fails = s.prompt, 0
		}
		fails = 0
		s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 100, Errors: 100, P99: p99} }
		s.in(breathFor+2*time.Second, func() { s.load = s.steady }) // the bad seconds before are not counted
		s.pass(time.Minute)
		require.False(t, s.d.overload)
	})
}

// What this machine does not begin is no failure of the cluster.
func TestOperationsThatWereNeverBegunAreNoErrors(t *testing.T) {
	t.Parallel()
	s := newSim(1, 1)
	s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 1000, Shed: 400, P99: 5000} }
	s.pass(calm)
	s.load = s.steady
	s.pass(calm) // the baseline was learned from these alone
	require.InDelta(t, 1000, s.d.baseline, 50)
	s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 900, Shed: 400, P99: 5000} }
	s.pass(time.Minute)
	require.Empty(t, s.trace)
	s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 500, Shed: 500, P99: 5000} }
	s.pass(time.Minute)
	require.Equal(t, []string{"throughput_drop workload"}, s.about())
	require.NotContains(t, s.tickets[0].Message, "fail")
}

// A node that is broken is named where the machine is overloaded, too: by what
// no other node does. What only the workload shows is not.
func TestAFaultOnAnOverloadedMachineIsFound(t *testing.T) {
	t.Parallel()
	unseen := []string{"latency that nobody fails of", "2% of a core", "2% of a core, and the machine is busy besides", "too much work", "latency without a cause"}
	for name, f := range faults {
		s := newSim(1, f.members)
		s.pass(calm)
		s.ticks = func() time.Duration { return 140 * time.Millisecond }
		s.pass(10 * time.Second)
		require.True(t, s.d.overload)
		f.do(s)
		s.pass(2 * time.Minute)
		if slices.Contains(unseen, name) {
			require.Empty(t, s.about(), "%s: %v", name, s.trace)
			continue
		}
		require.Equal(t, f.tickets, s.about(), "%s: %v", name, s.trace)
	}
}

func TestHalfAnHourOfHiccupsOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.every(17*time.Second, func() { s.hiccup(s.stores[s.r.IntN(3)], time.Duration(200+s.r.IntN(1800))*time.Millisecond) })
		s.pass(halfAnHour)
	})
}

// TestALaptopThatSleepsOpensNoTicket: nothing is asked and nothing is heard for a
// time. PD and the age of a heartbeat go by the time of day, and the stores'
// heartbeats by a clock that stood still: on waking, every store looks
// disconnected until it reports, each at its own time.
func TestALaptopThatSleepsOpensNoTicket(t *testing.T) {
	t.Parallel()
	for _, beats := range []time.Duration{time.Second, 10 * time.Second} {
		t.Run(beats.String(), func(t *testing.T) {
			wakes, old := 0, 0
			quiet(t, 1, func(s *sim) {
				s.beats = beats
				s.pass(calm)
				for range 40 {
					s.sleep(time.Duration(1+s.r.IntN(60)) * time.Second)
					wakes++
					if s.wall().Sub(s.stores[0].beat) > 20*time.Second {
						old++
					}
					s.pass(20*time.Second + time.Duration(s.r.IntN(2000))*time.Millisecond)
				}
				s.never(t, demo.SignalStatusProbe, demo.SignalSlowProbe, demo.SignalHeartbeatAge, demo.SignalPDDisconnected)
			})
			require.Equal(t, 40*seeds, wakes)
			require.Greater(t, old, wakes/3, "after the longer ones PD calls every store disconnected")
		})
	}
}

// A store that dies while the machine sleeps, or soon after, is found all the same.
func TestAStoreThatDiesAroundASleepIsFound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		s := newSim(seed, 1)
		s.pass(calm)
		s.sleep(time.Minute)
		s.pass(time.Duration(s.r.IntN(20000)) * time.Millisecond)
		begin := s.at
		s.kill(s.stores[0], 1500*time.Millisecond)
		s.pass(30 * time.Second)
		require.Equal(t, []string{"store_down tikv-1"}, s.about(), "seed %d: %v", seed, s.trace)
		require.Less(t, s.openedAt[0].Sub(begin), 600*time.Millisecond)
	}
}

// TestAChangeOfThePDLeaderOpensNoTicket: the control plane is silent for up to
// 13 s, and then every store looks disconnected until it reports, each at its own
// time. The members are alive all the while.
func TestAChangeOfThePDLeaderOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 3, func(s *sim) {
		s.beats = 10 * time.Second
		s.pass(time.Minute)
		turn := 0
		s.every(90*time.Second, func() {
			turn++
			s.poll, s.leader = "PD answered 503: no leader", ""
			for _, n := range s.stores {
				n.beat = s.wall().Add(-3 * time.Minute) // what storage has
			}
			s.in(time.Duration(3000+s.r.IntN(10000))*time.Millisecond, func() {
				s.poll, s.leader = "", s.members[turn%3].name
			})
		})
		s.pass(halfAnHour)
	})
}

// TestAPDThatIsSilentForAMomentOpensNoTicket: it remembers what it knew, and
// heartbeats come late by the length of its silence.
func TestAPDThatIsSilentForAMomentOpensNoTicket(t *testing.T) {
	t.Parallel()
	for _, beats := range []time.Duration{time.Second, 10 * time.Second} {
		quiet(t, 1, func(s *sim) {
			s.beats = beats
			s.pass(time.Minute)
			s.every(19*time.Second, func() {
				s.in(time.Duration(s.r.IntN(5000))*time.Millisecond, func() {
					s.poll = "no answer within 1s"
					s.in(time.Duration(500+s.r.IntN(3000))*time.Millisecond, func() { s.poll = "" })
				})
			})
			s.pass(halfAnHour)
			s.never(t, demo.SignalHeartbeatAge, demo.SignalPDDisconnected)
		})
	}
}

// A PD that gets no processor for a moment answers nobody, as one that hangs: its port
// and the looks at the cluster are silent together.
func TestAPDThatIsHeldUpForAMomentOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.every(30*time.Second, func() {
			end := s.at.Add(time.Duration(500+s.r.IntN(3000)) * time.Millisecond)
			s.members[0].delay = func() time.Duration { return max(0, end.Sub(s.at)) + time.Millisecond }
			s.poll = "no answer within 1s"
			s.in(end.Sub(s.at), func() { s.members[0].delay, s.poll = s.prompt, "" })
		})
		s.pass(halfAnHour)
	})
}

// TestAPDThatBeganAnewOpensNoTicket: it was away for so short a time that one look
// found it so, or none, and it knows of heartbeats what its storage has.
func TestAPDThatBeganAnewOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.beats = 10 * time.Second
		s.pass(time.Minute)
		s.every(90*time.Second, func() {
			s.poll = "connection refused"
			for _, n := range s.stores {
				n.beat = s.wall().Add(-3 * time.Minute)
			}
			s.in(time.Duration(500+s.r.IntN(2000))*time.Millisecond, func() { s.poll = "" })
		})
		s.pass(halfAnHour)
		s.never(t, demo.SignalHeartbeatAge, demo.SignalPDDisconnected)
	})
}

// Nor does such a silence, whenever it comes, hide that a store is gone: a look
// that gets no answer is one look of two seconds.
func TestAPDThatIsSilentForAMomentHidesNothing(t *testing.T) {
	t.Parallel()
	const look = 2 * time.Second
	for ms := 0; ms < 30_000; ms += int(moment / time.Millisecond) {
		s := newSim(uint64(ms), 1)
		s.pass(calm)
		begin, n := s.at, s.stores[0]
		n.hung, n.beating = true, false
		s.in(time.Duration(ms)*time.Millisecond, func() {
			s.poll = "no answer within 1s"
			s.in(time.Second, func() { s.poll = "" })
		})
		s.pass(30 * time.Second)
		late, missed := n.raisedAt(t, s, demo.SignalHeartbeatAge), n.raisedAt(t, s, demo.SignalPDDisconnected)
		require.LessOrEqual(t, late.Sub(begin), beatFloor+4*look, "silent after %d ms: %v", ms, s.trace)
		require.LessOrEqual(t, missed.Sub(begin), 20*time.Second+2*look, "silent after %d ms: %v", ms, s.trace)
	}
}

// raisedAt is when a signal of the node was raised that lasts.
func (n *simNode) raisedAt(t *testing.T, s *sim, signal string) time.Time {
	t.Helper()
	require.Contains(t, s.d.node(n.name).active, signal, s.trace)
	return s.d.node(n.name).active[signal]
}

// TestARestartOfAStoreIsThatStoresAffair: leaders move away and back, peers are
// behind and catch up, and the others serve meanwhile.
func TestARestartOfAStoreIsThatStoresAffair(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		s := newSim(seed, 1)
		s.pass(calm)
		const restarts = 14 // the fifteenth would be under way at the end
		s.every(2*time.Minute, func() {
			if len(s.tickets) == restarts {
				return
			}
			n := s.stores[1]
			s.kill(n, 1500*time.Millisecond)
			s.load = limping
			s.in(3*time.Second, func() { s.load = s.steady })
			s.in(6*time.Second, func() {
				s.restart(n)
				s.regions = &demo.Regions{Total: 9, PendingPeer: 9}
				s.in(40*time.Second, func() { s.regions = &demo.Regions{Total: 9} })
			})
		})
		s.pass(halfAnHour)
		require.Len(t, s.tickets, restarts, "seed %d: %v", seed, s.trace)
		for _, about := range s.about() {
			require.Equal(t, "store_down tikv-2", about, "seed %d: %v", seed, s.trace)
		}
		require.Len(t, s.closed, restarts, "each ends with its restart")
	}
}

// TestAClusterThatStartsOpensNoTicket: PD answers late, stores come one by one,
// and one that PD has never heard of is called Down. Nothing is loaded.
func TestAClusterThatStartsOpensNoTicket(t *testing.T) {
	t.Parallel()
	quiet(t, 1, func(s *sim) {
		s.load = nil
		s.poll = "connection refused"
		s.members[0].dead = true
		s.in(time.Duration(s.r.IntN(8))*time.Second, func() { s.poll, s.members[0].dead = "", false })
		for _, n := range s.stores {
			n.dead, n.beating, n.beat, n.health, n.leaders = true, false, time.Time{}, demo.HealthDown, 0
			s.in(time.Duration(5+s.r.IntN(15))*time.Second, func() { n.dead = false })
			s.in(time.Duration(5+s.r.IntN(20))*time.Second, func() { n.beating, n.beat, n.health = true, s.wall(), demo.HealthUp })
			s.in(time.Duration(25+s.r.IntN(5))*time.Second, func() { n.leaders = 3 })
		}
		s.regions = &demo.Regions{Total: 9, Leaderless: 9, MissPeer: 9}
		s.in(40*time.Second, func() { s.regions = &demo.Regions{Total: 9} })
		s.pass(10 * time.Minute)
		s.never(t, demo.SignalPDDisconnected, demo.SignalHeartbeatAge)
		// The first seconds of the workload are good, then the caches fill.
		seconds := 0
		s.load = func() demo.LoadSample {
			seconds++
			if 6 <= seconds && seconds <= 13 {
				return demo.LoadSample{Ops: 500, P99: demo.Micros(800 * time.Millisecond)}
			}
			return s.steady()
		}
		s.pass(20 * time.Minute)
	})
}
