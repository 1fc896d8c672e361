package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// netFaultLimit bounds the body with which a network fault is set.
const netFaultLimit = 1 << 10

// serveStatus serves the status port. /status is the readiness probe; PUT
// /pause_grpc and /resume_grpc are TiKV's. PUT /line, which TiKV does not have, sets
// and clears a network fault; it alone answers while the network is cut.
func serveStatus(ctx context.Context, l net.Listener, svc *service) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("PUT /pause_grpc", func(http.ResponseWriter, *http.Request) { svc.paused.Store(true) })
	mux.HandleFunc("PUT /resume_grpc", func(http.ResponseWriter, *http.Request) { svc.paused.Store(false) })
	mux.HandleFunc("GET /config", svc.config)
	mux.HandleFunc("GET /metrics", svc.metrics)
	outer := http.NewServeMux()
	outer.HandleFunc("PUT /line", svc.setNetFault)
	outer.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if svc.link.pass(r.Context().Done()) {
			mux.ServeHTTP(w, r)
		}
	})
	srv := &http.Server{Handler: outer, ReadHeaderTimeout: 2 * time.Second, MaxHeaderBytes: 16 << 10}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *service) setNetFault(w http.ResponseWriter, r *http.Request) {
	var is NetFault
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, netFaultLimit))
	d.DisallowUnknownFields()
	if err := d.Decode(&is); err != nil || is.Delay < 0 || is.Loss < 0 || is.Loss > 1 || is.Disk < 0 {
		http.Error(w, `want {"cut": bool, "delay_ms": milliseconds, "loss": 0 to 1, "cut_pd": bool, "disk_ms": milliseconds, "busy": bool}`, http.StatusBadRequest)
		return
	}
	s.link.set(is)
	is.Cut = is.Cut || is.CutPD
	s.pdLink.set(is)
}

// config returns the part of TiKV's configuration that this store has.
func (s *service) config(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"raftstore": map[string]any{
		"raft-base-tick-interval": s.n.pr.Tick.String(), "raft-election-timeout-ticks": s.n.pr.ElectionTicks,
		"pd-store-heartbeat-tick-interval": s.n.pr.StoreHeartbeat.String(), "raft-entry-max-size": "8MiB",
	}, "storage": map[string]any{"api-version": 1, "enable-ttl": true, "max-key-size": keyLimit}})
}

// metrics returns a few metrics under TiKV's names.
func (s *service) metrics(w http.ResponseWriter, _ *http.Request) {
	leaders := 0
	for _, p := range s.n.peers {
		if p.leads() {
			leaders++
		}
	}
	fmt.Fprintf(w, "tikv_raftstore_region_count{type=\"leader\"} %d\ntikv_raftstore_region_count{type=\"region\"} %d\ntikv_grpc_requests_total %d\n",
		leaders, len(s.n.peers), s.ops.Load())
}
