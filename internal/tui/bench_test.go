package tui

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// processorTime is what this process has used of the processors: unlike the time
// that passed, it says the same on a busy machine.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFrame is the processor time of one frame, of which only the clock has
// changed, for each chapter and size.
func BenchmarkFrame(b *testing.B) {
	for _, size := range [][2]int{{120, 36}, {200, 55}} {
		for _, chapter := range []int{1, 2, 3, 5, 6, 8} {
			b.Run(fmt.Sprintf("%dx%d/chapter%d", size[0], size[1], chapter), func(b *testing.B) {
				p := on(b, chapter, size[0], size[1], styles.Dark)
				p.in(styles.Dark, termenv.TrueColor)
				b.ReportAllocs()
				from := processorTime()
				for b.Loop() {
					p.now = p.now.Add(100 * time.Millisecond)
					_ = p.View()
				}
				b.ReportMetric(float64((processorTime()-from).Microseconds())/1000/float64(b.N), "cpu-ms/frame")
			})
		}
	}
}

// BenchmarkFrameOfALargeCluster is the processor time of a frame with 100 stores,
// 1,000 regions and half an hour of load.
func BenchmarkFrameOfALargeCluster(b *testing.B) {
	for _, size := range [][2]int{{120, 36}, {200, 55}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			p := on(b, 3, size[0], size[1], styles.Dark)
			p.in(styles.Dark, termenv.TrueColor)
			nodes := slices.Clone(p.state.Snapshot.Nodes[:1])
			regions := demo.RegionMap{Total: 1000, LastUpdated: p.at}
			for i := range 100 {
				name := fmt.Sprint("lamp-", i)
				nodes = append(nodes, demo.Node{ID: name, Name: name, Type: "lamp", Role: demo.RoleData, Health: demo.HealthUp, State: "Up", Leaders: 10, Regions: 30, LastBeat: p.at})
			}
			for i := range 1000 {
				lamp := func(n int) string { return fmt.Sprint("lamp-", (i+n)%100) }
				regions.Shown = append(regions.Shown, demo.Region{ID: uint64(i + 1), Leader: lamp(0), Peers: []string{lamp(0), lamp(1), lamp(2)}})
			}
			p.state.Snapshot.Nodes = nodes
			p.hear(demo.RegionsSeen{RegionMap: regions})
			for range 1800 {
				p.shine(1000)
			}
			from := processorTime()
			for b.Loop() {
				p.now = p.now.Add(100 * time.Millisecond)
				_ = p.View()
			}
			b.ReportMetric(float64((processorTime()-from).Microseconds())/1000/float64(b.N), "cpu-ms/frame")
		})
	}
}

// BenchmarkRewind is the processor time of one press of [ and its frame, in a talk
// of an hour with a fault that is open; the slowest press too.
func BenchmarkRewind(b *testing.B) {
	for _, size := range [][2]int{{120, 36}, {200, 55}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			p := on(b, 5, size[0], size[1], styles.Dark)
			p.in(styles.Dark, termenv.TrueColor)
			for range 3600 {
				p.shine(1000)
				p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
			}
			from, slowest := processorTime(), time.Duration(0)
			for b.Loop() {
				at := processorTime()
				press(p, letter("["))
				_ = p.View()
				slowest = max(slowest, processorTime()-at)
			}
			b.ReportMetric(float64((processorTime()-from).Microseconds())/1000/float64(b.N), "cpu-ms/press")
			b.ReportMetric(float64(slowest.Microseconds())/1000, "cpu-ms/slowest")
		})
	}
}
