package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Daemon is what a Docker daemon is.
type Daemon struct {
	Engine, API string // versions
	OS, Arch    string
	Memory      int64 // bytes
	CPUs        int
	At          string        // where it is, and who said so
	Took        time.Duration // over one question
}

// A daemon that is well answers in some milliseconds. With 2 s a call a talk cannot
// be held: to bring a cluster up takes some sixty calls.
const (
	slowAnswer     = 500 * time.Millisecond
	hopelessAnswer = 2 * time.Second
)

// What three PDs and three TiKVs need with the settings for a laptop.
const (
	leastMemory  = 2 << 30
	usableMemory = 4 << 30
)

// Docker checks that the daemon answers, and that it has room for the cluster.
func Docker(ask func(ctx context.Context) (Daemon, error)) Check {
	return Check{"docker", func(ctx context.Context) Finding {
		d, err := ask(ctx)
		if err != nil {
			return failed(err, "start Docker, or use --cluster embedded, which needs none")
		}
		text := fmt.Sprintf("%s: engine %s, API %s, %s/%s, %d CPUs, %s of memory", d.At, d.Engine, d.API, d.OS, d.Arch, d.CPUs, readable(uint64(d.Memory)))
		more := "give Docker more memory (Docker Desktop: Settings, Resources)"
		switch {
		case d.OS != "linux":
			return Finding{Fail, text, "switch Docker to Linux containers"}
		case d.Arch != "amd64" && d.Arch != "arm64" && d.Arch != "x86_64" && d.Arch != "aarch64":
			return Finding{Fail, text + "; TiKV's images are for amd64 and arm64", "use another machine, or --cluster embedded"}
		case d.Memory < leastMemory:
			return Finding{Fail, text, more}
		case d.Took > slowAnswer:
			f := Finding{Warn, fmt.Sprintf("%s; it is slow: %.1f s for one answer", text, d.Took.Seconds()), "look what else uses the machine, or restart Docker; starting and breaking containers will take many times as long"}
			if d.Took > hopelessAnswer {
				f.Status = Fail
			}
			return f
		case d.Memory < usableMemory:
			return Finding{Warn, text, more}
		}
		return Finding{OK, text, ""}
	}}
}

// Image is an image and whether it is on the machine.
type Image struct {
	Ref  string
	Here bool
}

// Images checks that nothing is downloaded on stage.
func Images(ask func(ctx context.Context) ([]Image, error)) Check {
	return Check{"images", func(ctx context.Context) Finding {
		all, err := ask(ctx)
		if err != nil {
			return failed(err, "look at what Compose says, with `tikv-demo cluster up --cluster docker`")
		}
		var here, missing []string
		for _, i := range all {
			if i.Here {
				here = append(here, i.Ref)
			} else {
				missing = append(missing, i.Ref)
			}
		}
		if len(missing) > 0 {
			return Finding{Fail, "not here: " + strings.Join(missing, ", "), "docker pull " + strings.Join(missing, " && docker pull ") + ", before you are on stage; or `make images` and name those that it builds with PD_IMAGE and TIKV_IMAGE"}
		}
		return Finding{OK, "here: " + strings.Join(here, ", "), ""}
	}}
}

// Ports checks that the ports of the cluster are free, or its own already.
func Ports(ask func(ctx context.Context) error) Check {
	return Check{"ports", func(ctx context.Context) Finding {
		if err := ask(ctx); err != nil {
			return failed(err, "stop what uses it")
		}
		return Finding{OK, "all free, or the cluster's own", ""}
	}}
}

// Reached checks that every address that PD gives is reached from here.
func Reached(ask func(ctx context.Context) error) Check {
	return Check{"addresses", func(ctx context.Context) Finding {
		if err := ask(ctx); err != nil {
			return failed(err, "say with --map where they are reached")
		}
		return Finding{OK, "PD, every store and every status port is reached", ""}
	}}
}

// Netem checks whether delay and loss are on offer. Without them the talk goes on.
func Netem(probe func(ctx context.Context) error) Check {
	return Check{"delay and loss", func(ctx context.Context) Finding {
		if err := probe(ctx); err != nil {
			f := failed(err, "choose another fault than latency and loss, or rehearse them with --cluster embedded")
			f.Status = Warn
			return f
		}
		return Finding{OK, "the kernel has netem", ""}
	}}
}

// Health is a cluster as its PD sees it.
type Health struct {
	Members, HealthyMembers int
	Stores, UpStores        int
	LeadingStores           int
	Leader                  string
}

// ErrNotUp says that there is no cluster to look at yet.
var ErrNotUp = errors.New("not up")

// Cluster checks PD and the stores of a cluster that runs. One that does not run
// yet is brought up by the talk.
func Cluster(ask func(ctx context.Context) (Health, error), whenDown Finding) Check {
	return Check{"PD and stores", func(ctx context.Context) Finding {
		h, err := ask(ctx)
		switch {
		case errors.Is(err, ErrNotUp):
			return whenDown
		case err != nil:
			return failed(err, "look at PD's log; `tikv-demo heal` lifts what a talk left broken")
		}
		text := fmt.Sprintf("%d of %d PD members healthy, led by %s; %d of %d stores Up, %d leading",
			h.HealthyMembers, h.Members, h.Leader, h.UpStores, h.Stores, h.LeadingStores)
		switch {
		case h.Leader == "" || h.HealthyMembers < h.Members || h.UpStores < h.Stores:
			return Finding{Fail, text, "start what is down; `tikv-demo heal` lifts what a talk left broken"}
		case h.Stores < 3:
			return Finding{Fail, text, "the talk needs three stores: one of them is lost on purpose"}
		case h.LeadingStores < h.Stores:
			return Finding{Warn, text, "wait until PD has spread the leaders, or run `tikv-demo cluster up` again"}
		}
		return Finding{OK, text, ""}
	}}
}

// failed splits an error of the form "what is wrong; what to do".
func failed(err error, otherwise string) Finding {
	if errors.Is(err, context.DeadlineExceeded) {
		return Finding{Fail, "no answer in time", "look whether Docker, or whatever the cluster runs on, is well"}
	}
	if what, remedy, ok := strings.Cut(err.Error(), "; "); ok {
		return Finding{Fail, what, remedy}
	}
	return Finding{Fail, err.Error(), otherwise}
}
