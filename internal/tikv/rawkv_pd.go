package tikv

import (
	"context"
	"time"

	pd "github.com/tikv/pd/client"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// pdWatchEvery is how often PD is asked something for the sake of asking.
const pdWatchEvery = time.Second

func (r *RawKV) startWatchingPD() {
	ctx, cancel := context.WithCancel(context.Background())
	var watch safe.Group
	watch.Go(func() { watchPD(ctx, r.client.GetPDClient()) })
	r.endPD = func() { cancel(); watch.Wait() }
}

// watchPD keeps the client's idea of who leads PD fresh until ctx is done. The
// client learns of another leader from a call that fails, or once a minute, and
// while every region is cached it makes no call. A store that failed meanwhile
// it cannot ask PD about, and then holds it for dead up to 30 s after it has
// returned (measured: a store's death 2 s after PD had a new leader).
func watchPD(ctx context.Context, client pd.Client) {
	tick := time.NewTicker(pdWatchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		actx, cancel := context.WithTimeout(ctx, pdCallLimit)
		_, _ = client.GetAllStores(actx) // its failure is what makes the client look
		cancel()
	}
}
