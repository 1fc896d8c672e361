package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// readyOutside looks at an external cluster before the talk begins on it: whether
// the target is one of its nodes, and whether every store can lead a region. A
// cluster that does not answer yet is the second chapter's to say.
func readyOutside(ctx context.Context, std IO, o *options) error {
	if o.cluster != clusterExternal {
		return nil
	}
	s, _, err := lookExternal(ctx, o.pdURLs)
	if err != nil {
		return nil
	}
	if err := o.checkTargetIn(s); err != nil {
		return err
	}
	short := tooFewRegions(s)
	if short == "" || !std.Terminal || o.auto {
		return nil // said in chapter 2, with the command
	}
	fmt.Fprintln(std.Err, short+".")
	_, err = splitAsked(ctx, std, o)
	return err
}

func newClusterSplit(std IO) *cobra.Command {
	o := &options{}
	yes := false
	c := &cobra.Command{
		Use:     "split",
		Short:   "Split an external cluster's regions, so that every store leads some",
		Long:    "Split the regions of an external cluster where the talk's records will lie, and have PD spread them, so that every store leads some. It asks before it does so.\n" + undoOfSplit,
		Example: "  tikv-demo cluster split --pd http://127.0.0.1:2379",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.parsePD(); err != nil {
				return err
			}
			if len(o.pdURLs) == 0 {
				return usage("cluster split needs --pd URL[,URL]: where the cluster's PD answers")
			}
			if yes {
				return splitNow(c.Context(), std, o)
			}
			if !std.Terminal {
				return precondition("cluster split changes a cluster and asks first, which needs a terminal; give --yes to do without")
			}
			done, err := splitAsked(c.Context(), std, o)
			if err == nil && !done {
				fmt.Fprintln(std.Err, "nothing was changed")
			}
			return err
		},
	}
	in(c.Flags(), groupCluster, func(f *pflag.FlagSet) {
		f.StringSliceVar(&o.pd, "pd", nil, "`URL`s of the cluster's PD")
		o.bindRecords(f)
		f.Var(between(&o.regions, 9, 9, 99), "regions", "regions to have where the records lie, 9 to 99")
		f.BoolVar(&yes, "yes", false, "do not ask")
	})
	o.bindSettings(c.Flags())
	return c
}

// undoOfSplit says how a split is undone.
const undoOfSplit = "Undo: nothing needs to be done. PD merges small neighbours again when they are older than its split-merge-interval (1 h by default; `pd-ctl config set split-merge-interval 1m` hurries it)."

// splitAsked asks whether to split, and does it on a yes. Nothing said is no: it
// is somebody's cluster.
func splitAsked(ctx context.Context, std IO, o *options) (done bool, err error) {
	question := fmt.Sprintf("Split the cluster at %d keys of the talk's records, and spread the regions? Data stay as they are.\n%s\n[y/N] ", o.regions-1, undoOfSplit)
	yes, err := agreed(ctx, std, question, false)
	if err != nil || !yes {
		return false, err
	}
	return true, splitNow(ctx, std, o)
}

const (
	splitLimit   = time.Minute
	splitAgain   = 5 * time.Second // PD passes over a region that was split a moment ago
	splitLookFor = 500 * time.Millisecond
)

// splitNow splits, and returns when every store leads a region.
func splitNow(ctx context.Context, std IO, o *options) error {
	if _, _, err := lookExternal(ctx, o.pdURLs); err != nil {
		return err
	}
	pd := pdapi.New(answeringFirst(ctx, o.pdURLs))
	defer pd.Close()
	limited, cancel := context.WithTimeout(ctx, splitLimit)
	defer cancel()
	if err := pd.SplitRegions(limited, load.SplitKeys(o.records, o.regions)); err != nil {
		return fmt.Errorf("the regions cannot be split: %w", err)
	}
	var spread time.Time
	for {
		if time.Since(spread) > splitAgain {
			if err := pd.ScatterRegions(limited); err != nil {
				return fmt.Errorf("the regions are split, but cannot be spread: %w", err)
			}
			spread = time.Now()
		}
		s, _, err := lookExternal(limited, o.pdURLs)
		if err == nil && tooFewRegions(s) == "" && everyStoreLeads(s) {
			fmt.Fprintf(std.Err, "every store leads some of the regions\n")
			return nil
		}
		select {
		case <-time.After(splitLookFor):
		case <-limited.Done():
			if ctx.Err() != nil {
				return errors.New("interrupted: the regions are split, and PD goes on spreading them")
			}
			return fmt.Errorf("the regions were split, but not every store leads one after %s; look at PD's schedulers (`pd-ctl scheduler show`)", splitLimit)
		}
	}
}
