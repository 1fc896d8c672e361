package protocol

import (
	"context"
	"time"
)

// Follow tells whoever is attached what is new, until ctx ends or tell says that
// nobody takes it: the newest state, at most one in StateEvery, and nil as a beat
// where there was none for BeatEvery. newest gives the state, and what is closed when
// there is a newer one.
func Follow(ctx context.Context, newest func() (State, <-chan struct{}), tell func(*State) bool) {
	beat := time.NewTicker(BeatEvery)
	defer beat.Stop()
	var told uint64
	for {
		st, changed := newest()
		if st.Seq > told {
			if !tell(&st) {
				return
			}
			told = st.Seq
			beat.Reset(BeatEvery)
			select {
			case <-time.After(StateEvery):
			case <-ctx.Done():
				return
			}
			continue
		}
		select {
		case <-changed:
		case <-beat.C:
			if !tell(nil) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
