package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOtherWordsAreTakenInTheMiddleOfATalkAndThePlaceIsKept(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toFault)
	before := p.State
	edited := slices.Clone(p.Chapters)
	edited[3].Narration, edited[3].Budget = "Other words.", 7*time.Minute
	p.apply("edit", Event{Body: ChaptersKept{Why: "half"}})
	require.Equal(t, "half", p.KeptFor)
	require.Equal(t, before.Chapters, p.Chapters)
	p.apply("edit", Event{Body: ChaptersRevised{Chapters: edited}})
	require.Equal(t, "Other words.", p.Chapter().Narration)
	require.Empty(t, p.KeptFor)
	require.Equal(t, before.Current, p.Current)
	require.Equal(t, before.Plan, p.Plan)
	require.Equal(t, before.Rev, p.Rev, "nothing else is on offer")
	require.Equal(t, "fault", before.Chapter().ID)
	require.Empty(t, before.Chapter().Narration, "the state before is a value")
}

func TestAnotherPlayIsNotTakenInTheMiddleOfATalk(t *testing.T) {
	for want, change := range map[string]func(*Chapter){
		"id":             func(c *Chapter) { c.ID = "other" },
		"on_enter":       func(c *Chapter) { c.OnEnter = OnEnterVerify },
		"gate":           func(c *Chapter) { c.Gate = GateHealthy },
		"auto_advance":   func(c *Chapter) { c.AutoAdvance = !c.AutoAdvance },
		"blocks_advance": func(c *Chapter) { c.BlocksAdvance = !c.BlocksAdvance },
	} {
		p := newPlay(t, Options{})
		p.run(toLoad)
		edited := slices.Clone(p.Chapters)
		edited[5].Title = "Other words"
		change(&edited[5])
		key, n := OtherPlay(p.Chapters, edited)
		require.Equal(t, want, key)
		require.Equal(t, 6, n)
		p.apply("edit", Event{Body: ChaptersRevised{Chapters: edited}})
		require.Equal(t, lampChapters(), p.Chapters)
	}
	key, _ := OtherPlay(lampChapters(), lampChapters()[:7])
	require.Equal(t, "number of chapters", key)
}
