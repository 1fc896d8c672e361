package diagnose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// LookAtPID asks the operating system how a process is. A process that is not
// there, or is dead and not yet reaped, is not running.
func LookAtPID(_ context.Context, pid int) (ProcessFact, error) {
	what := fmt.Sprintf("process %d", pid)
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) {
		return ProcessFact{What: what}, nil
	}
	if err != nil {
		return ProcessFact{}, fmt.Errorf("look at %s: %w", what, err)
	}
	// The state follows the name, which is in brackets and may hold any byte.
	_, rest, _ := strings.Cut(string(b)[strings.LastIndexByte(string(b), ')')+1:], " ")
	state, _, _ := strings.Cut(rest, " ")
	switch state {
	case "":
		return ProcessFact{}, fmt.Errorf("look at %s: /proc says nothing of its state", what)
	case "Z", "X", "x":
		return ProcessFact{What: what}, nil
	}
	return ProcessFact{Running: true, Stopped: state == "T" || state == "t", What: what}, nil
}
