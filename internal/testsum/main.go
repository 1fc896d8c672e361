// Command testsum runs commands of the shell that call `go test -json`, all at the same
// time, prints what they say as `go test` does, and lists at the end which tests were
// skipped, and why. A skipped test proves nothing, and go test only reports it with -v.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// event is a line of `go test -json` (see `go doc test2json`).
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// name is a test, or a package if Test is empty.
type name struct{ pkg, test string }

// summary is what has been read.
type summary struct {
	mu      sync.Mutex // guards all of it
	out     io.Writer
	output  map[name]*strings.Builder // of tests and packages that have not ended yet
	skipped map[string][]string       // tests by reason
	passed  int
	failed  []string
	ended   int   // packages
	broken  error // how a command ended, if not well
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[name]*strings.Builder{}, skipped: map[string][]string{}}
}

func main() {
	s := newSummary(os.Stdout)
	from := time.Now()
	s.run(os.Args[1:])
	if !s.tell(time.Since(from)) {
		os.Exit(1)
	}
}

// run runs the commands, and returns when all have ended.
func (s *summary) run(commands []string) {
	var all sync.WaitGroup
	for _, command := range commands {
		all.Go(func() {
			err := s.listen(exec.Command("sh", "-c", command))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.broken = errors.Join(s.broken, err)
		})
	}
	all.Wait()
}

func (s *summary) listen(cmd *exec.Cmd) error {
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return errors.Join(s.read(out), cmd.Wait())
}

func (s *summary) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		s.line(lines.Bytes())
	}
	return lines.Err()
}

func (s *summary) line(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var e event
	if json.Unmarshal(b, &e) != nil { // no JSON: a message for the reader
		fmt.Fprintln(s.out, string(b))
		return
	}
	s.take(e)
}

func (s *summary) take(e event) {
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		if s.output[n] == nil {
			s.output[n] = &strings.Builder{}
		}
		s.output[n].WriteString(e.Output)
	case "pass", "fail", "skip":
		s.end(n, e)
		delete(s.output, n)
	}
}

// end prints a failed test, and every package.
func (s *summary) end(n name, e event) {
	said := ""
	if b := s.output[n]; b != nil {
		said = b.String()
	}
	switch {
	case n.test == "":
		s.ended++
		if e.Action == "fail" {
			s.failed = append(s.failed, n.pkg)
			fmt.Fprint(s.out, said)
			return
		}
		for line := range strings.Lines(said) { // PASS and the output of passed tests are left out
			if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "? ") {
				fmt.Fprint(s.out, line)
			}
		}
	case e.Action == "fail":
		s.failed = append(s.failed, n.pkg+" "+n.test)
		fmt.Fprint(s.out, said)
	case e.Action == "skip":
		why := reason(said)
		s.skipped[why] = append(s.skipped[why], n.test)
	default:
		s.passed++
	}
}

// reason returns the message of a skipped test: the lines before "--- SKIP".
func reason(said string) string {
	why := "no reason given"
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if _, words, ok := strings.Cut(line, ".go:"); ok {
			if _, words, ok = strings.Cut(words, ": "); ok {
				why = strings.TrimPrefix(words, "skipped: ")
			}
		}
	}
	return why
}

// together counts the cases of a test that were skipped instead of naming each.
func together(tests []string) []string {
	cases := map[string]int{}
	of := func(test string) string { whole, _, _ := strings.Cut(test, "/"); return whole }
	for _, t := range tests {
		cases[of(t)]++
	}
	var named []string
	for _, t := range tests {
		switch n := cases[of(t)]; {
		case n == 1:
			named = append(named, t)
		case n > 1:
			named = append(named, fmt.Sprintf("%s (%d cases)", of(t), n))
			cases[of(t)] = 0 // said
		}
	}
	return named
}

// tell prints what was skipped, and returns whether all passed.
func (s *summary) tell(took time.Duration) bool {
	skipped := 0
	for _, why := range slices.Sorted(maps.Keys(s.skipped)) {
		tests := s.skipped[why]
		skipped += len(tests)
		fmt.Fprintf(s.out, "skipped: %s\n         %s\n", why, strings.Join(together(tests), ", "))
	}
	for _, f := range s.failed {
		fmt.Fprintln(s.out, "FAILED: "+f)
	}
	fmt.Fprintf(s.out, "%d packages, %d tests passed, %d skipped, %d failed, in %s\n", s.ended, s.passed, skipped, len(s.failed), took.Round(time.Second))
	if s.ended == 0 {
		fmt.Fprintln(s.out, "nothing was tested")
	}
	if s.broken != nil && len(s.failed) == 0 {
		fmt.Fprintf(s.out, "go test ended before it had tested everything: %v\n", s.broken)
	}
	return s.ended > 0 && len(s.failed) == 0 && s.broken == nil
}
