package export

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// ErrNoHistograms says that a record has no histograms.
var ErrNoHistograms = errors.New("the record has no histograms: it was written by a version before them, or its workload never ran; --as csv has its percentiles")

// longest is the highest latency that a log has, in nanoseconds.
const longest = int64(time.Minute)

// HDR writes HdrHistogram's interval log, version 1.3: a histogram for each second
// of the workload. As is usual in these logs, values are nanoseconds and the column
// of the maximum is in milliseconds. The reader that it gives knows what was wrong
// with the record.
func HDR(w io.Writer, record io.Reader) (*journal.Reader, error) {
	log := hdrhistogram.NewHistogramLogWriter(w)
	out := hdrhistogram.New(1, longest, 3)
	first := true
	reader := journal.NewReader(record)
	for e, err := range reader.Told() {
		if err != nil {
			return reader, err
		}
		second, ok := e.Body.(demo.LoadSeen)
		if !ok || second.Histogram == "" {
			continue
		}
		in, err := hdrhistogram.Decode([]byte(second.Histogram))
		if err != nil {
			return reader, fmt.Errorf("the histogram of %s cannot be read: %w", e.At.Format(time.RFC3339), err)
		}
		if first {
			if err := logHead(log, e.At); err != nil {
				return reader, err
			}
			first = false
		}
		out.Reset()
		for _, bar := range in.Distribution() {
			if bar.Count == 0 {
				continue
			}
			if err := out.RecordValues(min(bar.To*int64(time.Microsecond), longest), bar.Count); err != nil {
				return reader, err
			}
		}
		out.SetStartTimeMs(e.At.Add(-time.Second).UnixMilli())
		out.SetEndTimeMs(e.At.UnixMilli())
		if err := log.OutputIntervalHistogram(out); err != nil {
			return reader, err
		}
	}
	if first {
		return reader, ErrNoHistograms
	}
	return reader, nil
}

func logHead(log *hdrhistogram.HistogramLogWriter, at time.Time) error {
	return errors.Join(
		log.OutputComment("[tikv-demo: latencies of a second each, in ns]"),
		log.OutputLogFormatVersion(),
		log.OutputStartTime(at.Add(-time.Second).UnixMilli()),
		log.OutputLegend(),
	)
}
