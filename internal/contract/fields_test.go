package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// differs lists the fields whose values differ between any two clusters, or
// between ours and the real PD's for the reason given. Their presence and type
// are compared all the same.
var differs = []struct {
	fields *regexp.Regexp
	why    string
}{
	{regexp.MustCompile(`(^|\.)(cluster_id|member_id)$|^id$`), "drawn when a cluster is made"},
	{regexp.MustCompile(`_urls\.\d+$`), "each PD has ports of its own"},
	{regexp.MustCompile(`(^|\.)deploy_path$`), "each program lies where it lies"},
	{regexp.MustCompile(`(^|\.)(address|peer_address|status_address)$`), "each store has ports of its own"},
	{regexp.MustCompile(`(^|\.)(start_timestamp|start_ts|last_heartbeat|last_heartbeat_ts|uptime|raft_bootstrap_time)$`), "times"},
	{regexp.MustCompile(`(^|\.)leader\.(id|store_id)$`), "which store leads a region is chance; how many leaders there are is not"},
	{regexp.MustCompile(`(^|\.)(leader_count|leader_score|leader_size)$|^store_leader_(count|size|keys)\.`), "likewise, and who of two takes over"},
	{regexp.MustCompile(`\.region_score$`), "the real PD weighs free space with it to move replicas; ours moves none, and its score is the size"},
	{regexp.MustCompile(`(^|\.)(region|replica|merge)-schedule-limit$`), "0 in ours: it schedules leaders only"},
	{regexp.MustCompile(`(^|\.)tolerant-size-ratio$`), "1 in ours from the start; the real one leaves differences up to ten until it is told"},
}

// fields flattens an answer: the path of each value, with its type and, where it
// may be compared, the value itself. Lists are put in order first.
func (h heard) fields(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	if !strings.Contains(h.kind, "json") && !strings.Contains(h.kind, "octet-stream") {
		out[""] = string(h.body)
		return out
	}
	d := json.NewDecoder(strings.NewReader(string(h.body)))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", h.body)
	flatten(out, "", v)
	return out
}

func flatten(out map[string]string, at string, v any) {
	below := func(key string) string { return strings.TrimPrefix(at+"."+key, ".") }
	switch v := v.(type) {
	case map[string]any:
		out[at] = "object"
		for key, x := range v {
			flatten(out, below(key), x)
		}
	case []any:
		out[at] = "list"
		slices.SortStableFunc(v, func(a, b any) int { return cmp.Compare(order(a), order(b)) })
		for i, x := range v {
			place := fmt.Sprint(i)
			if strings.HasSuffix(at, "schedulers-v2") || at == "" && fmt.Sprintf("%T", x) == "string" {
				place = order(x) // schedulers go by their names, for we have fewer
			}
			flatten(out, below(place), x)
		}
	default:
		out[at] = fmt.Sprintf("%T", v)
		for _, d := range differs {
			if d.fields.MatchString(at) {
				return
			}
		}
		out[at] += fmt.Sprintf(" %v", v)
	}
}

// order gives what a list's element is sorted by: a store's, a region's or a
// peer's id, a scheduler's type, or the element itself.
func order(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	if s, ok := m["store"]; ok {
		return order(s)
	}
	if s, ok := m["type"]; ok {
		return order(s)
	}
	return fmt.Sprintf("%20v", m["id"])
}

func requireSame(t *testing.T, want, got map[string]string, subset bool) {
	t.Helper()
	var wrong []string
	for _, path := range slices.Sorted(maps.Keys(got)) {
		w, ok := want[path]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s: only ours has it: %s", path, got[path]))
		case w != got[path]:
			wrong = append(wrong, fmt.Sprintf("%s: %s, and ours %s", path, w, got[path]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[path]; !ok && !subset {
			wrong = append(wrong, fmt.Sprintf("%s: ours has not got it: %s", path, want[path]))
		}
	}
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
}
