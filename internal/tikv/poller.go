package tikv

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// DefaultInterval is how often PD is asked.
const DefaultInterval = 2 * time.Second

// PollerConfig is what a HealthPoller needs.
type PollerConfig struct {
	PD         []string                    // endpoints; DefaultPD when empty
	Interval   time.Duration               // DefaultInterval when 0
	NameOf     func(address string) string // what a node is called on stage; "" for its default name
	OnSnapshot func(demo.Snapshot)         // told after every poll, good or failed
}

// HealthPoller polls PD for the health of every node. It never fails: what goes
// wrong is in the snapshot.
type HealthPoller struct {
	cfg  PollerConfig
	pd   *PD
	stop chan struct{}
	once sync.Once

	mu   sync.Mutex
	last demo.Snapshot
}

// NewHealthPoller makes a poller. Nothing is asked before Run.
func NewHealthPoller(cfg PollerConfig) *HealthPoller {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	return &HealthPoller{cfg: cfg, pd: NewPD(cfg.PD), stop: make(chan struct{})}
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

// Poll looks once.
func (h *HealthPoller) Poll(ctx context.Context) demo.Snapshot {
	nodes, err := h.look(ctx)
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.last.Error = err.Error()
	} else {
		h.last = demo.Snapshot{Nodes: nodes, LastUpdated: now}
		for _, n := range nodes {
			h.last.HasIssues = h.last.HasIssues || n.Health != demo.HealthUp
		}
	}
	return aged(h.last, now)
}

func aged(s demo.Snapshot, now time.Time) demo.Snapshot {
	s.Stale = 0
	if !s.LastUpdated.IsZero() {
		s.Stale = demo.Millis(now.Sub(s.LastUpdated))
	}
	return s
}

// look asks for everything at once; a look is one moment or none.
func (h *HealthPoller) look(ctx context.Context) ([]demo.Node, error) {
	var members []Member
	var leader Member
	var stores []Store
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { members, err = h.pd.Health(gctx); return err })
	g.Go(func() (err error) { leader, err = h.pd.Leader(gctx); return err })
	g.Go(func() (err error) {
		stores, err = h.pd.Stores(gctx)
		if notBootstrapped(err) {
			err = nil // a cluster before its first store has none
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	now := time.Now()
	nodes := make([]demo.Node, 0, len(members)+len(stores))
	for _, m := range members {
		nodes = append(nodes, h.member(m, leader))
	}
	for _, s := range stores {
		nodes = append(nodes, h.store(s, now))
	}
	return nodes, nil
}

func notBootstrapped(err error) bool {
	var e *PDError
	return errors.As(err, &e) && strings.Contains(e.Words, "ErrNotBootstrapped")
}

func (h *HealthPoller) member(m, leader Member) demo.Node {
	n := demo.Node{ID: strconv.FormatUint(m.MemberID, 10), Type: "pd", Role: demo.RoleControl, Health: demo.HealthUp, State: "healthy"}
	if len(m.ClientURLs) > 0 {
		_, n.Address, _ = strings.Cut(m.ClientURLs[0], "://")
	}
	n.Name = h.name(n.Address, m.Name)
	n.Leader = m.MemberID == leader.MemberID
	if !m.Health {
		n.Health, n.State = demo.HealthDown, "unhealthy"
	}
	return n
}

func (h *HealthPoller) store(s Store, now time.Time) demo.Node {
	id := strconv.FormatUint(s.Store.ID, 10)
	n := demo.Node{
		ID: id, Type: "tikv", Role: demo.RoleData,
		Name:          h.name(s.Store.Address, "store-"+id),
		Address:       s.Store.Address,
		StatusAddress: s.Store.StatusAddress,
		State:         s.Store.StateName,
		Health:        storeHealth(s.Store.StateName),
		Leaders:       s.Status.LeaderCount,
		Regions:       s.Status.RegionCount,
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

func (h *HealthPoller) name(address, otherwise string) string {
	if h.cfg.NameOf != nil {
		if n := h.cfg.NameOf(address); n != "" {
			return n
		}
	}
	return otherwise
}
