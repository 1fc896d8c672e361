package tikv

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

const (
	// regionsShown is the length of the one page of regions that PD is asked for.
	// A larger cluster is told in counts.
	regionsShown = 128
	// fastMap is how many times as often the page is asked for while it holds every
	// region: the move of a leader is to be seen when it happens. Between two
	// intervals only the page is asked for.
	fastMap = 4
)

// RegionPollerConfig is what a RegionPoller needs.
type RegionPollerConfig struct {
	PD       []string                    // endpoints; pdapi.DefaultURL when empty
	Interval time.Duration               // DefaultInterval when 0
	NameOf   func(address string) string // as of the HealthPoller
	OnMap    func(demo.RegionMap)        // told when something has changed, and once an interval
}

// RegionPoller polls PD for the regions: a bounded page of them, and counts. It
// never fails: what goes wrong is in the map. It has a client of its own, so that
// it cannot hold up a HealthPoller.
type RegionPoller struct {
	cfg     RegionPollerConfig
	pd      *pdapi.Client
	last    demo.RegionMap
	stores  []pdapi.Store
	asked   time.Time // when the stores were last asked for
	total   int       // regions of a cluster that has more than the page holds
	counted time.Time // when they were last counted
}

// NewRegionPoller makes a poller. Nothing is asked before Run.
func NewRegionPoller(cfg RegionPollerConfig) *RegionPoller {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	return &RegionPoller{cfg: cfg, pd: pdapi.New(cfg.PD)}
}

// Run polls until ctx is done.
func (p *RegionPoller) Run(ctx context.Context) error {
	defer p.pd.Close()
	var told demo.RegionMap
	var toldAt time.Time
	for {
		from := time.Now()
		m := p.Poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if !m.Same(told) || time.Since(toldAt) >= p.cfg.Interval {
			told, toldAt = m, time.Now()
			p.cfg.OnMap(m)
		}
		wait := p.cfg.Interval
		if m.Error == "" && m.Whole() {
			wait /= fastMap
		}
		select {
		case <-time.After(wait - time.Since(from)):
		case <-ctx.Done():
			return nil
		}
	}
}

// Poll looks once. It is not called twice at the same time.
func (p *RegionPoller) Poll(ctx context.Context) demo.RegionMap {
	m, err := p.look(ctx)
	if err != nil {
		p.last.Error = err.Error()
	} else {
		p.last = m
	}
	out := p.last
	if !out.LastUpdated.IsZero() {
		out.Stale = demo.Millis(time.Since(out.LastUpdated))
	}
	return out
}

func (p *RegionPoller) look(ctx context.Context) (demo.RegionMap, error) {
	page, err := p.pd.RegionPage(ctx, regionsShown)
	if notBootstrapped(err) {
		return demo.RegionMap{LastUpdated: time.Now()}, nil // a cluster before its first store has none
	}
	if err != nil {
		return demo.RegionMap{}, err
	}
	m := demo.RegionMap{Total: len(page), LastUpdated: time.Now()}
	if len(page) == regionsShown {
		if m.Total, err = p.count(ctx); err != nil {
			return demo.RegionMap{}, err
		}
	}
	if err := p.knowStores(ctx, page); err != nil {
		return demo.RegionMap{}, err
	}
	names := p.names()
	for _, r := range page {
		m.Shown = append(m.Shown, shown(r, names))
	}
	m.Nodes = p.counts(m)
	return m, nil
}

// count gives the number of all regions, which is not asked for at every look.
func (p *RegionPoller) count(ctx context.Context) (int, error) {
	if time.Since(p.counted) >= closerEvery {
		total, err := p.pd.RegionCount(ctx)
		if err != nil {
			return 0, err
		}
		p.total, p.counted = total, time.Now()
	}
	return max(p.total, regionsShown), nil
}

// knowStores asks for the stores once an interval, and when a region lies on one
// that is not known.
func (p *RegionPoller) knowStores(ctx context.Context, page []pdapi.Region) error {
	known := map[uint64]bool{}
	for _, s := range p.stores {
		known[s.Store.ID] = true
	}
	stranger := slices.ContainsFunc(page, func(r pdapi.Region) bool {
		return slices.ContainsFunc(r.Peers, func(x pdapi.Peer) bool { return !known[x.StoreID] })
	})
	if !stranger && time.Since(p.asked) < p.cfg.Interval {
		return nil
	}
	stores, err := p.pd.Stores(ctx)
	if err == nil {
		p.stores, p.asked = stores, time.Now()
	}
	return err
}

// names gives the stores' names on stage.
func (p *RegionPoller) names() map[uint64]string {
	names := map[uint64]string{}
	for _, s := range p.stores {
		names[s.Store.ID] = storeName(s, p.cfg.NameOf)
	}
	return names
}

// shown gives a region with names in the place of ids.
func shown(r pdapi.Region, names map[uint64]string) demo.Region {
	named := func(peers []pdapi.Peer) (all []string) {
		for _, x := range peers {
			// A store that is buried is not among the stores any more.
			all = append(all, cmp.Or(names[x.StoreID], defaultName(x.StoreID)))
		}
		return all
	}
	out := demo.Region{ID: r.ID, Peers: named(r.Peers), Pending: named(r.Pending)}
	if r.Leader.StoreID != 0 {
		out.Leader = named([]pdapi.Peer{r.Leader})[0]
	}
	for _, d := range r.Down {
		out.Down = append(out.Down, named([]pdapi.Peer{d.Peer})[0])
	}
	return out
}

// counts gives what each store holds: counted in the page when that is the whole
// cluster, so that both agree, and else as PD counts it.
func (p *RegionPoller) counts(m demo.RegionMap) []demo.NodeRegions {
	leads, holds := map[string]int{}, map[string]int{}
	for _, r := range m.Shown {
		leads[r.Leader]++
		for _, name := range r.Peers {
			holds[name]++
		}
	}
	var all []demo.NodeRegions
	for _, s := range p.stores {
		n := demo.NodeRegions{Name: storeName(s, p.cfg.NameOf), Leaders: s.Status.LeaderCount, Regions: s.Status.RegionCount}
		if m.Whole() {
			n.Leaders, n.Regions = leads[n.Name], holds[n.Name]
		}
		all = append(all, n)
	}
	slices.SortStableFunc(all, func(a, b demo.NodeRegions) int { return byStageName(a.Name, b.Name) })
	return all
}
