package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func text(region uint64) string { return fmt.Sprintf("record %d", region) }

// addText adds a record that read knows again.
func addText(l *raftLog, region uint64) error {
	return l.add(recEntry, region, wrapperspb.String(text(region)))
}

// written makes a log of n records and gives its path and length.
func written(t *testing.T, dir string, n int) (string, int64) {
	t.Helper()
	l, cut, err := openLog(dir, nil)
	require.NoError(t, err)
	require.Zero(t, cut)
	for i := range n {
		require.NoError(t, addText(l, uint64(i)))
	}
	require.NoError(t, l.flush())
	require.NoError(t, l.close())
	path := filepath.Join(dir, logName)
	st, err := os.Stat(path)
	require.NoError(t, err)
	return path, st.Size()
}

// read returns the regions of the records of a log.
func read(dir string) (regions []uint64, cut int64, err error) {
	l, cut, err := openLog(dir, func(_ byte, region uint64, body []byte) error {
		var is wrapperspb.StringValue
		if err := proto.Unmarshal(body, &is); err != nil || is.Value != text(region) {
			return fmt.Errorf("record %d reads %q: %w", region, body, err)
		}
		regions = append(regions, region)
		return nil
	})
	if err == nil {
		err = l.close()
	}
	return regions, cut, err
}

func TestALogThatWasCutOffAnywhereGivesEveryWholeRecord(t *testing.T) {
	dir := t.TempDir()
	path, size := written(t, dir, 3)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	record := (size - int64(len(logMagic))) / 3
	for end := int64(0); end <= size; end++ {
		require.NoError(t, os.WriteFile(path, whole[:end], 0o600))
		regions, cut, err := read(dir)
		require.NoError(t, err, "cut at %d", end)
		require.EqualValues(t, max(0, end-int64(len(logMagic)))/record, len(regions), "cut at %d", end)
		require.LessOrEqual(t, cut, record+int64(len(logMagic)))
		again, cutAgain, err := read(dir)
		require.NoError(t, err)
		require.Equal(t, regions, again, "the second start finds a clean log")
		require.Zero(t, cutAgain)
	}
}

// Whatever bit flips, in the log's name, in a length, in a checksum or in what a
// record holds, first or last: it is an error, and the file stays for whoever
// wants to look. That holds too where the log ends in a record that was being
// written.
func TestAFlippedBitAnywhereIsAClearErrorAndNothingIsThrownAway(t *testing.T) {
	dir := t.TempDir()
	path, size := written(t, dir, 4)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	record := (int(size) - len(logMagic)) / 4
	flipped := func(b []byte, bit int) error {
		bad := slices.Clone(b)
		bad[bit/8] ^= 1 << (bit % 8)
		_, err := readRecords(bad, path, func(byte, uint64, []byte) error { return nil })
		return err
	}
	for bit := range 8 * int(size) {
		require.Error(t, flipped(whole, bit), "bit %d of byte %d", bit%8, bit/8)
		if bit/8 >= len(logMagic) {
			require.ErrorContains(t, flipped(whole, bit), fmt.Sprintf("damaged at byte %d;", len(logMagic)+(bit/8-len(logMagic))/record*record))
		}
	}
	for end := int(size) - record; end <= int(size); end++ { // the last record is cut off anywhere
		for bit := range 8 * (int(size) - record) {
			require.Error(t, flipped(whole[:end], bit), "bit %d of byte %d, cut at %d", bit%8, bit/8, end)
		}
	}

	whole[len(logMagic)] ^= 1 // the length of the first record
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	_, _, err = read(dir)
	require.ErrorContains(t, err, "empty data directory")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, whole, after)
}

func TestALogOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, logName), []byte("tikv-demo raft log 9\n and more"), 0o600))
	_, _, err := read(dir)
	require.ErrorContains(t, err, "not a log of this version")
}

func TestAStoreRefusesTheDataOfAnother(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, claim(dir, 7))
	require.NoError(t, claim(dir, 7))
	require.ErrorContains(t, claim(dir, 8), "holds the data of store 7, not 8")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store.json"), []byte(`{"version":9}`), 0o600))
	require.ErrorContains(t, claim(dir, 7), "not data of this version")
	for _, torn := range []string{"", `{"vers`, `{"version":1}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "store.json"), []byte(torn), 0o600))
		require.ErrorContains(t, claim(dir, 7), "not data of this version", "%q", torn)
	}
}
