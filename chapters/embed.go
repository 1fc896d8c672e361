// Package chapters holds what is said on stage and what each chapter does: one
// Markdown file a chapter, with YAML front matter, and the loader that reads
// the built-in files and a user's own with the same strictness.
package chapters

import (
	"embed"
	"io/fs"
)

//go:embed *.md de/*.md
var files embed.FS

// The languages of the built-in talk.
const (
	English = "en"
	German  = "de"
)

// Files gives the built-in chapter files in a language; English where there is no
// talk in it.
func Files(lang string) fs.FS {
	if lang == English {
		return files
	}
	sub, err := fs.Sub(files, lang)
	if err != nil { // it is no name of a directory
		return files
	}
	if _, err := fs.Stat(sub, "."); err != nil {
		return files
	}
	return sub
}
