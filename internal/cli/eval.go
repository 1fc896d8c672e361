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
		"; "+demo.FaultNone+" (nothing is) or "+everyFault)
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
	for _, f := range e.faults {
		if err := checkWords(word{"fault", f, evalFaults()}); err != nil {
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
func evalFaults() []string { return append(faultNames(), demo.FaultNone, everyFault) }

// rounds lists the faults of one pass. What the cluster cannot do is left out of
// all, and is an error where it was named.
func (e *evalOptions) rounds(ctx context.Context, std IO) ([]string, error) {
	wanted, all := e.faults, slices.Contains(e.faults, everyFault)
	if all {
		wanted = append(faultNames(), demo.FaultNone)
	}
	var can []string
	for _, f := range wanted {
		if slices.Contains(can, f) {
			continue
		}
		err := e.able(ctx, f)
		switch {
		case err != nil && all:
			fmt.Fprintln(std.Err, "tikv-demo: left out: "+oneLine(err))
		case err != nil:
			return nil, err
		default:
			can = append(can, f)
		}
	}
	return can, nil
}

// able says why the cluster cannot do a fault.
func (e *evalOptions) able(ctx context.Context, fault string) error {
	o := e.options
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
	faults, err := e.rounds(ctx, std)
	if err != nil {
		return err
	}
	ev := &evaluation{o: e, stateDir: stateDir, runs: filepath.Join(stateDir, "runs"), out: std.Out, tell: newTeller(std.Err)}
	err = ev.play(ctx, faults, ev.round)
	ev.tell.end()
	return cmp.Or(err, ev.print()) // what was gathered is printed however it ended
}
