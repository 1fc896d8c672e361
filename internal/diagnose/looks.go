package diagnose

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

const (
	starvedShare = 0.8 // of the time that it ran or wanted to, spent waiting: it is starved
	starvedWait  = 100 * time.Millisecond
)

// addProcess says what a look at a node's process showed.
func (f *frozen) addProcess(name string, l look) {
	l.fact.What = cmp.Or(line(l.fact.What, f.key, maxWord), "process")
	l.fact.Exit = line(l.fact.Exit, f.key, maxWord)
	if l.err == nil {
		f.Processes[name] = l.fact
	}
	if errors.Is(l.err, errNoLook) {
		return
	}
	if l.err != nil {
		f.add(f.At, fromProcess, Fact{Kind: ProcessUnknown, Node: name}, name+": its process could not be looked at: "+l.err.Error())
		return
	}
	kind, words := l.fact.says()
	since := ""
	if !l.fact.Since.IsZero() {
		since = " since " + l.fact.Since.Format(clock)
	}
	f.add(f.At, fromProcess, Fact{Kind: kind, Node: name, Detail: l.fact.exit()}, fmt.Sprintf("%s: %s %s", name, l.fact.What, fmt.Sprintf(words, since)))
}

// exit is how it ended, "" while it runs.
func (p ProcessFact) exit() string {
	if p.Running {
		return ""
	}
	exit := cmp.Or(p.Exit, "exit state unknown")
	if p.OOMKilled {
		exit += ", killed for want of memory"
	}
	return exit
}

// says puts a look into words; %s is since when.
func (p ProcessFact) says() (Kind, string) {
	exit := strings.ReplaceAll(p.exit(), "%", "%%")
	switch {
	case !p.Running && p.OOMKilled:
		return ProcessNoMemory, "is gone%s: " + exit
	case !p.Running && (p.Exit == "exit status 0" || p.Exit == "signal: terminated"):
		return ProcessEnded, "is gone%s: " + exit
	case !p.Running:
		return ProcessGone, "is gone%s: " + exit
	case p.Frozen:
		return ProcessFrozen, "exists but its control group is frozen%s, it executes nothing"
	case p.Stopped:
		return ProcessStopped, "exists but is stopped%s, it executes nothing"
	case p.CutOff:
		return ProcessCutOff, "runs%s and is on no network"
	case p.Stutters > 0:
		return ProcessStutters, fmt.Sprintf("runs%%s, and was stopped at %.0f%%%% of the looks at it", 100*p.Stutters)
	case p.Stuck:
		return ProcessStuck, "exists%s, waits in the kernel (state D) and executed nothing while it was looked at"
	case p.Throttled:
		return ProcessStarved, "runs%s, and waits for a processor: its control group has used its quota up"
	case p.starved() && !p.Crowded:
		return ProcessStarved, fmt.Sprintf("runs%%s, and waits for a processor: it ran for %.0f ms and waited for %.0f ms", ms(p.Ran), ms(p.Waited))
	case p.Executes > 0:
		return ProcessExecutes, fmt.Sprintf("runs%%s: it got a processor %d times while it was looked at", p.Executes)
	}
	return ProcessRuns, "runs%s"
}

func (p ProcessFact) starved() bool {
	return p.Running && p.Waited >= starvedWait && float64(p.Waited) >= starvedShare*float64(p.Waited+p.Ran)
}

// crowded marks looks at a machine that has too little processor for everybody:
// that all wait speaks against none.
func crowded(looks []look) {
	n := 0
	for _, l := range looks {
		if l.fact.Running && l.fact.Waited > l.fact.Ran {
			n++
		}
	}
	for i := range looks {
		looks[i].fact.Crowded = n > 1
	}
}

// addRestart says that a node reports a later start than before.
func (f *frozen) addRestart(name string) {
	if s, ok := f.restarts[name]; ok {
		f.add(s.seen, fromPD, Fact{Kind: ProcessRestarted, Node: name},
			fmt.Sprintf("%s: its process was started again: PD says that it started at %s, and at %s before", name, s.is.Format(time.TimeOnly), s.was.Format(time.TimeOnly)))
	}
}

// addService says what the port for clients answered.
func (f *frozen) addService(name string, l look) {
	if l.served == nil {
		return
	}
	fact := Fact{Node: name}
	var words string
	switch {
	case l.served.err == nil:
		fact.Kind, words = ServiceAnswers, "takes requests"
	case l.turnedAway:
		fact.Kind, words = ServiceTurnsAway, "turns clients away ("+l.served.err.Error()+")"
	default:
		fact.Kind, words = ServiceSilent, "gave no answer in time"
	}
	f.add(f.At, fromProbe, fact, name+": its port for clients "+words)
}

// troubled says whether a look shows that a node does not serve, whatever was
// noticed of it before.
func (l look) troubled() bool {
	if l.err == nil {
		switch k, _ := l.fact.says(); k {
		case ProcessRuns, ProcessExecutes, ProcessStarved:
		default:
			return true
		}
	}
	return len(l.asks) > 0 && !slices.ContainsFunc(l.asks, func(a ask) bool { return a.err == nil })
}

// down are the kinds that say by themselves that a store does not serve.
var down = kinds(ended, halts, ProcessCutOff, ProbeRefused, ProbeFailed)

// unserving gives the fact by which a store does not serve. Questions that only timed
// out are not enough: on an overloaded machine a healthy store's did, and it was
// called down beside the one that was killed. They count where the port for clients
// is silent too, and the monitor has seen the silence last.
func (f *frozen) unserving(name string) (Fact, bool) {
	if _, serves := f.find(name, ProbeAnswers, ProbeSlow, ServiceAnswers); serves {
		return Fact{}, false
	}
	if fact, ok := f.find(name, down...); ok {
		return fact, true
	}
	fact, timedOut := f.find(name, ProbeTimedOut)
	_, silent := f.find(name, ServiceSilent)
	_, lasts := f.signals[signalKey{demo.SignalStatusProbe, name}]
	return fact, timedOut && silent && lasts
}

// replicas of a region, as TiKV has them by default: with two of them gone there
// is no majority.
const replicas = defaults.Replicas

// addQuorum counts every store that does not serve, for whatever reason: one that
// was killed and one that is frozen cost the majority together.
func (f *frozen) addQuorum() {
	var gone, names []string
	stores := 0
	for _, n := range f.now.Nodes {
		if n.Role != demo.RoleData {
			continue
		}
		stores++
		if fact, ok := f.unserving(n.Name); ok {
			gone, names = append(gone, fmt.Sprintf("%s (%s)", n.Name, fact.Kind)), append(names, n.Name)
		}
	}
	if len(gone) <= (replicas-1)/2 {
		return
	}
	slices.Sort(gone)
	slices.Sort(names)
	f.add(f.At, fromProcess, Fact{Kind: QuorumGone, Before: float64(stores), Value: float64(len(gone)), Detail: strings.Join(names, componentsJoin)},
		fmt.Sprintf("%d of %d stores do not serve: %s; a region with %d replicas needs %d for a majority", len(gone), stores, list(gone), replicas, replicas/2+1))
}

// logSigns are what programs write to their logs when they end or suffer, by the
// words that operating systems, Go and TiKV use.
var logSigns = []struct {
	kind    Kind
	phrases []string
}{
	{LogCannotWrite, []string{"no space left on device", "file too large", "disk quota exceeded", "read-only file system", "cannot be written", "disk is full", "disk full"}},
	{LogNoMemory, []string{"out of memory", "cannot allocate memory", "memory allocation of"}},
	{LogToldToStop, []string{"receive signal 15"}},
	{LogBusy, []string{"server is busy", "write stall", "disk stall", "slow disk"}},
	{LogNoQuorum, []string{"quorum is not active"}},
}

// signOf reads a line of a log. What a process that was killed wrote before says
// nothing of its end: nobody let it write about that.
func signOf(l string, end string) Kind {
	low := strings.ToLower(l)
	for _, s := range logSigns {
		if !slices.ContainsFunc(s.phrases, func(p string) bool { return strings.Contains(low, p) }) {
			continue
		}
		if strings.HasPrefix(end, "signal: killed") && s.kind != LogNoQuorum {
			return LogLine
		}
		return s.kind
	}
	return LogLine
}
