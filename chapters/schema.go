package chapters

import (
	"encoding/json"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// schema is a part of a JSON schema.
type schema map[string]any

// draft is the version of JSON schema that every editor knows.
const draft = "http://json-schema.org/draft-07/schema#"

// Patterns of values. Where the parser knows more than a pattern can say (a budget
// has an upper limit), the pattern lets it pass: an editor must not mark what can be
// played.
const (
	shownPattern    = `\S`
	linePattern     = `^\s*\S.*\s*$` // the dot is no line end
	durationPattern = `^\+?(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`
)

// Schema gives the JSON schema of the front matter, for editors. It is made of the
// table by which the front matter is read, and of the constructors of the chapters
// that have one. What needs more than one file, lint finds.
func Schema() ([]byte, error) {
	properties := schema{}
	var required []string
	for _, k := range Keys() {
		p := k.takes.schema()
		p["description"] = k.Means
		properties[k.Name] = p
		if k.Required {
			required = append(required, k.Name)
		}
	}
	return json.MarshalIndent(schema{
		"$schema":              draft,
		"title":                "Front matter of a chapter of tikv-demo",
		"type":                 "object",
		"properties":           properties,
		"required":             required,
		"additionalProperties": false,
		"allOf":                constructed(),
	}, "", "  ")
}

// constructed are the chapters of which a constructor makes a part: a file may
// leave that out, and not contradict it. A chapter that does nothing on entry has
// nothing to wait for.
func constructed() []schema {
	var all []schema
	for _, do := range demo.OnEnterNames() {
		if fixed := fixedBy(do); len(fixed) > 0 {
			all = append(all, schema{
				"if":   schema{"properties": schema{"on_enter": schema{"const": do}}, "required": []string{"on_enter"}},
				"then": schema{"properties": fixed},
			})
		}
	}
	return append(all, schema{
		"if":   schema{"properties": schema{"blocks_advance": schema{"const": true}}, "required": []string{"blocks_advance"}},
		"then": schema{"required": []string{"on_enter"}},
	})
}

// fixedBy gives the keys that a constructor sets whatever a file says.
func fixedBy(do string) schema {
	fixed := schema{}
	made := build(demo.Chapter{OnEnter: do})
	other := build(demo.Chapter{OnEnter: do, Gate: "another", AutoAdvance: true, BlocksAdvance: true})
	if made.Gate == other.Gate {
		fixed["gate"] = schema{"const": made.Gate}
	}
	if made.AutoAdvance == other.AutoAdvance {
		fixed["auto_advance"] = schema{"const": made.AutoAdvance}
	}
	if made.BlocksAdvance == other.BlocksAdvance {
		fixed["blocks_advance"] = schema{"const": made.BlocksAdvance}
	}
	return fixed
}

func (idValue) schema() schema { return schema{"type": "string", "pattern": idPattern} }

func (lineValue) schema() schema { return schema{"type": "string", "pattern": linePattern} }

func (t wordValue) schema() schema { return schema{"type": "string", "enum": t.known} }

func (flagValue) schema() schema { return schema{"type": "boolean"} }

func (budgetValue) schema() schema {
	return schema{"type": "string", "pattern": durationPattern, "examples": []string{"90s", "2m30s"}}
}

func (notesValue) schema() schema { return schema{"type": "string", "pattern": shownPattern} }
