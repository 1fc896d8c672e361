package diagnose

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The evidence's sources.
const (
	fromPD       = "pd"
	fromProbe    = "probe"
	fromClient   = "client"
	fromWorkload = "workload"
	fromProcess  = "process"
	fromLog      = "log"
)

// slowAnswer is late for a status port, which answers in a millisecond.
const slowAnswer = 100 * time.Millisecond

func (f *frozen) addProbe(name string, now []ask) {
	f.addAsks(name, now)
	n, _ := f.node(name)
	if s, ok := f.signals[signalKey{demo.SignalStatusProbe, name}]; ok {
		kind := probeKind(s.detail)
		words := map[Kind]string{
			ProbeRefused:  "its status port refuses connections",
			ProbeTimedOut: "its status port does not answer in time",
			ProbeFailed:   "its status port does not answer",
		}[kind]
		if s.detail != "" {
			words += " (" + s.detail + ")"
		}
		words = fmt.Sprintf("%s: %s, seen at %s", name, words, s.first.Format(clock))
		if s.count > 1 {
			words += fmt.Sprintf(", %d times, last at %s", s.count, s.last.Format(clock))
		}
		f.add(s.last, fromProbe, Fact{Kind: kind, Node: name, Detail: s.detail}, words)
		return
	}
	if _, known := f.find(name, ProbeAnswers, ProbeSlow); known {
		return
	}
	if len(now) > 0 {
		kind := probeKind(now[0].err.Error())
		f.add(f.At, fromProbe, Fact{Kind: kind, Node: name, Detail: now[0].err.Error()}, fmt.Sprintf("%s: its status port, asked %d times, gave no answer (%s)", name, len(now), now[0].err))
	} else if n.StatusAddress != "" {
		f.add(f.At, fromProbe, Fact{Kind: ProbeQuiet, Node: name}, name+": no failure of its status port is known")
	}
}

// addAsks says what the status port answered when the ticket opened. A port that
// gave no answer is left to what the monitor saw of it.
func (f *frozen) addAsks(name string, now []ask) {
	var took []time.Duration
	for _, a := range now {
		if a.err == nil {
			took = append(took, a.took)
		}
	}
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	longest := took[len(took)-1]
	kind := ProbeAnswers
	if longest > slowAnswer || len(took) < len(now) {
		kind = ProbeSlow
	}
	words := fmt.Sprintf("%s: its status port, asked %d times, answered %d times, the latest after %s ms", name, len(now), len(took), figure(ms(longest)))
	// Where packets are lost, four answers in a row may all come at once by luck;
	// the monitor has asked for longer. Seen in 1 of 10 rounds with 30% loss.
	if s, ok := f.signals[signalKey{demo.SignalSlowProbe, name}]; ok {
		kind = ProbeSlow
		words += "; asked for longer, " + cmp.Or(s.detail, "it answers late")
	}
	f.add(f.At, fromProbe, Fact{Kind: kind, Node: name, Value: ms(longest)}, words)
}

// probeKind reads the cause of a failed probe out of its error text: Go's net
// package and the kernel word it, on every system alike in these parts.
func probeKind(detail string) Kind {
	d := strings.ToLower(detail)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(d, w) })
	}
	switch {
	case has("refused"):
		return ProbeRefused
	case has("timeout", "timed out", "time-out", "deadline", "no route", "unreachable", "no answer"):
		return ProbeTimedOut
	}
	return ProbeFailed
}

// kindBusy is what the workload calls an operation that a store refused because
// it has too much to do.
const kindBusy = "busy"

func (f *frozen) addClient(name string) {
	s, lasting := f.signals[signalKey{demo.SignalClientErrors, name}]
	e := f.errors[name]
	if e.count == 0 && !lasting {
		return
	}
	who := cmp.Or(name, "node unknown")
	if e.count == 0 {
		f.add(s.last, fromClient, Fact{Kind: ClientErrors, Node: name, Detail: s.detail}, who+": operations of clients fail: "+cmp.Or(s.detail, "no details"))
		return
	}
	kinds := slices.SortedFunc(maps.Keys(e.byKind), func(a, b string) int {
		return cmp.Or(cmp.Compare(e.byKind[b], e.byKind[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, k := range kinds[:min(len(kinds), 4)] {
		parts = append(parts, fmt.Sprintf("%s %s", k, figure(float64(e.byKind[k]))))
	}
	detail := strings.Join(parts, ", ")
	if n := e.byKind[kindBusy]; n >= fewErrors {
		f.add(f.At, fromClient, Fact{Kind: ClientsBusy, Node: name, Value: float64(n)}, fmt.Sprintf("%s: it told clients %s that it is busy", who, plural(n, "time")))
	}
	f.add(f.At, fromClient, Fact{Kind: ClientErrors, Node: name, Value: float64(e.count), Detail: detail},
		fmt.Sprintf("%s: %s of clients failed since %s (%s)", who, plural(e.count, "operation"), f.onset.Add(-quietBefore).Format(clock), detail))
}

// addControl says what the control plane makes of one node.
func (f *frozen) addControl(name string) {
	n, _ := f.node(name)
	if f.now.Error != "" {
		return // old words are not shown as new
	}
	kind, words := ControlSaysUp, fmt.Sprintf("%s: PD calls it %s", name, cmp.Or(n.State, string(n.Health)))
	if n.Health != demo.HealthUp {
		kind = ControlSaysDown
	}
	age := n.HeartbeatAge.Duration()
	if n.Role == demo.RoleData && !n.LastBeat.IsZero() {
		words += fmt.Sprintf(", last heartbeat %s old", seconds(age))
	}
	f.add(f.now.LastUpdated, fromPD, Fact{Kind: kind, Node: name, Value: age.Seconds(), Detail: n.State}, words)
	if s, ok := f.signals[signalKey{demo.SignalHeartbeatAge, name}]; ok {
		f.add(s.last, fromPD, Fact{Kind: HeartbeatLate, Node: name, Value: age.Seconds()},
			fmt.Sprintf("%s: its heartbeat is overdue (%s)", name, cmp.Or(s.detail, seconds(age)+" old")))
	}
}

// addEnded says which of the target's symptoms are over.
func (f *frozen) addEnded() {
	for _, name := range demo.SignalNames() {
		if s, ok := f.cleared[signalKey{name, f.Ticket.Target}]; ok {
			f.add(s.first, fromProbe, Fact{Kind: SignalEnded, Node: f.Ticket.Target, Detail: name},
				fmt.Sprintf("%s: the symptom %s ended at %s", f.Ticket.Target, strings.ReplaceAll(name, "_", " "), s.first.Format(clock)))
		}
	}
}

// addLeaders says where leaders went since before the first symptom.
func (f *frozen) addLeaders() {
	var lost, gained []string
	var who demo.Node
	var was int
	for _, n := range f.now.Nodes {
		old, ok := f.before.Node(n.Name)
		if !ok || n.Role != demo.RoleData || old.Leaders == n.Leaders {
			continue
		}
		words := fmt.Sprintf("%s %d → %d", n.Name, old.Leaders, n.Leaders)
		if n.Leaders > old.Leaders {
			gained = append(gained, words)
			continue
		}
		lost = append(lost, words)
		if drop := old.Leaders - n.Leaders; who.Name == "" || drop > was-who.Leaders {
			who, was = n, old.Leaders
		}
	}
	if who.Name != "" && f.now.Error == "" {
		f.add(f.now.LastUpdated, fromPD, Fact{Kind: LeadersMoved, Node: who.Name, Before: float64(was), Value: float64(who.Leaders)},
			"leaders of regions: "+strings.Join(append(lost, gained...), ", "))
		return
	}
	for k, s := range f.signals {
		if k.name == demo.SignalLeaderMoved {
			f.add(s.last, fromPD, Fact{Kind: LeadersMoved, Node: k.target, Detail: s.detail},
				fmt.Sprintf("%s: leaders of its regions moved away (%s)", k.target, cmp.Or(s.detail, "seen at "+s.first.Format(clock))))
			return
		}
	}
}

// addControlPlane says whether the control plane answers, and what it says of
// the nodes that nothing speaks against.
func (f *frozen) addControlPlane(suspects []string) {
	if f.now.Error != "" {
		age := "it has not answered yet"
		if !f.now.LastUpdated.IsZero() {
			age = "its last answer is " + seconds(f.At.Sub(f.now.LastUpdated)) + " old"
		}
		f.add(f.At, fromPD, Fact{Kind: ControlSilent, Detail: f.now.Error}, "PD does not answer ("+f.now.Error+"); "+age)
		return
	}
	var others []string
	for _, n := range f.now.Nodes {
		if slices.Contains(suspects, n.Name) {
			continue
		}
		if n.Health != demo.HealthUp {
			return // then it is a suspect that found no room
		}
		others = append(others, n.Name)
	}
	if len(others) > 0 {
		slices.Sort(others)
		f.add(f.now.LastUpdated, fromPD, Fact{Kind: OthersUp, Value: float64(len(others))}, "PD calls "+list(others)+" healthy")
	}
}

// addCluster gives the whole cluster in one piece: each member and store, and
// what the stores lead of what they hold.
func (f *frozen) addCluster(s demo.Snapshot, kind Kind) {
	if len(s.Nodes) == 0 || s.Error != "" {
		return
	}
	var parts []string
	for _, n := range s.Nodes {
		words := n.Name + " " + cmp.Or(n.State, string(n.Health))
		switch {
		case n.Role == demo.RoleData:
			words += fmt.Sprintf(" leads %d of %d", n.Leaders, n.Regions)
		case n.Leader:
			words += " leads PD"
		}
		parts = append(parts, words)
	}
	slices.Sort(parts)
	when := "at the ticket"
	if kind == ClusterWas {
		when = "before"
	}
	f.add(s.LastUpdated, fromPD, Fact{Kind: kind}, "cluster "+when+": "+strings.Join(parts, ", "))
}

// addWorkload compares the workload since the first symptom with what it was
// before: its slowest second, for an outage is short. Where there is no symptom
// one slow second says nothing, and the last ones together are compared. A ticket
// about the workload comes without a symptom of a node, and its own time is no
// onset: it opens after the last sample, so that nothing came after it.
func (f *frozen) addWorkload() {
	since, how := f.onset, "in its slowest second"
	if f.onset.Equal(f.At) {
		since, how = f.At.Add(-calm), fmt.Sprintf("in the last %.0f s", calm.Seconds())
	}
	var before, after []seenLoad
	for _, l := range f.loads {
		switch {
		case l.at.Before(since) && since.Sub(l.at) <= baseline:
			before = append(before, l)
		case !l.at.Before(since):
			after = append(after, l)
		}
	}
	if len(before) == 0 || len(after) == 0 {
		return // no full second on one of the sides: nothing to compare
	}
	was, wasP99, _ := typical(before)
	is, isP99, failed := typical(after)
	at := after[len(after)-1].at
	if since.Equal(f.onset) {
		worst := slices.MinFunc(after, func(a, b seenLoad) int { return cmp.Compare(a.s.Ops, b.s.Ops) })
		at, is, failed, isP99 = worst.at, float64(worst.s.Ops), worst.s.Errors, 0
		for _, l := range after {
			isP99 = max(isP99, ms(l.s.P99.Duration()))
		}
	}
	f.add(at, fromWorkload, Fact{Kind: Throughput, Before: was, Value: is},
		fmt.Sprintf("workload: %s → %s ops/s %s, %s failed", figure(was), figure(is), how, figure(float64(failed))))
	f.add(at, fromWorkload, Fact{Kind: Latency, Before: wasP99, Value: isP99},
		fmt.Sprintf("workload: p99 latency %s → %s ms", figure(wasP99), figure(isP99)))
}

// typical gives the mean of the operations a second, the median of the p99 in
// milliseconds, which one slow second does not move, and how many operations
// failed in all.
func typical(loads []seenLoad) (ops, p99 float64, failed int64) {
	p99s := make([]float64, 0, len(loads))
	for _, l := range loads {
		ops += float64(l.s.Ops)
		p99s = append(p99s, ms(l.s.P99.Duration()))
		failed += l.s.Errors
	}
	slices.Sort(p99s)
	return ops / float64(len(loads)), p99s[len(p99s)/2], failed
}

// addLog gives the last lines, those that differ only in figures as one.
func (f *frozen) addLog(name string, lines []string) {
	type group struct {
		line  string
		count int
	}
	var groups []group
	seen := map[string]int{}
	for _, l := range lines[max(0, len(lines)-200):] {
		l = line(l, f.key, maxDetail)
		if l == "" {
			continue
		}
		shape := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, l)
		if i, ok := seen[shape]; ok {
			groups[i].line, groups[i].count = l, groups[i].count+1
			continue
		}
		seen[shape] = len(groups)
		groups = append(groups, group{l, 1})
	}
	ordered := 0
	for i, g := range groups {
		kind := signOf(g.line, f.Processes[name].exit())
		quoted, times := strconv.Quote(g.line), ""
		if g.count > 1 {
			times = fmt.Sprintf(" (%d times)", g.count)
		}
		if len(groups)-i <= keepLogLines {
			f.Logs[name] = append(f.Logs[name], g.line+times)
		}
		orders := givesOrders(g.line)
		if orders {
			kind = LogLine // who gives orders to a reader is not believed to speak of the program
		}
		told := orders || kind != LogLine
		if len(groups)-i > maxLogLines && (!told || ordered == maxOrders) {
			continue
		} else if told {
			ordered++
		}
		words := "log of " + name + ": " + quoted + times
		f.add(f.At, fromLog, Fact{Kind: kind, Node: name, Detail: g.line}, words)
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// figure writes a number as people read it: 1,234 and 4.1.
func figure(v float64) string {
	if math.Abs(v) < 10 && v != math.Trunc(v) {
		return fmt.Sprintf("%.1f", v)
	}
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return figure(float64(n)) + " " + what + "s"
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
