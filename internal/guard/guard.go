// Package guard restores the terminal when the program cannot do it itself: when
// a goroutine of a library panics, when the Go runtime gives up, or when the
// program is killed. A second process holds the terminal and a pipe from the
// program. If the pipe ends without a goodbye, it restores the terminal and prints
// the runtime's crash report, which went to a screen that is gone by then.
package guard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Command is the hidden subcommand with which the program starts its guard.
const Command = "_guard"

// What a program writes last that ends in order. No crash report contains it. After
// unread the terminal still has to be made whole: nobody read it.
const (
	goodbye = "\x00goodbye"
	unread  = "\x00unread"
)

// reportLimit is how much of a crash report is kept.
const reportLimit = 64 << 10

// Whole ends every mode of the terminal that the program sets: synchronized
// output, bracketed paste, mouse reports, the alternate screen, the hidden cursor.
const Whole = "\x1b[?2026l\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1049l\x1b[?25h\x1b[0m"

var (
	mu   sync.Mutex
	pipe *os.File // to the guard; nil while there is none
	cmd  *exec.Cmd
)

// Start starts the guard of a terminal, with the state that the terminal has now.
// Without a guard the program works all the same, so a failure is no error.
func Start(tty *Output) {
	mu.Lock()
	defer mu.Unlock()
	was, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil || pipe != nil {
		return
	}
	var state bytes.Buffer
	if binary.Write(&state, binary.NativeEndian, was) != nil {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	defer r.Close()
	c := exec.Command(exe, Command, hex.EncodeToString(state.Bytes()))
	c.Stdout, c.ExtraFiles = tty.File, []*os.File{r}
	c.Env = []string{"GOMAXPROCS=1"}
	// A session of its own: a key's signal goes to the program's group, and who has
	// no controlling terminal may set the modes of one from the background.
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.Start() != nil {
		_ = w.Close()
		return
	}
	_ = debug.SetCrashOutput(w, debug.CrashOptions{})
	pipe, cmd = w, c
}

// Stop ends the guard, which then leaves the terminal alone. One that is not read
// cannot be made whole now: the guard waits until it is read, or gone.
func Stop(tty *Output) {
	mu.Lock()
	defer mu.Unlock()
	if pipe == nil {
		return
	}
	last := goodbye
	if errors.Is(tty.makeWhole(), ErrUnread) {
		last = unread
	}
	_, _ = pipe.WriteString(last)
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_ = pipe.Close()
	if last == goodbye {
		_ = cmd.Wait()
	}
	pipe, cmd = nil, nil
}

// Main is the guard's main: it gives the exit status.
func Main(args []string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGPIPE)
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "tikv-demo: this command is for the program's own use")
		return 2
	}
	report := last(os.NewFile(3, "program"))
	switch {
	case strings.HasSuffix(report, goodbye):
		return 0
	case strings.HasSuffix(report, unread): // its settings are restored, and may be a shell's by now
		if _, err := io.WriteString(os.Stdout, Whole); err != nil {
			return 1
		}
		return 0
	}
	if err := restore(os.Stdout, args[0]); err != nil {
		return 1
	}
	fmt.Fprint(os.Stdout, said(report))
	return 0
}

// last gives the end of what the program writes until it ends.
func last(from io.Reader) string {
	var kept []byte
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		kept = append(kept, buf[:n]...)
		if over := len(kept) - reportLimit; over > 0 { // the cause comes first
			kept = append(kept[:reportLimit/2:reportLimit/2], kept[len(kept)-reportLimit/2:]...)
		}
		if err != nil {
			return string(kept)
		}
	}
}

func restore(tty *os.File, state string) error {
	raw, err := hex.DecodeString(state)
	if err != nil {
		return err
	}
	var was unix.Termios
	if err := binary.Read(bytes.NewReader(raw), binary.NativeEndian, &was); err != nil {
		return err
	}
	_, err = io.WriteString(tty, Whole)
	return errors.Join(err, unix.IoctlSetTermios(int(tty.Fd()), setTermios, &was))
}

// said is what a program that could not say goodbye leaves on the terminal.
func said(report string) string {
	var out strings.Builder
	for line := range strings.Lines(report) {
		code := strings.TrimLeft(line, "\t")
		out.WriteString(strings.Repeat("    ", len(line)-len(code)) + text.Line(code, 400) + "\n")
	}
	out.WriteString("tikv-demo: the program ended without closing; run `tikv-demo heal` to repair what it may have broken\n")
	return out.String()
}
