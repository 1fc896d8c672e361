package pd

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
)

// The answers of the HTTP API, with the fields in a real PD's order.
type (
	header struct {
		ClusterID uint64 `json:"cluster_id"`
	}
	members struct {
		Header     header `json:"header"`
		Members    []any  `json:"members"`
		Leader     any    `json:"leader"`
		EtcdLeader any    `json:"etcd_leader"`
	}
	memberHealth struct {
		Name       string   `json:"name"`
		MemberID   uint64   `json:"member_id"`
		ClientURLs []string `json:"client_urls"`
		Health     bool     `json:"health"`
	}
	statusInfo struct {
		BuildTS   string `json:"build_ts"`
		Version   string `json:"version"`
		GitHash   string `json:"git_hash"`
		StartTime int64  `json:"start_timestamp"`
	}
	versionInfo struct {
		Version   string `json:"version"`
		BuildTime string `json:"build_time"`
		Hash      string `json:"hash"`
		Branch    string `json:"branch"`
	}
	clusterMeta struct {
		ID           uint64 `json:"id"`
		MaxPeerCount int    `json:"max_peer_count"`
	}
	clusterStatus struct {
		Bootstrap   time.Time `json:"raft_bootstrap_time"`
		Initialized bool      `json:"is_initialized"`
		Replication string    `json:"replication_status"`
	}
	inputError struct {
		Code string   `json:"code"`
		Msg  string   `json:"msg"`
		Data struct{} `json:"data"`
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
		LastHeartbeat  int64  `json:"last_heartbeat,omitempty"`
		NodeState      int32  `json:"node_state"`
		StateName      string `json:"state_name"`
	}
	storeStats struct {
		Capacity     string    `json:"capacity"`
		Available    string    `json:"available"`
		UsedSize     string    `json:"used_size"`
		LeaderCount  int       `json:"leader_count"`
		LeaderWeight float64   `json:"leader_weight"`
		LeaderScore  float64   `json:"leader_score"`
		LeaderSize   uint64    `json:"leader_size"`
		RegionCount  int       `json:"region_count"`
		RegionWeight float64   `json:"region_weight"`
		RegionScore  float64   `json:"region_score"`
		RegionSize   uint64    `json:"region_size"`
		StartTS      time.Time `json:"start_ts"`
		LastBeatTS   time.Time `json:"last_heartbeat_ts"`
		Uptime       string    `json:"uptime,omitempty"`
	}
	regionStats struct {
		Count       int               `json:"count"`
		Empty       int               `json:"empty_count"`
		Size        uint64            `json:"storage_size"`
		UserSize    uint64            `json:"user_storage_size"`
		Keys        uint64            `json:"storage_keys"`
		LeaderCount map[uint64]int    `json:"store_leader_count"`
		PeerCount   map[uint64]int    `json:"store_peer_count"`
		LeaderSize  map[uint64]uint64 `json:"store_leader_size"`
		LeaderKeys  map[uint64]uint64 `json:"store_leader_keys"`
		PeerSize    map[uint64]uint64 `json:"store_peer_size"`
		PeerKeys    map[uint64]uint64 `json:"store_peer_keys"`
	}
	regions struct {
		Count   int            `json:"count"`
		Regions []regionAnswer `json:"regions"`
	}
	regionAnswer struct {
		ID           uint64              `json:"id"`
		StartKey     string              `json:"start_key"`
		EndKey       string              `json:"end_key"`
		Epoch        *metapb.RegionEpoch `json:"epoch,omitempty"`
		Peers        []peerAnswer        `json:"peers,omitempty"`
		Leader       peerAnswer          `json:"leader"`
		CPUUsage     uint64              `json:"cpu_usage"`
		WrittenBytes uint64              `json:"written_bytes"`
		ReadBytes    uint64              `json:"read_bytes"`
		WrittenKeys  uint64              `json:"written_keys"`
		ReadKeys     uint64              `json:"read_keys"`
		Size         uint64              `json:"approximate_size"`
		Keys         uint64              `json:"approximate_keys"`
	}
	peerAnswer struct {
		Role    string `json:"role_name"`
		ID      uint64 `json:"id,omitempty"`
		StoreID uint64 `json:"store_id,omitempty"`
	}
)

// emptyRegion is the size in MiB up to which PD calls a region empty.
const emptyRegion = 1

// deployPath is the directory of the program.
func deployPath() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(exe)
}

func (a *api) storeStatus(s *storeInfo) storeStatus {
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
	}
	// PD dates the last heartbeat of a store that never sent one to 1970.
	out.Status.StartTS, out.Status.LastBeatTS = time.Unix(s.Meta.StartTimestamp, 0).UTC(), time.Unix(0, out.Store.LastHeartbeat).UTC()
	if up := out.Status.LastBeatTS.Sub(out.Status.StartTS); up > 0 {
		out.Status.Uptime = up.String()
	}
	return out
}

// human formats a size as PD does: "58.4GiB", "100GiB".
func human(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + units[i]
}

func regionJSON(r *regionInfo) regionAnswer {
	out := regionAnswer{
		ID: r.Meta.Id, StartKey: hexKey(r.Meta.StartKey), EndKey: hexKey(r.Meta.EndKey), Epoch: r.Meta.RegionEpoch,
		Size: r.mib(), Keys: r.Keys,
	}
	for _, p := range r.Meta.Peers {
		out.Peers = append(out.Peers, peerJSON(p))
	}
	if r.Leader != nil {
		out.Leader = peerJSON(r.Leader)
	}
	return out
}

func peerJSON(p *metapb.Peer) peerAnswer { return peerAnswer{p.Role.String(), p.Id, p.StoreId} }

func hexKey(key []byte) string { return strings.ToUpper(hex.EncodeToString(key)) }
