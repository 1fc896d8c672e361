package load

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func trouble(id uint64, errors int64, ms int) demo.RegionTrouble {
	return demo.RegionTrouble{ID: id, Errors: errors, Unwritable: demo.Millis(time.Duration(ms) * time.Millisecond)}
}

// The time that a region cannot be written lies between two acknowledged writes.
// It is told while it goes on, and once more in the second in which it ends.
func TestARegionCannotBeWrittenBetweenTwoAcknowledgedWrites(t *testing.T) {
	r := newReach(100)
	write := func(region uint64, n int64) place { return place{region: region, record: n, write: true} }
	r.acknowledged(write(7, 1), after(100))
	r.acknowledged(write(8, 2), after(150))
	r.failed(write(7, 1), after(50))                               // it began before: says nothing of now
	r.failed(place{region: 8, record: 3}, after(200))              // a read
	r.failed(place{region: 0, record: noRecord}, after(200))       // where is not known
	r.failed(place{region: 7, record: 1, write: true}, after(300)) // now it is so
	got, hits := r.take(after(1000))
	assert.Equal(t, []demo.RegionTrouble{trouble(7, 2, 900), trouble(8, 1, 0)}, got)
	assert.Equal(t, int64(2), hits)

	r.failed(write(7, 9), after(1500))
	r.acknowledged(write(7, 1), after(1600))
	got, hits = r.take(after(2000))
	assert.Equal(t, []demo.RegionTrouble{trouble(7, 1, 1500)}, got)
	assert.Equal(t, int64(3), hits)
	got, _ = r.take(after(3000))
	assert.Empty(t, got, "all is well again")
}

// A region that was split keeps its id to itself: its time does not grow for ever.
func TestARegionThatNobodyAsksForAnyMoreIsForgotten(t *testing.T) {
	r := newReach(1)
	r.failed(place{region: 7, record: noRecord, write: true}, after(0))
	got, _ := r.take(after(4000))
	assert.Equal(t, []demo.RegionTrouble{trouble(7, 1, 4000)}, got)
	got, _ = r.take(after(5001))
	assert.Empty(t, got)
	for id := range uint64(2 * regionsFollowed) {
		r.failed(place{region: id, write: true}, after(0))
	}
	assert.Len(t, r.regions, regionsFollowed)
}

// Whoever reads the record gets every latency of a second back.
func TestASecondHasItsHistogram(t *testing.T) {
	m := newMeter(1, nil)
	for us := range time.Duration(1000) {
		m.succeeded(place{}, us*time.Microsecond)
	}
	m.failed(OpError{Kind: KindTimeout}, place{record: noRecord}, noon, 2*time.Second)
	s := m.take(noon)
	h, err := hdrhistogram.Decode([]byte(s.Histogram))
	require.NoError(t, err)
	assert.Equal(t, int64(1001), h.TotalCount())
	assert.InDelta(t, 2e6, float64(s.Max.Duration().Microseconds()), 2e3)
	raw, err := base64.StdEncoding.DecodeString(s.Histogram)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(raw, []byte{0x1c, 0x84, 0x93}), "V2, compressed")
	assert.Empty(t, m.take(noon).Histogram, "nothing was done")
}
