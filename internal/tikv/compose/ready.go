package compose

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// Limits of the steps. On two cores with stand-ins none takes 10 s; TiKV on a
// laptop's disk takes longer to make three replicas.
const (
	healthyLimit   = 90 * time.Second
	bootstrapLimit = 3 * time.Minute
	splitLimit     = 2 * time.Minute
	balanceLimit   = 2 * time.Minute
	readyPoll      = 200 * time.Millisecond
	lifePoll       = 2 * time.Second // how often to check for containers that have died
	scatterAgain   = 10 * time.Second
)

// ready waits for what the talk needs, step by step. It does what a new cluster
// does not do by itself, such as splitting regions.
func (c *Cluster) ready(ctx context.Context, tell func(int, string, ...any)) error {
	pd := pdapi.New(c.PD())
	defer pd.Close()
	r := &readying{Cluster: c, pd: pd, tell: tell}
	for _, s := range []struct {
		step  int
		limit time.Duration
		said  string
		look  func(context.Context) (string, error)
	}{
		{stepHealthy, healthyLimit, "PD is healthy", r.healthy},
		{stepBootstrapped, bootstrapLimit, "every store is Up and serves", r.bootstrapped},
		{stepSplit, splitLimit, "regions are split", r.split},
		{stepScattered, balanceLimit, "regions are scattered", r.scatter},
		{stepBalanced, balanceLimit, "every store leads", r.balanced},
	} {
		if err := r.await(ctx, s.step, s.limit, s.look); err != nil {
			return err
		}
		tell(s.step, "%s", s.said)
	}
	return nil
}

// readying is a cluster that is not ready yet.
type readying struct {
	*Cluster
	pd        *pdapi.Client
	tell      func(int, string, ...any)
	scattered time.Time
}

// await polls until nothing is missing, and reports what is missing whenever that
// changes.
func (r *readying) await(ctx context.Context, step int, limit time.Duration, look func(context.Context) (string, error)) error {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	poll, life := time.NewTicker(readyPoll), time.NewTicker(lifePoll)
	defer poll.Stop()
	defer life.Stop()
	said := ""
	for {
		missing, err := look(within)
		if err == nil && missing == "" {
			return nil
		}
		if err != nil && within.Err() == nil {
			missing = text.Line(err.Error(), 200)
		}
		if missing != "" && missing != said && within.Err() == nil {
			said = missing
			r.tell(step-1, "waiting: %s", said)
		}
		select {
		case <-poll.C:
		case <-life.C:
			if err := r.alive(within); err != nil {
				return err
			}
		case <-within.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the cluster is not ready after %s: %s; `docker logs` of its containers may say why, and `tikv-demo cluster down --cluster docker --volumes` gives a fresh start", limit, said)
		}
	}
}

// alive reports a container that has ended, with the last line of its log.
func (r *readying) alive(ctx context.Context) error {
	now, err := r.tool.services(ctx)
	if err != nil {
		return nil // the daemon is slow; the step has its own limit
	}
	for _, s := range now {
		if s.State == "exited" || s.State == "dead" {
			return fmt.Errorf("%s ended %s: %s", s.Name, s.Says, r.tool.lastWords(ctx, s.ID))
		}
	}
	return nil
}

// lastWords returns the last line of a container's log.
func (t *tool) lastWords(ctx context.Context, id string) string {
	said := "it said nothing"
	cmd := exec.CommandContext(ctx, "docker", "logs", "--tail", "3", id)
	cmd.Env = t.env
	b, _ := cmd.CombinedOutput() // an extra: without it the error has fewer words
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			said = text.Line(line, 300)
		}
	}
	return said
}

func (r *readying) healthy(ctx context.Context) (string, error) {
	members, err := r.pd.Health(ctx)
	if err != nil {
		return "", err
	}
	well := 0
	for _, m := range members {
		if m.Health {
			well++
		}
	}
	if want := len(r.Members()); well < want {
		return fmt.Sprintf("%d of %d members of PD are healthy", well, want), nil
	}
	if leader, err := r.pd.Leader(ctx); err != nil || leader.Name == "" {
		return "PD has no leader", nil
	}
	return "", nil
}

func (r *readying) bootstrapped(ctx context.Context) (string, error) {
	stores, err := r.pd.Stores(ctx)
	if err != nil {
		return "", err
	}
	up, want := 0, len(r.Stores())
	for _, s := range stores {
		// PD reports a store as Up for 20 s after its death. Only a heartbeat after
		// its start proves that it is up.
		began := r.startOf(s.Store.Address)
		if s.Store.StateName != "Up" || time.Unix(0, s.Store.LastHeartbeat).Before(began) {
			continue
		}
		probe, cancel := context.WithTimeout(ctx, time.Second)
		if tikv.Probe(probe, demo.Node{StatusAddress: r.Resolve(s.Store.StatusAddress)}) == nil {
			up++
		}
		cancel()
	}
	if up < want {
		return fmt.Sprintf("%d of %d stores are Up and serve", up, want), nil
	}
	return "", nil
}

func (r *readying) startOf(address string) time.Time {
	name := r.NameOf(address)
	for _, s := range r.services {
		if s.Name == name {
			return s.started
		}
	}
	return time.Time{}
}

// split splits regions at the missing borders. It does not matter who made the
// existing ones.
func (r *readying) split(ctx context.Context) (string, error) {
	missing, err := r.missingBorders(ctx)
	if err != nil || len(missing) == 0 {
		return "", err
	}
	r.tell(stepSplit-1, "splitting regions at %d of %d borders", len(missing), len(r.cfg.SplitKeys))
	if err := r.pd.SplitRegions(ctx, missing); err != nil {
		return "", err
	}
	if missing, err = r.missingBorders(ctx); err != nil || len(missing) == 0 {
		return "", err
	}
	return fmt.Sprintf("%d of %d borders between regions are missing", len(missing), len(r.cfg.SplitKeys)), nil
}

func (r *readying) missingBorders(ctx context.Context) ([][]byte, error) {
	regions, err := r.pd.Regions(ctx)
	if err != nil {
		return nil, err
	}
	begins := map[string]bool{}
	for _, g := range regions {
		begins[strings.ToUpper(g.StartKey)] = true
	}
	var missing [][]byte
	for _, k := range r.cfg.SplitKeys {
		if !begins[strings.ToUpper(hex.EncodeToString(k))] {
			missing = append(missing, k)
		}
	}
	return missing, nil
}

// scatter makes PD spread the leaders, and keep them spread: by default it leaves
// differences of up to ten. Leaders that are already spread are left alone.
func (r *readying) scatter(ctx context.Context) (string, error) {
	if err := r.pd.Configure(ctx, map[string]any{"tolerant-size-ratio": 1}); err != nil {
		return "", err
	}
	missing, err := r.idle(ctx)
	if err != nil || missing == "" {
		return "", err
	}
	r.scattered = time.Now()
	return "", r.pd.ScatterRegions(ctx)
}

// balanced asks PD again from time to time, because PD skips a region that has just
// been split.
func (r *readying) balanced(ctx context.Context) (string, error) {
	missing, err := r.idle(ctx)
	if missing != "" && time.Since(r.scattered) > scatterAgain {
		r.scattered = time.Now()
		err = errors.Join(err, r.pd.ScatterRegions(ctx))
	}
	return missing, err
}

// idle lists the stores that lead none of the regions with the talk's keys.
func (r *readying) idle(ctx context.Context) (string, error) {
	regions, err := r.pd.Regions(ctx)
	if err != nil {
		return "", err
	}
	stores, err := r.pd.Stores(ctx)
	if err != nil {
		return "", err
	}
	borders := map[string]bool{}
	for _, k := range r.cfg.SplitKeys {
		borders[strings.ToUpper(hex.EncodeToString(k))] = true
	}
	leads := map[uint64]int{}
	for _, g := range regions {
		if len(borders) == 0 || borders[strings.ToUpper(g.StartKey)] || borders[strings.ToUpper(g.EndKey)] {
			leads[g.Leader.StoreID]++
		}
	}
	var idle []string
	for _, s := range stores {
		if name := r.NameOf(s.Store.Address); name != "" && leads[s.Store.ID] == 0 {
			idle = append(idle, name)
		}
	}
	if len(idle) == 0 {
		return "", nil
	}
	return strings.Join(idle, ", ") + " lead no region yet", nil
}
