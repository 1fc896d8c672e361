package compose

import (
	"context"
	"fmt"
	"strings"
)

// Down takes the cluster down: its containers and its network, and with volumes
// its data too. It looks afterwards whether anything is left, and says what.
// Taking down what is not up does nothing.
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
	if volumes { // nothing is worth an orderly end then; PD without its quorum takes 5 s over one
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

// Parts gives what of the project the daemon has, by kind: containers by the names
// of their services, networks, and volumes where they are asked for.
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

// left gives what of the project the daemon still has.
func (t *tool) left(ctx context.Context, volumes bool) ([]string, error) {
	kinds := []string{"container", "network"}
	if volumes {
		kinds = append(kinds, "volume")
	}
	var left []string
	for _, kind := range kinds {
		args := []string{kind, "ls", "-q", "--filter", "label=" + labelProject + "=" + t.project}
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
