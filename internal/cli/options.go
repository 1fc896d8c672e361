package cli

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// The kinds of cluster.
const (
	clusterEmbedded = "embedded"
	clusterDocker   = "docker"
	clusterExternal = "external"
)

// clusters are the kinds, with what they are.
var clusters = []word{
	{clusterEmbedded, "processes of this program, made anew for every talk"},
	{clusterDocker, "PD and TiKV in containers, by Compose"},
	{clusterExternal, "a cluster that runs elsewhere; give --pd"},
}

// ownClusters are those that the program can start itself.
var ownClusters = only(clusters, clusterEmbedded, clusterDocker)

var (
	profiles  = []word{{"stage", "quick, for a stage"}, {"real", "TiKV's defaults"}}
	fronts    = []word{{"tui", "the screen"}, {"plain", "a line an event"}, {"json", "the record on standard output"}}
	approves  = []word{{"ask", "the presenter, after chapter 6"}, {"auto", "a right action is allowed unasked"}}
	languages = []word{{chapters.English, "English"}, {chapters.German, "German"}}
	switches  = []word{{"off", ""}, {"on", ""}}
	themes    = []word{{"auto", "by the terminal"}, {"dark", ""}, {"light", ""}, {"contrast", "for a weak projector"}, {"mono", "no colour"}}
)

// faults are those of the catalogue, with what they do.
func faults() []word {
	var all []word
	for _, t := range chaos.Catalogue() {
		all = append(all, word{t.Name, t.Summary})
	}
	return all
}

// targets are the rules by which a target is chosen, and the names that the nodes
// of our own clusters have.
func targets() []word {
	var all []word
	for _, r := range chaos.Rules() {
		all = append(all, word{r, "a rule"})
	}
	for _, n := range append(nodeNames("tikv", 3), nodeNames("pd", 3)...) {
		all = append(all, word{n, "a node"})
	}
	return all
}

// options are the flags of a run.
type options struct {
	docker        dockerOptions
	dryRun        bool
	cluster       string
	profile       string
	fault         string
	target        string
	seed          int64
	chapters      string
	file          string // of the settings
	lang          string // of the built-in talk
	title         string
	speaker       string
	event         string
	diagnoser     string
	model         string
	baseURL       string
	key           string // of the model; from the environment alone
	price         string
	prices        diagnose.Price // price, looked at
	approve       string
	auto          bool
	loop          bool
	rehearsal     bool
	from          string // id or number of a chapter
	front         string
	ascii         bool
	record        string
	takeover      string
	cast          string // file for a recording of the screen
	talk          time.Duration
	end           clockTime
	remote        string    // where the phone's page is, or remoteAsk; empty: nowhere
	endAt         time.Time // end, looked at
	theme         string
	log           string
	reducedMotion bool
	pollInterval  time.Duration
	targetOps     int
	threads       int
	records       int
	stores        int
	regions       int
	pdPort        int
	pd            []string
	pdURLs        []string // pd, looked at
	places        []string
	mapped        addressMap        // places, looked at
	inForce       map[string]string // every flag as the run has it, for the record
	leftOut       []string          // of every fault: what the machine was found not to do
}

// bind binds every flag of a run.
func (o *options) bind(f *pflag.FlagSet) {
	in(f, groupTalk, func(f *pflag.FlagSet) {
		f.BoolVar(&o.auto, "auto", false, "no keys needed: pass every gate as it opens")
		f.BoolVar(&o.loop, "loop", false, fmt.Sprintf("begin again after the last chapter, for a booth; a round that fails is repaired, and the next one begins, but one that lost writes stays on the screen; the newest %d records of rounds are kept, and the newest %d of those that failed or were cut off", keepRounds, keepFailed))
		f.StringVar(&o.from, "from", "", "`CHAPTER`, by id or number, at which you take over: what lies before is really played, without you and without pauses")
		f.Var(within(&o.talk, 0, 0, 24*time.Hour), "talk", "time budget of the whole talk; without it the sum of the chapters' budgets")
		f.Var(&o.end, "end", "when the talk must end, in place of --talk: a time of day such as 14:25; a question then shortens what follows")
		bindRemote(f, &o.remote, "serve a page for a phone at this `ADDR`: an address of this machine or one of its interfaces, with :PORT or without; ask: choose from a list")
		f.Var(&shownLine{&o.title, 80}, "title", "title of the talk, for the first chapter's poster")
		f.Var(&shownLine{&o.speaker, 80}, "speaker", "who speaks, for the poster")
		f.Var(&shownLine{&o.event, 80}, "event", "where the talk is given, for the poster")
	})
	in(f, groupCluster, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.cluster, clusterEmbedded, clusters), "cluster", "what the talk runs on")
		o.bindPD(f)
		o.docker.bind(f)
		o.bindEmbedded(f)
		f.Var(within(&o.pollInterval, 2*time.Second, 100*time.Millisecond, time.Minute), "poll-interval", "how often PD is asked for the cluster's health")
	})
	in(f, groupFault, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.fault, chaos.TiKVNodeKill(0).Fault, append(faults(), word{everyFault, "another one in each round of --loop"})), "fault", "what is broken; see tikv-demo help faults")
		f.StringVar(&o.target, "target", "", "`NODE` or rule: "+strings.Join(chaos.Rules(), ", ")+"; without it random, for pd-kill pd-leader")
		f.Int64Var(&o.seed, "seed", 0, "`NUMBER` that the random choices follow; 0 draws one, which is shown and recorded")
		f.BoolVar(&o.dryRun, "dry-run", false, "print what would be broken, how, and when it should be noticed; change nothing")
	})
	in(f, groupDiagnosis, func(f *pflag.FlagSet) {
		o.bindDiagnoser(f)
		f.Var(oneOf(&o.approve, "ask", approves), "approve", "who allows the proposed action")
	})
	in(f, groupWorkload, func(f *pflag.FlagSet) {
		o.bindRecords(f)
		o.bindWorkload(f)
	})
	in(f, groupOutput, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.front, "", fronts), "front", "how the talk is shown; without it tui on a terminal, else plain")
		f.BoolVar(&o.ascii, "ascii", false, "plain text in ASCII alone: no drawing characters")
		f.Var(oneOf(&o.theme, "auto", themes), "theme", "colours of the screen")
		f.Var(oneOf(&o.log, "off", switches), "log", "event log on the screen; L shows and hides it")
		f.BoolVar(&o.reducedMotion, "reduced-motion", false, "stopwatches count whole seconds")
		f.StringVar(&o.takeover, "takeover", "", "`FILE` or example from which R goes on where the live side hangs; without it the example of the fault")
		f.StringVar(&o.record, "record", "", "new `FILE` for the record; without it one in the state directory")
		f.StringVar(&o.cast, "cast", "", "new `FILE` for a recording of the screen, for asciinema: nothing that is typed is in it")
	})
	o.bindSettings(f)
}

// bindSettings binds where the settings of every command come from.
func (o *options) bindSettings(f *pflag.FlagSet) {
	in(f, groupSettings, func(f *pflag.FlagSet) {
		f.StringVar(&o.chapters, flagChapters, "", "`DIR` of the talk: its chapter files, and "+settingsName+" if it has one; without it the built-in talk")
		o.bindLanguage(f)
		f.StringVar(&o.file, flagConfig, "", "`FILE` of settings in place of the directory's "+settingsName)
	})
}

// bindLanguage binds in which language the built-in talk is.
func (o *options) bindLanguage(f *pflag.FlagSet) {
	f.Var(oneOf(&o.lang, chapters.English, languages), "lang", "language of the built-in talk: the chapters with their notes, and the words of the screen, the console, the phone and the plain text; what a program or the analyst says is quoted as it is, and the record, the report and the messages of the command line are English")
}

// bindWorkload binds how the cluster is used.
func (o *options) bindWorkload(f *pflag.FlagSet) {
	f.Var(between(&o.targetOps, 1000, 10, 100_000), "target-ops", "operations a second that the workload aims at")
	f.Var(between(&o.threads, 0, 0, 65536), "threads", "operations under way at most; 0: as many as fall due in one second, so that a slow cluster does not slow the load down")
}

// bindRecords binds how much data there is.
func (o *options) bindRecords(f *pflag.FlagSet) {
	f.Var(between(&o.records, 10000, 100, 1_000_000), "records", "records that are loaded; regions are split for them")
}

// bindEmbedded binds what the embedded cluster is made of.
func (o *options) bindEmbedded(f *pflag.FlagSet) {
	f.Var(oneOf(&o.profile, "stage", profiles), "profile", "timings of the cluster")
	f.Var(between(&o.stores, 3, 3, 9), "stores", "stores of the embedded cluster, 3 to 9")
	f.Var(between(&o.regions, 9, 9, 99), "regions", "regions where the records lie, 9 to 99")
	f.Var(between(&o.pdPort, 0, 0, 65535), "pd-port", "port for the embedded cluster's PD; 0 or a taken one: any free port")
}

// bindPD binds where a PD and a cluster that are not our own are reached.
func (o *options) bindPD(f *pflag.FlagSet) {
	f.StringSliceVar(&o.pd, "pd", nil, "`URL`s of PD: of the external cluster, or of a real PD for the embedded stores to use; repeatable, or with commas")
	f.StringSliceVar(&o.places, "map", nil, "`NAME:PORT=HOST:PORT`: where an address that the external cluster's PD gives is reached from here; repeatable, status ports too")
}

// check says what no run can be made of.
func (o *options) check() error {
	if err := o.parsePD(); err != nil {
		return err
	}
	if err := o.checkDiagnoser(); err != nil {
		return err
	}
	if o.record == "-" {
		return usage("--record - is not a file; --front json writes the record to standard output (and ./- is a file of that name)")
	}
	if err := o.checkPD(); err != nil {
		return err
	}
	if err := o.checkFault(); err != nil {
		return err
	}
	if err := o.checkEnd(time.Now()); err != nil {
		return err
	}
	return o.checkTarget()
}

// longestSlot is how far ahead --end may be: a time of day that has passed is more
// likely to be a slip than tomorrow.
const longestSlot = 12 * time.Hour

// checkEnd finds the moment that --end means.
func (o *options) checkEnd(now time.Time) error {
	switch {
	case o.end == "":
		return nil
	case o.talk > 0:
		return usage("--end %s and --talk %s both say how long the talk may take; give one of them (--talk 0 takes back the one of the settings)", o.end, text.Duration(o.talk))
	case o.loop:
		return usage("--end is for one talk; it does not go with --loop")
	}
	at := o.end.next(now)
	if at.Sub(now) > longestSlot {
		return usage("--end %s has passed; it is %s now", o.end, now.Format(timeOfDay))
	}
	o.endAt = at
	return nil
}

// parsePD reads the URLs of --pd.
func (o *options) parsePD() error {
	var err error
	if o.pdURLs, err = pdapi.Parse(o.pd); err != nil {
		return usage("--pd: %w", err)
	}
	return nil
}

// checkTarget finds a target that no node can have before the cluster is
// started for nothing. Of an external cluster nobody knows the nodes yet.
func (o *options) checkTarget() error {
	known := append([]string{""}, chaos.Rules()...)
	switch o.cluster {
	case clusterExternal:
		return nil
	case clusterDocker:
		known = append(known, nodeNames("tikv", 3)...)
		known = append(known, nodeNames("pd", 3)...)
		if o.docker.file != "" {
			return nil // its services are its own
		}
	default:
		known = append(known, nodeNames("tikv", o.stores)...)
		known = append(known, "pd-1")
	}
	if !slices.Contains(known, o.target) {
		return refused("--target ", o.target, nil, unknown(o.target, asWords(known[1:])))
	}
	return nil
}

// checkTargetIn finds a target that no node of a cluster that is known has.
func (o *options) checkTargetIn(s demo.Snapshot) error {
	if o.target == "" || slices.Contains(chaos.Rules(), o.target) {
		return nil
	}
	var names []string
	for _, n := range s.Nodes {
		if n.Name == o.target {
			return nil
		}
		names = append(names, n.Name)
	}
	return usage("--target %q names no node of this cluster; choose one of %s", o.target, strings.Join(append(chaos.Rules(), names...), ", "))
}

// checkFault finds a fault that nobody can do to the cluster.
func (o *options) checkFault() error {
	if o.fault == everyFault {
		return o.checkEveryFault()
	}
	if o.cluster != clusterEmbedded && o.fault == chaos.Injection {
		return usage("--fault %s writes into a store's log, which nobody can who is not the store, except on the embedded cluster; use --cluster %s", o.fault, clusterEmbedded)
	}
	if o.cluster == clusterExternal && !chaos.CanByHand(o.fault) {
		return usage("--fault %s cannot be done to an external cluster by hand and watched; choose one of %s", o.fault, strings.Join(byHandFaults(), ", "))
	}
	return nil
}

// byHandFaults are those that can be done by hand and watched.
func byHandFaults() []string {
	return slices.DeleteFunc(faultNames(), func(f string) bool { return !chaos.CanByHand(f) })
}

// checkPD says which clusters --pd is for.
func (o *options) checkPD() error {
	var err error
	if o.mapped, err = parseMap(o.places); err != nil {
		return err
	}
	switch {
	case o.cluster == clusterExternal && len(o.pdURLs) == 0:
		return usage("--cluster external needs --pd URL[,URL]: where its PD answers")
	case o.cluster != clusterExternal && len(o.places) > 0:
		return usage("--map is for --cluster external")
	case o.cluster == clusterDocker && len(o.pdURLs) > 0:
		return usage("--pd is not for --cluster docker, which finds its PD by Compose; use --cluster external --pd %s", strings.Join(o.pd, ","))
	}
	return nil
}

// settle fills in what was left to the program.
func (o *options) settle() {
	if o.seed == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails; see crypto/rand
		o.seed = int64(binary.LittleEndian.Uint64(b[:])%1_000_000) + 1
	}
}

// request is the fault that is asked for in a round, from 0 on.
func (o *options) request(round int) chaos.Request {
	return chaos.Request{Fault: o.faultOf(round), Target: o.target, Seed: o.seed + int64(round), Profile: o.profile}
}

func faultNames() []string { return names(faults()) }

// asWords are words that need no meaning.
func asWords(ns []string) []word {
	out := make([]word, 0, len(ns))
	for _, n := range ns {
		out = append(out, word{name: n})
	}
	return out
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
