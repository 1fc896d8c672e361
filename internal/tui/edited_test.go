package tui

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestEditedWordsAreShownAtOnce(t *testing.T) {
	p := on(t, 2, 120, 36, "dark")
	require.Contains(t, p.View(), "three lamps")
	edited := slices.Clone(p.state.Chapters)
	edited[1].Narration = "Four lantern posts."
	p.hear(demo.ChaptersRevised{Chapters: edited})
	require.Contains(t, p.View(), "Four lantern posts.")
	require.NotContains(t, p.View(), "three lamps")
}

func TestFilesThatCannotBeTakenAreSaidOnTheConsoleAndWithoutOneOnTheScreen(t *testing.T) {
	p := on(t, 2, 120, 36, "dark")
	p.hear(demo.ChaptersKept{Why: "03-load.md:4: budget: is missing"})
	const line = "the chapters before the last edit are shown: 03-load.md:4: budget: is missing"
	require.Contains(t, p.View(), line)
	p, d := attachedAt(t, 2)
	p.hear(demo.ChaptersKept{Why: "03-load.md:4: budget: is missing"})
	require.NotContains(t, p.View(), line, "the audience need not know")
	require.Equal(t, line, p.told(d).Notice)
	p.hear(demo.ChaptersRevised{Chapters: p.state.Chapters})
	require.Empty(t, p.told(d).Notice)
}
