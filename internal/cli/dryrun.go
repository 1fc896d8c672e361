package cli

import (
	"context"
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/compose"
)

// dryRun prints what the talk would break, how that is undone, and when it
// should be noticed. It changes nothing and starts nothing: a cluster that runs
// is asked, and of the embedded one, which every talk makes anew, it is known
// how it begins.
func dryRun(ctx context.Context, std IO, o *options) error {
	if _, _, err := o.whatIsPlayed(); err != nil {
		return err
	}
	s, from, err := lookDry(ctx, o)
	if err != nil {
		return err
	}
	if err := o.checkTargetIn(s); err != nil {
		return err
	}
	p, err := chaos.New(chaos.Config{Containers: o.cluster == clusterDocker}).Plan(s, o.request(0))
	if err != nil {
		return precondition("%w", err)
	}
	kind, err := chaos.Find(p.Fault)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "cluster   %s\nfault     %s: %s\ntarget    %s (%s)\neffect    %s\nundo      %s\ntruth     %s, sealed before it is done\n",
		from, p.Fault, kind.Summary, p.Target, p.Reason, p.Effect, p.Undo, p.FaultType)
	if len(p.Expect) == 0 {
		_, err = fmt.Fprintf(std.Out, "forecast  none for %s in the profile %s\n", p.Fault, o.profile)
		return err
	}
	fmt.Fprintf(std.Out, "forecast  seconds after the fault, profile %s\n", o.profile)
	for _, x := range p.Expect {
		fmt.Fprintf(std.Out, "%9.1f  %s\n", x.After.Duration().Seconds(), x.Signal)
	}
	return nil
}

// lookDry gives the cluster as it is, or as it will be.
func lookDry(ctx context.Context, o *options) (demo.Snapshot, string, error) {
	pd, nameOf := o.pdURLs, func(string) string { return "" }
	switch o.cluster {
	case clusterEmbedded:
		return firstLook(o), fmt.Sprintf("embedded, %d stores, as it will be when it has started", o.stores), nil
	case clusterDocker:
		cfg, err := o.docker.config(o)
		if err != nil {
			return demo.Snapshot{}, "", err
		}
		c, err := compose.Attach(ctx, cfg)
		if err != nil {
			return demo.Snapshot{}, "", fromCompose(err)
		}
		pd, nameOf = c.PD(), c.NameOf
	case clusterExternal:
		s, _, err := lookExternal(ctx, pd)
		return s, "external, as it is now", err
	}
	s := tikv.NewHealthPoller(tikv.PollerConfig{PD: pd, NameOf: nameOf}).Poll(ctx)
	if s.Error != "" {
		return s, "", precondition("PD does not answer: %s", s.Error)
	}
	return s, o.cluster + ", as it is now", nil
}

// firstLook is an embedded cluster that has just started: every store leads its
// share of the regions and follows in the others.
func firstLook(o *options) demo.Snapshot {
	s := demo.Snapshot{Nodes: []demo.Node{{ID: "1", Name: "pd-1", Role: demo.RoleControl, Health: demo.HealthUp, Leader: true}}}
	for i, name := range nodeNames("tikv", o.stores) {
		n := demo.Node{ID: fmt.Sprint(i + 2), Name: name, Role: demo.RoleData, Health: demo.HealthUp, State: "Up"}
		n.Leaders, n.Regions = o.regions/o.stores, o.regions*3/o.stores
		if i < o.regions%o.stores {
			n.Leaders++
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}
