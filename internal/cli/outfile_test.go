package cli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// writers are the commands that write a file which the user names, without its name.
func writers(record string) [][]string {
	return [][]string{
		{"export", "--as", "csv", record, "--out"},
		{"report", record, "--out"},
		{"report", "--as", "markdown", record, "--out"},
	}
}

// The file that is named may be the very record that is read.
func TestAFileThatIsThereIsNotWrittenOver(t *testing.T) {
	whole, err := os.ReadFile(aRecord(t))
	require.NoError(t, err)
	dir := t.TempDir()
	record := filepath.Join(dir, "run.jsonl")
	require.NoError(t, os.WriteFile(record, whole, 0o600))
	link := filepath.Join(dir, "link.jsonl")
	require.NoError(t, os.Symlink(record, link))
	nowhere := filepath.Join(dir, "nowhere")
	require.NoError(t, os.Symlink(filepath.Join(dir, "none"), nowhere))
	for name, says := range map[string]string{
		record: " is there already; name a new file", link: " is there already; name a new file", nowhere: " is there already; name a new file",
		dir: " is a directory; name a new file",
	} {
		for _, args := range writers(record) {
			r := here(t, append(args, name)...)
			require.Equal(t, exitUsage, r.status, "%v: %s", args, r.err)
			require.Contains(t, r.err, "--out "+name+says)
			require.Empty(t, r.stdout)
			require.NoFileExists(t, filepath.Join(dir, "none"))
			after, err := os.ReadFile(record)
			require.NoError(t, err)
			require.Equal(t, whole, after)
		}
	}
}

// A pipe that nobody reads blocks whoever opens it; one that is read, as a shell's >(…)
// is, is a place like any other.
func TestOnlyAPipeThatIsReadIsWrittenTo(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, args := range writers(aRecord(t)) {
		want := here(t, append(args, "-")...)
		require.Zero(t, want.status, want.err)
		r := here(t, append(args, pipe)...)
		require.Equal(t, exitUsage, r.status, r.err)
		require.Contains(t, r.err, "--out "+pipe+" is a pipe that nobody reads")

		reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
		require.NoError(t, err)
		defer func() { _ = reader.Close() }()
		read := make(chan string, 1)
		go func() {
			b := make([]byte, len(want.stdout))
			n, _ := io.ReadFull(reader, b)
			read <- string(b[:n])
		}()
		r = here(t, append(args, pipe)...)
		require.Zero(t, r.status, r.err)
		require.Equal(t, want.stdout, <-read)
		require.NoError(t, reader.Close())
	}
}

// Whoever reads the pipe may stop to do so: waiting for it ends with the command.
func TestWaitingForAReaderOfANamedPipeCanBeEnded(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = reader.Close() })
	fill(t, pipe)
	cmd := exec.Command(program, "report", aRecord(t), "--out", pipe)
	require.NoError(t, cmd.Start())
	s := &screen{t: t, cmd: cmd, seen: &sink{}, over: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(s.over) }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	require.Eventually(t, func() bool { return opened(t, cmd.Process.Pid, pipe) }, awaitLimit, awaitEvery)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitInterrupted, s.ends())
}

// opened says whether a process has a file open.
func opened(t *testing.T, pid int, path string) bool {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("skipped: needs /proc")
	}
	all, _ := os.ReadDir(dir)
	for _, fd := range all {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && to == path {
			return true
		}
	}
	return false
}

// What the system gives as a place to write to is one, also where it stands for a file
// that is there.
func TestDevicesAreWrittenTo(t *testing.T) {
	t.Parallel()
	for _, args := range writers(aRecord(t)) {
		r := call(t, t.TempDir(), append(args, "-")...)
		require.Zero(t, r.status, r.err)
		for _, device := range []string{"/dev/stdout", "/dev/fd/1"} {
			require.Equal(t, r, call(t, t.TempDir(), append(args, device)...), device)

			path := filepath.Join(t.TempDir(), "out")
			file, err := os.Create(path)
			require.NoError(t, err)
			cmd := exec.CommandContext(t.Context(), program, append(args, device)...)
			cmd.Stdout = file
			require.NoError(t, errors.Join(cmd.Run(), file.Close()))
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, r.stdout, string(b), device)
		}
		null := call(t, t.TempDir(), append(args, os.DevNull)...)
		require.Equal(t, result{err: r.err}, null)
		if _, err := os.Stat("/dev/full"); err == nil { // Linux has it
			full := call(t, t.TempDir(), append(args, "/dev/full")...)
			require.Equal(t, exitFailed, full.status)
			require.Contains(t, full.err, "no space left on device")
		}
	}
}

func TestAFileThatCouldNotBeWrittenWholeIsNotLeftBehind(t *testing.T) {
	t.Chdir(t.TempDir())
	r := here(t, "export", "--as", "cast", "--out", "x.cast", version1Record(t))
	require.Equal(t, exitFailed, r.status)
	require.Contains(t, r.err, "does not hold what")
	require.NoFileExists(t, "x.cast")

	failed := errors.New("no space left on device")
	half := func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Repeat("x", 1<<16))
		return errors.Join(err, failed)
	}
	require.ErrorIs(t, writeNamed(t.Context(), IO{}, "y", half), failed)
	require.NoFileExists(t, "y")
	require.NoError(t, os.WriteFile("there", []byte("mine"), 0o600))
	require.Error(t, writeNamed(t.Context(), IO{}, "there", half))
	require.FileExists(t, "there")
}
