package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestAKilledStoreOpensOneTicketByTwoSignalsAndItClosesAfterTheRestart(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	n := s.stores[1]
	s.kill(n, 1500*time.Millisecond)
	s.pass(24 * time.Second)
	s.restart(n)
	s.pass(16 * time.Second)
	require.Equal(t, []string{
		"40.1 +client_errors tikv-2",
		"40.2 +status_probe tikv-2",
		"40.2 T-1 store_down tikv-2 [client_errors status_probe]",
		"42.0 +leader_moved tikv-2",
		"44.0 +heartbeat_age tikv-2",
		"44.5 -client_errors tikv-2",
		"60.0 +pd_disconnected tikv-2",
		"64.1 -status_probe tikv-2",
		"66.0 -heartbeat_age tikv-2",
		"66.0 -pd_disconnected tikv-2",
		"68.0 -leader_moved tikv-2",
		"70.0 T-1 closed: held for 3 looks in a row",
	}, s.trace)
}

// About one kill in eight, on the embedded cluster, showed the clients a single failure at once;
// the next came after their time-out of 500 ms, and the ticket with it.
func TestOneFailedOperationIsEnoughWhereThePortRefuses(t *testing.T) {
	for name, fails := range map[string]time.Duration{"before the port refuses": 10 * time.Millisecond, "after it": 400 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			s := newSim(1, 1)
			s.pass(calm)
			n := s.stores[1]
			n.dead = true
			s.in(fails, func() { s.d.clientError(s.at, n.name, "unavailable") })
			s.pass(450 * time.Millisecond)
			require.Len(t, s.tickets, 1, s.trace)
			require.Equal(t, StoreDown, s.tickets[0].Invariant)
			require.ElementsMatch(t, []string{demo.SignalClientErrors, demo.SignalStatusProbe}, s.tickets[0].Signals)
		})
	}
}

// Each of these is a rumour: one signal, or several that the node itself denies.
func TestWhatOneSignalSaysOpensNothing(t *testing.T) {
	for name, do := range map[string]func(s *sim){
		"a port that refuses": func(s *sim) { s.stores[0].dead = true },
		"a port that has refused for long, and one operation that fails": func(s *sim) {
			s.stores[0].dead = true
			s.in(time.Minute, func() { s.d.clientError(s.at, "tikv-1", "region") })
		},
		"a port that is silent": func(s *sim) { s.stores[0].hung = true },
		"a port that is slow": func(s *sim) {
			s.stores[0].delay = func() time.Duration { return 400 * time.Millisecond }
		},
		"a port that is slower than the others', and nobody feels it": func(s *sim) {
			s.stores[0].delay = func() time.Duration { return time.Duration(40+s.r.IntN(40)) * time.Millisecond }
		},
		"ports that are slow, one more than the others, and a latency that lasts": func(s *sim) {
			for i, n := range s.stores {
				n.delay = func() time.Duration { return time.Duration(10+20*i+s.r.IntN(40)) * time.Millisecond }
			}
			s.load = func() demo.LoadSample { return demo.LoadSample{Ops: 900, P99: demo.Micros(300 * time.Millisecond)} }
		},
		"clients that fail on one store for three seconds": func(s *sim) {
			s.stores[0].fails = 30
			s.in(3*time.Second, func() { s.stores[0].fails = 0 })
		},
		"clients that fail on two stores": func(s *sim) { s.stores[0].fails, s.stores[1].fails = 30, 20 },
		"a few errors while leaders move, as when PD spreads them": func(s *sim) {
			s.stores[0].fails = 30
			s.moveLeaders(s.stores[0])
			s.in(500*time.Millisecond, func() { s.stores[0].fails = 0 })
		},
		"a port that is silent while clients fail everywhere": func(s *sim) {
			s.stores[0].hung = true
			for _, n := range s.stores {
				n.fails = 30
			}
		},
		"a slow port, and a latency that does not last": func(s *sim) {
			s.stores[0].delay = func() time.Duration { return 400 * time.Millisecond }
			s.in(5*time.Second, func() { s.load = limping })
			s.in(7*time.Second, func() { s.load = s.steady })
		},
		"an election": func(s *sim) {
			s.in(time.Minute, func() { s.regions = &demo.Regions{Total: 9, Leaderless: 3} })
			s.in(80*time.Second, func() { s.regions = &demo.Regions{Total: 9} })
		},
		"a network that is away for some seconds": func(s *sim) {
			s.cut("no answer within 1s")
			s.in(6500*time.Millisecond, s.joined)
		},
		"one look that finds a member unhealthy": func(s *sim) {
			s.polls = 10 * time.Second
			s.members[0].denied = true
			s.in(5*time.Second, func() { s.members[0].denied = false })
		},
		"one look that finds a disk full": func(s *sim) {
			s.stores[0].free = 5
			s.in(2*time.Second, func() { s.stores[0].free = 80 })
		},
		"leaders that move": func(s *sim) { s.moveLeaders(s.stores[0]) },
		"a heartbeat that is late": func(s *sim) {
			s.stores[0].beating = false
			s.in(12*time.Second, func() { s.stores[0].beating = true })
		},
		"all heartbeats that are late": func(s *sim) {
			for _, n := range s.stores {
				n.beating = false
			}
		},
		"a PD that serves nobody for six seconds":     func(s *sim) { s.poll = "503"; s.in(6*time.Second, func() { s.poll = "" }) },
		"a PD whose port cannot be reached from here": func(s *sim) { s.members[0].walled = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(1, 1)
			s.pass(calm)
			do(s)
			s.pass(2 * time.Minute)
			require.Empty(t, s.about(), s.trace)
		})
	}
}

// After a change of clocks, or of the control plane's mind, every heartbeat may
// look old. That tells nothing of any store.
func TestAllHeartbeatsOldAtOnceAreTheControlPlanesOwnAffair(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	for _, n := range s.stores {
		n.beating = false
	}
	s.pass(time.Minute)
	require.Empty(t, s.trace)
}

func TestAMemberThatWasNeverReachedFromHereIsNotMissed(t *testing.T) {
	s := newSim(1, 1)
	s.members[0].walled = true
	s.polls = 10 * time.Second
	s.pass(time.Minute)
	require.Empty(t, s.trace)
	s.poll = "no answer within 1s" // in one look
	s.pass(12 * time.Second)
	s.poll = ""
	s.pass(time.Minute)
	require.Empty(t, s.about())
}

// A question may be under way while the machine sleeps.
func TestAQuestionThatIsOldIsNoSilence(t *testing.T) {
	d := newDetector()
	d.asked(noon, "tikv-1")
	d.probed(noon.Add(time.Minute), "tikv-2", time.Millisecond, nil, false)
	d.tick(noon.Add(time.Minute))
	require.Empty(t, d.take())
}

// What was asked while it stood still is answered late or never; that does not
// make it slow when it is back.
func TestAStoreThatIsBackIsNotSlow(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	n := s.stores[0]
	n.hung, n.beating, n.fails = true, false, 30
	s.in(2*time.Second, func() { n.fails = 0; s.moveLeaders(n) })
	s.in(10*time.Second, func() { s.restart(n) })
	s.pass(40 * time.Second)
	require.Equal(t, []string{"store_down tikv-1"}, s.about())
	require.Len(t, s.closed, 1)
	s.never(t, demo.SignalSlowProbe)

	back := &node{probes: probes{backAt: noon}}
	back.note(noon.Add(100*time.Millisecond), 500*time.Millisecond)
	require.Empty(t, back.replies, "asked before")
	back.note(noon.Add(600*time.Millisecond), 500*time.Millisecond)
	require.Len(t, back.replies, 1)
}

func TestTheWorkloadsTicketIsTakenOverByTheStoreThatExplainsIt(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	s.load = limping
	s.pass(10 * time.Second)
	require.Equal(t, []string{"throughput_drop workload"}, s.about(), "error rate and latency are part of it")
	s.kill(s.stores[0], time.Minute)
	s.pass(10 * time.Second)
	require.Equal(t, []string{"throughput_drop workload", "store_down tikv-1"}, s.about())
	require.Len(t, s.closed, 1)
	require.Equal(t, "T-1", s.closed[0].ID)
	require.Equal(t, "explained by T-2: store_down on tikv-1", s.closed[0].Message)

	// What it explains is named at its end, and goes on to be explained while the
	// store catches up.
	s.in(50*time.Second, func() { s.restart(s.stores[0]) })
	s.in(65*time.Second, func() { s.load = s.steady })
	s.pass(2 * time.Minute)
	require.Len(t, s.tickets, 2)
	require.Equal(t, "T-2", s.closed[1].ID)
	require.Equal(t, "held for 3 looks in a row; part of it: throughput_drop, error_rate, high_latency, region_without_leader", s.closed[1].Message)
}

// A store that was slow, or held up for a moment, is killed: the talk waits for a ticket
// that is about the kill.
func TestAStoreThatIsKilledWhileItHasATicketGetsAnother(t *testing.T) {
	for name, before := range map[string]struct {
		do        func(s *sim, n *simNode)
		invariant string
	}{
		"slow": {func(s *sim, n *simNode) { faults["latency"].do(s); s.pass(10 * time.Second) }, "store_slow tikv-3"},
		"held up, and back": {func(s *sim, n *simNode) {
			n.hung, n.fails, n.kind = true, 32, "timeout"
			s.pass(3 * time.Second)
			n.hung, n.fails = false, 0
			for len(s.d.open) > 0 && s.d.open[0].good == 0 {
				s.pass(100 * time.Millisecond)
			}
		}, "store_down tikv-3"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(1, 1)
			s.pass(calm)
			before.do(s, s.stores[2])
			require.Equal(t, []string{before.invariant}, s.about())
			require.Empty(t, s.closed)
			killed := s.at
			s.kill(s.stores[2], 1500*time.Millisecond)
			s.pass(time.Minute)
			require.Equal(t, []string{before.invariant, "store_down tikv-3"}, s.about(), s.trace)
			require.Less(t, s.openedAt[1].Sub(killed), 5*time.Second)
			require.Len(t, s.closed, 1)
			require.Equal(t, "followed by T-2: store_down on tikv-3", s.closed[0].Message)
		})
	}
}

func TestTroubleThatOutlastsTheStoreIsATicketOfItsOwn(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	s.load = limping
	s.kill(s.stores[0], time.Second)
	s.in(8*time.Second, func() { s.restart(s.stores[0]) })
	s.pass(25 * time.Second)
	require.Equal(t, []string{"store_down tikv-1"}, s.about())
	require.Len(t, s.closed, 1)
	s.pass(20 * time.Second)
	require.Equal(t, []string{"store_down tikv-1", "throughput_drop workload"}, s.about())
}

func TestStoresThatDieTogetherAreOneIncidentWithATicketEach(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	faults["quorum-loss"].do(s)
	s.pass(time.Minute)
	require.Len(t, s.tickets, 2)
	require.NotContains(t, s.tickets[0].Message, "incident")
	require.Contains(t, s.tickets[1].Message, "; one incident with T-1")
}

func TestAFullDiskDoesNotHideTheStoresEnd(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	s.stores[0].free = 5
	s.pass(20 * time.Second)
	s.kill(s.stores[0], time.Second)
	s.pass(5 * time.Second)
	require.Equal(t, []string{"low_disk tikv-1", "store_down tikv-1"}, s.about())
	require.Empty(t, s.closed, "the disk is as full as it was")
}

func TestASilentControlPlaneTellsNothingOfTheStores(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	s.poll = "connection refused"
	s.members[0].dead = true
	s.pass(2 * time.Minute) // every heartbeat that is on record is old by then
	require.Equal(t, []string{"pd_member_down pd-1"}, s.about())
	s.poll, s.members[0].dead = "", false
	for i, n := range s.stores {
		s.in(time.Duration(i)*4*time.Second, func() { n.beat = s.wall() })
		n.beating = false
		s.in(time.Duration(i)*4*time.Second, func() { n.beating = true })
	}
	s.pass(time.Minute)
	require.Equal(t, []string{"pd_member_down pd-1"}, s.about(), s.trace)
	require.Len(t, s.closed, 1)
}

// A control plane whose members cannot be asked one by one: nothing answers at
// all.
func TestAControlPlaneThatIsOutOfReachIsATicket(t *testing.T) {
	s := newSim(1, 1)
	s.pass(calm)
	s.cut("no answer within 1s")
	s.pass(20 * time.Second)
	require.Equal(t, []string{"pd_unreachable pd-1"}, s.about(), "by its name, for there is no other")
}

// A store that was dead before anybody looked is trouble too, though not at once:
// it might be starting.
func TestAStoreThatNeverServedIsATicketInTheEnd(t *testing.T) {
	s := newSim(1, 1)
	n := s.stores[0]
	n.dead, n.beating, n.beat, n.leaders = true, false, noon.Add(-time.Hour), 0
	s.pass(25 * time.Second)
	require.Empty(t, s.about())
	s.pass(40 * time.Second)
	require.Equal(t, []string{"store_down tikv-1"}, s.about())
}
