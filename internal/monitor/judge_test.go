package monitor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// script is observations with their times, played into the core.
type script struct {
	j     *judge
	at    time.Time
	trace []string
}

func newScript() *script { return &script{j: newJudge(), at: noon} }

func (s *script) out() {
	for _, b := range s.j.take() {
		at := s.at.Sub(noon).Seconds()
		switch b := b.(type) {
		case demo.SignalSeen:
			mark := "+"
			if b.Cleared {
				mark = "-"
			}
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s%s %s", at, mark, b.Name, b.Target))
		case demo.TicketOpened:
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s %s %s [%s]", at, b.ID, b.Invariant, b.Target, strings.Join(b.Signals, " ")))
		case demo.TicketClosed:
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s closed, seen %d", at, b.ID, b.Count))
		}
	}
}

// pass lets time pass, a tick every 100 ms, and calls what is due.
func (s *script) pass(d time.Duration, each func(at time.Time)) {
	for end := s.at.Add(d); s.at.Before(end); {
		s.at = s.at.Add(100 * time.Millisecond)
		if each != nil {
			each(s.at)
		}
		s.j.tick(s.at)
		s.out()
	}
}

// cluster gives a look at three stores; dead is silent since, "" for none.
func cluster(at time.Time, dead string, since time.Time) demo.Snapshot {
	s := demo.Snapshot{LastUpdated: at, Nodes: []demo.Node{{Name: "pd-1", Type: "pd", Role: demo.RoleControl, Health: demo.HealthUp}}}
	for i := 1; i <= 3; i++ {
		n := demo.Node{Name: fmt.Sprintf("tikv-%d", i), Role: demo.RoleData, Health: demo.HealthUp, State: "Up", Leaders: 3, StatusAddress: "x", LastBeat: at}
		if n.Name == dead {
			n.LastBeat = since
			n.HeartbeatAge = demo.Millis(at.Sub(since))
			if at.Sub(since) > 20*time.Second {
				n.Health, n.State = demo.HealthSuspect, "Disconnected"
			}
			if at.Sub(since) > 1500*time.Millisecond {
				n.Leaders = 0
			}
		} else if dead != "" && at.Sub(since) > 1500*time.Millisecond {
			n.Leaders = 4
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}

// calm is healthy life with load: snapshots every 2 s, samples every second,
// probes that answer.
func (s *script) calm(d time.Duration) { s.life(d, "", time.Time{}) }

var (
	errRefused = errors.New("connection refused")
	errLate    = errors.New("no answer within 300 ms")
)

// life goes on with one store dead since a moment: its probe is refused, and
// clients get errors until its leaders have moved.
func (s *script) life(d time.Duration, dead string, since time.Time) {
	s.pass(d, func(at time.Time) {
		ms := at.Sub(noon).Milliseconds()
		for i := 1; i <= 3; i++ {
			name := fmt.Sprintf("tikv-%d", i)
			var err error
			if name == dead {
				err = errRefused
			}
			if ms%200 == 0 {
				s.j.probed(at, name, err, false)
			}
		}
		if dead != "" && at.Sub(since) < 1500*time.Millisecond {
			s.j.clientError(at, dead, "unavailable")
		}
		if ms%1000 == 0 {
			s.j.loaded(at, demo.LoadSample{Ops: 1000})
		}
		if ms%2000 == 0 {
			s.j.looked(at, cluster(at, dead, since))
		}
		s.j.judgeAll(at)
		s.out()
	})
}

func TestAKilledStoreOpensOneTicketByTwoSignalsAndItClosesAfterTheRestart(t *testing.T) {
	s := newScript()
	s.calm(20 * time.Second)
	require.Empty(t, s.trace)
	killed := s.at
	s.life(25*time.Second, "tikv-2", killed)
	s.calm(10 * time.Second)
	require.Equal(t, []string{
		"20.3 +client_errors tikv-2",
		"20.4 +status_probe tikv-2",
		"20.4 T-1 store_down tikv-2 [client_errors status_probe]",
		"22.0 +leader_moved tikv-2",
		"24.0 +heartbeat_age tikv-2",
		"24.5 -client_errors tikv-2",
		"42.0 +pd_disconnected tikv-2",
		"45.2 -status_probe tikv-2",
		"46.0 -heartbeat_age tikv-2",
		"46.0 -leader_moved tikv-2",
		"46.0 -pd_disconnected tikv-2",
		"48.1 T-1 closed, seen 26",
	}, s.trace)
}

func TestOneSymptomAloneIsARumour(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range 5 {
		s.j.probed(s.at, "tikv-1", errRefused, false)
	}
	s.pass(time.Second, nil)
	require.Equal(t, []string{"10.1 +status_probe tikv-1"}, s.trace)
}

func TestErrorsAndMovingLeadersWithoutASignOfTheNodeItselfOpenNothing(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range 5 {
		s.j.clientError(s.at, "tikv-1", "timeout")
	}
	look := cluster(s.at, "", time.Time{})
	look.Nodes[1].Leaders, look.Nodes[2].Leaders = 0, 6
	s.j.looked(s.at, look)
	s.pass(time.Second, nil)
	require.Equal(t, []string{"10.1 +client_errors tikv-1", "10.1 +leader_moved tikv-1"}, s.trace)
}

func TestALateAnswerOrTwoRaiseNothing(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range 3 {
		s.j.probed(s.at, "tikv-1", errLate, true)
		s.j.probed(s.at, "tikv-2", nil, false)
	}
	s.pass(time.Second, nil)
	require.Empty(t, s.trace)
}

func TestAMachineThatStandsStillMakesNoNodeSuspect(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range 10 {
		for i := 1; i <= 3; i++ {
			s.j.probed(s.at, fmt.Sprintf("tikv-%d", i), errLate, true)
		}
	}
	s.pass(time.Second, nil)
	require.Empty(t, s.trace)
}

func TestAFrozenStoreIsFoundByItsSilence(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range probeTimeouts {
		s.j.probed(s.at, "tikv-3", errLate, true)
		s.j.probed(s.at, "tikv-1", nil, false)
	}
	for range errorsRaise {
		s.j.clientError(s.at, "tikv-3", "timeout")
	}
	s.pass(time.Second, nil)
	require.Contains(t, s.trace, "10.1 T-1 store_down tikv-3 [status_probe client_errors]")
}

func TestAllHeartbeatsOldAtOnceAreTheControlPlanesOwnAffair(t *testing.T) {
	s := newScript()
	s.calm(20 * time.Second)
	look := cluster(s.at, "", time.Time{})
	for i := range look.Nodes {
		look.Nodes[i].HeartbeatAge = demo.Millis(25 * time.Second)
		if look.Nodes[i].Role == demo.RoleData {
			look.Nodes[i].Health, look.Nodes[i].State = demo.HealthSuspect, "Disconnected"
		}
	}
	s.j.looked(s.at, look)
	s.pass(time.Second, nil)
	require.Empty(t, s.trace)
}

func TestASilentControlPlaneIsATicketAndTellsNothingOfTheStores(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	silent := cluster(s.at, "tikv-1", noon.Add(-time.Hour))
	silent.Error = "connection refused"
	for range 4 {
		s.j.looked(s.at, silent)
		s.pass(2*time.Second, nil)
	}
	require.Equal(t, []string{"13.0 T-1 pd_unreachable pd []"}, s.trace)
	s.calm(6 * time.Second)
	require.Contains(t, s.trace[1], "T-1 closed")
}

func TestALossOfThroughputOrManyErrorsAreTicketsWhenNoStoreExplainsThem(t *testing.T) {
	s := newScript()
	s.calm(10 * time.Second)
	for range 4 {
		s.pass(time.Second, nil)
		s.j.loaded(s.at, demo.LoadSample{Ops: 300, Errors: 200})
	}
	s.pass(200*time.Millisecond, nil)
	require.Equal(t, []string{"13.1 T-1 throughput_drop workload []", "13.1 T-2 error_rate workload []"}, s.trace)
}

// TestHalfAnHourOfABusyMachineOpensNoTicket plays jitter, late answers, single
// refusals, lost errors and pauses of the whole machine, by many seeds.
func TestHalfAnHourOfABusyMachineOpensNoTicket(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := newScript()
		s.calm(10 * time.Second)
		s.pass(30*time.Minute, func(at time.Time) {
			ms := at.Sub(noon).Milliseconds()
			name := fmt.Sprintf("tikv-%d", 1+r.IntN(3))
			switch {
			case r.IntN(100) == 0:
				s.j.probed(at, name, errLate, true)
			case r.IntN(500) == 0:
				s.j.probed(at, name, errRefused, false)
			default:
				s.j.probed(at, name, nil, false)
			}
			if r.IntN(60) == 0 {
				s.j.clientError(at, name, "timeout")
			}
			if ms%1000 == 0 {
				s.j.loaded(at, demo.LoadSample{Ops: 850 + r.Int64N(300), Errors: r.Int64N(20)})
			}
			if ms%2000 == 0 && r.IntN(50) > 0 { // a poll that is left out now and then
				s.j.looked(at, cluster(at, "", time.Time{}))
			}
		})
		for _, line := range s.trace {
			require.NotContains(t, line, " T-", "seed %d: %v", seed, s.trace)
		}
	}
}
