package cli

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
}

func newEval(std IO) *cobra.Command {
	e := &evalOptions{}
	c := &cobra.Command{
		Use:   "eval",
		Short: "Play the same rounds again and again without a screen, and print how right the answers were",
		Long: "Play rounds without a screen: a cluster, a steady workload, a sealed fault or none, a ticket or none,\n" +
			"a diagnosis, a score against what was sealed, a repair, and every key read again.\n" +
			"An embedded round has a cluster of its own, so that none begins with what another one left.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnv(c.Flags()); err != nil {
				return err
			}
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
	f.IntVar(&e.runs, "runs", 5, "rounds of each fault")
	f.StringSliceVar(&e.faults, "fault", []string{everyFault}, "what is broken, one or more of "+strings.Join(faultNames(), ", ")+
		"; "+demo.FaultNone+" (nothing is), "+everyFault+", "+outsideFaults+" (what the rules were not written from) or one of "+strings.Join(outsideNames(), ", "))
	f.DurationVar(&e.wait, "wait", 15*time.Second, "how long a ticket is waited for; a round without a fault takes as long")
	f.BoolVar(&e.json, "json", false, "print one JSON object a round, then the summary")
	f.StringVar(&e.cluster, "cluster", clusterEmbedded, "what the rounds run on: embedded or docker")
	f.Int64Var(&e.seed, "seed", 0, "seed of the first round, the next ones count on; 0 draws one")
	e.bindDiagnoser(f)
	e.bindWorkload(f)
	e.bindCluster(f)
	e.docker.bind(f)
	f.SortFlags = false
}

// check says what no evaluation can be made of, and fills in the rest.
func (e *evalOptions) check() error {
	// What a talk has flags for and a round has not.
	e.approve, e.theme, e.auto = "auto", "auto", true
	if err := checkWords(word{"cluster", e.cluster, []string{clusterEmbedded, clusterDocker}}); err != nil {
		return err
	}
	if err := checkNumbers(number{"runs", e.runs, 1, 1000}); err != nil {
		return err
	}
	if e.wait < time.Second || e.wait > 10*time.Minute {
		return usage("--wait %s is out of range; give 1s to 10m", e.wait)
	}
	if len(e.faults) == 0 {
		return usage("--fault is empty; choose one or more of %s", strings.Join(evalFaults(), ", "))
	}
	known := append(evalFaults(), outsideNames()...)
	for _, f := range e.faults {
		if err := checkWords(word{"fault", f, known}); err != nil {
			return err
		}
	}
	e.fault = chaos.Kill // the rest of the flags is looked at as for any talk
	if err := e.options.check(); err != nil {
		return err
	}
	e.settle()
	return nil
}

// evalFaults lists what --fault may be.
func evalFaults() []string { return append(faultNames(), demo.FaultNone, everyFault, outsideFaults) }

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
	return ableOnDocker(ctx, &o)
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
	sweepOutside()
	faults, err := e.rounds(ctx, std)
	if err != nil {
		return err
	}
	ev := &evaluation{o: e, stateDir: stateDir, runs: filepath.Join(stateDir, "runs"), out: std.Out, tell: newTeller(std.Err)}
	err = ev.play(ctx, faults, ev.round)
	ev.tell.end()
	return cmp.Or(err, ev.print()) // what was gathered is printed however it ended
}
