package tikv

import (
	"fmt"
	"io"
	"sync"

	"github.com/pingcap/log"
	"google.golang.org/grpc/grpclog"
)

// clientLogLimit bounds what one writer is given: a store that stays dead makes
// the client log for as long as it is dead.
const clientLogLimit = 16 << 20

// clientLogs is where the client library and gRPC log: nowhere, until SilenceLogs
// names a writer. Loggers are installed once and the writer behind them changes.
var clientLogs = &limitedWriter{w: io.Discard}

// gRPC's logger may only be set before anything uses gRPC, servers and clients of
// other packages included.
func init() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, clientLogs, clientLogs))
}

var installClientLogs = sync.OnceValue(func() error {
	cfg := &log.Config{Level: "warn", Format: "text"}
	logger, props, err := log.InitLoggerWithWriteSyncer(cfg, clientLogs, clientLogs)
	if err != nil {
		return fmt.Errorf("install the client library's logger: %w", err)
	}
	log.ReplaceGlobals(logger, props)
	return nil
})

// SilenceLogs sends what client-go, PD's client and gRPC log to w, warnings and
// above and at most 16 MB of it; nil drops it. client-go itself would log to stdout,
// a flood of it after a kill; from the first SilenceLogs or OpenRaw on it never
// does.
func SilenceLogs(w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	clientLogs.redirect(w)
	_ = installClientLogs() // OpenRaw says it if this failed
}

// limitedWriter writes up to clientLogLimit bytes to w, says so, and drops the
// rest. A writer that fails is not told to the logger, which would complain on
// stderr.
type limitedWriter struct {
	mu   sync.Mutex
	w    io.Writer
	used int
	full bool
}

func (l *limitedWriter) redirect(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w, l.used, l.full = w, 0, false
}

// Write never fails.
func (l *limitedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.full:
	case l.used+len(p) > clientLogLimit:
		l.full = true
		_, _ = fmt.Fprintf(l.w, "… the rest is dropped: %d MB were written\n", clientLogLimit>>20)
	default:
		l.used += len(p)
		_, _ = l.w.Write(p)
	}
	return len(p), nil
}

// Sync does nothing: zap's loggers want one.
func (l *limitedWriter) Sync() error { return nil }
