// Package report makes a document of the record of a run: HTML that needs nothing
// else and runs no script, Markdown, or JSON. It is made from the record alone, so
// the same record always gives the same bytes. What a record does not hold is said
// to be missing, and never guessed.
//
//	record ─► Read ─► Run ─► Make ─► Report ─► JSON
//	                                   └─► sections ─► HTML, Markdown
//
// Names, logs and answers in a record were written by a cluster or a model. Make
// takes out of every text what a terminal obeys; HTML and Markdown escape the rest.
package report
