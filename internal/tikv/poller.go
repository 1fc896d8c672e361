package tikv

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// DefaultInterval is how often PD is asked.
const DefaultInterval = 2 * time.Second

// PollerConfig is what a HealthPoller needs.
type PollerConfig struct {
	PD         []string                    // endpoints; pdapi.DefaultURL when empty
	Interval   time.Duration               // DefaultInterval when 0
	NameOf     func(address string) string // what a node is called on stage; "" for its default name
	Resolve    func(address string) string // where an address that PD names is reached from here; nil: there
	OnSnapshot func(demo.Snapshot)         // told after every poll, good or failed
}

// HealthPoller polls PD for the health of every node. It never fails: what goes
// wrong is in the snapshot.
type HealthPoller struct {
	cfg  PollerConfig
	pd   *pdapi.Client
	stop chan struct{}
	once sync.Once

	// of the latest closer look; owned by Poll
	closer   time.Time
	regions  *demo.Regions
	lowSpace float64 // share of a disk that must be free; 0 unknown

	mu   sync.Mutex
	last demo.Snapshot
}

// NewHealthPoller makes a poller. Nothing is asked before Run.
func NewHealthPoller(cfg PollerConfig) *HealthPoller {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	return &HealthPoller{cfg: cfg, pd: pdapi.New(cfg.PD), stop: make(chan struct{})}
}

// Run polls until ctx is done or Stop is called.
func (h *HealthPoller) Run(ctx context.Context) error {
	defer h.pd.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := time.NewTicker(h.cfg.Interval)
	defer tick.Stop()
	for {
		s := h.Poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if h.cfg.OnSnapshot != nil {
			h.cfg.OnSnapshot(s)
		}
		select {
		case <-tick.C:
		case <-h.stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// Stop ends Run. It may be called more than once.
func (h *HealthPoller) Stop() { h.once.Do(func() { close(h.stop) }) }

// Health gives the latest snapshot with its age as of now.
func (h *HealthPoller) Health() demo.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return aged(h.last, time.Now())
}

// Poll looks once. It is not called twice at the same time.
func (h *HealthPoller) Poll(ctx context.Context) demo.Snapshot {
	s, err := h.look(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.last.Error = err.Error()
	} else {
		h.last = s
	}
	return aged(h.last, time.Now())
}

func aged(s demo.Snapshot, now time.Time) demo.Snapshot {
	s.Stale = 0
	if !s.LastUpdated.IsZero() {
		s.Stale = demo.Millis(now.Sub(s.LastUpdated))
	}
	return s
}

// look asks for everything at once; a look is one moment or none. How PD finds
// its members it may leave out: it waits for each that hangs.
func (h *HealthPoller) look(ctx context.Context) (demo.Snapshot, error) {
	var members, health []pdapi.Member
	var leader pdapi.Member
	var stores []pdapi.Store
	g, gctx := safe.WithContext(ctx)
	g.Go(func() (err error) { members, leader, err = h.pd.Members(gctx); return err })
	g.Go(func() error {
		health, _ = h.pd.Health(gctx)
		return nil
	})
	g.Go(func() (err error) {
		stores, err = h.pd.Stores(gctx)
		if notBootstrapped(err) {
			err = nil // a cluster before its first store has none
		}
		return err
	})
	g.Go(func() error { h.lookCloser(gctx); return nil })
	if err := g.Wait(); err != nil {
		return demo.Snapshot{}, err
	}
	now := time.Now()
	s := demo.Snapshot{Nodes: make([]demo.Node, 0, len(members)+len(stores)), Regions: h.regions, LastUpdated: now}
	for _, m := range members {
		s.Nodes = append(s.Nodes, h.member(m, leader, health))
	}
	for _, st := range stores {
		s.Nodes = append(s.Nodes, h.store(st, now))
	}
	slices.SortStableFunc(s.Nodes[len(members):], func(a, b demo.Node) int { return byStageName(a.Name, b.Name) })
	for _, n := range s.Nodes {
		s.HasIssues = s.HasIssues || n.Health != demo.HealthUp
	}
	return s, nil
}

// closerEvery is how often PD is asked for what costs it a walk over all
// regions, and for what hardly changes.
const closerEvery = 10 * time.Second

// lookCloser asks for the counts of regions and the bound of free space. Before
// the first store PD has neither. What it does not answer is unknown.
func (h *HealthPoller) lookCloser(ctx context.Context) {
	if time.Since(h.closer) < closerEvery {
		return
	}
	h.closer, h.regions = time.Now(), nil
	if r, err := h.pd.RegionHealth(ctx); err == nil {
		h.regions = &r
	}
	if ratio, err := h.pd.LowSpaceRatio(ctx); err == nil {
		h.lowSpace = 1 - ratio
	}
	if ctx.Err() != nil {
		h.closer = time.Time{} // the look as a whole failed: this was none
	}
}

func notBootstrapped(err error) bool {
	var e *pdapi.Error
	return errors.As(err, &e) && strings.Contains(e.Words, "ErrNotBootstrapped")
}

// member describes a member by what PD finds of it. Where PD has not said, its
// health is unknown. Its client port is probed: it tells a member that is gone
// from one that has no leader to pass calls on to.
func (h *HealthPoller) member(m, leader pdapi.Member, health []pdapi.Member) demo.Node {
	n := demo.Node{ID: strconv.FormatUint(m.MemberID, 10), Type: "pd", Role: demo.RoleControl, Health: demo.HealthUnknown, State: "unknown"}
	if len(m.ClientURLs) > 0 {
		n.Address = pdapi.HostPort(m.ClientURLs[0])
	}
	n.Name = nameOf(h.cfg.NameOf, n.Address, m.Name)
	n.StatusAddress = h.reached(n.Address)
	n.Leader = m.MemberID == leader.MemberID
	if i := slices.IndexFunc(health, func(x pdapi.Member) bool { return x.MemberID == m.MemberID }); i >= 0 {
		n.Health, n.State = demo.HealthUp, "healthy"
		if !health[i].Health {
			n.Health, n.State = demo.HealthDown, "unhealthy"
		}
	}
	return n
}

// reached gives where an address that PD names is reached from here.
func (h *HealthPoller) reached(address string) string {
	if h.cfg.Resolve == nil || address == "" {
		return address
	}
	return h.cfg.Resolve(address)
}

func (h *HealthPoller) store(s pdapi.Store, now time.Time) demo.Node {
	id := strconv.FormatUint(s.Store.ID, 10)
	n := demo.Node{
		ID: id, Type: "tikv", Role: demo.RoleData,
		Name:          storeName(s, h.cfg.NameOf),
		Address:       s.Store.Address,
		StatusAddress: h.reached(s.Store.StatusAddress),
		State:         s.Store.StateName,
		Health:        storeHealth(s.Store.StateName),
		Leaders:       s.Status.LeaderCount,
		Regions:       s.Status.RegionCount,
		Capacity:      uint64(s.Status.Capacity),
		Available:     uint64(s.Status.Available),
		LowSpace:      uint64(h.lowSpace * float64(s.Status.Capacity)),
	}
	if s.Store.StartTimestamp > 0 {
		n.StartedAt = time.Unix(s.Store.StartTimestamp, 0)
	}
	if s.Store.LastHeartbeat > 0 {
		n.LastBeat = time.Unix(0, s.Store.LastHeartbeat)
		n.HeartbeatAge = demo.Millis(max(0, now.Sub(n.LastBeat)))
	}
	return n
}

// storeHealth reads PD's words for a store's state.
func storeHealth(state string) demo.Health {
	switch state {
	case "Up":
		return demo.HealthUp
	case "Disconnected", "Offline":
		return demo.HealthSuspect
	case "Down", "Tombstone":
		return demo.HealthDown
	}
	return demo.HealthUnknown
}

// byStageName orders nodes by name, tikv-2 before tikv-10. Ids are given out as
// stores happen to ask for them.
func byStageName(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// storeName is what a store is called on stage.
func storeName(s pdapi.Store, names func(address string) string) string {
	return nameOf(names, s.Store.Address, defaultName(s.Store.ID))
}

func defaultName(store uint64) string { return "store-" + strconv.FormatUint(store, 10) }

func nameOf(names func(address string) string, address, otherwise string) string {
	if names == nil {
		return otherwise
	}
	return cmp.Or(names(address), otherwise)
}
