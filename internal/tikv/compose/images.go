package compose

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// pullLimit bounds the download of one image, on a slow connection too.
const pullLimit = 30 * time.Minute

// wanted is one service as the Compose file defines it, with every variable filled
// in.
type wanted struct {
	name  string
	image string
	ports map[string]string // port in the container: port on this machine
}

// wanted reads the Compose file as Compose does, which also checks it.
func (t *tool) wanted(ctx context.Context) ([]wanted, error) {
	b, err := t.composed(ctx, configLimit, "config")
	if err != nil {
		return nil, unmet{err}
	}
	var file struct {
		Services map[string]struct {
			Image string      `yaml:"image"`
			Ports []yaml.Node `yaml:"ports"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		return nil, fmt.Errorf("%s config: %w", t.name, err)
	}
	var all []wanted
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		s := file.Services[name]
		w := wanted{name: name, image: s.Image, ports: map[string]string{}}
		for _, p := range s.Ports {
			if inside, outside := portOf(p); outside != "" {
				w.ports[inside] = outside
			}
		}
		all = append(all, w)
	}
	return all, nil
}

// portOf reads a port as docker-compose writes it (127.0.0.1:2379:2379/tcp) or as
// docker compose does (one key a line).
func portOf(n yaml.Node) (inside, outside string) {
	if n.Kind == yaml.ScalarNode {
		words := strings.Split(strings.TrimSuffix(n.Value, "/tcp"), ":")
		if len(words) < 2 {
			return "", ""
		}
		return words[len(words)-1], words[len(words)-2]
	}
	var p struct{ Target, Published string }
	if n.Decode(&p) != nil {
		return "", ""
	}
	return p.Target, p.Published
}

// variable returns the variable that sets a port of the embedded Compose file.
func (w wanted) variable(inside string) string {
	name := map[string]string{defaults.PDPort: "PD_PORT_", defaults.StorePort: "TIKV_PORT_", defaults.StatusPort: "TIKV_STATUS_PORT_"}[inside]
	_, n, _ := strings.Cut(w.name, "-")
	return name + n
}

// checkPorts finds a port that is in use, before anything is started: Docker would
// only report it after half of the containers. A running service has its own port.
func checkPorts(all []wanted, now []Service, own bool) error {
	for _, w := range all {
		if slices.ContainsFunc(now, func(s Service) bool { return s.Name == w.name && (s.Running() || s.State == "paused") }) {
			continue
		}
		for _, inside := range slices.Sorted(maps.Keys(w.ports)) {
			l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", w.ports[inside]))
			if err == nil {
				_ = l.Close()
				continue
			}
			remedy := "stop what uses it"
			if own {
				remedy += ", or choose another with " + w.variable(inside)
			}
			return precondition("port %s on 127.0.0.1, which %s is to have, is taken; %s", w.ports[inside], w.name, remedy)
		}
	}
	return nil
}

// pull downloads the missing images, one after the other. Those that cannot be
// pulled are named together.
func (t *tool) pull(ctx context.Context, all []wanted, tell func(text string)) error {
	var missing, names []string
	var why error
	looked := map[string]bool{}
	for _, w := range all {
		if looked[w.image] {
			continue
		}
		looked[w.image] = true
		if here, err := t.hasImage(ctx, w.image); err != nil {
			return err
		} else if here {
			continue
		}
		if err := t.pullOne(ctx, w.image, tell); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			missing = append(missing, w.image)
			names = append(names, cmp.Or(map[bool]string{true: "PD_IMAGE"}[w.ports[defaults.PDPort] != ""], "TIKV_IMAGE"))
			why = err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return precondition("not here, and not to be pulled: %s (%w); pull them where there is a network, or build stand-ins with `make images` and name them: export %s",
		strings.Join(missing, ", "), why, strings.Join(standIns(names), " "))
}

// standIns returns the settings for the images that `make images` builds.
func standIns(names []string) []string {
	builds := map[string]string{"PD_IMAGE": "tikv-demo/pd:dev", "TIKV_IMAGE": "tikv-demo/tikv:dev"}
	var out []string
	for _, n := range names {
		out = append(out, n+"="+builds[n])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hasImage says whether an image need not be pulled.
func (t *tool) hasImage(ctx context.Context, ref string) (bool, error) {
	_, err := t.docker(ctx, "image", "inspect", "--format", "{{.Id}}", ref)
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "no such image") {
		return false, nil
	}
	return err == nil, err
}

func (t *tool) pullOne(ctx context.Context, image string, tell func(text string)) error {
	tell("pulling " + image)
	begun, done := 0, 0
	_, err := t.run(ctx, pullLimit, "docker pull", []string{"docker", "pull", image}, func(line string) {
		switch {
		case strings.HasSuffix(line, ": Pulling fs layer"):
			begun++
		case strings.HasSuffix(line, ": Pull complete"):
			done++
		default:
			return
		}
		tell(fmt.Sprintf("pulling %s, %d of %d layers", image, done, begun))
	})
	return err
}
