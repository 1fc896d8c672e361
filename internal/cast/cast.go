// Package cast writes recordings of a screen in asciicast v2, which asciinema and
// its player read: a header, then one JSON array a line. What is typed is never in
// it; chapters are its markers.
package cast

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"
)

// Header is what the first line says.
type Header struct {
	Width, Height int
	Began         time.Time
	Title         string
}

// Writer writes one recording. It is safe for several goroutines. After the first
// error it writes nothing more, and Err gives it.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	from time.Time
	last float64
	rest []byte // of a character that is not whole yet

	err    error
	failed chan struct{} // closed with the first error
}

// NewWriter writes the header.
func NewWriter(w io.Writer, h Header) *Writer {
	c := &Writer{w: w, from: h.Began, failed: make(chan struct{})}
	c.line(map[string]any{
		"version": 2, "width": h.Width, "height": h.Height, "timestamp": h.Began.Unix(), "title": h.Title,
		"env": map[string]string{"TERM": "xterm-256color"},
	})
	return c
}

// Output adds what was written to the terminal at a moment. A character that is
// cut between two calls is joined: the format has text and no bytes.
func (c *Writer) Output(at time.Time, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b = append(c.rest, b...)
	whole := len(b)
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if r := b[len(b)-i]; utf8.RuneStart(r) {
			if !utf8.FullRune(b[len(b)-i:]) {
				whole = len(b) - i
			}
			break
		}
	}
	c.rest = append([]byte(nil), b[whole:]...)
	if whole > 0 {
		c.event(at, "o", string(b[:whole]))
	}
}

// Resize says that the terminal has another size from now on.
func (c *Writer) Resize(at time.Time, width, height int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.event(at, "r", fmt.Sprintf("%dx%d", width, height))
}

// Mark adds a marker.
func (c *Writer) Mark(at time.Time, label string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.event(at, "m", label)
}

// Failed is closed when writing has failed.
func (c *Writer) Failed() <-chan struct{} { return c.failed }

// Err gives the first error of writing.
func (c *Writer) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// event writes a line; times never go back, which players rely on.
func (c *Writer) event(at time.Time, code, data string) {
	c.last = max(c.last, at.Sub(c.from).Seconds())
	c.line([]any{json.Number(fmt.Sprintf("%.6f", c.last)), code, data})
}

func (c *Writer) line(v any) {
	if c.err != nil {
		return
	}
	e := json.NewEncoder(c.w)
	e.SetEscapeHTML(false)
	if c.err = e.Encode(v); c.err != nil {
		close(c.failed)
	}
}
