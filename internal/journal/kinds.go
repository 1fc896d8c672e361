package journal

import (
	"reflect"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Kind is one kind of line with its fields, in the order in which they are written.
type Kind struct {
	Name   string
	Fields []string
}

// Kinds lists the kinds in the order of a run, read off the types that are written.
func Kinds() []Kind {
	var all []Kind
	for _, b := range ofEachKind {
		typ := reflect.TypeOf(b)
		if b.Kind() == (demo.Taken{}).Kind() {
			typ = reflect.TypeFor[wireInput]()
		}
		all = append(all, Kind{b.Kind(), fieldsOf(typ)})
	}
	return all
}

// fieldsOf gives the names that a type has in JSON, those of embedded types too.
func fieldsOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			out = append(out, fieldsOf(f.Type)...)
		case name != "":
			out = append(out, name)
		}
	}
	return out
}
