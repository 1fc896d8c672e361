package cli

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/screentest"
)

// helpKeys open and close the help, which changes most of the screen.
var helpKeys = [][2]string{{"?", "any key closes this"}, {"?", "Workload"}}

// BenchmarkKeyToOutputAttached is BenchmarkKeyToOutput on one talk without anybody
// attached, and then with two consoles on its socket and a phone on its page, each of
// which is told every change.
func BenchmarkKeyToOutputAttached(b *testing.B) {
	for _, size := range screenSizes {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			const presses = 300
			h := newHall(b, size)
			goUnderLoad(b, h.talk)
			p50, p99 := middleAndTail(b, "alone", answers(b, h.talk, presses, helpKeys...))
			consoles, told := h.attach(b)
			before := told.Load()
			attached50, attached99 := middleAndTail(b, "attached", answers(b, h.talk, presses, helpKeys...))
			require.Greater(b, told.Load()-before, int64(presses/10), "the phone was told meanwhile")
			for _, c := range consoles { // they still follow
				_, err := c.Press("v", "any key goes back")
				require.NoError(b, err)
			}
			b.ReportMetric(attached50/p50, "p50-ratio")
			b.ReportMetric(attached99/p99, "p99-ratio")
		})
	}
}

// hall is a talk to which somebody can attach.
type hall struct {
	talk *screentest.Terminal
	size [2]uint16
	env  []string
	at   string // of the phone's page
	dir  string // the talk's runtime directory: a socket's path must be short
}

func newHall(b *testing.B, size [2]uint16) *hall {
	b.Helper()
	h := &hall{size: size, at: freeAddress(b), dir: runtimeDir(b)}
	h.env = []string{"XDG_RUNTIME_DIR=" + h.dir}
	h.talk = terminalWith(b, h.env, size, program, "run", "--theme", "dark", "--remote", h.at)
	return h
}

// attach lets two consoles and a phone follow the talk, and gives how many states the
// phone has been told.
func (h *hall) attach(b *testing.B) (consoles []*screentest.Terminal, told *atomic.Int64) {
	b.Helper()
	for range 2 {
		consoles = append(consoles, terminalWith(b, h.env, h.size, program, "console", "--theme", "dark"))
	}
	told = h.follow(b)
	for _, c := range consoles {
		_, err := c.Await("phone") // among those who are attached
		require.NoError(b, err)
	}
	return consoles, told
}

// follow reads the phone's page as it is told, until the benchmark ends.
func (h *hall) follow(b *testing.B) *atomic.Int64 {
	b.Helper()
	p := &pocket{t: b, at: h.at}
	p.enters(codesOf(b, h.dir, h.at).Speaker)
	r := p.send(http.MethodGet, "/events", "") //nolint:bodyclose // send closes it at the end
	require.Equal(b, http.StatusOK, r.StatusCode)
	told, first := new(atomic.Int64), make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(r.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data: ") && told.Add(1) == 1 {
				close(first)
			}
		}
	}()
	select {
	case <-first:
	case <-time.After(screentest.Limit):
		require.Fail(b, "the phone was told nothing")
	}
	return told
}
