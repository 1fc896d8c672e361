// Package chapters holds what is said on stage and what each chapter does: one
// Markdown file a chapter, with YAML front matter, and the loader that reads
// the built-in files and a user's own with the same strictness.
package chapters

import (
	"embed"
	"slices"
	"sync"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Files holds the built-in chapter files.
//
//go:embed *.md
var Files embed.FS

var embedded = sync.OnceValue(func() []demo.Chapter {
	cs, err := Load(Files)
	if err != nil {
		panic("built-in chapters: " + err.Error()) // a test holds that this cannot happen
	}
	return cs
})

// Embedded gives the built-in chapters.
func Embedded() []demo.Chapter { return slices.Clone(embedded()) }
