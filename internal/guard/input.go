package guard

import (
	"os"

	"golang.org/x/term"
)

// Input is a terminal as a full-screen program reads it. Lost is called when the
// terminal has hung up: not everybody is sent SIGHUP then. A parent such as make gets
// it and waits for its children without a word to them.
type Input struct {
	*os.File
	Lost func()
}

// Read reads from the terminal.
func (i Input) Read(p []byte) (int, error) {
	n, err := i.File.Read(p)
	if err != nil && hungUp(int(i.Fd())) {
		i.Lost()
	}
	return n, err
}

// hungUp says whether a terminal is gone. Reading fails in the background too, where
// the terminal still answers.
func hungUp(fd int) bool {
	_, err := term.GetState(fd)
	return err != nil
}
