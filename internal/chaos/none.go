package chaos

import "github.com/tikv-demo/tikv-demo/internal/demo"

// nothing is the plan of a round in which nothing is broken: a diagnoser must be
// able to say so. It is not in the catalogue.
func nothing(r Request) demo.Plan {
	return demo.Plan{
		Fault: demo.FaultNone, FaultType: demo.TypeNone, Reason: "nothing is to be broken", Seed: r.Seed,
		Effect: "nothing is done", Undo: "nothing is to be undone",
	}
}
