package load

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTenThousandRecordsSplitAtTheNinthsThatWereMeasuredWithGoYCSB(t *testing.T) {
	var got []string
	for _, k := range SplitKeys(10_000, 9) {
		got = append(got, string(k))
	}
	assert.Equal(t, []string{
		"usertable:user6286581761202380168",
		"usertable:user6290560893784118877",
		"usertable:user6295299788900762162",
		"usertable:user6298997446505678855",
		"usertable:user6302976579087417564",
		"usertable:user6307715474204060849",
		"usertable:user6311413131808977542",
		"usertable:user6315392264390716251",
	}, got)
}

func TestBordersCutTheRecordsIntoEvenRegions(t *testing.T) {
	for _, c := range []struct{ records, regions int }{{100, 9}, {1000, 12}, {10_000, 99}, {12_345, 10}, {9, 9}, {3, 9}} {
		borders := SplitKeys(c.records, c.regions)
		regions := min(c.records, c.regions)
		require.Len(t, borders, regions-1)
		counts := make([]int, regions)
		for n := range c.records {
			at, found := slices.BinarySearchFunc(borders, Key(int64(n)), slices.Compare[[]byte])
			if found {
				at++ // a region begins at its border
			}
			counts[at]++
		}
		assert.LessOrEqual(t, slices.Max(counts)-slices.Min(counts), 1, "%d records in %d regions: %v", c.records, c.regions, counts)
	}
}

func TestOneRegionHasNoBorder(t *testing.T) {
	assert.Empty(t, SplitKeys(10_000, 1))
	assert.Empty(t, SplitKeys(10_000, 0))
	assert.Empty(t, SplitKeys(0, 9))
}
