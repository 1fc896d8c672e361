package chaos

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
)

const (
	helperRepo = "tikv-demo/helper"
	// importLimit bounds the import of the helper's image, 45 MB.
	importLimit = 40 * time.Second
	// NetemCommand is the program's own hidden command that the helper runs.
	NetemCommand = "netem"
)

// Spoil makes what the container sends slow or lossy: a helper container of
// this program's own image shares its network for a moment and sets the
// kernel's netem there. A container that does not run has no network to mend.
func (d *Docker) Spoil(ctx context.Context, name string, is Line) error {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return err
	}
	if !c.State.Running {
		if is == (Line{}) {
			return nil
		}
		return fmt.Errorf("%s does not run", name)
	}
	ref, err := d.helperImage(ctx)
	if err != nil { // the container was not touched
		return notDone{fmt.Errorf("the network of %s: %w", name, err)}
	}
	// Noted before it is done: one that fails half way is to be mended.
	if is != (Line{}) {
		d.note(c, is.String())
	}
	args := []string{NetemCommand, "--delay", is.Delay.String(), "--loss", fmt.Sprint(is.Loss)}
	if err := d.help(ctx, ref, "container:"+c.ID, args); err != nil {
		return fmt.Errorf("the network of %s: %w", name, err)
	}
	if is == (Line{}) {
		d.note(c, "")
	}
	return nil
}

// ProbeNetem says whether delay and loss can be had here: nil, or why not. It
// tries in a network of its own that is gone afterwards.
func (d *Docker) ProbeNetem(ctx context.Context) error {
	ref, err := d.helperImage(ctx)
	if err == nil {
		err = d.help(ctx, ref, "none", []string{NetemCommand, "--probe"})
	}
	if err != nil {
		return fmt.Errorf("delay and loss cannot be had here: %w", err)
	}
	return nil
}

// help runs this program, as an image, in a container of its own for a moment. The
// container is removed although ctx has ended.
func (d *Docker) help(ctx context.Context, ref, network string, args []string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	made, err := d.api.ContainerCreate(ctx,
		&container.Config{Image: ref, Cmd: args, Labels: map[string]string{dockerhost.LabelHelper: d.project}},
		&container.HostConfig{NetworkMode: container.NetworkMode(network), CapAdd: []string{"NET_ADMIN"}}, nil, nil, "")
	if err != nil {
		return d.explain("make", "a helper", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		if rmErr := d.api.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true}); rmErr != nil {
			err = errors.Join(err, d.explain("remove", "a helper", rmErr))
		}
	}()
	ended, failed := d.api.ContainerWait(ctx, made.ID, container.WaitConditionNextExit)
	if err := d.api.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return d.explain("start", "a helper", err)
	}
	select {
	case err := <-failed:
		return d.explain("wait for", "a helper", err)
	case end := <-ended:
		if end.StatusCode == 0 {
			return nil
		}
		said, err := d.lastWords(ctx, made.ID, 1)
		if err != nil {
			return err
		}
		return errors.New(strings.TrimPrefix(strings.Join(said, " "), "tikv-demo: "))
	}
}

// lastWords gives the last lines that a container wrote.
func (d *Docker) lastWords(ctx context.Context, id string, n int) ([]string, error) {
	c, err := d.api.ContainerInspect(ctx, id)
	if err != nil {
		return nil, d.explain("inspect", id[:min(12, len(id))], err)
	}
	r, err := d.api.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(n)})
	if err != nil {
		return nil, d.explain("read the log of", id[:min(12, len(id))], err)
	}
	defer r.Close()
	var said bytes.Buffer
	in := io.LimitReader(r, logLimit)
	if c.Config != nil && c.Config.Tty { // then there is one stream, as it is
		_, err = said.ReadFrom(in)
	} else {
		_, err = stdcopy.StdCopy(&said, &said, in)
	}
	if err != nil {
		return nil, d.explain("read the log of", id[:min(12, len(id))], err)
	}
	return strings.Split(strings.TrimSpace(said.String()), "\n"), nil
}

// helperImage gives the image of the helper: this very program, brought to the
// daemon once. A program of another system cannot run there; then the image
// must have been built.
func (d *Docker) helperImage(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, importLimit)
	defer cancel()
	program, err := os.ReadFile(d.program)
	if err != nil {
		return "", err
	}
	ref := fmt.Sprintf("%s:%x", helperRepo, sha256.Sum256(program))[:len(helperRepo)+13]
	if named := os.Getenv("TIKV_DEMO_HELPER_IMAGE"); named != "" {
		ref = named
	}
	_, err = d.api.ImageInspect(ctx, ref)
	switch {
	case err == nil:
		return ref, nil
	case !cerrdefs.IsNotFound(err):
		return "", d.explain("find", "the image "+ref, err)
	}
	if err := standsAlone(program); err != nil {
		return "", err
	}
	v, err := d.api.ServerVersion(ctx)
	if err != nil {
		return "", d.explain("ask", "for its version", err)
	}
	if v.Os != runtime.GOOS || v.Arch != runtime.GOARCH {
		return "", fmt.Errorf("the daemon runs %s/%s and this program is for %s/%s: build the image with docker/Dockerfile and name it in TIKV_DEMO_HELPER_IMAGE", v.Os, v.Arch, runtime.GOOS, runtime.GOARCH)
	}
	return ref, d.importHelper(ctx, ref, program)
}

// standsAlone says why a program cannot run in an image that has nothing but it.
// One that was built with cgo needs a loader and libraries; it could not be started
// there, and the kernel was blamed for it.
func standsAlone(program []byte) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil // not of Linux: that is said elsewhere
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("this program was built with cgo, so it cannot be its own helper in a container; build it with CGO_ENABLED=0 (make build), or name an image of it in TIKV_DEMO_HELPER_IMAGE")
		}
	}
	return nil
}

// RemoveHelperImages removes the images of the helper, 45 MB each. One that is in
// use stays until the next time, and so does one that the daemon will not remove.
func (d *Docker) RemoveHelperImages(ctx context.Context) {
	old, err := d.api.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", helperRepo+":*"))})
	if err != nil {
		return
	}
	for _, i := range old {
		_, _ = d.api.ImageRemove(ctx, i.ID, image.RemoveOptions{})
	}
}

// importHelper makes an image of one file, as FROM scratch does, and removes
// those of other builds of the program.
func (d *Docker) importHelper(ctx context.Context, ref string, program []byte) error {
	d.RemoveHelperImages(ctx)
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	err := w.WriteHeader(&tar.Header{Name: "tikv-demo", Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = w.Write(program)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	said, err := d.api.ImageImport(ctx, image.ImportSource{Source: &files, SourceName: "-"}, ref,
		image.ImportOptions{Changes: []string{`ENTRYPOINT ["/tikv-demo"]`}, Message: "tikv-demo's helper"})
	if err != nil {
		return d.explain("import", "the image "+ref, err)
	}
	defer said.Close()
	_, err = io.Copy(io.Discard, said)
	return err
}

// RemoveHelpers removes the helper containers that a run which was killed left,
// and says how many there were.
func (d *Docker) RemoveHelpers(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, err := d.helpers(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	n := 0
	for _, c := range list {
		if err := d.api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true}); err != nil {
			errs = append(errs, d.explain("remove", "a helper", err))
			continue
		}
		n++
	}
	return n, errors.Join(errs...)
}

func (d *Docker) helpers(ctx context.Context) ([]container.Summary, error) {
	list, err := d.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", dockerhost.LabelHelper+"="+d.project))})
	if err != nil {
		return nil, d.explain("list", "helpers", err)
	}
	return list, nil
}
