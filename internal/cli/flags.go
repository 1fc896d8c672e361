package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// The groups that flags are shown in, in this order.
const (
	groupTalk      = "Talk"
	groupCluster   = "Cluster"
	groupFault     = "Fault"
	groupDiagnosis = "Diagnosis"
	groupWorkload  = "Workload"
	groupOutput    = "Output"
	groupRehearsal = "Rehearsal"
	groupSettings  = "Settings"
	groupOther     = "Other"
)

var groups = []string{groupRehearsal, groupTalk, groupCluster, groupFault, groupDiagnosis, groupWorkload, groupOutput, groupSettings, groupOther}

// groupKey is the annotation of a flag that names its group.
const groupKey = "group"

// in puts the flags that bind defines into a group of f.
func in(f *pflag.FlagSet, group string, bind func(*pflag.FlagSet)) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	bind(own)
	own.VisitAll(func(fl *pflag.Flag) {
		if fl.Annotations == nil {
			fl.Annotations = map[string][]string{}
		}
		fl.Annotations[groupKey] = []string{group}
		f.AddFlag(fl)
	})
	f.SortFlags = false
}

// refusal says why a flag does not take a value. It goes on after the value:
// `--cluster "cloud"` + " is not known; ...".
type refusal struct{ why string }

func (r *refusal) Error() string { return r.why }

func refuse(format string, a ...any) error { return &refusal{fmt.Sprintf(format, a...)} }

// refused is the usage error for a value that a flag does not take; at is where it
// was given: "--fault ", "TIKV_DEMO_FAULT=", "tikv-demo.yaml:3: fault: ".
func refused(at, value string, fl *pflag.Flag, err error) error {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return usage("%s%q %s", at, value, r.why)
	}
	return usage("%s%q is not %s", at, value, kindOf(fl))
}

// kindOf says what values a flag of pflag's own types takes.
func kindOf(fl *pflag.Flag) string {
	switch fl.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "duration":
		return "a duration; give one such as 2s, 500ms or 1m30s"
	case "bool":
		return "true or false"
	}
	return "a value for --" + fl.Name
}

// offering is a flag that takes one of a few words, which help lists and
// completion offers.
type offering interface{ offers() []cobra.Completion }

// word is one that a flag takes, with what it means.
type word struct{ name, means string }

func names(ws []word) []string {
	out := make([]string, 0, len(ws))
	for _, w := range ws {
		out = append(out, w.name)
	}
	return out
}

// only gives those of the words that are named.
func only(ws []word, which ...string) []word {
	return slices.DeleteFunc(slices.Clone(ws), func(w word) bool { return !slices.Contains(which, w.name) })
}

func unknown(s string, ws []word) error {
	known := strings.Join(names(ws), ", ")
	if near := text.Nearest(s, names(ws)); near != "" {
		return refuse("is not known; did you mean %s? Choose one of %s", near, known)
	}
	return refuse("is not known; choose one of %s", known)
}

func completions(ws []word) []cobra.Completion {
	out := make([]cobra.Completion, 0, len(ws))
	for _, w := range ws {
		out = append(out, cobra.CompletionWithDesc(w.name, w.means))
	}
	return out
}

// choice is the value of a flag that takes one word of a list.
type choice struct {
	to    *string
	words []word
}

// oneOf gives a flag's value whose default is is; an empty default means that the
// program chooses.
func oneOf(to *string, is string, words []word) *choice {
	*to = is
	return &choice{to, words}
}

// Set takes a word of the list.
func (c *choice) Set(s string) error {
	if !slices.Contains(names(c.words), s) {
		return unknown(s, c.words)
	}
	*c.to = s
	return nil
}

// String gives the word that was chosen.
func (c *choice) String() string { return *c.to }

// Type names the kind of value in help.
func (c *choice) Type() string               { return "word" }
func (c *choice) offers() []cobra.Completion { return completions(c.words) }

// choices is the value of a flag that takes several words of a list, with commas
// between them or the flag repeated.
type choices struct {
	to      *[]string
	words   []word
	changed bool
}

func someOf(to *[]string, is []string, words []word) *choices {
	*to = is
	return &choices{to: to, words: words}
}

// Set takes words of the list; the first time they replace the default.
func (c *choices) Set(s string) error {
	given := strings.Split(s, ",")
	for _, g := range given {
		if !slices.Contains(names(c.words), g) {
			return unknown(g, c.words)
		}
	}
	if !c.changed {
		*c.to, c.changed = nil, true
	}
	*c.to = append(*c.to, given...)
	return nil
}

// String gives the words that were chosen.
func (c *choices) String() string { return strings.Join(*c.to, ",") }

// Type names the kind of value in help.
func (c *choices) Type() string               { return "words" }
func (c *choices) offers() []cobra.Completion { return completions(c.words) }

// number is the value of a flag that takes a whole number of a range.
type number struct {
	to        *int
	low, high int
}

func between(to *int, is, low, high int) *number {
	*to = is
	return &number{to, low, high}
}

// Set takes a number of the range.
func (n *number) Set(s string) error {
	i, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return refuse("is not a whole number; give %d to %d", n.low, n.high)
	case i < n.low || i > n.high:
		return refuse("is out of range; give %d to %d", n.low, n.high)
	}
	*n.to = i
	return nil
}

// String gives the number.
func (n *number) String() string { return strconv.Itoa(*n.to) }

// Type names the kind of value in help.
func (n *number) Type() string { return "number" }

// span is the value of a flag that takes a duration of a range.
type span struct {
	to        *time.Duration
	low, high time.Duration
}

func within(to *time.Duration, is, low, high time.Duration) *span {
	*to = is
	return &span{to, low, high}
}

// Set takes a duration of the range.
func (d *span) Set(s string) error {
	v, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return refuse("is not a duration; give one such as 2s, 500ms or 1m30s")
	case v < d.low || v > d.high:
		return refuse("is out of range; give %s to %s", text.Duration(d.low), text.Duration(d.high))
	}
	*d.to = v
	return nil
}

// String gives the duration; none is "".
func (d *span) String() string {
	if *d.to == 0 {
		return ""
	}
	return text.Duration(*d.to)
}

// Type names the kind of value in help.
func (d *span) Type() string { return "duration" }

// shownLine is the value of a flag that takes one line for the screen.
type shownLine struct {
	to    *string
	limit int // characters
}

// Set takes a line without control characters.
func (l *shownLine) Set(s string) error {
	s = strings.TrimSpace(s)
	switch {
	case strings.ContainsFunc(s, text.Acts):
		return refuse("holds a control character or a line end; give one plain line")
	case len([]rune(s)) > l.limit:
		return refuse("is longer than %d characters", l.limit)
	}
	*l.to = s
	return nil
}

// String gives the line.
func (l *shownLine) String() string { return *l.to }

// Type names the kind of value in help.
func (l *shownLine) Type() string { return "text" }

// timeOfDay is how a time of day is written.
const timeOfDay = "15:04"

// clockTime is the value of a flag that takes a time of day; "" is none.
type clockTime string

const exampleTime = "14:25"

// Set takes a time of day.
func (c *clockTime) Set(s string) error {
	if s == "" {
		*c = ""
		return nil
	}
	at, err := time.Parse(timeOfDay, s)
	if err != nil {
		return refuse("is not a time of day; give one such as " + exampleTime)
	}
	*c = clockTime(at.Format(timeOfDay))
	return nil
}

// next gives the first moment after now with this time of day.
func (c clockTime) next(now time.Time) time.Time {
	at, _ := time.Parse(timeOfDay, string(c)) // Set has looked at it
	on := func(day int) time.Time {
		return time.Date(now.Year(), now.Month(), day, at.Hour(), at.Minute(), 0, 0, now.Location())
	}
	if today := on(now.Day()); today.After(now) {
		return today
	}
	return on(now.Day() + 1)
}

// String gives the time of day.
func (c *clockTime) String() string { return string(*c) }

// Type names the kind of value in help.
func (c *clockTime) Type() string { return "HH:MM" }
