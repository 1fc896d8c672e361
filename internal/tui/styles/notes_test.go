package styles

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

// A list that waited for a ticket was one line: "• look at PD • say so".
func TestNotesThatWaitKeepTheirShape(t *testing.T) {
	rows := func(notes string) (all []string) {
		for _, row := range Fixed(0, Dark).Notes(words.English, notes, nil, 40) {
			all = append(all, ansi.Strip(row))
		}
		return all
	}
	require.Equal(t, []string{"on ticket: say what you see, and wait", "for them"}, rows("[on: ticket] say what you see, and wait for them"))
	require.Equal(t, []string{"on ticket:", "", "• look at PD", "• say so"}, rows("[on: ticket] - look at PD\n- say so"))
	require.Equal(t, []string{"on ticket:", "", "  curl pd", "    -s"}, rows("[on: ticket] ```\ncurl pd\n  -s\n```"))
}
