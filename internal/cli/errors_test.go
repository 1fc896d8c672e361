package cli

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func TestWhatIsWrongIsSaidInOneLineWithTheRightStatus(t *testing.T) {
	broken := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(broken, "01-welcome.md"), []byte("---\nid: welcome\ncolour: red\n---\nhello\n"), 0o644))
	kept := filepath.Join(broken, "kept.jsonl")
	require.NoError(t, os.WriteFile(kept, []byte("the last talk\n"), 0o644))
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"an unknown flag", []string{"run", "--colour", "red"}, exitUsage, "--colour"},
		{"an unknown command", []string{"juggle"}, exitUsage, `"juggle"`},
		{"an unknown cluster", []string{"--cluster", "cloud"}, exitUsage, "embedded"},
		{"an unknown fault", []string{"--fault", "flood"}, exitUsage, "kill"},
		{"a hostile log in a container", []string{"--cluster", "docker", "--fault", "injection"}, exitUsage, "--cluster embedded"},
		{"a hostile log elsewhere", []string{"--cluster", "external", "--pd", "http://127.0.0.1:1", "--fault", "injection"}, exitUsage, "--cluster embedded"},
		{"an unknown target", []string{"--target", "tikv-9"}, exitUsage, "tikv-3"},
		{"an unknown theme", []string{"--theme", "pink"}, exitUsage, "contrast"},
		{"an unknown diagnoser", []string{"--diagnoser", "oracle"}, exitUsage, "recorded"},
		{"no model", []string{"--model", " "}, exitUsage, "--model"},
		{"a price that is none", []string{"--price", "cheap"}, exitUsage, "3,15"},
		{"one price", []string{"--price", "3"}, exitUsage, "3,15"},
		{"a base URL that is none", []string{"--base-url", "claude"}, exitUsage, "https://host"},
		{"Claude without a key", []string{"--diagnoser", "claude"}, exitPrecondition, "ANTHROPIC_API_KEY"},
		{"an unknown profile", []string{"--profile", "dream"}, exitUsage, "stage"},
		{"an unknown front", []string{"--front", "web"}, exitUsage, "json"},
		{"a number out of range", []string{"--stores", "99"}, exitUsage, "3 to 9"},
		{"not a duration", []string{"--poll-interval", "soon"}, exitUsage, "soon"},
		{"a poll interval that would flood PD", []string{"--poll-interval", "1ms"}, exitUsage, "100ms"},
		{"chapters that are not there", []string{"--chapters", filepath.Join(broken, "none")}, exitUsage, "chapters export"},
		{"chapters with faults", []string{"--chapters", broken}, exitUsage, "colour"},
		{"a PD address that is not one", []string{"cluster", "up", "--pd", "ftp://here"}, exitUsage, "ftp://here"},
		{"a record that cannot be written", []string{"--auto", "--front", "json", "--record", filepath.Join(broken, "no", "dir", "r.jsonl")}, exitPrecondition, "--record"},
		{"a record that is there already", []string{"--auto", "--front", "json", "--record", kept}, exitPrecondition, "kept.jsonl exists already, and a record is never overwritten; choose another file"},
		{"a record for standard output", []string{"--auto", "--record", "-"}, exitUsage, "--front json"},
		{"a PD with TLS", []string{"--cluster", "external", "--pd", "https://127.0.0.1:1"}, exitUsage, "TLS, which is not supported"},
		{"a PD in an IPv6 zone", []string{"--cluster", "external", "--pd", "http://[fe80::1%25eth0]:2379"}, exitUsage, "IPv6 zone"},
		{"not a number", []string{"--seed", "lucky"}, exitUsage, "--seed \"lucky\" is not a whole number"},
		{"a split of nothing", []string{"cluster", "split"}, exitUsage, "--pd URL"},
		{"a split without a yes", []string{"cluster", "split", "--pd", "127.0.0.1:1"}, exitPrecondition, "--yes"},
		{"a screen without a terminal", []string{"--front", "tui"}, exitPrecondition, "terminal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := call(t, t.TempDir(), c.args...)
			require.Equal(t, c.status, r.status, r.err)
			line := strings.TrimSuffix(r.err, "\n")
			require.Contains(t, line, c.says)
			require.NotContains(t, line, "\n", "one line")
			require.NotContains(t, line, "goroutine")
			require.NotContains(t, line, "strconv")
		})
	}
	b, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Equal(t, "the last talk\n", string(b))
}

// Before the line that says what is wrong stands what the talk waits for.
func TestWithoutInputATalkThatWaitsForAPressSaysWhatToDo(t *testing.T) {
	r := call(t, t.TempDir(), "--front", "plain")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Regexp(t, `^tikv-demo: Enter: next.*\ntikv-demo: no more input, .* use --auto to need none\n$`, r.err)
}

func TestAVariableStandsForAFlagAndIsCheckedLikeOne(t *testing.T) {
	t.Setenv("TIKV_DEMO_THEME", "pink")
	r := call(t, t.TempDir(), "run")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, "pink")
}

func TestAVariableWithoutAValueCountsAsNotSet(t *testing.T) {
	var env []string
	newRoot(IO{}).Flags().VisitAll(func(f *pflag.Flag) {
		env = append(env, "TIKV_DEMO_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"=")
	})
	require.Greater(t, len(env), 20)
	r := callWith(t, t.TempDir(), env, "run", "--dry-run", "--seed", "7")
	require.Equal(t, exitOK, r.status, r.err)
	for value, says := range map[string]string{
		"TIKV_DEMO_SEED=lucky":         `TIKV_DEMO_SEED="lucky" is not a whole number`,
		"TIKV_DEMO_POLL_INTERVAL=soon": `TIKV_DEMO_POLL_INTERVAL="soon" is not a duration`,
		"TIKV_DEMO_AUTO=maybe":         `TIKV_DEMO_AUTO="maybe" is not true or false`,
	} {
		r := callWith(t, t.TempDir(), []string{value}, "run", "--dry-run")
		require.Equal(t, exitUsage, r.status, r.err)
		require.Contains(t, r.err, says)
	}
}

func TestAPortInUseIsNoReasonToFail(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	state := t.TempDir()
	cmd := exec.Command(program, "cluster", "up", "--pd-port", port)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Regexp(t, `^pd: http://127\.0\.0\.1:\d+\n$`, line)
	require.NotContains(t, line, ":"+port+"\n")
	status := call(t, state, "cluster", "status", "--project", "there-is-none")
	require.Equal(t, exitOK, status.status, status.err)
	require.Contains(t, status.stdout, "embedded clusters: 1 running")
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Wait(), "an interrupt is how it is meant to end")
}

func TestAFullDiskForTheRecordIsToldAndTheTalkGoesOn(t *testing.T) {
	t.Parallel()
	long(t)
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full, a disk that is always full")
	}
	r := call(t, t.TempDir(), "run", "--auto", "--front", "plain", "--record", "/dev/full")
	require.Contains(t, r.stdout, "complete")
	require.Regexp(t, `(?m)^tikv-demo: record stopped: the record /dev/full ends here: .*no space left`, r.err, "said when it happens")
	require.Equal(t, 2, strings.Count(r.err, "no space left"), "once during the talk, once at its end: %s", r.err)
	require.Equal(t, exitFailed, r.status)
}

// A script that keeps what is printed took status 0 for all of it.
func TestOutputThatIsNotAllWrittenIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full, a disk that is always full")
	}
	defer func() { require.NoError(t, full.Close()) }()
	for _, args := range []string{"run --dry-run", "help", "help replay", "--help", "version", "verify --example kill", "config", "notes", "chapters list", "completion bash", "man", "replay --example kill --front plain " + atOnceSpeed} {
		cmd := exec.Command(program, strings.Fields(args)...)
		var said bytes.Buffer
		cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
		cmd.Stdout, cmd.Stderr = full, &said
		err := cmd.Run()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, args)
		require.Equal(t, exitFailed, exit.ExitCode(), args)
		require.Regexp(t, `(?m)^tikv-demo: .*no space left on device$`, said.String(), args)
	}
}
