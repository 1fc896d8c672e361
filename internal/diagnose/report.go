package diagnose

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	toolReport    = "report"
	noComponent   = "none"
	minOther      = 2
	maxRootCause  = 1000
	maxOther      = 300
	maxRisk       = 300
	maxReportList = 32
)

// report is the structured answer: the input of the one tool that ends a
// diagnosis.
type report struct {
	Component    string        `json:"component"`
	Also         []string      `json:"also"`
	FaultType    string        `json:"fault_type"`
	RootCause    string        `json:"root_cause"`
	Evidence     []int         `json:"evidence"`
	Alternatives []alternative `json:"alternatives"`
	Action       string        `json:"action"`
	Risk         string        `json:"risk"`
}

type alternative struct {
	Cause    string `json:"cause"`
	Against  string `json:"against"`
	Evidence []int  `json:"evidence"`
}

type schema = map[string]any

// object of a strict schema: every property is required, no other is allowed.
func closed(properties schema) anthropic.ToolInputSchemaParam {
	return anthropic.ToolInputSchemaParam{
		Properties:  properties,
		Required:    required(properties),
		ExtraFields: schema{"additionalProperties": false},
	}
}

func required(properties schema) []string {
	names := []string{}
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func oneOf(words []string, what string) schema {
	return schema{"type": "string", "enum": words, "description": what}
}

func prose(what string) schema { return schema{"type": "string", "description": what} }

func numbers(what string) schema {
	return schema{"type": "array", "items": schema{"type": "integer"}, "description": what}
}

func tool(name, what string, properties schema) anthropic.ToolUnionParam {
	return anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{
		Name:        name,
		Description: anthropic.String(what),
		Strict:      anthropic.Bool(true),
		InputSchema: closed(properties),
	}}
}

// reportTool is made for a bundle: only its nodes can be named.
func reportTool(b Bundle) anthropic.ToolUnionParam {
	other := schema{
		"cause":    prose("a cause that was considered and is not it"),
		"against":  prose("the evidence against it, with citations such as [E2]"),
		"evidence": numbers("the numbers cited in against"),
	}
	return tool(toolReport, "Gives the diagnosis. Call it exactly once, after the prose.", schema{
		"component":  oneOf(append(b.names(), noComponent), "the node at fault; none if no node is"),
		"also":       schema{"type": "array", "items": schema{"type": "string", "enum": append(b.names(), noComponent)}, "description": "the other nodes at fault; empty if there is one at most"},
		"fault_type": oneOf(faultsFor(b), "what happened to it"),
		"root_cause": prose("one or two sentences with citations such as [E1]"),
		"evidence":   numbers("the numbers of the evidence that shows it"),
		"alternatives": schema{
			"type": "array", "description": "two or three other causes and what speaks against each",
			"items": schema{"type": "object", "properties": other, "required": required(other), "additionalProperties": false},
		},
		"action": oneOf(Actions(), "what would repair it, done to the component"),
		"risk":   prose("one sentence: what could go wrong when the action is carried out"),
	})
}

// readReport checks a structured answer again: the schema is kept by somebody
// else's server, if that is what answers at all.
func readReport(input []byte, b Bundle, key string) (demo.DiagnosisFinished, error) {
	var r report
	if err := json.Unmarshal(input, &r); err != nil {
		return demo.DiagnosisFinished{}, errors.New("it is not the JSON that was asked for")
	}
	if err := r.check(b); err != nil {
		return demo.DiagnosisFinished{}, err
	}
	d := demo.DiagnosisFinished{
		FaultType: r.FaultType,
		RootCause: line(r.RootCause, key, maxRootCause),
		Evidence:  slices.Compact(slices.Sorted(slices.Values(r.Evidence))),
		Action:    demo.Action{Name: r.Action},
		Risk:      line(r.Risk, key, maxRisk),
	}
	if r.Component != noComponent {
		d.Component = strings.Join(r.named(), componentsJoin)
	}
	if r.Action != demo.ActionNone {
		d.Action.Target = r.Component
	}
	for _, a := range r.Alternatives[:min(len(r.Alternatives), maxAlternatives)] {
		d.Alternatives = append(d.Alternatives, demo.Alternative{
			Cause: line(a.Cause, key, maxOther), Against: line(a.Against, key, maxOther), Evidence: a.Evidence,
		})
	}
	return d, nil
}

// named lists the nodes that are at fault, each once.
func (r report) named() []string {
	all := []string{r.Component}
	for _, n := range r.Also {
		if n != noComponent && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func (r report) check(b Bundle) error {
	known := !slices.ContainsFunc(r.named(), func(n string) bool { _, ok := b.node(n); return !ok })
	blames := r.FaultType != demo.TypeNone && r.FaultType != demo.TypeInconclusive
	long := len(r.Evidence) > maxReportList || len(r.Alternatives) > maxReportList
	for _, a := range r.Alternatives {
		long = long || len(a.Evidence) > maxReportList
	}
	switch {
	case len(r.Also) > maxReportList || r.Component == noComponent && len(r.named()) > 1:
		return errors.New("also is for further nodes beside the component")
	case !known && r.Component != noComponent:
		return errors.New("component is not one of the nodes")
	case b.ticketed() && r.FaultType == demo.TypeNone:
		return errors.New("a ticket is open, so something is wrong")
	case !slices.Contains(faultsFor(b), r.FaultType):
		return errors.New("fault_type is not in the list")
	case !slices.Contains(Actions(), r.Action):
		return errors.New("action is not in the list")
	case r.RootCause == "":
		return errors.New("root_cause is empty")
	case blames && r.Component == noComponent:
		return fmt.Errorf("%s needs a component", r.FaultType)
	case r.Action != demo.ActionNone && r.Component == noComponent:
		return fmt.Errorf("%s needs a component", r.Action)
	case r.Action != demo.ActionNone && r.FaultType == demo.TypeNone:
		return errors.New("nothing is wrong, so nothing is to be done")
	case len(r.Alternatives) < minOther:
		return errors.New("two or three alternatives are needed")
	case long:
		return errors.New("its lists are too long")
	}
	return nil
}
