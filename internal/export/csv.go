package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/report"
)

// CSV writes a line for each second of the workload: RFC 4180, with a header. A
// cell is empty where the record does not say. Every cell is a number or a time, so
// that no spreadsheet takes one for a formula.
func CSV(w io.Writer, run *report.Run) error {
	kinds := map[string]bool{}
	for _, p := range run.Load {
		for kind := range p.ErrorsByKind {
			kinds[kind] = true
		}
	}
	names := slices.Sorted(maps.Keys(kinds))
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := []string{"time", "since_fault_s", "ops", "reads", "updates", "errors", "shed", "p50_us", "p95_us", "p99_us", "max_us", "records_hit", "regions_failing", "unwritable_ms"}
	for _, name := range names {
		head = append(head, "errors_"+word(name))
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for _, p := range run.Load {
		since, longest := "", time.Duration(0)
		if run.State.FaultBegun() {
			since = strconv.FormatFloat(p.At.Sub(run.State.FaultAt).Seconds(), 'f', 3, 64)
		}
		failing := 0
		for _, g := range p.Regions {
			longest = max(longest, g.Unwritable.Duration())
			if g.Errors > 0 {
				failing++
			}
		}
		row := []string{p.At.UTC().Format(time.RFC3339Nano), since}
		for _, n := range []int64{p.Ops, p.Reads, p.Updates, p.Errors, p.Shed, p.P50.Duration().Microseconds(), p.P95.Duration().Microseconds(), p.P99.Duration().Microseconds()} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		if p.Max > 0 {
			row = append(row, fmt.Sprint(p.Max.Duration().Microseconds()), fmt.Sprint(p.RecordsHit), fmt.Sprint(failing), fmt.Sprint(longest.Milliseconds()))
		} else {
			row = append(row, "", "", "", "")
		}
		for _, name := range names {
			row = append(row, strconv.FormatInt(p.ErrorsByKind[name], 10))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// word leaves of a name what is safe everywhere: letters, digits, _ and -.
func word(s string) string {
	out := []rune{}
	for _, r := range s {
		if r < 128 && (r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') && len(out) < 40 {
			out = append(out, r)
		}
	}
	return string(out)
}
