package cli

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// namedFile is a file that somebody has named on the command line. It may be a pipe
// that nobody writes to: waiting for one ends with the command.
type namedFile struct {
	ctx  context.Context
	file *os.File
	stop func() bool
}

// openNamed opens a file to read it.
func openNamed(ctx context.Context, path string) (*namedFile, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() { // opening a pipe waits for a writer, and nothing but one ends that
		var o opened
		o.err = safe.Do(func() (err error) {
			o.file, err = os.Open(path)
			return err
		})
		done <- o
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		f := &namedFile{ctx: ctx, file: o.file}
		f.stop = context.AfterFunc(ctx, func() { _ = o.file.SetReadDeadline(time.Now()) }) // a file on a disk has none, and never waits
		return f, nil
	case <-ctx.Done():
		return nil, errInterrupted
	}
}

// Read reads, until the command is told to end.
func (f *namedFile) Read(p []byte) (int, error) {
	if f.ctx.Err() != nil {
		return 0, errInterrupted
	}
	n, err := f.file.Read(p)
	if err != nil && f.ctx.Err() != nil {
		err = errInterrupted
	}
	return n, err
}

// Seek moves to another place. A pipe has none.
func (f *namedFile) Seek(offset int64, whence int) (int64, error) { return f.file.Seek(offset, whence) }

// Close closes the file.
func (f *namedFile) Close() error {
	f.stop()
	return f.file.Close()
}

// readNamed reads a file of at most limit bytes.
func readNamed(ctx context.Context, path string, limit int64) ([]byte, error) {
	f, err := openNamed(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = usage("%s is longer than %d KiB", path, limit>>10)
	}
	return b, err
}
