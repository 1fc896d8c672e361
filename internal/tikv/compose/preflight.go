package compose

import (
	"context"
	"slices"
)

// Image is an image that the cluster needs.
type Image struct {
	Ref  string
	Here bool // it is not to be downloaded
}

// Preflight is what Up would find.
type Preflight struct {
	Tool   string // how Compose is called here
	Images []Image
	Ports  error // a port that is in use; nil for none
	Up     bool  // every service runs already
}

// Look finds out what Up would find. It changes nothing.
func Look(ctx context.Context, cfg Config) (Preflight, error) {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return Preflight{}, err
	}
	now, err := t.services(ctx)
	if err != nil {
		return Preflight{}, err
	}
	all, err := t.wanted(ctx)
	if err != nil {
		return Preflight{}, err
	}
	p := Preflight{Tool: t.name, Up: allRun(all, now), Ports: checkPorts(all, now, cfg.File == "")}
	for _, w := range all {
		if slices.ContainsFunc(p.Images, func(i Image) bool { return i.Ref == w.image }) {
			continue
		}
		here, err := t.hasImage(ctx, w.image)
		if err != nil {
			return Preflight{}, err
		}
		p.Images = append(p.Images, Image{w.image, here})
	}
	return p, nil
}
