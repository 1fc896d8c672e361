package pdapi

import (
	"context"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Versions gives the versions of PD and TiKV as the cluster says them itself, by
// the program's name. Where nodes differ each version is named once: "v8.5.0,
// v8.5.4". What nobody says is missing: a build without a version says "None".
func (c *Client) Versions(ctx context.Context) map[string]string {
	out := map[string]string{}
	if members, _, err := c.Members(ctx); err == nil {
		var all []string
		for _, m := range members {
			all = append(all, m.Version)
		}
		note(out, "pd", all)
	}
	if stores, err := c.Stores(ctx); err == nil {
		var all []string
		for _, s := range stores {
			all = append(all, s.Store.Version)
		}
		note(out, "tikv", all)
	}
	return out
}

func note(out map[string]string, program string, all []string) {
	for i := range all {
		all[i] = text.Line(all[i], 80)
	}
	all = slices.DeleteFunc(all, func(v string) bool { return v == "" || v == "None" })
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > 0 {
		out[program] = text.Line(strings.Join(all, ", "), 200)
	}
}
