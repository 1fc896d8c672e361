package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is the real binary, built once for the tests of this package: what
// it does to terminals, processes and files cannot be seen from inside.
var program string

// atOnce is how many tests of this package run at the same time, if the command
// line says nothing. A talk mostly waits: for a baseline, for PD's 20 seconds. The long
// tests press keys without a pause, and load more.
func atOnce() string {
	if os.Getenv("TIKV_DEMO_TEST_LONG") != "" {
		return "4"
	}
	return "6"
}

// ignored gives the wishes to leave that are ignored here; SIGWINCH, which is
// harmless, stands for none, since none means all.
func ignored() []os.Signal {
	these := []os.Signal{syscall.SIGWINCH}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			these = append(these, s)
		}
	}
	return these
}

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", atOnce())
	}
	// As many talks as that share the machine: none needs the full rate.
	_ = os.Setenv("TIKV_DEMO_TARGET_OPS", "100")
	_ = os.Setenv("TIKV_DEMO_RECORDS", "2000") // what loading and reading 10,000 takes is most of a talk's processor time
	// Whatever is set where the tests run: no test asks a model for money.
	for _, v := range []string{"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"} {
		_ = os.Unsetenv(v)
	}
	// Under nohup, or in a script's background, the tests' programs would not hear what
	// the tests send them. What is taken here is the default in them.
	signal.Notify(make(chan os.Signal, 1), ignored()...)
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tikv-demo-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		// Talks of tests serve no consoles of whoever runs them.
		runtime := filepath.Join(dir, "run")
		if err := os.Mkdir(runtime, 0o700); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		_ = os.Setenv("XDG_RUNTIME_DIR", runtime)
		program = filepath.Join(dir, "tikv-demo")
		build := exec.Command("go", "build", "-o", program, "github.com/tikv-demo/tikv-demo/cmd/tikv-demo")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build:", err)
			return 1
		}
		return m.Run()
	}())
}

// long skips what takes long and shows little that other tests do not.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("TIKV_DEMO_TEST_LONG") == "" {
		t.Skip("skipped: takes long; run `make test-long`")
	}
}

// result is what one call of the program left.
type result struct {
	status      int
	stdout, err string
}

// call runs the program to its end, in a state directory of its own.
func call(t *testing.T, state string, args ...string) result {
	t.Helper()
	return callWith(t, state, nil, args...)
}

// callWith does so with more in the environment.
func callWith(t *testing.T, state string, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "the program did not end: %s", errs.String())
	if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) {
		require.NoError(t, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}
