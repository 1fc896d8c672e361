package cli

import (
	"crypto/rand"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

// The kinds of cluster.
const (
	clusterEmbedded = "embedded"
	clusterDocker   = "docker"
	clusterExternal = "external"
)

var clusters = []string{clusterEmbedded, clusterDocker, clusterExternal}

// options are the flags of a run.
type options struct {
	docker       dockerOptions
	dryRun       bool
	cluster      string
	profile      string
	fault        string
	target       string
	seed         int64
	chapters     string
	diagnoser    string
	model        string
	baseURL      string
	key          string // of the model; from the environment alone
	price        string
	prices       diagnose.Price // price, looked at
	approve      string
	auto         bool
	loop         bool
	front        string
	record       string
	talk         time.Duration
	theme        string
	pollInterval time.Duration
	targetOps    int
	threads      int
	records      int
	stores       int
	regions      int
	pdPort       int
	pd           []string
	pdURLs       []string // pd, looked at
	places       []string
	mapped       addressMap // places, looked at
}

func (o *options) bind(f *pflag.FlagSet) {
	f.StringVar(&o.cluster, "cluster", clusterEmbedded, "what the talk runs on: embedded (processes of this program), docker (PD and TiKV by Compose) or external (--pd)")
	f.StringVar(&o.fault, "fault", chaos.TiKVNodeKill(0).Fault, "what is broken: "+strings.Join(faultNames(), ", "))
	f.StringVar(&o.target, "target", "", "where: "+strings.Join(chaos.Rules(), ", ")+", or a node's name; default random, for pd-kill pd-leader")
	f.Int64Var(&o.seed, "seed", 0, "seed of the random choices; 0 draws one (it is shown and recorded)")
	f.StringVar(&o.chapters, "chapters", "", "directory of chapter files to play instead of the built-in ones")
	o.bindDiagnoser(f)
	f.StringVar(&o.approve, "approve", "ask", "who allows the proposed action: ask (the presenter, after chapter 6) or auto")
	f.BoolVar(&o.auto, "auto", false, "no keys needed: pass every gate as it opens")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be broken, how, and when it should be noticed; change nothing")
	f.BoolVar(&o.loop, "loop", false, "begin again after the last chapter, for a booth")
	f.StringVar(&o.front, "front", "", "tui, plain (a line an event) or json (the record); default tui on a terminal, else plain")
	f.StringVar(&o.record, "record", "", "new file for the record; default one in the state directory")
	f.DurationVar(&o.talk, "talk", 0, "time budget of the whole talk; default the sum of the chapters' budgets")
	f.StringVar(&o.theme, "theme", "auto", "auto, dark, light, contrast or mono")
	o.bindWorkload(f)
	o.bindCluster(f)
	o.docker.bind(f)
	f.SortFlags = false
}

// bindWorkload binds how the cluster is used and looked at.
func (o *options) bindWorkload(f *pflag.FlagSet) {
	f.DurationVar(&o.pollInterval, "poll-interval", 2*time.Second, "how often PD is asked for the cluster's health")
	f.IntVar(&o.targetOps, "target-ops", 1000, "operations a second that the workload aims at")
	f.IntVar(&o.threads, "threads", 0, "operations under way at most; 0: as many as fall due in one second, so that a slow cluster does not slow the load down")
}

// bindCluster binds what the embedded cluster is made of.
func (o *options) bindCluster(f *pflag.FlagSet) {
	f.StringVar(&o.profile, "profile", "stage", "timings of the cluster: stage (quick) or real (TiKV's defaults)")
	f.IntVar(&o.records, "records", 10000, "records loaded before the workload runs; regions are split for them")
	f.IntVar(&o.stores, "stores", 3, "stores of the embedded cluster, 3 to 9")
	f.IntVar(&o.regions, "regions", 9, "regions of the embedded cluster, 9 to 99")
	o.bindMap(f)
	f.StringSliceVar(&o.pd, "pd", nil, "URLs of PD: of the external cluster, or of a real PD without a cluster for the embedded stores to use")
	f.IntVar(&o.pdPort, "pd-port", 0, "port for the embedded cluster's PD; 0 or a taken one: any free port")
}

// bindMap binds where an external cluster is reached.
func (o *options) bindMap(f *pflag.FlagSet) {
	f.StringSliceVar(&o.places, "map", nil, "where an address that the external cluster's PD tells is reached from here: NAME:PORT=HOST:PORT; repeatable, status ports too")
}

// fromEnv takes TIKV_DEMO_FLAG_NAME for every flag that was not given. A variable
// that is empty counts as not set, as elsewhere in the world of shells.
func fromEnv(f *pflag.FlagSet) error {
	var err error
	f.VisitAll(func(fl *pflag.Flag) {
		name := "TIKV_DEMO_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		if v, ok := os.LookupEnv(name); ok && v != "" && !fl.Changed && err == nil {
			if f.Set(fl.Name, v) != nil {
				err = usage("%s=%q is not %s", name, v, kindOf(fl))
			}
		}
	})
	return err
}

// kindOf says what values a flag takes, for whoever gave another.
func kindOf(fl *pflag.Flag) string {
	switch fl.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "duration":
		return "a duration; give one such as 2s, 500ms or 1m30s"
	case "bool":
		return "true or false"
	}
	return "a value for --" + fl.Name
}

// word is a flag that takes one of a few words.
type word struct {
	flag, value string
	known       []string
}

// number is a flag that takes a number within a range.
type number struct {
	flag      string
	value     int
	low, high int
}

func checkWords(words ...word) error {
	for _, w := range words {
		if !slices.Contains(w.known, w.value) {
			return usage("--%s %q is not known; choose one of %s", w.flag, w.value, strings.TrimPrefix(strings.Join(w.known, ", "), ", "))
		}
	}
	return nil
}

func checkNumbers(numbers ...number) error {
	for _, n := range numbers {
		if n.value < n.low || n.value > n.high {
			return usage("--%s %d is out of range; give %d to %d", n.flag, n.value, n.low, n.high)
		}
	}
	return nil
}

// check says what no run can be made of.
func (o *options) check() error {
	if err := checkWords(
		word{"cluster", o.cluster, clusters},
		word{"fault", o.fault, faultNames()},
		word{"diagnoser", o.diagnoser, diagnosers},
		word{"approve", o.approve, []string{"ask", "auto"}},
		word{"front", o.front, []string{"", "tui", "plain", "json"}},
		word{"theme", o.theme, []string{"auto", "dark", "light", "contrast", "mono"}},
	); err != nil {
		return err
	}
	if err := checkNumbers(
		number{"target-ops", o.targetOps, 10, 100_000},
		number{"threads", o.threads, 0, 65536},
	); err != nil {
		return err
	}
	if err := o.checkCluster(); err != nil {
		return err
	}
	if o.pollInterval < 100*time.Millisecond || o.pollInterval > time.Minute {
		return usage("--poll-interval %s is out of range; give 100ms to 1m", o.pollInterval)
	}
	if err := o.checkDiagnoser(); err != nil {
		return err
	}
	if o.talk < 0 {
		return usage("--talk %s is negative", o.talk)
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
	return o.checkTarget()
}

var profiles = []string{"stage", "real"}

// checkCluster looks at what the embedded cluster is made of.
func (o *options) checkCluster() error {
	if err := checkWords(word{"profile", o.profile, profiles}); err != nil {
		return err
	}
	var err error
	if o.pdURLs, err = tikv.ParsePD(o.pd); err != nil {
		return usage("--pd: %w", err)
	}
	return checkNumbers(
		number{"records", o.records, 100, 1_000_000},
		number{"stores", o.stores, 3, 9},
		number{"regions", o.regions, 9, 99},
		number{"pd-port", o.pdPort, 0, 65535},
	)
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
		return usage("--target %q is not known; choose one of %s", o.target, strings.Join(known[1:], ", "))
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
	if o.cluster != clusterEmbedded && o.fault == chaos.Injection {
		return usage("--fault %s writes into a store's log, which nobody can who is not the store, except on the embedded cluster; use --cluster %s", o.fault, clusterEmbedded)
	}
	if o.cluster == clusterExternal && !chaos.CanByHand(o.fault) {
		return usage("--fault %s cannot be done to an external cluster by hand and watched; choose one of %s, %s, %s, %s",
			o.fault, chaos.Kill, chaos.Stop, chaos.Pause, chaos.Partition)
	}
	return nil
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

// request is the fault that is asked for.
func (o *options) request() chaos.Request {
	return chaos.Request{Fault: o.fault, Target: o.target, Seed: o.seed, Profile: o.profile}
}

func faultNames() []string {
	var names []string
	for _, t := range chaos.Catalogue() {
		names = append(names, t.Name)
	}
	return names
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
