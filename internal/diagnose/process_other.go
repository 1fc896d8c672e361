//go:build !linux

package diagnose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// LookAtPID asks the operating system how a process is. A process that is not
// there, or is dead and not yet reaped, is not running.
func LookAtPID(ctx context.Context, pid int) (ProcessFact, error) {
	what := fmt.Sprintf("process %d", pid)
	ps := exec.CommandContext(ctx, "ps", "-o", "stat=", "-p", strconv.Itoa(pid))
	ps.Env = []string{"PATH=" + os.Getenv("PATH")} // no child is given a key
	out, err := ps.Output()
	state := strings.TrimSpace(string(out))
	var exit *exec.ExitError
	switch {
	case state == "" && errors.As(err, &exit) && ctx.Err() == nil, strings.HasPrefix(state, "Z"):
		return ProcessFact{What: what}, nil
	case err != nil:
		return ProcessFact{}, fmt.Errorf("look at %s: %w", what, err)
	case state == "":
		return ProcessFact{}, fmt.Errorf("look at %s: ps says nothing of its state", what)
	}
	return ProcessFact{Running: true, Stopped: strings.HasPrefix(state, "T"), What: what}, nil
}
