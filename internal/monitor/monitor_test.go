package monitor

import (
	"context"
	"go/build"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheMonitorCannotSeeWhatChaosDid(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	for _, i := range p.Imports {
		if strings.Contains(i, "tikv-demo/internal/") {
			require.Contains(t, []string{"github.com/tikv-demo/tikv-demo/internal/demo", "github.com/tikv-demo/tikv-demo/internal/safe"}, i)
		}
	}
	require.True(t, slices.ContainsFunc(p.Imports, func(s string) bool { return strings.HasSuffix(s, "/internal/demo") }))
}

func TestARunningMonitorProbesAndOpensATicket(t *testing.T) {
	var mu sync.Mutex
	var tickets []demo.TicketOpened
	opened := make(chan struct{}, 10)
	var asked atomic.Int64
	m := New(Config{
		ProbeEvery: time.Millisecond,
		Probe: func(_ context.Context, n demo.Node) error {
			if n.Name == "tikv-2" && asked.Add(1) > 1 { // it has served once
				return errRefused
			}
			return nil
		},
		Emit: func(b demo.Body) {
			if o, ok := b.(demo.TicketOpened); ok {
				mu.Lock()
				tickets = append(tickets, o)
				mu.Unlock()
				opened <- struct{}{}
			}
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	now := time.Now()
	m.Snapshot(now, newSim(1, 1).snapshot())
	for range errorsRaise {
		m.ClientError(now, "tikv-2", "unavailable")
	}
	select {
	case <-opened:
	case <-time.After(10 * time.Second):
		require.Fail(t, "no ticket")
	}
	cancel()
	require.NoError(t, <-done)
	require.Equal(t, "tikv-2", tickets[0].Target)
}

func TestAFloodOfErrorsBlocksNobody(t *testing.T) {
	m := New(Config{Probe: func(context.Context, demo.Node) error { return nil }, Emit: func(demo.Body) {}})
	for range 10 * inboxSize { // nobody reads
		m.ClientError(noon, "tikv-1", "timeout")
	}
	require.Len(t, m.inbox, inboxSize)
}
