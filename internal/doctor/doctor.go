// Package doctor looks, before a talk, for what would spoil it: each check has
// a name and gives a finding with a remedy.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// checkLimit is how long one check may take; its context ends then.
const checkLimit = 10 * time.Second

// wholeRun is the key of the context of all checks in that of one of them.
type wholeRun struct{}

// whole gives the context of all checks.
func whole(ctx context.Context) context.Context {
	if all, ok := ctx.Value(wholeRun{}).(context.Context); ok {
		return all
	}
	return ctx
}

// togetherLimit is how long one of the checks may take that wait for a daemon at
// the same time: a slow one is no reason to say nothing about the rest.
const togetherLimit = 30 * time.Second

// Status says how bad a finding is.
type Status string

// The statuses: Warn spoils the look of the talk, Fail the talk.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Finding is what a check found.
type Finding struct {
	Status Status `json:"status"`
	Text   string `json:"text"`             // what was seen, with its figures
	Remedy string `json:"remedy,omitempty"` // what to do, "" when all is well
}

// Check is one thing to look at. Run must end soon after its context.
type Check struct {
	Name string
	Run  func(ctx context.Context) Finding
}

// Result is a check's name and finding.
type Result struct {
	Name string `json:"name"`
	Finding
}

// Report is what all checks found, in their order.
type Report struct {
	Status Status   `json:"status"` // the worst of all
	Checks []Result `json:"checks"`
}

// Run runs the checks one after the other: they measure the machine, and
// must not be in each other's way. When ctx ends the rest is reported as failed.
func Run(ctx context.Context, checks []Check) Report {
	r := Report{Status: OK, Checks: make([]Result, 0, len(checks))}
	for _, c := range checks {
		var f Finding
		if err := ctx.Err(); err != nil {
			f = Finding{Fail, "not looked at: " + err.Error(), "run the checks again"}
		} else {
			limited, cancel := context.WithTimeout(context.WithValue(ctx, wholeRun{}, ctx), checkLimit)
			f = c.Run(limited)
			cancel()
		}
		r.Checks = append(r.Checks, Result{c.Name, f})
		if f.Status == Fail || f.Status == Warn && r.Status == OK {
			r.Status = f.Status
		}
	}
	return r
}

// Behind gives a check and those that make no sense once it has failed: they are
// not looked at then, so that one cause is one finding and is waited for once.
// Otherwise they begin together: they wait for a daemon, and one that is slow would
// be waited for once for each.
func Behind(first Check, rest ...Check) []Check {
	found := make([]chan Finding, len(rest))
	broken := false
	all := []Check{{first.Name, func(ctx context.Context) Finding {
		f := first.Run(ctx)
		broken = f.Status == Fail
		if broken {
			return f
		}
		for i, c := range rest {
			found[i] = make(chan Finding, 1)
			go func() { // ends with its limit
				limited, cancel := context.WithTimeout(whole(ctx), togetherLimit)
				defer cancel()
				found[i] <- c.Run(limited)
			}()
		}
		return f
	}}}
	for i, c := range rest {
		all = append(all, Check{c.Name, func(ctx context.Context) Finding {
			if broken {
				return Finding{Warn, "not looked at", "see to " + first.Name + " first"}
			}
			select {
			case f := <-found[i]:
				return f
			case <-whole(ctx).Done():
				return failed(whole(ctx).Err(), "run the checks again")
			}
		}})
	}
	return all
}

// ExitStatus is the program's: 3, a precondition is not met, when a check
// failed; warnings are no reason to stop.
func (r Report) ExitStatus() int {
	if r.Status == Fail {
		return 3
	}
	return 0
}

// WriteText writes the report for people: the status is a word, so that it is
// not told by colour.
func (r Report) WriteText(w io.Writer) error {
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	out := ""
	for _, c := range r.Checks {
		out += fmt.Sprintf("%-4s  %-*s  %s\n", c.Status, width, c.Name, c.Text)
		if c.Remedy != "" {
			out += fmt.Sprintf("%*s  → %s\n", 6+width, "", c.Remedy)
		}
	}
	_, err := io.WriteString(w, out)
	return err
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
