package tikv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// prober asks status ports. It keeps no connection: a new one is refused at
// once by a machine whose process is gone, which is just what is asked.
var prober = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Probe asks a store's status port whether it serves: nil when it does. The
// caller's ctx is the deadline.
func Probe(ctx context.Context, n demo.Node) error {
	if n.StatusAddress == "" {
		return errors.New("has no status address")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.StatusAddress+"/status", nil)
	if err != nil {
		return err
	}
	from := time.Now()
	resp, err := prober.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("status port gave no answer within %s", time.Since(from).Round(10*time.Millisecond))
		}
		return plainError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status port answered %d", resp.StatusCode)
	}
	return nil
}
