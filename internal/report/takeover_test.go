package report

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// What the audience saw from another record is said: which one, which chapters of it,
// what the live side did meanwhile, and until when.
func TestAReportSaysWhatWasShownFromAnotherRecord(t *testing.T) {
	head := "3f9a17c2" + strings.Repeat("0", 56)
	var b bytes.Buffer
	w := journal.NewWriter(&b)
	for i, body := range []demo.Body{
		demo.RunStarted{Run: "r1"},
		demo.FaultInjected{Plan: demo.Plan{Fault: "kill", Target: "tikv-2"}},
		demo.TakenOver{N: 5, ID: "detection", Record: "the record of 2026-03-04 (<b>mine</b>)"},
		demo.RecordShown{N: 5, ID: "detection", Run: "r0", Head: head},
		demo.FaultLifted{Fault: "kill", Target: "tikv-2", By: demo.ByPresenter},
		demo.RecordShown{N: 6, ID: "diagnosis", Run: "r0", Head: head},
		demo.LiveWell{After: demo.Millis(4 * time.Second)},
		demo.LiveAgain{N: 5, ID: "detection", Took: demo.Millis(5 * time.Second)},
		demo.FaultLifted{Fault: "kill", Target: "tikv-3"}, // not behind it
		demo.TakenOver{N: 7, ID: "recovery", Record: "another"},
	} {
		require.NoError(t, w.Write(time.Date(2026, 3, 5, 10, 0, i, 0, time.UTC), body))
	}
	check, err := journal.Verify(bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	require.Equal(t, []journal.Shown{{N: 5, Record: "the record of 2026-03-04 (<b>mine</b>)", Run: "r0", Head: head, Back: true}, {N: 7, Record: "another"}}, check.Shown)

	run, err := Read(bytes.NewReader(b.Bytes()), "x.jsonl")
	require.NoError(t, err)
	r := Make(run, "")
	require.Len(t, r.TakeOvers, 2)
	first := r.TakeOvers[0]
	require.Equal(t, "r0", first.Run)
	require.Len(t, first.Shown, 2)
	require.Len(t, first.Meanwhile, 2, "%+v", first.Meanwhile)
	require.Nil(t, r.TakeOvers[1].Until)
	require.Contains(t, r.Badge(), "PARTLY SHOWN FROM ANOTHER RECORD")

	var page, md bytes.Buffer
	require.NoError(t, r.HTML(&page))
	require.NoError(t, r.Markdown(&md))
	for _, says := range []string{"Shown from another record", "3f9a17c2", "5 detection, 6 diagnosis", "well after 4.0 s", "after 5.0 s", "kill on tikv-2 lifted", "never: it was shown to the end of this record", "not well again in this record"} {
		require.Contains(t, page.String(), says)
		require.Contains(t, md.String(), says)
	}
	require.NotContains(t, page.String(), "<b>mine")
}

// One flipped bit in a time made a chart of nine hundred years, with a mark every half
// hour.
func TestADamagedTimeIsLeftOutOfAReport(t *testing.T) {
	whole, err := os.ReadFile("testdata/talk.jsonl")
	require.NoError(t, err)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for _, which := range []int{0, len(lines) / 2} {
		for which > 0 && !bytes.Contains(lines[which], []byte(`"kind":"load"`)) {
			which++
		}
		bad := slices.Clone(lines)
		bad[which] = append([]byte(`{"t":"29`), lines[which][len(`{"t":"20`):]...)
		run, err := Read(bytes.NewReader(bytes.Join(bad, nil)), "x.jsonl")
		require.NoError(t, err)
		require.Equal(t, 1, run.Damaged)
		var page bytes.Buffer
		require.NoError(t, Make(run, "").HTML(&page))
		require.Less(t, page.Len(), 1<<20)
	}
}
