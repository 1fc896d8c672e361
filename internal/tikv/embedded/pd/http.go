package pd

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
)

// api is PD's HTTP API as far as demos and tools read it. Answers have the
// fields and the form of a real PD's.
type api struct {
	c       *cluster
	svc     *service
	started time.Time
}

const notBootstrapped = "[PD:cluster:ErrNotBootstrapped]TiKV cluster not bootstrapped, please start TiKV first"

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/pd/api/v1/")
	switch path {
	case "health":
		a.reply(w, []any{map[string]any{"name": memberName, "member_id": a.c.MemberID, "client_urls": []string{a.svc.url}, "health": true}})
	case "members":
		m := a.member()
		a.reply(w, members{header{a.c.ID}, []member{m}, m, m})
	case "status":
		a.reply(w, statusInfo{"None", "None", "None", a.started.Unix()})
	case "version":
		a.reply(w, map[string]string{"version": "None", "build_time": "", "hash": "", "branch": ""})
	case "cluster/status":
		a.reply(w, clusterStatus{a.c.Bootstrap.UTC(), a.c.bootstrapped(), ""})
	case "config/schedule", "config":
		a.reply(w, scheduleConfig())
	case "/pd/api/v2/ready":
		w.WriteHeader(http.StatusOK)
	default:
		a.bootstrapped(w, path)
	}
}

// bootstrapped answers what needs a first store.
func (a *api) bootstrapped(w http.ResponseWriter, path string) {
	store, isStore := strings.CutPrefix(path, "store/")
	check, isCheck := strings.CutPrefix(path, "regions/check/")
	region, isRegion := strings.CutPrefix(path, "region/id/")
	known := isStore || isCheck || isRegion || path == "stores" || path == "stats/region" || path == "schedulers" || path == "regions"
	switch {
	case !known:
		http.Error(w, "404 page not found", http.StatusNotFound)
	case !a.c.bootstrapped():
		a.fail(w, http.StatusInternalServerError, notBootstrapped)
	case isStore:
		a.store(w, store)
	case isCheck:
		a.check(w, check)
	case isRegion:
		a.region(w, region)
	case path == "stores":
		all := stores{Stores: []storeStatus{}}
		for _, s := range a.c.sorted() {
			all.Stores = append(all.Stores, a.status(s))
		}
		all.Count = len(all.Stores)
		a.reply(w, all)
	case path == "stats/region":
		a.reply(w, a.stats())
	case path == "schedulers":
		a.reply(w, []string{"balance-leader-scheduler"})
	case path == "regions":
		a.regions(w, a.c.byStart)
	}
}

func (a *api) reply(w http.ResponseWriter, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		a.fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(append(b, '\n'))
}

// fail answers with a JSON string, as PD's handlers do.
func (a *api) fail(w http.ResponseWriter, status int, words string) {
	b, _ := json.Marshal(words)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

type (
	header struct {
		ClusterID uint64 `json:"cluster_id"`
	}
	member struct {
		Name          string   `json:"name"`
		MemberID      uint64   `json:"member_id"`
		PeerURLs      []string `json:"peer_urls"`
		ClientURLs    []string `json:"client_urls"`
		DeployPath    string   `json:"deploy_path"`
		BinaryVersion string   `json:"binary_version"`
		GitHash       string   `json:"git_hash"`
	}
	members struct {
		Header     header   `json:"header"`
		Members    []member `json:"members"`
		Leader     member   `json:"leader"`
		EtcdLeader member   `json:"etcd_leader"`
	}
	statusInfo struct {
		BuildTS   string `json:"build_ts"`
		Version   string `json:"version"`
		GitHash   string `json:"git_hash"`
		StartTime int64  `json:"start_timestamp"`
	}
	clusterStatus struct {
		Bootstrap   time.Time `json:"raft_bootstrap_time"`
		Initialized bool      `json:"is_initialized"`
		Replication string    `json:"replication_status"`
	}
	stores struct {
		Count  int           `json:"count"`
		Stores []storeStatus `json:"stores"`
	}
	storeStatus struct {
		Store  storeMeta  `json:"store"`
		Status storeStats `json:"status"`
	}
	storeMeta struct {
		ID             uint64 `json:"id"`
		Address        string `json:"address"`
		Version        string `json:"version"`
		PeerAddress    string `json:"peer_address,omitempty"`
		StatusAddress  string `json:"status_address"`
		GitHash        string `json:"git_hash"`
		StartTimestamp int64  `json:"start_timestamp"`
		DeployPath     string `json:"deploy_path"`
		LastHeartbeat  int64  `json:"last_heartbeat"`
		NodeState      int32  `json:"node_state"`
		StateName      string `json:"state_name"`
	}
	storeStats struct {
		Capacity     string     `json:"capacity"`
		Available    string     `json:"available"`
		UsedSize     string     `json:"used_size"`
		LeaderCount  int        `json:"leader_count"`
		LeaderWeight float64    `json:"leader_weight"`
		LeaderScore  float64    `json:"leader_score"`
		LeaderSize   uint64     `json:"leader_size"`
		RegionCount  int        `json:"region_count"`
		RegionWeight float64    `json:"region_weight"`
		RegionScore  float64    `json:"region_score"`
		RegionSize   uint64     `json:"region_size"`
		StartTS      *time.Time `json:"start_ts,omitempty"`
		LastBeatTS   *time.Time `json:"last_heartbeat_ts,omitempty"`
		Uptime       string     `json:"uptime,omitempty"`
	}
)

func (a *api) member() member {
	u := []string{a.svc.url}
	return member{memberName, a.c.MemberID, u, u, "/", "None", "None"}
}

func (a *api) status(s *storeInfo) storeStatus {
	n := a.c.load(s.Meta.Id)
	out := storeStatus{
		Store: storeMeta{
			ID: s.Meta.Id, Address: s.Meta.Address, Version: s.Meta.Version, PeerAddress: s.Meta.PeerAddress, StatusAddress: s.Meta.StatusAddress,
			GitHash: s.Meta.GitHash, StartTimestamp: s.Meta.StartTimestamp, DeployPath: s.Meta.DeployPath, NodeState: int32(metapb.NodeState_Serving), StateName: a.c.stateOf(s),
		},
		Status: storeStats{
			Capacity: human(s.Stats.GetCapacity()), Available: human(s.Stats.GetAvailable()), UsedSize: human(s.Stats.GetUsedSize()),
			LeaderCount: n.leaders, LeaderWeight: 1, LeaderScore: float64(n.leaders), LeaderSize: n.leaderSize,
			RegionCount: n.peers, RegionWeight: 1, RegionScore: float64(n.size), RegionSize: n.size,
		},
	}
	if !s.LastBeat.IsZero() {
		out.Store.LastHeartbeat = s.LastBeat.UnixNano()
		start, beat := time.Unix(s.Meta.StartTimestamp, 0).UTC(), s.LastBeat.UTC()
		out.Status.StartTS, out.Status.LastBeatTS = &start, &beat
		if up := beat.Sub(start); up > 0 {
			out.Status.Uptime = up.String()
		}
	}
	return out
}

// human writes a size as PD does: "58.4GiB", "100GiB".
func human(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + units[i]
}

func (a *api) store(w http.ResponseWriter, id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		a.fail(w, http.StatusBadRequest, err.Error())
		return
	}
	s := a.c.StoresByID[n]
	if s == nil {
		a.fail(w, http.StatusNotFound, fmt.Sprintf("[PD:core:ErrStoreNotFound]store %d not found", n))
		return
	}
	a.reply(w, a.status(s))
}

func (a *api) stats() map[string]any {
	byStore := map[string]map[string]any{}
	for _, f := range []string{"store_leader_count", "store_peer_count", "store_leader_size", "store_leader_keys", "store_peer_size", "store_peer_keys"} {
		byStore[f] = map[string]any{}
	}
	for _, s := range a.c.sorted() {
		id, n := strconv.FormatUint(s.Meta.Id, 10), a.c.load(s.Meta.Id)
		byStore["store_leader_count"][id], byStore["store_peer_count"][id] = n.leaders, n.peers
		byStore["store_leader_size"][id], byStore["store_leader_keys"][id] = n.leaderSize, n.leaderKeys
		byStore["store_peer_size"][id], byStore["store_peer_keys"][id] = n.size, n.keys
	}
	var size, keys uint64
	empty := 0
	for _, r := range a.c.Regions {
		size += r.mib()
		keys += r.Keys
		if r.mib() <= 1 {
			empty++
		}
	}
	out := map[string]any{"count": len(a.c.Regions), "empty_count": empty, "storage_size": size, "user_storage_size": 0, "storage_keys": keys}
	for f, m := range byStore {
		out[f] = m
	}
	return out
}

// check lists regions with something wrong: a peer on a store that is down.
func (a *api) check(w http.ResponseWriter, what string) {
	var sick []*regionInfo
	for _, r := range a.c.byStart {
		for _, p := range r.Meta.Peers {
			if s := a.c.StoresByID[p.StoreId]; what == "down-peer" && s != nil && a.c.now().Sub(s.LastBeat) > downPeerAfter {
				sick = append(sick, r)
				break
			}
		}
	}
	a.regions(w, sick)
}

// downPeerAfter is when a leader reports a silent peer as down.
const downPeerAfter = 10 * time.Minute

func (a *api) regions(w http.ResponseWriter, rs []*regionInfo) {
	out := []any{}
	for _, r := range rs {
		out = append(out, regionJSON(r))
	}
	b, _ := json.Marshal(struct {
		Count   int   `json:"count"`
		Regions []any `json:"regions"`
	}{len(out), out})
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(append(b, '\n'))
}

func (a *api) region(w http.ResponseWriter, id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		a.fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if r := a.c.Regions[n]; r != nil {
		a.reply(w, regionJSON(r))
		return
	}
	a.reply(w, nil)
}

func regionJSON(r *regionInfo) map[string]any {
	peers := []any{}
	for _, p := range r.Meta.Peers {
		peers = append(peers, peerJSON(p))
	}
	return map[string]any{
		"id": r.Meta.Id, "start_key": strings.ToUpper(hex.EncodeToString(r.Meta.StartKey)), "end_key": strings.ToUpper(hex.EncodeToString(r.Meta.EndKey)),
		"epoch": map[string]any{"conf_ver": r.Meta.GetRegionEpoch().GetConfVer(), "version": r.Meta.GetRegionEpoch().GetVersion()},
		"peers": peers, "leader": peerJSON(r.Leader), "cpu_usage": 0,
		"written_bytes": 0, "read_bytes": 0, "written_keys": 0, "read_keys": 0, "approximate_size": r.mib(), "approximate_keys": r.Keys,
	}
}

func peerJSON(p *metapb.Peer) map[string]any {
	return map[string]any{"id": p.GetId(), "store_id": p.GetStoreId(), "role_name": "Voter"}
}

// scheduleConfig gives the part of PD's schedule that holds here.
func scheduleConfig() map[string]any {
	return map[string]any{
		"max-store-down-time": downAfter.String(), "leader-schedule-limit": 4, "leader-schedule-policy": "count",
		"region-schedule-limit": 0, "replica-schedule-limit": 0, "merge-schedule-limit": 0, "tolerant-size-ratio": 1,
		"schedulers-v2": []any{map[string]any{"type": "balance-leader", "args": nil, "disable": false, "args-payload": ""}},
	}
}
