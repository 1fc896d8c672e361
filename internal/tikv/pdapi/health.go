package pdapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// Size is a number of bytes. PD writes it for people: "58.4GiB".
type Size uint64

// units are PD's, each 1024 of the one before.
var units = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// UnmarshalJSON reads a size. One that is not understood is 0, unknown: nobody's
// health hangs on how PD writes figures.
func (s *Size) UnmarshalJSON(b []byte) error {
	*s = 0
	var words string
	if json.Unmarshal(b, &words) != nil {
		return nil
	}
	figure := strings.TrimRight(words, "BKMGTPEi")
	v, err := strconv.ParseFloat(figure, 64)
	if err != nil || v < 0 {
		return nil
	}
	for i, u := range units {
		if bytes := v * math.Pow(1024, float64(i)); words[len(figure):] == u && bytes < math.MaxUint64 {
			*s = Size(bytes)
		}
	}
	return nil
}

// countLimit is as much as is read of an answer of which only the count at its
// head is wanted: a list of sick regions may be of any length.
const countLimit = 4 << 10

// RegionHealth counts the regions of the cluster, and the sick ones.
func (c *Client) RegionHealth(ctx context.Context) (demo.Regions, error) {
	var r demo.Regions
	var stats struct {
		Count   int            `json:"count"`
		Leaders map[string]int `json:"store_leader_count"`
	}
	g, ctx := safe.WithContext(ctx)
	g.Go(func() error { return c.get(ctx, "/pd/api/v1/stats/region", &stats) })
	for what, into := range map[string]*int{"down-peer": &r.DownPeer, "miss-peer": &r.MissPeer, "pending-peer": &r.PendingPeer} {
		g.Go(func() (err error) { *into, err = c.count(ctx, "/pd/api/v1/regions/check/"+what); return err })
	}
	if err := g.Wait(); err != nil {
		return demo.Regions{}, err
	}
	r.Total, r.Leaderless = stats.Count, stats.Count
	for _, n := range stats.Leaders {
		r.Leaderless -= n
	}
	r.Leaderless = max(0, r.Leaderless) // a region that moves may be counted twice
	return r, nil
}

// count reads the count that such an answer begins with. The rest of it is not
// read.
func (c *Client) count(ctx context.Context, path string) (n int, err error) {
	err = first(ctx, c.urls,
		func(ctx context.Context, u string) (int, error) { return c.countAt(ctx, u+path) },
		func(is int) error { n = is; return nil })
	return n, err
}

func (c *Client) countAt(ctx context.Context, u string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, plainError(err)
	}
	defer resp.Body.Close()
	head := io.LimitReader(resp.Body, countLimit)
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(head)
		return 0, &Error{resp.StatusCode, words(b)}
	}
	d := json.NewDecoder(head)
	var count int
	for _, want := range []json.Token{json.Delim('{'), "count"} {
		if got, err := d.Token(); err != nil || got != want {
			return 0, errors.New("PD's answer does not begin with a count")
		}
	}
	if err := d.Decode(&count); err != nil {
		return 0, fmt.Errorf("PD's answer does not begin with a count: %w", plainError(err))
	}
	return count, nil
}

// defaultLowSpace is PD's own: a store of which less than a fifth is free gets
// no more regions.
const defaultLowSpace = 0.8

// LowSpaceRatio gives the share of a store's disk above which PD calls it full.
func (c *Client) LowSpaceRatio(ctx context.Context) (float64, error) {
	var r struct {
		Ratio *float64 `json:"low-space-ratio"`
	}
	if err := c.get(ctx, "/pd/api/v1/config/schedule", &r); err != nil {
		return 0, err
	}
	if r.Ratio == nil || *r.Ratio < 0 || *r.Ratio > 1 {
		return defaultLowSpace, nil
	}
	return *r.Ratio, nil
}
