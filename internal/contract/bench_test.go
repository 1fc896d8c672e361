package contract

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkAgainstEtcd runs go-ycsb's workload A with 16 threads on the embedded
// cluster and on an etcd of three members, one after the other and twice, on the
// same machine, and reports both and their ratio.
func BenchmarkAgainstEtcd(b *testing.B) {
	theirs(b, "go-ycsb")
	if _, err := exec.LookPath("etcd"); err != nil {
		b.Skip("skipped: no etcd is installed")
	}
	ours, etcd := clusterUp(b), etcdUp(b)
	requireWhole(b, ycsb(b, "load", ours), "INSERT")
	requireWhole(b, ycsbOn(b, "load", "etcd", "etcd.endpoints="+etcd), "INSERT")
	var mine, yours float64
	for range 2 {
		mine += throughput(b, ycsb(b, "run", ours)) / 2
		yours += throughput(b, ycsbOn(b, "run", "etcd", "etcd.endpoints="+etcd)) / 2
	}
	b.ReportMetric(mine, "embedded-ops/s")
	b.ReportMetric(yours, "etcd-ops/s")
	b.ReportMetric(mine/yours, "ratio")
	b.ReportMetric(0, "ns/op")
}

var total = regexp.MustCompile(`(?m)^TOTAL .*OPS: ([0-9.]+)`)

// throughput reads the operations a second of a report.
func throughput(b *testing.B, report string) float64 {
	b.Helper()
	requireWhole(b, report, "READ", "UPDATE")
	m := total.FindAllStringSubmatch(report, -1)
	require.NotEmpty(b, m, report)
	ops, err := strconv.ParseFloat(m[len(m)-1][1], 64)
	require.NoError(b, err)
	return ops
}

// etcdUp starts three members with their default settings and gives their
// client URLs.
func etcdUp(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	var clients, peers, names []string
	for i := range 3 {
		names = append(names, fmt.Sprintf("e%d", i+1))
		clients = append(clients, fmt.Sprintf("http://127.0.0.1:%d", freePort(b)))
		peers = append(peers, fmt.Sprintf("http://127.0.0.1:%d", freePort(b)))
	}
	var members []string
	for i := range 3 {
		members = append(members, names[i]+"="+peers[i])
	}
	for i := range 3 {
		cmd := exec.Command("etcd", "--name", names[i], "--data-dir", filepath.Join(dir, names[i]),
			"--listen-client-urls", clients[i], "--advertise-client-urls", clients[i],
			"--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
			"--initial-cluster", strings.Join(members, ","), "--initial-cluster-state", "new")
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		background(b, cmd)
	}
	require.Eventually(b, func() bool {
		for _, c := range clients {
			if !healthy(c) {
				return false
			}
		}
		return true
	}, 30*time.Second, 50*time.Millisecond, "etcd does not serve")
	return strings.Join(clients, ",")
}
