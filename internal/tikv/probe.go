package tikv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// prober asks status ports. It keeps no connection: a new one is refused at
// once by a machine whose process is gone, which is just what is asked.
var prober = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// followerHandle is the header by which a member of PD answers by itself. One
// without it is passed on to the leader, which may be what is missing.
const followerHandle = "PD-Allow-follower-handle"

// Probe asks a store's status port whether it serves: nil when it does. A member
// of PD is asked for a sign of life at its client port. The caller's ctx is the
// deadline.
func Probe(ctx context.Context, n demo.Node) error {
	if n.StatusAddress == "" {
		return errors.New("has no status address")
	}
	path := "/status"
	if n.Role == demo.RoleControl {
		path = "/pd/api/v1/ping"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.StatusAddress+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set(followerHandle, "true")
	from := time.Now()
	resp, err := prober.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("status port gave no answer within %s", time.Since(from).Round(10*time.Millisecond))
		}
		if u := (*url.Error)(nil); errors.As(err, &u) {
			return u.Err // without the URL that net/http puts before it
		}
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && n.Role != demo.RoleControl { // of PD any answer is a sign of life
		return fmt.Errorf("status port answered %d", resp.StatusCode)
	}
	return nil
}
