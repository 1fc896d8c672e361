package cli

import (
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
)

// about fills in what a record says of the program and of the machine.
func about(s *demo.RunStarted, flags map[string]string) {
	s.Run, s.Flags = strings.ToLower(rand.Text()), flags
	s.Build = map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, x := range info.Settings {
			if x.Key == "vcs.revision" {
				s.Build["commit"] = x.Value
			}
		}
	}
	s.Host = map[string]string{"os": runtime.GOOS, "arch": runtime.GOARCH, "cores": fmt.Sprint(runtime.NumCPU())}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		s.Host["kernel"] = unix.ByteSliceToString(u.Release[:])
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if line, _, ok := strings.Cut(string(b), "\n"); ok {
			s.Host["memory"] = strings.Join(strings.Fields(strings.TrimPrefix(line, "MemTotal:")), " ")
		}
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		s.Host["load"] = strings.Join(strings.Fields(string(b))[:3], " ")
	}
}

// inForce gives every flag with the value that it has in this run, from the
// command line, the environment or by default. What looks like a secret is taken
// out.
func inForce(f *pflag.FlagSet) map[string]string {
	out := map[string]string{}
	f.VisitAll(func(x *pflag.Flag) {
		if x.Name != "help" {
			out[x.Name] = diagnose.Redact(x.Value.String())
		}
	})
	return out
}
