package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// writeNamed writes to the file that --out names: "" and "-" are standard output. A file
// that is there is somebody's, and may be the very record that is read. Devices are
// written to, and pipes that somebody reads.
func writeNamed(ctx context.Context, std IO, name string, write func(io.Writer) error) error {
	if name == "" || name == "-" || isStdout(name) {
		return write(std.Out)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		return writeNew(f, write)
	}
	if errors.Is(err, fs.ErrExist) {
		f, err = openDevice(name)
	}
	if err != nil {
		return usage("--out %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Now()) }) // a pipe may be read no more
	defer stop()
	err = errors.Join(write(f), f.Close())
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// isStdout says whether a name means the file that standard output is, as /dev/stdout
// does. It cannot always be opened by that name, and may be a file that is there.
func isStdout(name string) bool {
	named, err := os.Stat(name)
	if err != nil {
		return false
	}
	out, err := os.Stdout.Stat()
	return err == nil && os.SameFile(named, out)
}

// openDevice opens what is there to write to it, and is no file on a disk.
func openDevice(name string) (*os.File, error) {
	st, err := os.Stat(name)
	if err == nil {
		err = device(st, name)
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // a link to nothing
			err = fmt.Errorf("%s is there already; name a new file", name)
		}
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if errors.Is(err, syscall.ENXIO) && st.Mode()&fs.ModeNamedPipe != 0 {
		return nil, fmt.Errorf("%s is a pipe that nobody reads; start its reader first, or name a new file", name)
	}
	if err != nil {
		return nil, err
	}
	if st, err = f.Stat(); err == nil { // it may be another one by now
		err = device(st, name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// device says why something that is there is not written to.
func device(st fs.FileInfo, name string) error {
	switch m := st.Mode(); {
	case m&(fs.ModeCharDevice|fs.ModeNamedPipe) != 0:
		return nil
	case m.IsDir():
		return fmt.Errorf("%s is a directory; name a new file", name)
	case m.IsRegular():
		return fmt.Errorf("%s is there already; name a new file", name)
	}
	return fmt.Errorf("%s is not a file; name a new one", name)
}

// writeNew writes a file that was made for it. What could not be written whole is
// removed.
func writeNew(f *os.File, write func(io.Writer) error) error {
	err := errors.Join(write(f), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// contents gives what writes b.
func contents(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(b))
		return err
	}
}
