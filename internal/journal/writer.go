package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Writer writes a record. It is safe for several goroutines; every line is one
// write, so that whoever follows the file sees whole lines, and a run that is
// killed has lost at most the line that it was writing.
type Writer struct {
	mu     sync.Mutex
	w      io.Writer
	file   *os.File // nil when somebody else owns w
	path   string
	err    error // the first failure; nothing is written after it
	closed bool
	chain  chain
}

// NewWriter writes a record to w, which stays its owner's to close.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Why a file is not taken for a record.
var (
	ErrExists    = errors.New("exists already, and a record is never overwritten")
	ErrNotAPlace = errors.New("is not a file that a record can be kept in")
)

// Create writes a record to a new file at path. A file that holds something is
// left as it is; an empty one is taken (mktemp makes such). Of what is no file,
// devices are taken (/dev/null), but not a terminal or a pipe: they can block,
// and with them the talk.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		f, err = openExisting(path)
	}
	if err != nil {
		return nil, err
	}
	return &Writer{w: f, file: f, path: path}, nil
}

// openExisting looks before it opens, and again at what it has opened: a pipe
// without a reader blocks whoever opens it.
func openExisting(path string) (*os.File, error) {
	st, err := os.Stat(path)
	if err == nil {
		err = usable(st, path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if st, err = f.Stat(); err == nil {
		err = usable(st, path)
	}
	if err == nil && term.IsTerminal(int(f.Fd())) {
		err = fmt.Errorf("%s %w: it is a terminal", path, ErrNotAPlace)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func usable(st os.FileInfo, path string) error {
	switch m := st.Mode(); {
	case m.IsRegular() && st.Size() > 0:
		return fmt.Errorf("%s %w", path, ErrExists)
	case m.IsRegular(), m&os.ModeCharDevice != 0:
		return nil
	case m.IsDir():
		return fmt.Errorf("%s %w: it is a directory", path, ErrNotAPlace)
	case m&os.ModeNamedPipe != 0:
		return fmt.Errorf("%s %w: it is a pipe", path, ErrNotAPlace)
	}
	return fmt.Errorf("%s %w", path, ErrNotAPlace)
}

// CreateIn writes a record to a new file in dir, which is made when it is
// missing. The name is the time and the process: "20060102T150405.000Z-4711.jsonl".
func CreateIn(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for {
		name := fmt.Sprintf("%s-%d.jsonl", time.Now().UTC().Format("20060102T150405.000Z"), os.Getpid())
		path := filepath.Join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			time.Sleep(time.Millisecond) // two records in one millisecond: the next name is free
			continue
		}
		if err != nil {
			return nil, err
		}
		return &Writer{w: f, file: f, path: path}, nil
	}
}

// Path gives the file's path, "" for a record that goes elsewhere.
func (w *Writer) Path() string { return w.path }

// Write adds the line of a body; a body without a kind has none, and one that
// cannot be encoded is an error and no more. The first failure of the disk is
// returned once and kept (see Err). After it the record is given up and Write does
// nothing, because the show goes on and a record with a hole would be worse than one
// that ends.
func (w *Writer) Write(at time.Time, b demo.Body) error {
	if b == nil || b.Kind() == "" {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil
	}
	if w.closed {
		return os.ErrClosed
	}
	if first, ok := b.(demo.RunStarted); ok {
		first.Schema = Schema
		b = first
	}
	line, err := encode(at, b, w.chain.lines+1, w.chain.head)
	if err != nil {
		return err
	}
	w.chain.add(line)
	if _, err := w.w.Write(line); err != nil {
		w.err = w.explain(err)
	}
	return w.err
}

func (w *Writer) explain(err error) error {
	if w.path == "" {
		return fmt.Errorf("the record ends here: %w", err)
	}
	return fmt.Errorf("the record %s ends here: %w; choose another place with --record FILE", w.path, err)
}

// Lines gives how many lines were written.
func (w *Writer) Lines() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chain.lines
}

// Seal gives the head of the record as it is now.
func (w *Writer) Seal() demo.RecordSealed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return demo.RecordSealed{Head: w.chain.head, Words: Words(w.chain.head), Lines: w.chain.lines}
}

// Err gives the first failure, nil while there is none.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close closes the file that Create or CreateIn opened. A failure of closing is
// returned only when nothing failed before.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	if w.file == nil {
		return nil
	}
	if err := w.file.Close(); err != nil && w.err == nil {
		w.err = w.explain(err)
		return w.err
	}
	return nil
}
