package chapters

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// maxBudget is longer than any talk; more is a slip of the unit.
const maxBudget = 2 * time.Hour

// quoted are the styles of a value that no comment ends: it is meant where it stands
// behind them.
const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

var (
	idForm   = regexp.MustCompile(idPattern)
	yamlLine = regexp.MustCompile(`line (\d+): `)
)

// frontMatter reads the YAML between the fences. It walks the nodes, because
// decoding into a struct stops at the first fault, takes 5 for "5", and does
// not say on which line a key stands.
func (f *File) frontMatter(front string) {
	d := yaml.NewDecoder(strings.NewReader(front))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		f.notYAML(err)
		return
	}
	if len(doc.Content) > 0 {
		f.mapping(doc.Content[0])
	}
	if err := d.Decode(&yaml.Node{}); err == nil {
		f.fault(1, "", "the front matter holds a second YAML document; keep the keys together")
	} else if !errors.Is(err, io.EOF) {
		f.notYAML(err)
	}
	for _, k := range Keys() {
		if _, given := f.lines[k.Name]; !given && k.Required {
			f.fault(1, k.Name, "is missing")
		}
	}
}

// notYAML passes on where the YAML parser stopped. Its lines count from the
// first one after the fence. Seen with yaml.v3 v3.0.1: no line is given when it
// is the first, and what its grammar (not its scanner) refuses counts from 0.
func (f *File) notYAML(err error) {
	problem, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(problem); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits by the expression
		line += n
		problem = strings.Replace(problem, m[0], "", 1)
	}
	if line == 1 || strings.HasPrefix(problem, "did not find expected") {
		line++
	}
	f.fault(line, "", "not YAML: %s", problem)
}

func (f *File) mapping(m *yaml.Node) {
	if m.Kind != yaml.MappingNode {
		f.fault(m.Line+1, "", "the front matter must be lines of the form %q", "key: value")
		return
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		line := k.Line + 1 // the fence above it is line 1
		key, known := keyOf(k.Value)
		switch first, given := f.lines[k.Value]; {
		case k.Kind != yaml.ScalarNode || !known:
			f.fault(line, asWritten(k.Value), "unknown key%s; the keys are %s", meant(k.Value), strings.Join(keyNames(), ", "))
		case given:
			f.fault(line, k.Value, "given again; line %d has it already", first)
		default:
			f.lines[k.Value] = line
			f.value(line, key, v)
		}
	}
}

// meant says which key an unknown one may have been meant to be.
func meant(key string) string {
	if near := text.Nearest(key, keyNames()); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

func (f *File) value(line int, k Key, v *yaml.Node) {
	if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		if strings.Contains(f.text[line-1], "#") {
			f.fault(line, k.Name, "has no value: from # on it is a comment to YAML; put the value in quotes")
			return
		}
		f.fault(line, k.Name, "has no value; give one or leave the key out")
		return
	}
	if v.Style&quoted == 0 {
		f.comments[k.Name] = v.LineComment
	}
	k.takes.read(f, line, k.Name, v)
}

// noteLines remembers where the notes stand, if each of their lines is one of the
// file.
func (f *File) noteLines(line int, v *yaml.Node) {
	if v.Style&yaml.LiteralStyle != 0 {
		_, before := trimmed(v.Value)
		f.notes = line + 1 + before
	}
}

func (f *File) asText(line int, key string, v *yaml.Node, to *string) bool {
	if v.Kind != yaml.ScalarNode || v.Tag != "!!str" {
		f.fault(line, key, "must be text, not %s", called(v))
		return false
	}
	if strings.ContainsFunc(v.Value, func(r rune) bool { return acts(r) && r != '\n' }) { // by an escape of YAML
		f.fault(line, key, "%s", actsProblem)
		return false
	}
	*to, _ = trimmed(v.Value)
	if *to == "" {
		f.fault(line, key, "is empty; write something or leave the key out")
		return false
	}
	return true
}

func (f *File) line(line int, key string, v *yaml.Node, to *string) bool {
	if !f.asText(line, key, v, to) {
		return false
	}
	*to = strings.TrimSpace(*to)
	if strings.ContainsAny(*to, "\n\r") {
		f.fault(line, key, "must be a single line")
		return false
	}
	return true
}

// words is a line for the screen. What of it cannot be shown is taken out here
// and remembered for lint.
func (f *File) words(line int, key string, v *yaml.Node, to *string) {
	if f.line(line, key, v, to) {
		f.raw[key] = *to
		*to = text.Line(*to, 0)
	}
}

func (f *File) oneOf(line int, key string, v *yaml.Node, to *string, known []string) {
	var s string
	if !f.line(line, key, v, &s) {
		return
	}
	if !slices.Contains(known, s) {
		f.fault(line, key, "%q is not known; choose one of %s, or leave the key out", s, strings.Join(known, ", "))
		return
	}
	*to = s
}

func (f *File) flag(line int, key string, v *yaml.Node, to *bool) {
	if v.Kind != yaml.ScalarNode || v.Tag != "!!bool" || v.Decode(to) != nil {
		f.fault(line, key, "must be true or false, not %s", called(v))
	}
}

func (f *File) budget(line int, v *yaml.Node) {
	f.budgetAt = v
	d, err := time.ParseDuration(v.Value)
	switch {
	case v.Kind != yaml.ScalarNode || err != nil:
		f.fault(line, "budget", "must be a duration such as 90s or 2m30s, not %s", called(v))
	case d <= 0 || d > maxBudget:
		f.fault(line, "budget", "%s is out of range; give more than 0 and at most %s", v.Value, maxBudget)
	default:
		f.Chapter.Budget = d
	}
}

// called names a value in the words of somebody who writes the file.
func called(v *yaml.Node) string {
	switch v.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch v.Tag {
	case "!!int", "!!float":
		return "the number " + asWritten(v.Value)
	case "!!bool":
		return "the truth value " + asWritten(v.Value)
	case "!!timestamp":
		return "the date " + asWritten(v.Value)
	}
	return strconv.Quote(v.Value)
}

// asWritten gives a value as it is, or quoted where it holds something that is not
// shown: with a tag, as in !!int "\e[2J", any text may stand where a number is meant.
func asWritten(value string) string {
	if q := strconv.Quote(value); q != `"`+value+`"` {
		return q
	}
	return value
}
