package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// everyFault stands for all faults that the cluster can do, and for none.
const everyFault = "all"

// evalOptions are the flags of an evaluation.
type evalOptions struct {
	options
	faults []string
	runs   int
	wait   time.Duration
	json   bool

	exportDir string
}

func newEval(std IO) *cobra.Command {
	e := &evalOptions{}
	c := &cobra.Command{
		Use:   "eval",
		Short: "Play the same rounds again and again without a screen, and print how right the answers were",
		Long: "Play rounds without a screen: a cluster, a steady workload, a sealed fault or none, a ticket or none, " +
			"a diagnosis, a score against what was sealed, a repair, and every key read again. " +
			"An embedded round has a cluster of its own, so that none begins with what another one left.",
		Example: "  tikv-demo eval --runs 20 --fault all\n" +
			"  tikv-demo eval --runs 3 --fault outside   # faults the talk does not have\n" +
			"  tikv-demo eval --runs 5 --fault kill,none --diagnoser claude --json",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := e.check(); err != nil {
				return err
			}
			return runEval(c.Context(), std, e)
		},
	}
	e.bind(c.Flags())
	return c
}

func (e *evalOptions) bind(f *pflag.FlagSet) {
	in(f, groupFault, func(f *pflag.FlagSet) {
		f.Var(between(&e.runs, 5, 1, 1000), "runs", "rounds of each fault")
		f.Var(someOf(&e.faults, []string{everyFault}, evalFaults()), "fault", "what is broken, one or more with commas between them")
		f.Var(within(&e.wait, 15*time.Second, time.Second, 10*time.Minute), "wait", "how long a ticket is waited for, at the least; a round without a fault takes as long")
		f.Int64Var(&e.seed, "seed", 0, "`NUMBER` of the first round, the next ones count on; 0 draws one")
	})
	in(f, groupCluster, func(f *pflag.FlagSet) {
		f.Var(oneOf(&e.cluster, clusterEmbedded, ownClusters), "cluster", "what the rounds run on")
		f.StringSliceVar(&e.pd, "pd", nil, "`URL`s of a real PD without a cluster, for the embedded stores to use")
		e.docker.bind(f)
		e.bindEmbedded(f)
		f.Var(within(&e.pollInterval, 2*time.Second, 100*time.Millisecond, time.Minute), "poll-interval", "how often PD is asked for the cluster's health")
	})
	in(f, groupDiagnosis, e.bindDiagnoser)
	in(f, groupWorkload, func(f *pflag.FlagSet) {
		e.bindRecords(f)
		e.bindWorkload(f)
	})
	in(f, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&e.json, "json", false, "print one JSON object a round, then the summary")
		f.StringVar(&e.exportDir, "export", "", "new `DIR` for the answers in the shape of OpenRCA's files: query.csv, and one for each who answered; rounds with a fault alone")
	})
	e.bindSettings(f)
}

// check says what no evaluation can be made of, and fills in the rest.
func (e *evalOptions) check() error {
	// What a talk has flags for and a round has not.
	e.approve, e.theme, e.auto = "auto", "auto", true
	e.fault = chaos.Kill // the rest of the flags is looked at as for any talk
	if err := e.options.check(); err != nil {
		return err
	}
	e.settle()
	return nil
}

// evalFaults lists what --fault may be.
func evalFaults() []word {
	all := append(faults(), word{demo.FaultNone, "nothing is broken"},
		word{everyFault, "each of these that the cluster can do, and none"},
		word{outsideFaults, "each of the following: the rules were not written from them"})
	return append(all, asWords(outsideNames())...)
}

// rounds lists the faults of one pass. What cannot be done here is left out of
// all and of outside, which is said, and is an error where it was named.
func (e *evalOptions) rounds(ctx context.Context, std IO) ([]string, error) {
	var can []string
	for _, wanted := range e.faults {
		each, set := []string{wanted}, true
		switch wanted {
		case everyFault:
			each = append(faultNames(), demo.FaultNone)
		case outsideFaults:
			each = outsideNames()
		default:
			set = false
		}
		for _, f := range each {
			err := e.able(ctx, f)
			switch {
			case slices.Contains(can, f):
			case err != nil && set:
				fmt.Fprintln(std.Err, "tikv-demo: left out: "+oneLine(err))
			case err != nil:
				return nil, err
			default:
				can = append(can, f)
			}
		}
	}
	if len(can) == 0 {
		return nil, precondition("none of these faults can be done here")
	}
	return can, nil
}

// able says why the cluster cannot do a fault.
func (e *evalOptions) able(ctx context.Context, fault string) error {
	o := e.options
	if f, ok := findOutside(fault); ok {
		return o.ableOutside(f)
	}
	o.fault = fault
	if err := o.checkFault(); err != nil {
		return err
	}
	return ableOnDocker(ctx, io.Discard, &o) // one fault, so nothing is left out
}

// runEval plays all rounds, fault by fault within each pass, so that what was
// gathered when somebody interrupts it is of every fault.
func runEval(ctx context.Context, std IO, e *evalOptions) error {
	stateDir, err := stateDir()
	if err != nil {
		return err
	}
	if err := offerToHeal(ctx, std, &e.options, stateDir); err != nil {
		return err
	}
	if err := newExportDir(e.exportDir); err != nil {
		return err
	}
	sweepOutside()
	faults, err := e.rounds(ctx, std)
	if err != nil {
		return err
	}
	ev := &evaluation{
		o: e, stateDir: stateDir, runs: filepath.Join(stateDir, "runs"), out: std.Out, tell: newTeller(std.Err),
		now: std.Leaving.now, closing: closing(std.Err),
	}
	err = ev.play(ctx, faults, ev.round)
	ev.tell.end()
	return cmp.Or(err, ev.print(), ev.export()) // what was gathered is printed however it ended
}
