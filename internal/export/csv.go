package export

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// errorKinds is how many kinds of errors have a column.
const errorKinds = 100

// CSV writes a line for each second of the workload: RFC 4180, with a header. A
// cell is empty where the record does not say. Every cell is a number or a time, so
// that no spreadsheet takes one for a formula. It reads the record twice, and keeps
// none of it. The reader that it gives knows what was wrong with the record.
func CSV(w io.Writer, record io.ReadSeeker) (*journal.Reader, error) {
	var fault time.Time
	kinds := map[string]bool{}
	seen := false
	reader := journal.NewReader(record)
	for e, err := range reader.Told() {
		if err != nil {
			return reader, err
		}
		seen = true
		switch b := e.Body.(type) {
		case demo.FaultInjected:
			fault = e.At
		case demo.LoadSeen:
			for kind := range b.ErrorsByKind {
				if len(kinds) < errorKinds {
					kinds[kind] = true
				}
			}
		}
	}
	if !seen {
		return reader, errors.New("it is no record of a run: none of its lines could be read as one")
	}
	if _, err := record.Seek(0, io.SeekStart); err != nil {
		return reader, err
	}
	names := slices.Sorted(maps.Keys(kinds))
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := []string{"time", "since_fault_s", "ops", "reads", "updates", "errors", "shed", "p50_us", "p95_us", "p99_us", "max_us", "records_hit", "regions_failing", "unwritable_ms"}
	for _, name := range names {
		head = append(head, "errors_"+word(name))
	}
	if err := out.Write(head); err != nil {
		return reader, err
	}
	reader = journal.NewReader(record)
	for e, err := range reader.Told() {
		if err != nil {
			return reader, err
		}
		if b, ok := e.Body.(demo.LoadSeen); ok {
			if err := out.Write(second(demo.LoadPoint{At: e.At, LoadSample: b.LoadSample}, fault, names)); err != nil {
				return reader, err
			}
		}
	}
	out.Flush()
	return reader, out.Error()
}

// second is a line of the table.
func second(p demo.LoadPoint, fault time.Time, kinds []string) []string {
	since, longest := "", time.Duration(0)
	if !fault.IsZero() {
		since = strconv.FormatFloat(p.At.Sub(fault).Seconds(), 'f', 3, 64)
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
	for _, kind := range kinds {
		row = append(row, strconv.FormatInt(p.ErrorsByKind[kind], 10))
	}
	return row
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
