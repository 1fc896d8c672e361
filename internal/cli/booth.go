package cli

import (
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
)

// What a booth keeps of the records of its rounds.
const (
	keepRounds = 50 // the newest
	keepFailed = 20 // and the newest of those that failed or were cut off
)

// faultOf gives the fault of a round of the talk, from 0 on.
func (o *options) faultOf(round int) string {
	if o.fault != everyFault {
		return o.fault
	}
	all := o.everyFault()
	return all[round%len(all)]
}

// everyFault lists what can be done to this kind of cluster without the presenter's
// hand, and here.
func (o *options) everyFault() []string {
	return slices.DeleteFunc(faultNames(), func(f string) bool {
		return f == chaos.Injection && o.cluster != clusterEmbedded || slices.Contains(o.leftOut, f)
	})
}

// checkEveryFault says when there is no loop of all faults.
func (o *options) checkEveryFault() error {
	switch {
	case !o.loop:
		return usage("--fault %s is another fault in each round of --loop; name one of %v", everyFault, faultNames())
	case o.dryRun:
		return usage("--fault %s is another one in each round, and --dry-run is about one; name its fault", everyFault)
	case o.cluster == clusterExternal:
		return usage("--fault %s breaks things without you, which nobody can do to an external cluster", everyFault)
	case o.target != "":
		return usage("--fault %s chooses stores in one round and PD in another; leave out --target", everyFault)
	}
	return nil
}
