package chaos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	ledgerSuffix  = ".faults.jsonl"
	damagedSuffix = ".damaged"
	// maxLedger bounds what is read of one file; a run of many hours writes a few kilobytes.
	maxLedger = 4 << 20
	// shortenFrom is the size from which a file in which nothing is open is emptied.
	shortenFrom = 64 << 10
)

// Ledger is the file of a run's open faults: one JSON object a line, written and
// synced before each fault and closed after its inverse. Each run has its own file
// and holds a lock on it while it lives. So concurrent runs leave each other alone,
// and the kernel tells which run is dead; a process id alone may have been reused.
type Ledger struct {
	file *ledgerFile
	dir  string
}

// line is one line of the file.
type line struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"` // open, closed
	Run   string    `json:"run"`
	PID   int       `json:"pid"`
	Where string    `json:"where"`
	Plan  demo.Plan `json:"plan"`
	Home  Home      `json:"home,omitzero"`
	// Before the fault, by target.
	Before map[string]before `json:"before,omitempty"`
	How    string            `json:"how,omitempty"` // closed: lifted, healed, not done
}

const (
	lineOpen   = "open"
	lineClosed = "closed"
)

// OpenLedger makes the ledger of the run with this id in dir, and dir if it is
// missing. Call Close at the end of the run.
func OpenLedger(dir, run string) (*Ledger, error) {
	if run == "" || run != filepath.Base(run) || strings.HasPrefix(run, ".") {
		return nil, fmt.Errorf("ledger of open faults: %q cannot be the id of a run", run)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("ledger of open faults: %w", err)
	}
	f, err := newFile(dir, run)
	if err != nil {
		return nil, fmt.Errorf("ledger of open faults: %w", err)
	}
	return &Ledger{file: f, dir: dir}, nil
}

// Path is the file's path.
func (l *Ledger) Path() string { return l.file.path }

// Close releases the ledger. It removes the file when no fault in it is open;
// otherwise the next start heals it.
func (l *Ledger) Close() error {
	return errors.Join(l.file.tidy(), l.file.close())
}

// isOf says whether the line is of this fault on this target.
func (e line) isOf(p demo.Plan) bool { return e.Plan.Target == p.Target && e.Plan.Fault == p.Fault }

func (l *Ledger) begin(at time.Time, where string, home Home, p demo.Plan, was map[string]before) error {
	return l.file.write(line{At: at, Event: lineOpen, Where: where, Home: home, Plan: p, Before: was})
}

func (l *Ledger) end(at time.Time, where string, p demo.Plan, how string) error {
	return l.file.end(at, where, p, how)
}

func (l *Ledger) own() ([]line, error) { return l.file.read() }

// leftover is the ledger of a dead run, locked by us.
type leftover struct {
	*ledgerFile
	entries []line
}

// leftovers returns the files of dead runs. The caller releases them.
func (l *Ledger) leftovers() ([]*leftover, error) {
	paths, err := filepath.Glob(filepath.Join(globQuote(l.dir), "*"+ledgerSuffix))
	if err != nil {
		return nil, fmt.Errorf("ledger of open faults: %w", err)
	}
	var out []*leftover
	var errs []error
	for _, path := range paths {
		if path == l.file.path {
			continue
		}
		f, err := lockExisting(path)
		if err != nil {
			if !errors.Is(err, errHeld) && !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, fmt.Errorf("ledger of open faults: %w", err))
			}
			continue
		}
		f.run = strings.TrimSuffix(filepath.Base(path), ledgerSuffix)
		open, err := f.read()
		if err != nil {
			errs = append(errs, err)
		}
		out = append(out, &leftover{ledgerFile: f, entries: open})
	}
	return out, errors.Join(errs...)
}

func release(all []*leftover) {
	for _, l := range all {
		_ = l.close() // read or synced before; the lock ends with the descriptor in any case
	}
}

func globQuote(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func linesAt(entries []line, where string) []line {
	var at []line
	for _, e := range entries {
		if e.Where == where {
			at = append(at, e)
		}
	}
	return at
}

// DamagedError reports ledger lines that could not be read. A last line that was
// cut short hides no fault: it was being written when its run died, and a fault is
// injected only after its line is on disk.
type DamagedError struct {
	Path  string
	Lines []int // from 1
	Cut   bool  // only the last line, which has no end
}

// Error says what is wrong and what to do.
func (e *DamagedError) Error() string {
	if e.Cut {
		return fmt.Sprintf("ledger of open faults %s: the last line was cut short when its run died; its fault was never done", e.Path)
	}
	return fmt.Sprintf("ledger of open faults %s: line %s cannot be read; look at the cluster, a fault may still be open",
		e.Path, strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Lines), " ", ", "), "[]"))
}

// ledgerFile is one file whose lock we hold.
type ledgerFile struct {
	f       *os.File
	path    string
	run     string
	damaged bool
}

var errHeld = errors.New("held by a run that is alive")

// newFile makes a run's file and locks it. The name may be taken, because process
// ids are reused: a dead run's file stays its own. A healer may take a new file
// before it is locked; then the next name is tried.
func newFile(dir, run string) (*ledgerFile, error) {
	name := run
	for n := 2; n < 100; n++ {
		path := filepath.Join(dir, name+ledgerSuffix)
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		if err == nil {
			var l *ledgerFile
			if l, err = lock(f, path); err == nil {
				l.run = name
				return l, syncDir(dir)
			}
		}
		if !errors.Is(err, os.ErrExist) && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, errHeld) {
			return nil, err
		}
		name = fmt.Sprintf("%s-%d", run, n)
	}
	return nil, fmt.Errorf("%s holds the files of too many runs called %s; heal, or remove them", dir, run)
}

func lockExisting(path string) (*ledgerFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return lock(f, path)
}

// lock takes ownership of f, or closes it. os.ErrNotExist means that path is no
// longer this file.
func lock(f *os.File, path string) (*ledgerFile, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%s: %w", path, errHeld)
	}
	if err == nil {
		err = sameFile(f, path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &ledgerFile{f: f, path: path}, nil
}

func sameFile(f *os.File, path string) error {
	a, err := f.Stat()
	if err != nil {
		return err
	}
	b, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(a, b) {
		return fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	return nil
}

// syncDir makes a new name in dir survive a crash of the machine.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (l *ledgerFile) write(e line) error {
	e.Run, e.PID = l.run, os.Getpid()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	before, err := l.f.Stat()
	if err != nil {
		return err
	}
	if n := before.Size(); n > 0 {
		end := make([]byte, 1)
		if _, err := l.f.ReadAt(end, n-1); err != nil {
			return err
		}
		if end[0] != '\n' { // a run that died left half a line
			b = append([]byte{'\n'}, b...)
		}
	}
	if _, err := l.f.Write(append(b, '\n')); err != nil {
		// A full disk may keep half a line; the next one must not join it.
		return errors.Join(err, l.f.Truncate(before.Size()))
	}
	return l.f.Sync()
}

func (l *ledgerFile) end(at time.Time, where string, p demo.Plan, how string) error {
	open, err := l.read()
	var damaged *DamagedError
	if err != nil && !errors.As(err, &damaged) {
		return err
	}
	for _, e := range open {
		if e.Where == where && e.isOf(p) {
			if err := l.write(line{At: at, Event: lineClosed, Where: where, Plan: p, How: how}); err != nil {
				return err
			}
			return l.shorten(len(open)-1, damaged)
		}
	}
	return nil
}

// shorten empties a file that has grown and in which nothing is open any more: a
// booth that plays for days would otherwise fill it.
func (l *ledgerFile) shorten(open int, damaged *DamagedError) error {
	st, err := l.f.Stat()
	if err != nil || open > 0 || damaged != nil || st.Size() < shortenFrom {
		return err
	}
	return l.f.Truncate(0)
}

// read returns the open lines, oldest first, with a *DamagedError if some lines are
// unreadable.
func (l *ledgerFile) read() ([]line, error) {
	b, err := io.ReadAll(io.NewSectionReader(l.f, 0, maxLedger))
	if err != nil {
		return nil, fmt.Errorf("ledger of open faults: %w", err)
	}
	var open []line
	damaged := &DamagedError{Path: l.path}
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, maxLedger)
	n := 0
	for sc.Scan() {
		n++
		var e line
		err := json.Unmarshal(sc.Bytes(), &e)
		if err != nil || e.Plan.Target == "" || e.Plan.Fault == "" || (e.Event != lineOpen && e.Event != lineClosed) {
			damaged.Lines = append(damaged.Lines, n)
			continue
		}
		open = settle(open, e)
	}
	if len(damaged.Lines) == 0 {
		return open, nil
	}
	damaged.Cut = len(damaged.Lines) == 1 && damaged.Lines[0] == n && !bytes.HasSuffix(b, []byte("\n"))
	l.damaged = true
	return open, damaged
}

// settle adds an open line, or removes the one that a closed line closes.
func settle(open []line, e line) []line {
	var rest []line
	for _, o := range open {
		if o.Where != e.Where || !o.isOf(e.Plan) {
			rest = append(rest, o)
		}
	}
	if e.Event == lineOpen {
		rest = append(rest, e)
	}
	return rest
}

// tidy removes a file in which nothing is open. A file with damaged lines is kept
// under another name, where it is not reported again.
func (l *ledgerFile) tidy() error {
	open, err := l.read()
	var damaged *DamagedError
	switch {
	case errors.As(err, &damaged) && len(open) == 0:
		return os.Rename(l.path, l.path+damagedSuffix)
	case err != nil && damaged == nil:
		return err
	case len(open) > 0:
		return nil
	}
	return os.Remove(l.path)
}

func (l *ledgerFile) close() error { return l.f.Close() }

// OpenFault is a fault that a dead run left open.
type OpenFault struct {
	Where string
	Home  Home
	Plan  demo.Plan
}

// LeftOpen returns the faults that dead runs left open. It changes nothing.
func LeftOpen(dir string) ([]OpenFault, error) {
	left, err := (&Ledger{dir: dir, file: &ledgerFile{}}).leftovers()
	defer release(left)
	var open []OpenFault
	for _, l := range left {
		for _, e := range l.entries {
			open = append(open, OpenFault{e.Where, e.Home, e.Plan})
		}
	}
	return open, err
}
