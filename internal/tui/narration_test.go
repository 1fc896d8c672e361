package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/assert"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const story3 = "**Who notices, and how soon does anybody notice?**\n\n- The monitor was not told what was done to the store.\n- Short.\n"

// A second line of a list's item stands below its words.
func TestNarrationHangsListItems(t *testing.T) {
	blocks := markdown(story3, 30, styles.Fixed(termenv.TrueColor, styles.Dark))
	var lines []string
	for _, b := range blocks {
		for _, l := range b {
			lines = append(lines, ansi.Strip(l))
			assert.LessOrEqual(t, ansi.StringWidth(l), 30)
		}
	}
	assert.Equal(t, []string{
		"Who notices, and how soon does", "anybody notice?", "",
		"• The monitor was not told", "  what was done to the store.", "• Short.",
	}, lines)
}

// Where there is too little room, whole sentences go and none is cut.
func TestNarrationIsCutBetweenBlocks(t *testing.T) {
	blocks := markdown(story3, 30, styles.Fixed(termenv.Ascii, styles.Mono))
	for room, want := range map[int]int{0: 0, 1: 0, 2: 2, 3: 2, 4: 2, 5: 5, 6: 6, 99: 6} {
		assert.Len(t, head(blocks, room), want, "room %d: %s", room, strings.Join(head(blocks, room), "|"))
	}
}
