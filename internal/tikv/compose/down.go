package compose

import (
	"context"
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

// Down removes the cluster's containers and network, and with volumes its data too.
// Then it checks whether anything is left, and says what. It does nothing if the
// cluster is not up.
func Down(ctx context.Context, cfg Config, volumes bool) error {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return err
	}
	services, err := t.services(ctx)
	if err != nil {
		return err
	}
	for _, s := range services {
		if s.State == "paused" { // a frozen process cannot end
			if _, err := t.docker(ctx, "unpause", s.ID); err != nil {
				return err
			}
		}
	}
	args := []string{"down", "--remove-orphans"}
	if volumes { // a graceful stop is pointless then, and PD without its quorum takes 5 s for one
		args = append(args, "--volumes", "--timeout", "0")
	}
	if _, err := t.composed(ctx, downLimit, args...); err != nil {
		return err
	}
	left, err := t.left(ctx, volumes)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s down left %s behind; see `docker inspect`", t.name, strings.Join(left, ", "))
	}
	return err
}

// Parts returns what the daemon has of the project, by kind: containers by the
// names of their services, networks, and volumes if asked for.
func Parts(ctx context.Context, cfg Config, volumes bool) (map[string][]string, error) {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	services, err := t.services(ctx)
	if err != nil {
		return nil, err
	}
	left, err := t.left(ctx, volumes)
	if err != nil {
		return nil, err
	}
	parts := map[string][]string{}
	if len(services) > 0 {
		parts["container"] = names(services)
	}
	for _, l := range left {
		if kind, id, _ := strings.Cut(l, " "); kind != "container" {
			parts[kind] = append(parts[kind], id)
		}
	}
	return parts, nil
}

// left returns what the daemon still has of the project.
func (t *tool) left(ctx context.Context, volumes bool) ([]string, error) {
	kinds := []string{"container", "network"}
	if volumes {
		kinds = append(kinds, "volume")
	}
	var left []string
	for _, kind := range kinds {
		args := []string{kind, "ls", "-q", "--filter", "label=" + dockerhost.LabelProject + "=" + t.project}
		if kind == "container" {
			args = append(args, "-a")
		}
		b, err := t.docker(ctx, args...)
		if err != nil {
			return nil, err
		}
		for _, id := range strings.Fields(string(b)) {
			left = append(left, kind+" "+id)
		}
	}
	return left, nil
}
