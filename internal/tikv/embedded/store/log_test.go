package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// read gives the regions of the records of a log.
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

func TestDamageInTheMiddleIsAClearErrorAndNothingIsThrownAway(t *testing.T) {
	dir := t.TempDir()
	path, size := written(t, dir, 3)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	b[len(logMagic)+recordHead+12] ^= 1
	require.NoError(t, os.WriteFile(path, b, 0o600))
	_, _, err = read(dir)
	require.ErrorContains(t, err, "damaged at byte")
	require.ErrorContains(t, err, "empty data directory")
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, size, st.Size())
}

func TestALogOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, logName), []byte("tikv-demo raft log 9\n and more"), 0o600))
	_, _, err := read(dir)
	require.ErrorContains(t, err, "not a log of this version")
}

func TestAStoreRefusesTheDataOfAnother(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, checkIdentity(dir, 7))
	require.NoError(t, checkIdentity(dir, 7))
	require.ErrorContains(t, checkIdentity(dir, 8), "holds the data of store 7, not 8")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store.json"), []byte(`{"version":9}`), 0o600))
	require.ErrorContains(t, checkIdentity(dir, 7), "not data of this version")
}

func TestARewrittenLogHoldsWhatWasPutIntoIt(t *testing.T) {
	dir := t.TempDir()
	l, _, err := openLog(dir, nil)
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, addText(l, uint64(i)))
	}
	require.NoError(t, l.flush())
	require.NoError(t, l.rewrite(func(l *raftLog) error { return addText(l, 5) }))
	require.NoError(t, addText(l, 6))
	require.NoError(t, l.flush())
	require.NoError(t, l.close())
	regions, cut, err := read(dir)
	require.NoError(t, err)
	require.Zero(t, cut)
	require.Equal(t, []uint64{5, 6}, regions)
}

func TestALogThatCannotBeRewrittenStaysAsItWas(t *testing.T) {
	dir := t.TempDir()
	l, _, err := openLog(dir, nil)
	require.NoError(t, err)
	require.NoError(t, addText(l, 4))
	require.NoError(t, l.flush())
	full := errors.New("the disk is full")
	require.ErrorIs(t, l.rewrite(func(l *raftLog) error {
		return errors.Join(addText(l, 5), l.flush(), full)
	}), full)
	require.NoError(t, l.close())
	regions, _, err := read(dir)
	require.NoError(t, err)
	require.Equal(t, []uint64{4}, regions)
}
