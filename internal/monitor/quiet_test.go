package monitor

import (
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
// that was truly broken. Each is played by many seeds.
const (
	halfAnHour = 30 * time.Minute
	seeds      = 12
)

func quiet(t *testing.T, members int, play func(s *sim)) {
	t.Helper()
	for seed := range uint64(seeds) {
		s := newSim(seed, members)
		play(s)
		require.Empty(t, s.about(), "seed %d: %v", seed, s.trace)
	}
}

func TestHalfAnHourOfSteadyLoadOpensNoTicket(t *testing.T) {
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
			s.j.clientError(s.at, a.name, "timeout")
			s.j.clientError(s.at, a.name, "region")
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
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.every(25*time.Second, func() { s.rush(time.Duration(1+s.r.IntN(15)) * time.Second) })
		s.pass(halfAnHour)
	})
}

func TestHalfAnHourOfHiccupsOpensNoTicket(t *testing.T) {
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		s.every(17*time.Second, func() { s.hiccup(s.stores[s.r.IntN(3)], time.Duration(200+s.r.IntN(1800))*time.Millisecond) })
		s.pass(halfAnHour)
	})
}

// TestALaptopThatSleepsOpensNoTicket: nothing is asked and nothing is heard for a
// time, and then everything at once.
func TestALaptopThatSleepsOpensNoTicket(t *testing.T) {
	quiet(t, 1, func(s *sim) {
		s.pass(calm)
		for range 50 {
			asleep := time.Duration(1+s.r.IntN(60)) * time.Second
			s.at = s.at.Add(asleep)
			for i := range s.due {
				s.due[i].at = s.due[i].at.Add(asleep)
			}
			for _, n := range s.stores {
				n.beat = n.beat.Add(asleep - time.Duration(s.r.IntN(3000))*time.Millisecond)
			}
			s.pass(20 * time.Second)
		}
		s.never(t, demo.SignalStatusProbe, demo.SignalSlowProbe)
	})
}

// TestAChangeOfThePDLeaderOpensNoTicket: the control plane is silent for up to
// 13 s, and then every store looks disconnected until it reports, each at its own
// time. The members are alive all the while.
func TestAChangeOfThePDLeaderOpensNoTicket(t *testing.T) {
	quiet(t, 3, func(s *sim) {
		s.beats = 10 * time.Second
		s.pass(time.Minute)
		turn := 0
		s.every(90*time.Second, func() {
			turn++
			s.poll, s.leader = "PD answered 503: no leader", ""
			for _, n := range s.stores {
				n.beat = s.at.Add(-3 * time.Minute) // what storage has
			}
			s.in(time.Duration(3000+s.r.IntN(10000))*time.Millisecond, func() {
				s.poll, s.leader = "", s.members[turn%3].name
			})
		})
		s.pass(halfAnHour)
	})
}

// TestARestartOfAStoreIsThatStoresAffair: leaders move away and back, peers are
// behind and catch up, and the others serve meanwhile.
func TestARestartOfAStoreIsThatStoresAffair(t *testing.T) {
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
	quiet(t, 1, func(s *sim) {
		s.load = nil
		s.poll = "connection refused"
		s.members[0].dead = true
		s.in(time.Duration(s.r.IntN(8))*time.Second, func() { s.poll, s.members[0].dead = "", false })
		for _, n := range s.stores {
			n.dead, n.beating, n.beat, n.health, n.leaders = true, false, time.Time{}, demo.HealthDown, 0
			s.in(time.Duration(5+s.r.IntN(15))*time.Second, func() { n.dead = false })
			s.in(time.Duration(5+s.r.IntN(20))*time.Second, func() { n.beating, n.beat, n.health = true, s.at, demo.HealthUp })
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
