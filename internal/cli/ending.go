package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/runner"
)

// crashed writes the stack of a panic to a file, and names the file in the error.
func crashed(err error, stateDir string) error {
	c := (*runner.Crash)(nil)
	if !errors.As(err, &c) {
		return err
	}
	file := filepath.Join(stateDir, "crash.log")
	text := fmt.Sprintf("tikv-demo %s: %v\n\n%s", version(), c, c.Stack)
	if os.WriteFile(file, []byte(text), 0o600) != nil {
		return fmt.Errorf("%w\n%s", err, c.Stack)
	}
	return fmt.Errorf("%w; this is a bug of the program, and %s holds what to report", err, file)
}

// eachCauseOnce joins errors into one that says each cause once: when a daemon dies, the
// repair that fails and the stop that fails both end with the same words.
func eachCauseOnce(errs ...error) error {
	var kept []error
	said := ""
	for _, err := range flat(errs) {
		text := unsaid(err, said)
		if text == "" {
			continue
		}
		if text != err.Error() {
			err = &shortened{text, err}
		}
		kept = append(kept, err)
		said += text + "\n"
	}
	return errors.Join(kept...)
}

// unsaid gives the words of err without the causes that were said before; "" if
// nothing is left.
func unsaid(err error, said string) string {
	text := err.Error()
	for _, cause := range causes(err) {
		if said == "" || !strings.Contains(said, cause) {
			continue
		}
		if rest, ok := strings.CutSuffix(text, cause); ok {
			return strings.TrimSuffix(rest, ": ")
		}
	}
	return text
}

// causes gives the words of err and of every error inside it, outermost first.
func causes(err error) (all []string) {
	if err == nil {
		return nil
	}
	all = append(all, err.Error())
	switch u := err.(type) { //nolint:errorlint // this walks what errors.As would look through
	case interface{ Unwrap() error }:
		all = append(all, causes(u.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range u.Unwrap() {
			all = append(all, causes(e)...)
		}
	}
	return all
}

// flat gives the members of joined errors.
func flat(errs []error) (all []error) {
	for _, err := range errs {
		if err == nil {
			continue
		}
		// Only a join has one error a line: fmt.Errorf with two %w is one sentence.
		if j, ok := err.(interface{ Unwrap() []error }); ok && err.Error() == errors.Join(j.Unwrap()...).Error() {
			all = append(all, flat(j.Unwrap())...)
			continue
		}
		all = append(all, err)
	}
	return all
}

// shortened is an error that says less than it knows.
type shortened struct {
	text string
	error
}

func (s *shortened) Error() string { return s.text }
func (s *shortened) Unwrap() error { return s.error }
