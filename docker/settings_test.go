package docker

import (
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"
)

// duration is a time as TiKV and PD write it.
type duration struct{ time.Duration }

func (d *duration) UnmarshalText(b []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(b))
	return err
}

// tikvSettings are what the files may hold, under TiKV's names; TiKV itself only
// warns of a name that it does not know.
type tikvSettings struct {
	MemoryUsageLimit string `toml:"memory-usage-limit"`
	Server           struct {
		GrpcConcurrency   int      `toml:"grpc-concurrency"`
		GrpcKeepaliveTime duration `toml:"grpc-keepalive-time"`
	} `toml:"server"`
	Storage struct {
		ReserveSpace            string `toml:"reserve-space"`
		ReserveRaftSpace        string `toml:"reserve-raft-space"`
		SchedulerWorkerPoolSize int    `toml:"scheduler-worker-pool-size"`
		BlockCache              struct {
			Capacity string `toml:"capacity"`
		} `toml:"block-cache"`
	} `toml:"storage"`
	Readpool struct {
		Unified struct {
			MaxThreadCount int `toml:"max-thread-count"`
		} `toml:"unified"`
	} `toml:"readpool"`
	Rocksdb struct {
		MaxOpenFiles int      `toml:"max-open-files"`
		Defaultcf    columnCF `toml:"defaultcf"`
		Writecf      columnCF `toml:"writecf"`
		Lockcf       columnCF `toml:"lockcf"`
	} `toml:"rocksdb"`
	Raftdb struct {
		MaxOpenFiles int `toml:"max-open-files"`
	} `toml:"raftdb"`
	RaftEngine struct {
		TargetFileSize string `toml:"target-file-size"`
		PurgeThreshold string `toml:"purge-threshold"`
		MemoryLimit    string `toml:"memory-limit"`
	} `toml:"raft-engine"`
	Raftstore raftstore `toml:"raftstore"`
}

type columnCF struct {
	WriteBufferSize string `toml:"write-buffer-size"`
}

type raftstore struct {
	BaseTick          duration `toml:"raft-base-tick-interval"`
	HeartbeatTicks    int      `toml:"raft-heartbeat-ticks"`
	ElectionTicks     int      `toml:"raft-election-timeout-ticks"`
	MaxLeaderLease    duration `toml:"raft-store-max-leader-lease"`
	StaleStateCheck   duration `toml:"peer-stale-state-check-interval"`
	AbnormalMissing   duration `toml:"abnormal-leader-missing-duration"`
	MaxLeaderMissing  duration `toml:"max-leader-missing-duration"`
	PDStoreHeartbeat  duration `toml:"pd-store-heartbeat-tick-interval"`
	PDRegionHeartbeat duration `toml:"pd-heartbeat-tick-interval"`
	HibernateRegions  bool     `toml:"hibernate-regions"`
}

// tikvDefaults are TiKV v8.5.7's own, for what the rules look at.
func tikvDefaults() tikvSettings {
	var s tikvSettings
	s.Server.GrpcKeepaliveTime = duration{10 * time.Second}
	s.Raftstore = raftstore{
		BaseTick: duration{time.Second}, HeartbeatTicks: 2, ElectionTicks: 10,
		MaxLeaderLease:  duration{9 * time.Second},
		StaleStateCheck: duration{5 * time.Minute}, AbnormalMissing: duration{10 * time.Minute}, MaxLeaderMissing: duration{2 * time.Hour},
		PDStoreHeartbeat: duration{10 * time.Second}, PDRegionHeartbeat: duration{time.Minute},
		HibernateRegions: true,
	}
	return s
}

// read decodes a file of settings; a name that nobody knows fails.
func read(t *testing.T, file string, into any) {
	t.Helper()
	b, err := Files.ReadFile("settings/" + file)
	require.NoError(t, err)
	known, err := toml.Decode(string(b), into)
	require.NoError(t, err)
	require.Empty(t, known.Undecoded(), file)
}

// What TiKV v8.5.7 refuses to start with, as its Config::validate has it.
func TestTiKVStartsWithItsSettings(t *testing.T) {
	for _, profile := range []string{"stage", "real"} {
		t.Run(profile, func(t *testing.T) {
			s := tikvDefaults()
			read(t, "tikv-"+profile+".toml", &s)
			r := s.Raftstore
			election := time.Duration(r.ElectionTicks) * r.BaseTick.Duration
			require.Greater(t, r.ElectionTicks, r.HeartbeatTicks)
			require.LessOrEqual(t, r.MaxLeaderLease.Duration, election-r.BaseTick.Duration)
			require.GreaterOrEqual(t, r.StaleStateCheck.Duration, 2*election)
			require.GreaterOrEqual(t, r.AbnormalMissing.Duration, r.StaleStateCheck.Duration)
			require.GreaterOrEqual(t, r.MaxLeaderMissing.Duration, r.AbnormalMissing.Duration)
			heartbeat := time.Duration(r.HeartbeatTicks) * r.BaseTick.Duration
			require.GreaterOrEqual(t, s.Server.GrpcKeepaliveTime.Duration, 2*heartbeat)

			cache := bytes(t, s.Storage.BlockCache.Capacity)
			require.LessOrEqual(t, cache, bytes(t, s.MemoryUsageLimit))
			require.LessOrEqual(t, 3*cache, int64(512<<20), "the caches of three do not fit on a laptop")
			require.GreaterOrEqual(t, bytes(t, s.RaftEngine.PurgeThreshold), bytes(t, s.RaftEngine.TargetFileSize))
			// Titan doubles RocksDB's; 4,096 descriptors are had everywhere.
			require.LessOrEqual(t, 1000+2*s.Rocksdb.MaxOpenFiles+s.Raftdb.MaxOpenFiles, 4096)
			require.Positive(t, s.Rocksdb.MaxOpenFiles)
			require.Positive(t, s.Raftdb.MaxOpenFiles)
			require.Equal(t, "0", s.Storage.ReserveSpace)
		})
	}
}

// The stage is quicker than TiKV's own timings, and real is just those.
func TestProfilesDiffer(t *testing.T) {
	stage, own := tikvDefaults(), tikvDefaults()
	read(t, "tikv-stage.toml", &stage)
	read(t, "tikv-real.toml", &own)
	require.Equal(t, tikvDefaults().Raftstore, own.Raftstore)
	require.Less(t, stage.Raftstore.BaseTick.Duration, own.Raftstore.BaseTick.Duration)
	require.Less(t, stage.Raftstore.PDStoreHeartbeat.Duration, own.Raftstore.PDStoreHeartbeat.Duration)
	stage.Raftstore = own.Raftstore
	require.Equal(t, own, stage, "only timings are the profiles' difference")
}

type pdSettings struct {
	Tick     duration `toml:"tick-interval"`
	Election duration `toml:"election-interval"`
	Lease    int      `toml:"lease"`
	Schedule struct {
		LowSpaceRatio      float64 `toml:"low-space-ratio"`
		TolerantSizeRatio  float64 `toml:"tolerant-size-ratio"`
		MergeScheduleLimit int     `toml:"merge-schedule-limit"`
	} `toml:"schedule"`
	Server struct {
		DashboardAddress string `toml:"dashboard-address"`
	} `toml:"pd-server"`
}

func TestPDStartsWithItsSettings(t *testing.T) {
	for _, profile := range []string{"stage", "real"} {
		s := pdSettings{Tick: duration{500 * time.Millisecond}, Election: duration{3 * time.Second}, Lease: 5}
		s.Schedule.MergeScheduleLimit = 8
		read(t, "pd-"+profile+".toml", &s)
		require.GreaterOrEqual(t, s.Election.Duration, 5*s.Tick.Duration, "etcd refuses it")
		require.GreaterOrEqual(t, time.Duration(s.Lease)*time.Second, 3*s.Election.Duration/2, "etcd would lend it for longer")
		require.Zero(t, s.Schedule.MergeScheduleLimit, "PD would merge the talk's small regions")
		require.InDelta(t, 1.0, s.Schedule.LowSpaceRatio, 0)
	}
}

// bytes reads a size as TiKV writes it.
func bytes(t *testing.T, size string) int64 {
	t.Helper()
	var n int64
	var unit string
	for i, c := range size {
		if c < '0' || c > '9' {
			unit = size[i:]
			break
		}
		n = n*10 + int64(c-'0')
	}
	shift, ok := map[string]int{"MB": 20, "GB": 30}[unit]
	require.True(t, ok, "%q is not a size in MB or GB", size)
	return n << shift
}
