package pd

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// PD's own rules for the state of a store.
const (
	disconnectedAfter = defaults.DisconnectedAfter
	downAfter         = 30 * time.Minute // until max-store-down-time is set
)

// storeInfo describes one store.
type storeInfo struct {
	Meta     *metapb.Store    `json:"meta"`
	Stats    *pdpb.StoreStats `json:"-"`
	LastBeat time.Time        `json:"last_heartbeat"`
	upSince  time.Time        // first heartbeat since the store was put or came back
}

// regionInfo describes one region.
type regionInfo struct {
	Meta   *metapb.Region `json:"meta"`
	Leader *metapb.Peer   `json:"leader"`
	Size   uint64         `json:"size"` // bytes
	Keys   uint64         `json:"keys"`
	Term   uint64         `json:"term"`
}

// cluster is the map of stores and regions, and the file that it is saved to.
type cluster struct {
	now  func() time.Time
	path string

	mu         sync.Mutex
	ID         uint64                 `json:"cluster_id"`
	MemberID   uint64                 `json:"member_id"`
	NextID     uint64                 `json:"next_id"`
	Bootstrap  time.Time              `json:"bootstrap_time"`
	DownAfter  time.Duration          `json:"max_store_down_time"`
	StoresByID map[uint64]*storeInfo  `json:"stores"`
	Regions    map[uint64]*regionInfo `json:"regions"`
	byStart    []*regionInfo          // sorted by start key; regions do not overlap
}

// openCluster loads the map that an earlier PD saved in dir, or starts an empty one.
func openCluster(dir string, now func() time.Time) (*cluster, error) {
	c := &cluster{
		now: now, path: filepath.Join(dir, "pd.json"), DownAfter: downAfter, NextID: 1,
		StoresByID: map[uint64]*storeInfo{}, Regions: map[uint64]*regionInfo{},
	}
	b, err := os.ReadFile(c.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		c.ID, c.MemberID = randomID(), randomID()
		return c, c.save()
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; start with an empty data directory", c.path, err)
	}
	c.index()
	return c, nil
}

func randomID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])>>1 | 1<<60
}

// save writes the file atomically.
func (c *cluster) save() error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(c.path+".new", c.path)
}

func (c *cluster) index() {
	c.byStart = c.byStart[:0]
	for _, r := range c.Regions {
		c.byStart = append(c.byStart, r)
	}
	slices.SortFunc(c.byStart, func(a, b *regionInfo) int { return bytes.Compare(a.Meta.StartKey, b.Meta.StartKey) })
}

func (c *cluster) bootstrapped() bool { return !c.Bootstrap.IsZero() }

// allocID returns an id that was never used before, restarts included.
func (c *cluster) allocID() (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.NextID
	c.NextID++
	return id, c.save()
}

func (c *cluster) bootstrap(st *metapb.Store, r *metapb.Region) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bootstrapped() {
		return errBootstrapped
	}
	c.Bootstrap = c.now()
	c.StoresByID[st.Id] = &storeInfo{Meta: st}
	c.Regions[r.Id] = &regionInfo{Meta: r}
	c.NextID = max(c.NextID, st.Id+1, r.Id+1)
	c.index()
	return c.save()
}

var errBootstrapped = errors.New("cluster is already bootstrapped")

func (c *cluster) putStore(st *metapb.Store) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, other := range c.StoresByID {
		// As in the real PD it does not matter whether the other store is alive.
		over := other.Meta.State == metapb.StoreState_Tombstone || other.Meta.PhysicallyDestroyed
		if id != st.Id && !over && other.Meta.Address == st.Address {
			return fmt.Errorf("duplicated store address: id:%d address:%q, already registered by id:%d", st.Id, st.Address, id)
		}
	}
	s := c.StoresByID[st.Id]
	if s == nil {
		s = &storeInfo{}
		c.StoresByID[st.Id] = s
	}
	s.Meta = st
	s.upSince = time.Time{} // a store that starts anew proves itself anew
	return c.save()
}

func (c *cluster) storeBeat(stats *pdpb.StoreStats) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.StoresByID[stats.GetStoreId()]
	if s == nil {
		return false
	}
	now := c.now()
	if s.upSince.IsZero() || c.silence(s) > disconnectedAfter {
		s.upSince = now
	}
	s.Stats, s.LastBeat = stats, now
	return true
}

// regionBeat takes a leader's report of its region. Reports of an older term or
// epoch are dropped. Older regions that the new range covers are removed, as after
// a split.
func (c *cluster) regionBeat(r *pdpb.RegionHeartbeatRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.Regions[r.Region.Id]
	if old != nil && (old.Term > r.Term || old.Meta.GetRegionEpoch().GetVersion() > r.Region.GetRegionEpoch().GetVersion()) {
		return
	}
	fresh := &regionInfo{Meta: r.Region, Leader: r.Leader, Size: r.ApproximateSize, Keys: r.ApproximateKeys, Term: r.Term}
	moved := old == nil || old.Leader.GetStoreId() != r.Leader.GetStoreId()
	shape := old == nil || old.Meta.GetRegionEpoch().GetVersion() != r.Region.GetRegionEpoch().GetVersion()
	c.Regions[r.Region.Id] = fresh
	if shape {
		for id, x := range c.Regions {
			if id != r.Region.Id && overlap(x.Meta, r.Region) && x.Meta.GetRegionEpoch().GetVersion() < r.Region.GetRegionEpoch().GetVersion() {
				delete(c.Regions, id)
			}
		}
	}
	c.index()
	if moved || shape {
		_ = c.save() // the next change writes it again; a heartbeat is no place to fail
	}
}

func overlap(a, b *metapb.Region) bool {
	return (len(b.EndKey) == 0 || bytes.Compare(a.StartKey, b.EndKey) < 0) && (len(a.EndKey) == 0 || bytes.Compare(b.StartKey, a.EndKey) < 0)
}

// regionOf returns the region that holds key.
func (c *cluster) regionOf(key []byte) *regionInfo {
	i := c.place(key)
	if i < 0 {
		return nil
	}
	r := c.byStart[i]
	if len(r.Meta.EndKey) > 0 && bytes.Compare(key, r.Meta.EndKey) >= 0 {
		return nil
	}
	return r
}

// regionBefore returns the region before that of a key.
func (c *cluster) regionBefore(key []byte) *regionInfo {
	if i := c.place(key); i > 0 {
		return c.byStart[i-1]
	}
	return nil
}

// place returns the index of the last region that starts at or before key.
func (c *cluster) place(key []byte) int {
	i, found := slices.BinarySearchFunc(c.byStart, key, func(r *regionInfo, k []byte) int { return bytes.Compare(r.Meta.StartKey, k) })
	if found {
		return i
	}
	return i - 1
}

// silence is the time since a store's last heartbeat, never negative. The times
// carry Go's monotonic clock, so a jump of the wall clock does not change it. Times
// that a restarted PD has read from its file have no monotonic part: they count by
// the wall clock until the next heartbeat, as all do in the real PD.
func (c *cluster) silence(s *storeInfo) time.Duration { return max(0, c.now().Sub(s.LastBeat)) }

// passed reports whether a pause that began at from is over. A clock that jumped
// back counts as over, because waiting for the old time would stop everything.
func (c *cluster) passed(from time.Time, pause time.Duration) bool {
	gone := c.now().Sub(from)
	return gone < 0 || gone >= pause
}

// stateOf returns PD's name for a store's state. As in PD, Down is tested first.
func (c *cluster) stateOf(s *storeInfo) string {
	age := c.silence(s)
	switch {
	case s.Meta.State == metapb.StoreState_Tombstone:
		return "Tombstone"
	case s.Meta.State == metapb.StoreState_Offline:
		return "Offline"
	case age > c.DownAfter:
		return "Down"
	case age > disconnectedAfter:
		return "Disconnected"
	}
	return "Up"
}

// sorted returns the stores by id.
func (c *cluster) sorted() []*storeInfo {
	var all []*storeInfo
	for _, s := range c.StoresByID {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *storeInfo) int { return cmp.Compare(a.Meta.Id, b.Meta.Id) })
	return all
}

// load counts a store's leaders and peers.
func (c *cluster) load(store uint64) (n counts) {
	for _, r := range c.Regions {
		for _, p := range r.Meta.Peers {
			if p.StoreId == store {
				n.peers++
				n.size += r.mib()
				n.keys += r.Keys
			}
		}
		if r.Leader.GetStoreId() == store {
			n.leaders++
			n.leaderSize += r.mib()
			n.leaderKeys += r.Keys
		}
	}
	return n
}

type counts struct {
	leaders, peers   int
	size, leaderSize uint64 // MiB
	keys, leaderKeys uint64
}

// mib converts a size to whole MiB as PD does, at least one if it is not empty.
func (r *regionInfo) mib() uint64 {
	if r.Size == 0 {
		return 0
	}
	return max(1, r.Size>>20)
}
