// Package examples holds records of good talks, one for each fault, so that a
// talk can be replayed on any machine at once. `make records` makes them: real
// runs on the embedded cluster, compressed and otherwise as they were written.
package examples

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

//go:embed *.jsonl.gz
var files embed.FS

const suffix = ".jsonl.gz"

// Names gives the faults of which there is a record.
func Names() []string {
	all, _ := fs.Glob(files, "*"+suffix) // the pattern is good
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], suffix)
	}
	return all
}

// Open gives the record of a talk with a fault.
func Open(fault string) (io.Reader, error) {
	b, err := files.ReadFile(fault + suffix)
	if err != nil {
		return nil, fmt.Errorf("there is no example %q; the examples are %s", fault, strings.Join(Names(), ", "))
	}
	return gzip.NewReader(bytes.NewReader(b))
}
