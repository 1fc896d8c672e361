// Package export writes the record of a run in the formats of other programs:
// Chrome's trace events, CSV, HdrHistogram's interval log, Grafana's annotations.
// Each is made from the record alone.
package export
