package monitor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

var errRefused = errors.New("connection refused")

// sim is a cluster with a workload, a poller and probes, all under a clock of
// its own: hours pass in a second. What is observed of it is played into the
// core, and what the core says is kept.
type sim struct {
	d         *detector
	r         *rand.Rand
	at        time.Time     // by the clock that stands still while the machine sleeps
	slept     time.Duration // how far the wall clock is ahead of it
	due       []event       // in the order of their times
	trace     []string
	tickets   []demo.TicketOpened
	openedAt  []time.Time
	closed    []demo.TicketClosed
	overloads []time.Time // when this machine was called overloaded

	members []*simNode
	stores  []*simNode
	leader  string                 // of the control plane; "" for none
	poll    string                 // why a poll fails; "" while it does not
	beats   time.Duration          // between heartbeats
	polls   time.Duration          // between looks
	load    func() demo.LoadSample // nil: nothing is loaded
	ticks   func() time.Duration   // to the next tick of the monitor
	regions *demo.Regions
	hurried bool // the machine is out of breath, PD is not away

	questions int // that were asked of status ports
}

// prompt is how long an answer takes where nothing is in its way.
func (s *sim) prompt() time.Duration { return time.Duration(1+s.r.IntN(5)) * time.Millisecond }

func (s *sim) everyTenth() time.Duration { return 100 * time.Millisecond }

// every does something again and again.
func (s *sim) every(d time.Duration, do func()) {
	s.in(d, func() { do(); s.every(d, do) })
}

type event struct {
	at time.Time
	do func()
}

// simNode is one node as it is in truth.
type simNode struct {
	name    string
	dead    bool                 // its port refuses
	walled  bool                 // its port refuses us, and nobody else
	hung    bool                 // its port takes calls and answers none
	denied  bool                 // PD calls it unhealthy
	delay   func() time.Duration // of an answer of its port
	beating bool
	beat    time.Time
	leaders int
	fails   int    // operations that fail on it each second
	kind    string // of its errors
	health  demo.Health
	free    uint64 // GiB of 100
	started time.Time
}

func newSim(seed uint64, members int) *sim { return newSimOf(seed, members, 3) }

func newSimOf(seed uint64, members, stores int) *sim {
	s := &sim{
		d: newDetector(), r: rand.New(rand.NewPCG(seed, 7)), at: noon, leader: "pd-1", beats: time.Second, polls: 2 * time.Second,
		regions: &demo.Regions{Total: 9},
	}
	node := func(name string) *simNode {
		return &simNode{name: name, delay: s.prompt, beating: true, beat: noon, health: demo.HealthUp, free: 80, started: noon.Add(-time.Hour)}
	}
	for i := range members {
		s.members = append(s.members, node(fmt.Sprintf("pd-%d", i+1)))
	}
	for i := range stores {
		n := node(fmt.Sprintf("tikv-%d", i+1))
		n.leaders = 3
		s.stores = append(s.stores, n)
		s.after(time.Duration(100+300*(i%3))*time.Millisecond, func() { s.heartbeat(n) })
	}
	s.load, s.ticks = s.steady, s.everyTenth
	s.after(0, s.tick)
	s.after(0, s.look)
	s.after(0, s.ask)
	s.after(500*time.Millisecond, s.second)
	for ms := range 10 {
		s.after(time.Duration(ms)*100*time.Millisecond, func() { s.fail() })
	}
	return s
}

// steady is a second of load that nothing is wrong with.
func (s *sim) steady() demo.LoadSample {
	return demo.LoadSample{Ops: 950 + s.r.Int64N(100), P99: demo.Micros(time.Duration(3+s.r.IntN(30)) * time.Millisecond)}
}

func (s *sim) after(d time.Duration, do func()) {
	e := event{s.at.Add(d), do}
	i, _ := slices.BinarySearchFunc(s.due, e, func(a, b event) int {
		if a.at.After(b.at) {
			return 1
		}
		return -1 // what is due at the same time stays in order
	})
	s.due = slices.Insert(s.due, i, e)
}

// pass lets time pass.
func (s *sim) pass(d time.Duration) {
	for end := s.at.Add(d); len(s.due) > 0 && !s.due[0].at.After(end); {
		e := s.due[0]
		s.due = s.due[1:]
		s.at = e.at
		s.d.clocks(s.at, s.wall())
		e.do()
		s.d.evaluatePending(s.at)
		s.out()
	}
}

// wall is the time of day.
func (s *sim) wall() time.Time { return s.at.Add(s.slept) }

// sleep has the machine sleep: nothing happens, and the time of day goes on.
func (s *sim) sleep(d time.Duration) { s.slept += d }

// in changes the cluster after a while.
func (s *sim) in(d time.Duration, do func()) { s.after(d, do) }

func (s *sim) tick() {
	s.d.tick(s.at)
	s.after(s.ticks(), s.tick)
}

func (s *sim) heartbeat(n *simNode) {
	if n.beating && (s.poll == "" || s.hurried) { // nobody notes a heartbeat where PD is away
		n.beat = s.wall()
	}
	s.after(s.beats, func() { s.heartbeat(n) })
}

func (s *sim) ask() {
	var nodes []demo.Node
	byName := map[string]*simNode{}
	for _, n := range slices.Concat(s.members, s.stores) {
		nodes, byName[n.name] = append(nodes, demo.Node{Name: n.name}), n
	}
	for _, n := range s.d.toAsk(s.at, nodes) {
		s.questions++
		s.question(byName[n.Name])
	}
	s.after(defaultProbeEvery, s.ask)
}

func (s *sim) question(n *simNode) {
	from := s.at
	s.d.asked(from, n.name)
	answer := func(after time.Duration, err error, timeout bool) {
		s.after(after, func() { s.d.probed(s.at, n.name, s.at.Sub(from), err, timeout) })
	}
	d := n.delay()
	switch {
	case n.dead, n.walled:
		answer(time.Millisecond, errRefused, false)
	case n.hung || d > defaultProbeTimeout:
		answer(defaultProbeTimeout, errors.New("no answer within 1s"), true)
	default:
		answer(d, nil, false)
	}
}

func (s *sim) look() {
	s.d.looked(s.at, s.snapshot())
	s.after(s.polls, s.look)
}

func (s *sim) snapshot() demo.Snapshot {
	snap := demo.Snapshot{LastUpdated: s.wall(), Error: s.poll, Regions: s.regions}
	for _, m := range s.members {
		health := demo.HealthUp
		if m.dead || m.hung || m.denied {
			health = demo.HealthDown
		}
		snap.Nodes = append(snap.Nodes, demo.Node{Name: m.name, Type: "pd", Role: demo.RoleControl, Health: health, StatusAddress: "x", Leader: m.name == s.leader})
	}
	for _, n := range s.stores {
		age := s.wall().Sub(n.beat)
		x := demo.Node{
			Name: n.name, Role: demo.RoleData, Health: n.health, State: "Up", Leaders: n.leaders, Regions: 9, StatusAddress: "x",
			LastBeat: n.beat, HeartbeatAge: demo.Millis(age), Capacity: 100 << 30, Available: n.free << 30, LowSpace: 20 << 30, StartedAt: n.started,
		}
		if age > 20*time.Second {
			x.Health, x.State = demo.HealthSuspect, "Disconnected"
		}
		snap.Nodes = append(snap.Nodes, x)
	}
	return snap
}

func (s *sim) second() {
	if s.load != nil {
		s.d.loaded(s.at, s.load())
	}
	s.after(time.Second, s.second)
}

// fail spreads a node's errors over its second, in clumps as operations time out.
func (s *sim) fail() {
	for _, n := range s.stores {
		for range (n.fails + 9) / 10 {
			s.d.clientError(s.at, n.name, n.kind)
		}
	}
	s.after(time.Second, s.fail)
}

func (s *sim) out() {
	for _, b := range s.d.take() {
		at := s.at.Sub(noon).Seconds()
		switch b := b.(type) {
		case demo.SignalSeen:
			if b.Name == demo.SignalOverload && !b.Cleared {
				s.overloads = append(s.overloads, s.at)
			}
			mark := "+"
			if b.Cleared {
				mark = "-"
			}
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s%s %s", at, mark, b.Name, b.Target))
		case demo.TicketOpened:
			s.tickets, s.openedAt = append(s.tickets, b), append(s.openedAt, s.at)
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s %s %s [%s]", at, b.ID, b.Invariant, b.Target, strings.Join(b.Signals, " ")))
		case demo.TicketClosed:
			s.closed = append(s.closed, b)
			s.trace = append(s.trace, fmt.Sprintf("%.1f %s closed: %s", at, b.ID, b.Message))
		}
	}
}

// about lists what the tickets were about.
func (s *sim) about() []string {
	var out []string
	for _, t := range s.tickets {
		out = append(out, t.Invariant+" "+t.Target)
	}
	return out
}

// moveLeaders has the leaders of a store go to the others.
func (s *sim) moveLeaders(from *simNode) {
	for i := 0; from.leaders > 0; i++ {
		if to := s.stores[i%len(s.stores)]; to != from {
			to.leaders++
			from.leaders--
		}
	}
}

// kill ends a store; its leaders are elected anew after a while.
func (s *sim) kill(n *simNode, election time.Duration) {
	n.dead, n.beating, n.fails, n.kind = true, false, 40, "unavailable"
	s.in(election, func() {
		n.fails = 0
		s.moveLeaders(n)
	})
}

// restart brings it back; the balance gives it leaders again.
func (s *sim) restart(n *simNode) {
	n.dead, n.hung, n.beating, n.beat, n.fails, n.started = false, false, true, s.wall(), 0, s.wall()
	s.in(3*time.Second, func() {
		for i := 0; n.leaders < 3; i++ {
			if from := s.stores[i%len(s.stores)]; from != n && from.leaders > 3 {
				from.leaders--
				n.leaders++
			}
		}
	})
}

// cut takes the network away: nothing that is asked is answered.
func (s *sim) cut(why string) {
	s.poll = why
	for _, n := range append(slices.Clone(s.members), s.stores...) {
		n.hung = true
	}
}

func (s *sim) joined() {
	s.poll = ""
	for _, n := range append(slices.Clone(s.members), s.stores...) {
		n.hung = false
	}
}
