package cli

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
)

// Every example can stand in for the built-in talk, from each chapter to the end.
func TestEveryExampleStandsInFromEachChapter(t *testing.T) {
	t.Parallel()
	cs, err := loadChapters("", "")
	require.NoError(t, err)
	for _, fault := range examples.Names() {
		s, err := chooseStandIn("", fault, cs)
		require.NoError(t, err)
		require.NotNil(t, s, fault)
		require.Contains(t, s.name, "example "+fault)
		for chapter := 1; chapter <= len(cs); chapter++ {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			in, err := s.at(ctx, chapter)
			require.NoError(t, err)
			require.Equal(t, chapter, in.State.Chapters[in.State.Reached].N, fault)
			require.True(t, in.State.Visits[chapter-1].LeftAt.IsZero())
			cancel()
			s.players.Wait()
		}
	}
}

func TestARecordOfOtherChaptersDoesNotStandIn(t *testing.T) {
	other := []demo.Chapter{{N: 1, ID: "mine"}}
	s, err := chooseStandIn("", "kill", other)
	require.NoError(t, err)
	require.Nil(t, s, "nobody asked for it")
	_, err = chooseStandIn("kill", "kill", other)
	require.ErrorContains(t, err, "other chapters")
	cs, err := loadChapters("", "")
	require.NoError(t, err)
	_, err = chooseStandIn("/nowhere.jsonl", "kill", cs)
	require.ErrorContains(t, err, "no such file")
	_, err = chooseStandIn("../journal/testdata/version1.jsonl", "kill", cs)
	require.ErrorContains(t, err, "version 1")

	lines := exampleLines(t)
	_, err = chooseStandIn(fileOf(t, lines[:len(lines)/2]), "kill", cs)
	require.ErrorContains(t, err, "does not reach the last chapter")
	whole, err := chooseStandIn(fileOf(t, lines), "kill", cs)
	require.NoError(t, err)
	require.Contains(t, whole.name, "run.jsonl")
	require.False(t, broken(t, whole))
	n := len(lines) / 2
	changed := append(slices.Clone(lines[:n]), lines[n+1:]...)
	damaged, err := chooseStandIn(fileOf(t, changed), "kill", cs)
	require.NoError(t, err)
	require.True(t, broken(t, damaged), "the screen says that the record is not whole")
}

// broken says whether the record that stands in is known not to be whole.
func broken(t *testing.T, s *standIn) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer s.players.Wait()
	defer cancel()
	in, err := s.at(ctx, 1)
	require.NoError(t, err)
	return in.Broken()
}
