package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// lexicon is how people speak of a fact: by words that say it, and by words that
// say the opposite. Each is the beginning of a word.
type lexicon struct{ says, denies []string }

var (
	ofTheEnded  = lexicon{[]string{"gone", "ended", "exit", "kill", "died", "dead", "crash", "terminat", "abort", "down"}, []string{"runs", "running", "alive", "healthy", "well", "fine", "serves", "works"}}
	ofTheAlive  = lexicon{[]string{"runs", "running", "alive", "execut", "exist", "work"}, []string{"gone", "dead", "died", "ended", "exited", "crashed", "killed", "frozen", "stopped"}}
	ofTheHalted = lexicon{[]string{"stopped", "frozen", "freez", "still", "suspend", "paused", "stuck"}, []string{"runs", "running", "well", "healthy", "gone", "dead", "crashed", "ended", "works"}}
)

var lexicons = map[Kind]lexicon{
	ProcessGone: ofTheEnded, ProcessEnded: ofTheEnded, ProcessNoMemory: ofTheEnded,
	ProcessRuns: ofTheAlive, ProcessExecutes: ofTheAlive,
	ProcessStopped: ofTheHalted, ProcessFrozen: ofTheHalted, ProcessStuck: ofTheHalted,
	ProcessRestarted: {[]string{"restart", "started", "again"}, []string{"gone", "dead", "never"}},
	ProcessCutOff:    {[]string{"cut", "partition", "isolat"}, []string{"reachable", "connected"}},
	ProcessStutters:  {[]string{"stop", "continu", "interrupt"}, []string{"smooth", "gone", "dead", "crashed"}},
	ProcessStarved:   {[]string{"wait", "starv", "processor", "cpu"}, []string{"gone", "dead", "crashed", "frozen"}},
	ProbeRefused:     {[]string{"refus", "closed"}, []string{"answers", "accepts", "reachable", "healthy", "fine"}},
	ProbeTimedOut:    {[]string{"time-out", "timeout", "times", "silent", "silence", "unreachable"}, []string{"answers", "responds", "refuses", "healthy", "reachable", "fine"}},
	ProbeFailed:      {[]string{"fail", "reset", "error"}, []string{"answers", "responds", "healthy", "fine"}},
	ProbeSlow:        {[]string{"late", "slow", "delay"}, []string{"prompt", "fast", "quick", "refuses", "silent"}},
	ProbeAnswers:     {[]string{"answer", "respond", "reachable", "healthy"}, []string{"refuses", "silent", "dead", "timed", "late", "fails"}},
	ServiceAnswers:   {[]string{"take", "serv", "answer", "accept"}, []string{"refuses", "silent", "dead", "rejects"}},
	ServiceTurnsAway: {[]string{"turn", "refus", "reject"}, []string{"accepts", "serves", "takes", "welcome"}},
	ServiceSilent:    {[]string{"silent", "time", "silence"}, []string{"answers", "serves", "accepts", "responds", "refuses"}},
	ClientErrors:     {[]string{"fail", "error"}, []string{"succeed", "well", "fine", "healthy", "unaffected"}},
	ClientsBusy:      {[]string{"busy", "overload"}, []string{"idle", "healthy", "unaffected"}},
	LeadersMoved:     {[]string{"moved", "lost", "went", "elect", "transfer", "left"}, []string{"kept", "keeps", "stayed", "remained"}},
	HeartbeatLate:    {[]string{"late", "overdue", "miss", "old", "stale"}, []string{"punctual", "timely", "regular"}},
	ControlSaysUp:    {[]string{"healthy", "well", "calls"}, []string{"down", "disconnected", "offline", "unhealthy"}},
	ControlSaysDown:  {[]string{"down", "disconnect", "offline", "suspect", "unhealthy"}, []string{"healthy", "well", "fine"}},
	OthersUp:         {[]string{"healthy", "well", "up"}, []string{"down", "disconnected", "unhealthy", "failed"}},
	LogLine:          {[]string{"log"}, nil},
	ControlSilent:    {[]string{"silent", "silence", "unreachable"}, []string{"answers", "responds", "healthy", "fine"}},
}

var (
	fell = lexicon{[]string{"fell", "fall", "drop", "dip", "less", "lower", "sank"}, []string{"held", "rose", "steady", "unchanged", "unaffected", "before"}}
	held = lexicon{[]string{"held", "steady", "before", "unchanged", "goes"}, []string{"fell", "dropped", "sank", "collapsed", "stopped"}}
	rose = lexicon{[]string{"rose", "rise", "grew", "higher", "slow"}, []string{"fell", "unchanged", "steady", "unaffected"}}
)

// lexicon gives the words for a fact; of a figure they depend on which way it went.
func (f Fact) lexicon() lexicon {
	switch {
	case f.Kind == Throughput && f.Value < dip*f.Before:
		return fell
	case f.Kind == Throughput:
		return held
	case f.Kind == Latency && f.Value > slowing*f.Before:
		return rose
	}
	return lexicons[f.Kind]
}

// topic is what a sentence may only speak of where the evidence does.
type topic struct {
	words []string
	kinds []Kind // that are about it
	fault string // that it is the cause of
}

var topics = []topic{
	{[]string{"network", "switch", "cable", "router", "firewall", "packet", "partition", "rack"},
		[]Kind{ProbeTimedOut, ProbeSlow, ServiceSilent, ProcessCutOff, LogNoQuorum, HeartbeatLate, ControlSaysDown, ControlSilent}, demo.TypePartitioned},
	{[]string{"disk", "storage", "filesystem", "ssd"}, []Kind{LogCannotWrite, LogBusy, ClientsBusy}, demo.TypeCannotWrite},
	{[]string{"memory", "oom"}, []Kind{ProcessNoMemory, LogNoMemory}, demo.TypeNoMemory},
	{[]string{"cpu", "processor"}, []Kind{ProcessStarved, ProcessStutters, ProcessExecutes}, demo.TypeSlow},
	{[]string{"operator", "admin", "somebody", "someone", "human", "hacker", "attacker", "intruder", "upgrade", "deploy", "rollout", "misconfig", "bug"},
		[]Kind{LogToldToStop, ProcessEnded, ProcessStopped, ProcessStutters}, ""},
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(s, "’", "'")), func(r rune) bool {
		return r != '-' && r != '\'' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

func begins(word string, stems []string) bool {
	return slices.ContainsFunc(stems, func(stem string) bool {
		if len(stem) <= 3 { // "up" is not in "upper"
			return word == stem
		}
		return strings.HasPrefix(word, stem)
	})
}

// denial says which of the cited facts a sentence denies: it negates a word that
// says the fact, or uses one that says the opposite, unless that word says
// another fact that is cited too.
func denial(sentence string, cited []Fact, names []string) string {
	// "a refusal, not a time-out" is a contrast and no denial.
	if i := strings.Index(sentence, ", not "); i >= 0 {
		rest := sentence[i:]
		if end := strings.IndexAny(rest[1:], ",;[."); end >= 0 {
			sentence = sentence[:i] + rest[1+end:]
		} else {
			sentence = sentence[:i]
		}
	}
	all := parse(sentence, names)
	for _, f := range cited {
		for _, w := range all {
			switch {
			case w.denied && begins(w.text, f.lexicon().says):
			case !w.denied && begins(w.text, f.lexicon().denies) && !slices.ContainsFunc(cited, func(o Fact) bool { return begins(w.text, o.lexicon().says) }):
			default:
				continue
			}
			return fmt.Sprintf("it denies E%d (%s)", f.N, f.Kind)
		}
		if f.reversed(sentence) {
			return fmt.Sprintf("it says E%d (%s) the wrong way round", f.N, f.Kind)
		}
	}
	return misplaced(all, cited)
}

// misplaced says whether a sentence says of one node what the facts say of another.
func misplaced(all []word, cited []Fact) string {
	for _, w := range all {
		says := func(f Fact) bool { return begins(w.text, f.lexicon().says) }
		i := slices.IndexFunc(cited, says)
		if w.subject == "" || i < 0 || slices.ContainsFunc(cited, func(f Fact) bool { return says(f) && f.about(w.subject) }) {
			continue
		}
		return fmt.Sprintf("E%d (%s) is about %s, not %s", cited[i].N, cited[i].Kind, cited[i].Node, w.subject)
	}
	return ""
}

var fromTo = regexp.MustCompile(`\bfrom (\S+?)(?: \w+)? to (\S+?)(?:[,;.]*)(?:\s|$)`)

// reversed says whether a sentence has what a fact tells of before and after the
// other way round.
func (f Fact) reversed(sentence string) bool {
	for _, m := range fromTo.FindAllStringSubmatch(citation.ReplaceAllString(sentence, ""), -1) {
		if f.Kind == LeadersMoved && strings.Contains(strings.ToLower(sentence), "leader") && f.Node == strings.TrimRight(m[2], ".,;") {
			return true
		}
		if f.Before != f.Value && plain(m[1]) == plain(figure(f.Value)) && plain(strings.TrimRight(m[2], ".,;")) == plain(figure(f.Before)) {
			return true
		}
	}
	return false
}

// offTopic says what a sentence speaks of that the facts it cites do not. A cause
// that it rules out needs a fact against that.
func offTopic(sentence, evidence string, cited []Fact) string {
	all, shown := parse(sentence, nil), wordsOf(evidence)
	for _, t := range topics {
		i := slices.IndexFunc(all, func(w word) bool { return begins(w.text, t.words) })
		if i < 0 || slices.ContainsFunc(shown, func(w string) bool { return begins(w, t.words) }) {
			continue
		}
		c, _ := causeOf(t.fault)
		about := func(f Fact) bool { return slices.Contains(t.kinds, f.Kind) }
		if all[i].denied && t.fault != "" {
			about = func(f Fact) bool { return speaksAgainst(f, c) }
		}
		if !slices.ContainsFunc(cited, about) {
			return fmt.Sprintf("the cited evidence says nothing of %q", all[i].text)
		}
	}
	return ""
}

const (
	stemLength = 4
	wordLength = 4
)

// undecided are the words by which an answer says that it does not know; they
// need no word of the evidence.
var undecided = []string{"does not decide", "does not show", "is not shown", "inconclusive", "cannot be told", "not known"}

// unrelated says that a sentence has no word in common with what it cites.
func unrelated(sentence, evidence string, names []string, cited []Fact) string {
	if slices.ContainsFunc(undecided, func(u string) bool { return strings.Contains(sentence, u) }) {
		return ""
	}
	for _, n := range names {
		sentence, evidence = without(sentence, n), without(evidence, n)
	}
	stem := func(w string) string { return w[:min(len(w), stemLength)] }
	shown := map[string]bool{}
	for _, w := range wordsOf(evidence) {
		if len(w) >= wordLength || number.MatchString(w) {
			shown[stem(w)] = true
		}
	}
	for _, w := range wordsOf(citation.ReplaceAllString(sentence, "")) {
		if shown[stem(w)] || slices.ContainsFunc(cited, func(f Fact) bool { return begins(w, f.lexicon().says) || begins(w, f.lexicon().denies) }) {
			return ""
		}
	}
	return "the cited evidence does not speak of it"
}

// alternativeWords are those by which people name a cause.
type alternativeWords struct {
	fault string
	words []string
}

var alternatives = []alternativeWords{
	{"process_restarted", []string{"restart"}},
	{"quorum_lost", []string{"quorum", "majority"}},
	{"cut_off_from_pd", []string{"pd"}},
	{"process_crashed", []string{"crash", "killed", "died"}},
	{"process_frozen", []string{"frozen", "freez", "froze", "paused", "suspended", "hung"}},
	{"network_partition", []string{"network", "partition", "cut", "isolat"}},
	{"process_stopped", []string{"stopped", "shutdown", "terminated"}},
	{"out_of_memory", []string{"memory", "oom"}},
	{"cannot_write", []string{"disk", "space"}},
	{"slow_node", []string{"slow", "latency", "cpu"}},
	{"gray_failure", []string{"gray", "grey"}},
	{"overloaded", []string{"overload", "busy"}},
}

// notExcluded says that none of the cited facts speaks against an alternative.
// One in words that name no type of fault is only held to its citations.
func notExcluded(alternative, component string, cited []Fact) string {
	all := wordsOf(alternative)
	known := false
	for _, a := range alternatives {
		if !slices.ContainsFunc(all, func(w string) bool { return begins(w, a.words) }) {
			continue
		}
		known = true
		c, _ := causeOf(a.fault)
		if slices.ContainsFunc(cited, func(f Fact) bool { return f.aboutAny(component) && speaksAgainst(f, c) }) {
			return ""
		}
	}
	if !known {
		return ""
	}
	return "the cited evidence does not speak against it"
}

// against lists what speaks against a cause without excluding it: it would look
// otherwise, in most cases.
var against = map[string][]Kind{
	"process_crashed":   {ProbeTimedOut, ProbeAnswers, ProbeSlow, ServiceAnswers, ServiceSilent, ServiceTurnsAway},
	"process_stopped":   {ProbeTimedOut, ProbeAnswers, ProbeSlow, ServiceAnswers, ServiceSilent},
	"process_frozen":    {ProbeRefused, ProbeSlow, ServiceTurnsAway, ProcessStarved},
	"network_partition": {ProbeRefused, ServiceTurnsAway},
	"slow_node":         {ProbeRefused, ProbeAnswers, ServiceTurnsAway},
	"gray_failure":      {ServiceAnswers, ProbeRefused, ProbeTimedOut},
	"overloaded":        {Throughput, ProbeRefused},
	"cannot_write":      {ProcessStopped, ProcessExecutes},
}

func speaksAgainst(f Fact, c cause) bool {
	return slices.Contains(c.excludes, f.Kind) || slices.Contains(against[c.fault], f.Kind)
}
