package pd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// api is the part of PD's HTTP API that demos and tools use. Its answers have a real
// PD's status, fields and form.
type api struct {
	c       *cluster
	svc     *service
	started time.Time
}

const notBootstrapped = "[PD:cluster:ErrNotBootstrapped]TiKV cluster not bootstrapped, please start TiKV first"

// answer is the answer to one request.
type answer struct {
	status int
	kind   string
	body   []byte
}

const (
	kindJSON = "application/json; charset=UTF-8"
	// kindRegions is PD's content type for regions, which it encodes differently.
	kindRegions = "application/octet-stream"
)

// bodyLimit bounds a body of settings.
const bodyLimit = 64 << 10

// handler returns the API. As in PD, an unknown path is 404 and a method that a path
// does not have is 405.
func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	always := func(pattern string, f func(*http.Request) answer) { mux.Handle(pattern, a.locked(f)) }
	always("GET /pd/api/v1/health", a.health)
	always("GET /pd/api/v1/members", a.members)
	always("GET /pd/api/v1/leader", func(*http.Request) answer { return a.indented(a.svc.member()) })
	always("GET /pd/api/v1/cluster", func(*http.Request) answer { return a.indented(clusterMeta{a.c.ID, maxReplicas}) })
	always("GET /pd/api/v1/status", a.status)
	always("GET /pd/api/v1/version", func(*http.Request) answer { return a.indented(versionInfo{Version: "None"}) })
	always("/pd/api/v1/cluster/status", a.clusterStatus)
	always("GET /pd/api/v1/config", func(*http.Request) answer { return a.indented(a.c.config()) })
	always("GET /pd/api/v1/config/schedule", func(*http.Request) answer { return a.indented(a.c.schedule()) })
	always("GET /pd/api/v1/ping", func(*http.Request) answer { return answer{status: http.StatusOK} })
	always("GET /pd/api/v2/ready", func(*http.Request) answer { return answer{status: http.StatusOK} })
	mux.HandleFunc("POST /pd/api/v1/config", a.setConfig)

	needsStore := func(pattern string, f func(*http.Request) answer) {
		always(pattern, func(r *http.Request) answer {
			if !a.c.bootstrapped() {
				return a.failure(http.StatusInternalServerError, notBootstrapped)
			}
			return f(r)
		})
	}
	needsStore("GET /pd/api/v1/stores", a.stores)
	needsStore("GET /pd/api/v1/store/{id}", a.store)
	needsStore("GET /pd/api/v1/stats/region", a.stats)
	needsStore("GET /pd/api/v1/regions", func(*http.Request) answer { return a.regions(a.c.byStart) })
	needsStore("GET /pd/api/v1/regions/key", a.regionPage)
	needsStore("GET /pd/api/v1/region/id/{id}", a.region)
	needsStore("GET /pd/api/v1/schedulers", func(*http.Request) answer { return a.indented([]string{schedulerName}) })
	for what, sick := range a.checks() {
		needsStore("GET /pd/api/v1/regions/check/"+what, func(*http.Request) answer { return a.check(sick) })
	}
	return mux
}

// locked builds an answer under the cluster's lock and sends it without, so that a
// client that does not read blocks nobody.
func (a *api) locked(f func(*http.Request) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.c.mu.Lock()
		out := f(r)
		a.c.mu.Unlock()
		out.send(w)
	})
}

func (out answer) send(w http.ResponseWriter) {
	if out.kind != "" {
		w.Header().Set("Content-Type", out.kind)
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

// setConfig changes settings, given as a map by name.
func (a *api) setConfig(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		a.failure(http.StatusInternalServerError, err.Error()).send(w)
		return
	}
	a.locked(func(*http.Request) answer {
		var settings map[string]any
		if err := json.Unmarshal(body, &settings); err != nil {
			return a.failure(http.StatusBadRequest, err.Error())
		}
		if err := a.c.set(settings); err != nil {
			return a.failure(http.StatusBadRequest, err.Error())
		}
		return a.indented("The config is updated.")
	}).ServeHTTP(w, r)
}

// indented answers as most of PD's handlers do.
func (a *api) indented(v any) answer {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return a.failure(http.StatusInternalServerError, err.Error())
	}
	return answer{http.StatusOK, kindJSON, append(b, '\n')}
}

// compact answers as PD's handlers of regions do.
func (a *api) compact(v any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		return a.failure(http.StatusInternalServerError, err.Error())
	}
	return answer{http.StatusOK, kindRegions, b}
}

// failure answers with a JSON string, as PD's handlers do.
func (a *api) failure(status int, words string) answer {
	b, _ := json.Marshal(words)
	return answer{status, kindJSON, append(b, '\n')}
}

func (a *api) health(*http.Request) answer {
	return a.indented([]memberHealth{{memberName, a.c.MemberID, []string{a.svc.url}, true}})
}

func (a *api) members(*http.Request) answer {
	m := a.svc.member()
	m.DeployPath, m.BinaryVersion, m.GitHash = deployPath(), "None", "None"
	return a.indented(members{header{a.c.ID}, []any{m}, m, m})
}

func (a *api) status(*http.Request) answer {
	return a.indented(statusInfo{"None", "None", "None", a.started.Unix()})
}

func (a *api) clusterStatus(*http.Request) answer {
	return a.indented(clusterStatus{a.c.Bootstrap.UTC(), a.c.bootstrapped(), ""})
}

func (a *api) stores(*http.Request) answer {
	all := stores{Stores: []storeStatus{}}
	for _, s := range a.c.sorted() {
		all.Stores = append(all.Stores, a.storeStatus(s))
	}
	all.Count = len(all.Stores)
	return a.indented(all)
}

func (a *api) store(r *http.Request) answer {
	n, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		out := a.indented(inputError{"input", err.Error(), struct{}{}})
		out.status = http.StatusBadRequest
		return out
	}
	s := a.c.StoresByID[n]
	if s == nil {
		return a.failure(http.StatusNotFound, fmt.Sprintf("[PD:core:ErrStoreNotFound]store %d not found", n))
	}
	return a.indented(a.storeStatus(s))
}

// stats counts what regions say. A store without a leader has no entry among
// the leaders. Who asks for the count alone gets nothing else.
func (a *api) stats(r *http.Request) answer {
	if r.URL.Query().Has("count") {
		return a.indented(regionStats{Count: len(a.c.Regions)})
	}
	out := regionStats{
		LeaderCount: map[uint64]int{}, PeerCount: map[uint64]int{}, LeaderSize: map[uint64]uint64{},
		LeaderKeys: map[uint64]uint64{}, PeerSize: map[uint64]uint64{}, PeerKeys: map[uint64]uint64{},
	}
	for _, r := range a.c.Regions {
		out.Count++
		if r.mib() <= emptyRegion {
			out.Empty++
		}
		out.Size += r.mib()
		out.Keys += r.Keys
		if r.Leader != nil {
			out.LeaderCount[r.Leader.StoreId]++
			out.LeaderSize[r.Leader.StoreId] += r.mib()
			out.LeaderKeys[r.Leader.StoreId] += r.Keys
		}
		for _, p := range r.Meta.Peers {
			out.PeerCount[p.StoreId]++
			out.PeerSize[p.StoreId] += r.mib()
			out.PeerKeys[p.StoreId] += r.Keys
		}
	}
	return a.indented(out)
}

// downPeerAfter is the time after which a leader reports a silent peer as down.
const downPeerAfter = 10 * time.Minute

// checks returns the regions with a problem, by PD's name for it. The list is empty
// for problems that cannot occur here.
func (a *api) checks() map[string]func(*regionInfo) bool {
	never := func(*regionInfo) bool { return false }
	return map[string]func(*regionInfo) bool{
		"miss-peer":    func(r *regionInfo) bool { return len(r.Meta.Peers) < maxReplicas },
		"extra-peer":   func(r *regionInfo) bool { return len(r.Meta.Peers) > maxReplicas },
		"empty-region": func(r *regionInfo) bool { return r.mib() <= emptyRegion },
		"down-peer": func(r *regionInfo) bool {
			for _, p := range r.Meta.Peers {
				if s := a.c.StoresByID[p.StoreId]; s != nil && a.c.silence(s) > downPeerAfter {
					return true
				}
			}
			return false
		},
		"pending-peer": never, "learner-peer": never, "offline-peer": never, "oversized-region": never, "undersized-region": never,
	}
}

func (a *api) check(sick func(*regionInfo) bool) answer {
	var found []*regionInfo
	for _, r := range a.c.byStart {
		if sick(r) {
			found = append(found, r)
		}
	}
	return a.regions(found)
}

func (a *api) regions(rs []*regionInfo) answer {
	out := regions{Count: len(rs), Regions: []regionAnswer{}}
	for _, r := range rs {
		out.Regions = append(out.Regions, regionJSON(r))
	}
	return a.compact(out)
}

// The lengths of a page of regions.
const (
	pageDefault = 16
	pageMost    = 10240
)

// regionPage returns regions in the order of their keys, from the one that holds a
// key on.
func (a *api) regionPage(r *http.Request) answer {
	q, limit := r.URL.Query(), pageDefault
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return a.failure(http.StatusBadRequest, err.Error())
		}
		limit = min(n, pageMost)
	}
	page := a.c.byStart
	if from := a.c.regionOf([]byte(q.Get("key"))); from != nil {
		page = page[slices.Index(page, from):]
	}
	if limit > 0 {
		page = page[:min(limit, len(page))]
	}
	return a.regions(page)
}

// region answers with an empty region where there is none.
func (a *api) region(r *http.Request) answer {
	n, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return a.failure(http.StatusBadRequest, err.Error())
	}
	if x := a.c.Regions[n]; x != nil {
		return a.compact(regionJSON(x))
	}
	return a.compact(regionAnswer{})
}
