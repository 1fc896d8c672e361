package chapters

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Key is a key of the front matter, and what its value is.
type Key struct {
	Name, Means string
	Required    bool

	takes value
}

// value is a type of value: the parser reads it, and editors are told its schema.
type value interface {
	// read takes a value for the chapter, or adds to the file what is wrong with it.
	read(f *File, line int, key string, v *yaml.Node)
	// schema describes the same values in terms of JSON schema.
	schema() schema
}

// Keys lists the keys of the front matter.
func Keys() []Key {
	return []Key{
		{"id", "small letters, digits, hyphens; required", true, idValue{}},
		{"title", "one line; required", true, lineValue{func(c *demo.Chapter) *string { return &c.Title }}},
		{"budget", "how long the speaker means to stay, such as 2m30s; required", true, budgetValue{}},
		{"key_hint", "one line for the footer", false, lineValue{func(c *demo.Chapter) *string { return &c.KeyHint }}},
		{"on_enter", "what is done on entry: " + strings.Join(demo.OnEnterNames(), ", "), false,
			wordValue{func(c *demo.Chapter) *string { return &c.OnEnter }, demo.OnEnterNames()}},
		{"gate", "what must be true before the talk goes on: " + strings.Join(demo.GateNames(), ", "), false,
			wordValue{func(c *demo.Chapter) *string { return &c.Gate }, demo.GateNames()}},
		{"auto_advance", "true: the talk goes on by itself, a moment after the gate opens", false,
			flagValue{func(c *demo.Chapter) *bool { return &c.AutoAdvance }}},
		{"blocks_advance", "true: the chapter is not left before what it does on entry is done", false,
			flagValue{func(c *demo.Chapter) *bool { return &c.BlocksAdvance }}},
		{"notes", "Markdown for the speaker", false, notesValue{}},
	}
}

func keyNames() []string {
	var all []string
	for _, k := range Keys() {
		all = append(all, k.Name)
	}
	return all
}

func keyOf(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

// idPattern is what an id looks like: it is typed on the command line.
const idPattern = `^[a-z][a-z0-9-]*$`

type idValue struct{}

func (idValue) read(f *File, line int, key string, v *yaml.Node) {
	if id := &f.Chapter.ID; f.line(line, key, v, id) && !idForm.MatchString(*id) {
		f.fault(line, key, "%q is no id; use small letters, digits and hyphens, beginning with a letter", *id)
	}
}

// lineValue is one line for the screen.
type lineValue struct {
	to func(*demo.Chapter) *string
}

func (t lineValue) read(f *File, line int, key string, v *yaml.Node) {
	f.words(line, key, v, t.to(&f.Chapter))
}

// wordValue is one word of a list.
type wordValue struct {
	to    func(*demo.Chapter) *string
	known []string
}

func (t wordValue) read(f *File, line int, key string, v *yaml.Node) {
	f.oneOf(line, key, v, t.to(&f.Chapter), t.known)
}

type flagValue struct {
	to func(*demo.Chapter) *bool
}

func (t flagValue) read(f *File, line int, key string, v *yaml.Node) {
	f.flag(line, key, v, t.to(&f.Chapter))
}

type budgetValue struct{}

func (budgetValue) read(f *File, line int, _ string, v *yaml.Node) { f.budget(line, v) }

type notesValue struct{}

func (notesValue) read(f *File, line int, key string, v *yaml.Node) {
	f.noteLines(line, v)
	f.asText(line, key, v, &f.Chapter.Notes)
}
