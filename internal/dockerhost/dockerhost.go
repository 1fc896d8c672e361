// Package dockerhost finds the Docker daemon to use, once, so that the SDK and the
// command line talk to the same one. The command line follows `docker context`; the
// SDK alone follows only DOCKER_HOST. With Colima, OrbStack, Rancher Desktop or
// rootless Docker the two met different daemons, or none.
package dockerhost

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Local is the default address of the daemon.
const Local = "unix:///var/run/docker.sock"

// defaultContext is the name of the context that means: DOCKER_HOST, or Local.
const defaultContext = "default"

// Endpoint is the address of a daemon.
type Endpoint struct {
	Host   string // unix:///var/run/docker.sock
	Source string // where it comes from: DOCKER_HOST, "context colima", or "" for the default

	CertDir  string // holds ca.pem, cert.pem and key.pem; "" for none
	Insecure bool   // TLS without a check of the daemon's certificate
}

// String returns the host and where it comes from.
func (e Endpoint) String() string {
	if e.Source == "" {
		return e.Host
	}
	return e.Host + " (" + e.Source + ")"
}

// TLS says whether the connection uses TLS.
func (e Endpoint) TLS() bool { return e.CertDir != "" || e.Insecure }

// Remote says why a daemon on another machine cannot run the cluster of a talk on
// this one: its published ports and its files are there. It is nil for a local
// daemon.
func (e Endpoint) Remote() error {
	u, err := url.Parse(e.Host)
	if err != nil {
		return fmt.Errorf("the Docker daemon's address %q cannot be read; see `docker context ls`", e.Host)
	}
	const remedy = "run tikv-demo on that machine, or use --cluster embedded"
	switch u.Scheme {
	case "ssh":
		return fmt.Errorf("the Docker daemon is reached by ssh, at %s, and this program opens no ssh connections; %s", e, remedy)
	case "tcp", "http", "https":
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("the Docker daemon is on another machine, at %s: the cluster's ports would be published on that machine's 127.0.0.1, and its settings looked for in that machine's files; %s", e, remedy)
		}
	}
	return nil
}

// variables are those that choose a daemon for Docker's programs.
var variables = []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"}

// Environ returns an environment in which Docker's programs use this daemon. The
// zero Endpoint changes nothing.
func (e Endpoint) Environ(env []string) []string {
	if e.Host == "" {
		return env
	}
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		mine := false
		for _, x := range variables {
			mine = mine || name == x
		}
		if !mine {
			out = append(out, v)
		}
	}
	out = append(out, "DOCKER_HOST="+e.Host)
	if e.CertDir != "" {
		out = append(out, "DOCKER_CERT_PATH="+e.CertDir)
	}
	switch {
	case e.Insecure:
		out = append(out, "DOCKER_TLS=1")
	case e.TLS():
		out = append(out, "DOCKER_TLS_VERIFY=1")
	}
	return out
}

// Find returns the daemon that Docker's own command line would use: from
// DOCKER_HOST, from the context in DOCKER_CONTEXT, or from the current context.
func Find(getenv func(string) string) (Endpoint, error) {
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(cmp.Or(getenv("HOME"), "/"), ".docker")
	}
	if host := getenv("DOCKER_HOST"); host != "" {
		return fromEnv(getenv, host), nil
	}
	name, err := contextName(getenv, dir)
	if err != nil {
		return Endpoint{}, err
	}
	if name == "" || name == defaultContext {
		return fromEnv(getenv, ""), nil
	}
	return fromContext(dir, name)
}

func fromEnv(getenv func(string) string, host string) Endpoint {
	e := Endpoint{Host: Local}
	if host != "" {
		e.Host, e.Source = host, "DOCKER_HOST"
		if !strings.Contains(host, "://") {
			e.Host = "tcp://" + host
		}
	}
	if e.CertDir = getenv("DOCKER_CERT_PATH"); e.CertDir != "" {
		e.Insecure = getenv("DOCKER_TLS_VERIFY") == ""
	}
	return e
}

func contextName(getenv func(string) string, dir string) (string, error) {
	if name := getenv("DOCKER_CONTEXT"); name != "" {
		return name, nil
	}
	path := filepath.Join(dir, "config.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err == nil {
		err = json.Unmarshal(b, &config)
	}
	if err != nil {
		return "", fmt.Errorf("docker's configuration %s cannot be read: %w", path, err)
	}
	return config.CurrentContext, nil
}

// fromContext reads a context as docker stores it, in a folder named after the
// SHA-256 of the context's name.
func fromContext(dir, name string) (Endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	b, err := os.ReadFile(filepath.Join(dir, "contexts", "meta", id, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Endpoint{}, fmt.Errorf("there is no Docker context %q; see `docker context ls`, and choose one with `docker context use` or DOCKER_CONTEXT", name)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err == nil {
		err = json.Unmarshal(b, &meta)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("the Docker context %q cannot be read: %w", name, err)
	}
	docker, ok := meta.Endpoints["docker"]
	if !ok || docker.Host == "" {
		return Endpoint{}, fmt.Errorf("the Docker context %q names no daemon; choose another with `docker context use` or DOCKER_CONTEXT", name)
	}
	e := Endpoint{Host: docker.Host, Source: "context " + name, Insecure: docker.SkipTLSVerify}
	certs := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(filepath.Join(certs, "ca.pem")); err == nil {
		e.CertDir = certs
	}
	return e, nil
}
