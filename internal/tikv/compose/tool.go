package compose

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Limits of one call. A pull has only its caller's limit.
const (
	askLimit    = 15 * time.Second // queries, which a daemon answers in 50 ms
	configLimit = time.Minute      // asks no daemon; docker-compose 1.29 took 15 s on a machine with a load of 15
	upLimit     = 3 * time.Minute
	downLimit   = 2 * time.Minute
	endGrace    = 10 * time.Second // for a call that is interrupted
)

// tool is Docker's command line and Compose's, for one project.
type tool struct {
	project string
	at      string   // the daemon, in words
	name    string   // of Compose: "docker compose" or "docker-compose"
	compose []string // how it is called, with the project and the file
	env     []string
}

// newTool finds out which Compose is installed.
func newTool(ctx context.Context, cfg *Config) (*tool, error) {
	file, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	t := &tool{project: cfg.Project, at: cfg.At.String(), name: "docker compose", env: cfg.environ()}
	if _, err := exec.LookPath("docker"); err != nil {
		return nil, precondition("there is no docker command here; install Docker with its Compose plugin, or use --cluster embedded")
	}
	program := []string{"docker", "compose"}
	if _, err := t.docker(ctx, "compose", "version"); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t.name = "docker-compose"
		program = []string{t.name}
		if _, err := exec.LookPath(t.name); err != nil {
			return nil, precondition("there is neither `docker compose` nor `docker-compose` here; install Docker's Compose plugin, or use --cluster embedded")
		}
	}
	t.compose = slices.Concat(program, []string{"--ansi", "never", "-p", cfg.Project, "-f", file})
	return t, nil
}

// docker calls Docker's command line.
func (t *tool) docker(ctx context.Context, args ...string) ([]byte, error) {
	return t.run(ctx, askLimit, "docker "+args[0], append([]string{"docker"}, args...), nil)
}

// composed calls Compose.
func (t *tool) composed(ctx context.Context, limit time.Duration, args ...string) ([]byte, error) {
	return t.run(ctx, limit, t.name+" "+args[0], slices.Concat(t.compose, args), nil)
}

// run calls a program and returns its standard output. hear, if set, gets each line
// as it is written. The error is one line. Compose is interrupted before it is
// killed, so that it leaves no half-made container.
func (t *tool) run(ctx context.Context, limit time.Duration, what string, args []string, hear func(line string)) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(within, args[0], args[1:]...)
	cmd.Env = t.env
	// The talk handles a Ctrl-C at the terminal, and passes it on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = endGrace
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if hear != nil {
		cmd.Stdout = io.MultiWriter(&out, &lines{hear: hear})
	}
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case within.Err() != nil:
		return nil, precondition("%s took longer than %s; the Docker daemon at %s is slow or hangs: look whether it is well, or restart it", what, limit, t.at)
	case !errors.As(err, &ended):
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return nil, t.explain(what, cmp.Or(strings.TrimSpace(said.String()), out.String()))
}

var (
	portTaken = regexp.MustCompile(`(?i)already allocated|address already in use|ports are not available`)
	boundPort = regexp.MustCompile(`127\.0\.0\.1:(\d+)`)
)

// explain turns the output of a failed call into one line.
func (t *tool) explain(what, said string) error {
	low := strings.ToLower(said)
	switch {
	case strings.Contains(low, "is too old. minimum supported api version"):
		program, _, _ := strings.Cut(what, " ")
		remedy := "upgrade Docker's command line"
		if program == "docker-compose" {
			remedy = "install Docker's Compose plugin (docker-compose-plugin) until `docker compose version` answers"
		}
		return precondition("%s is too old for this Docker daemon (%s); %s", program, tooOld(said), remedy)
	case strings.Contains(low, "permission denied") && (strings.Contains(low, "sock") || strings.Contains(low, "permissionerror")):
		return precondition("you may not use Docker's socket; join the group docker and log in again, or run this as root")
	case strings.Contains(low, "cannot connect to the docker daemon"), strings.Contains(low, "couldn't connect to docker daemon"),
		strings.Contains(low, "error during connect"), strings.Contains(low, "error while fetching server api version"):
		return precondition("the Docker daemon does not answer at %s; start Docker, choose another with DOCKER_HOST or `docker context use`, or use --cluster embedded", text.Line(t.at, 200))
	case strings.Contains(low, "overlaps with other one"), strings.Contains(low, "invalid pool request"):
		return precondition("the cluster's subnet clashes with another network of Docker's; choose another with TIKV_DEMO_NET, such as 10.214.77, or take the other cluster down")
	case portTaken.MatchString(said):
		if port := boundPort.FindStringSubmatch(said); port != nil {
			return precondition("port %s on 127.0.0.1 is taken; stop what uses it", port[1])
		}
	}
	return fmt.Errorf("%s: %s", what, reason(said))
}

var apiVersions = regexp.MustCompile(`client version (\d+\.\d+) is too old\. Minimum supported API version is (\d+\.\d+)`)

// tooOld returns the two incompatible versions.
func tooOld(said string) string {
	m := apiVersions.FindStringSubmatch(said)
	if m == nil {
		return "their API versions do not meet"
	}
	return fmt.Sprintf("it speaks API %s, the daemon %s and later", m[1], m[2])
}

// reason finds the line that says why: the last one with an error, or else the last
// one.
func reason(said string) string {
	last, why := "it failed and did not say why", ""
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		last = line
		// docker-compose ends with this line after the errors themselves.
		if strings.Contains(strings.ToLower(line), "error") && !strings.Contains(line, "Encountered errors while bringing up") {
			why = line
		}
	}
	if why == "" {
		why = last
	}
	return text.Line(why, 300)
}

// lines is a writer that passes on whole lines.
type lines struct {
	hear func(line string)
	rest []byte
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.rest = rest
		l.hear(string(line))
	}
}
