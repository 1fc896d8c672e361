package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html
var page string

//go:embed report.css
var sheet string

// pages makes the page. html/template escapes every text for its place; what the
// charts and maps hold of texts is escaped where they are drawn.
var pages = template.Must(template.New("report").Funcs(template.FuncMap{
	"svg":   func(s string) template.HTML { return template.HTML(s) },
	"style": func() template.CSS { return template.CSS(sheet) },
	// A short table is not divided between two pages of paper.
	"short": func(rows [][]string) bool { return len(rows) <= 24 },
	"right": func(column, columns, numbers int) bool { return column >= columns-numbers },
}).Parse(page))

// HTML writes the report as one page that needs nothing else: no script, no
// picture, no font from elsewhere.
func (r Report) HTML(w io.Writer) error { return pages.Execute(w, r) }
