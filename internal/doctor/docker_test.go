package doctor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatTheDaemonIsDecides(t *testing.T) {
	well := Daemon{At: "unix:///d.sock (context colima)", Engine: "28.5.2", API: "1.51", OS: "linux", Arch: "arm64", Memory: 8 << 30, CPUs: 4}
	for name, c := range map[string]struct {
		change func(*Daemon)
		err    error
		want   Status
		says   string
	}{
		"well":            {func(*Daemon) {}, nil, OK, "unix:///d.sock (context colima): engine 28.5.2, API 1.51, linux/arm64, 4 CPUs, 8.0 GiB of memory"},
		"little memory":   {func(d *Daemon) { d.Memory = 3 << 30 }, nil, Warn, "3.0 GiB"},
		"too little":      {func(d *Daemon) { d.Memory = 1 << 30 }, nil, Fail, "1.0 GiB"},
		"slow":            {func(d *Daemon) { d.Took = 700 * time.Millisecond }, nil, Warn, "it is slow: 0.7 s for one answer"},
		"hopelessly slow": {func(d *Daemon) { d.Took = 2500 * time.Millisecond }, nil, Fail, "it is slow: 2.5 s for one answer"},
		"windows":         {func(d *Daemon) { d.OS = "windows" }, nil, Fail, "windows"},
		"an odd machine":  {func(d *Daemon) { d.Arch = "riscv64" }, nil, Fail, "amd64 and arm64"},
		"nobody answers":  {func(*Daemon) {}, errors.New("the daemon does not answer; start Docker"), Fail, "the daemon does not answer"},
		"and no remedy":   {func(*Daemon) {}, errors.New("odd"), Fail, "odd"},
		"a name for both": {func(d *Daemon) { d.Arch = "x86_64" }, nil, OK, "x86_64"},
	} {
		t.Run(name, func(t *testing.T) {
			d := well
			c.change(&d)
			f := Docker(func(context.Context) (Daemon, error) { return d, c.err }).Run(context.Background())
			require.Equal(t, c.want, f.Status)
			require.Contains(t, f.Text, c.says)
			require.Equal(t, c.want == OK, f.Remedy == "")
		})
	}
}

func TestAMissingImageIsNotLeftForTheStage(t *testing.T) {
	look := func(images ...Image) Finding {
		return Images(func(context.Context) ([]Image, error) { return images, nil }).Run(context.Background())
	}
	require.Equal(t, OK, look(Image{"pd:1", true}, Image{"tikv:1", true}).Status)
	f := look(Image{"pd:1", true}, Image{"tikv:1", false})
	require.Equal(t, Fail, f.Status)
	require.Equal(t, "not here: tikv:1", f.Text)
	require.Contains(t, f.Remedy, "docker pull tikv:1")
}

func TestTheClusterIsLookedAtAsPDSeesIt(t *testing.T) {
	well := Health{Members: 3, HealthyMembers: 3, Stores: 3, UpStores: 3, LeadingStores: 3, Leader: "pd-1"}
	look := func(h Health, err error) Finding {
		return Cluster(func(context.Context) (Health, error) { return h, err }, Finding{OK, "not up", ""}).Run(context.Background())
	}
	require.Equal(t, OK, look(well, nil).Status)
	require.Equal(t, Finding{OK, "not up", ""}, look(Health{}, ErrNotUp))
	require.Equal(t, Fail, look(Health{}, errors.New("silence")).Status)
	require.Equal(t, "no answer in time", look(Health{}, fmt.Errorf("docker ps: %w", context.DeadlineExceeded)).Text)
	for name, change := range map[string]func(*Health){
		"no leader": func(h *Health) { h.Leader = "" }, "a member is ill": func(h *Health) { h.HealthyMembers = 2 },
		"a store is down": func(h *Health) { h.UpStores = 2 }, "two stores": func(h *Health) { h.Stores, h.UpStores, h.LeadingStores = 2, 2, 2 },
	} {
		h := well
		change(&h)
		require.Equal(t, Fail, look(h, nil).Status, name)
	}
	h := well
	h.LeadingStores = 1
	require.Equal(t, Warn, look(h, nil).Status)
}
