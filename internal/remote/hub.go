package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// maxPeers is more than any talk has attached.
const maxPeers = 16

// Hub is where everybody meets who is attached to a talk: it keeps the newest state
// for them, and hands what they ask for to the screen. The socket and the phone's
// page are two doors to it. Publish never waits for anybody.
type Hub struct {
	tongue   words.Tongue // of the talk, and of all who are attached to it
	requests chan protocol.Request

	mu      sync.Mutex
	state   protocol.State
	old     bool          // nobody has been told the state for a while: nothing is published for nobody
	changed chan struct{} // closed and made anew with each state
	seats   map[*seat]struct{}
	phone   *protocol.Phone
	unlock  func() bool
}

// seat is one who is attached.
type seat struct{ protocol.Peer }

// NewHub makes a hub at which nobody is, for a talk in a language.
func NewHub(t words.Tongue) *Hub {
	return &Hub{tongue: t, requests: make(chan protocol.Request), changed: make(chan struct{}), seats: map[*seat]struct{}{}}
}

// Tongue gives the language of the talk.
func (h *Hub) Tongue() words.Tongue { return h.tongue }

// Requests gives the intents of all who are attached. Each must be answered with
// Reply.
func (h *Hub) Requests() <-chan protocol.Request { return h.requests }

// Attached gives how many are attached, so that nobody builds a state that nobody
// reads.
func (h *Hub) Attached() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.seats)
}

// Publish makes a state the newest.
func (h *Hub) Publish(st protocol.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st.Seq, h.old = h.state.Seq+1, false
	h.publish(st)
}

// again publishes the state anew, since what the hub itself knows has changed.
func (h *Hub) again() {
	if st := h.state; st.Seq > 0 && !h.old {
		st.Seq++
		h.publish(st)
	}
}

func (h *Hub) publish(st protocol.State) {
	st.Attached, st.Phone = nil, h.phone
	for s := range h.seats {
		st.Attached = append(st.Attached, s.Peer)
	}
	slices.SortFunc(st.Attached, func(a, b protocol.Peer) int { return a.Since.Compare(b.Since) })
	h.state = st
	close(h.changed)
	h.changed = make(chan struct{})
}

// Newest gives the state, and what is closed when there is a newer one. The state has
// no number, and is nobody's, where none is new: who comes waits for the next.
func (h *Hub) Newest() (protocol.State, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.old {
		return protocol.State{}, h.changed
	}
	return h.state, h.changed
}

// Join attaches somebody, unless there are too many; leave takes them away.
func (h *Hub) Join(p protocol.Peer) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seats) >= maxPeers {
		return nil, fmt.Errorf("%d are attached already", maxPeers)
	}
	s := &seat{p}
	h.seats[s] = struct{}{}
	h.again()
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, ok := h.seats[s]; ok {
			delete(h.seats, s)
			h.old = h.old || len(h.seats) == 0
			h.again()
		}
	}, nil
}

// Ask hands one intent to the screen and waits for what it says. A screen that
// does not answer has other troubles; whoever asks is told so, and the intent is
// not kept for later.
func (h *Hub) Ask(ctx context.Context, p protocol.Peer, i protocol.Intent) protocol.Answer {
	if i.Do == protocol.DoUnlock {
		return h.askUnlock(p, i)
	}
	req, answer := protocol.NewRequest(p.Role, p.Name, i)
	late := time.NewTimer(protocol.AnswerWithin)
	defer late.Stop()
	busy := protocol.Answer{ID: i.ID, Result: protocol.ResultRefused, Why: h.tongue.Say("the talk does not answer")}
	select {
	case h.requests <- req:
	case <-late.C:
		return busy
	case <-ctx.Done():
		return busy
	}
	select {
	case a := <-answer:
		return a
	case <-late.C:
		return busy
	case <-ctx.Done():
		return busy
	}
}

// ErrNoPhone means that the talk serves no page for a phone.
var ErrNoPhone = errors.New(words.English.NoPhone())

// ShowPhone tells those at the socket where the phone's page is; unlock lets phones
// try again, and says whether they could not.
func (h *Hub) ShowPhone(p protocol.Phone, unlock func() bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phone, h.unlock = &p, unlock
	h.again()
}

// Unlock lets phones try again after too many wrong codes, and says whether that
// was needed.
func (h *Hub) Unlock() (was bool, err error) {
	h.mu.Lock()
	unlock := h.unlock
	h.mu.Unlock()
	if unlock == nil {
		return false, ErrNoPhone
	}
	return unlock(), nil
}

// askUnlock is Unlock for a console. A phone cannot open its own lock.
func (h *Hub) askUnlock(p protocol.Peer, i protocol.Intent) protocol.Answer {
	a := protocol.Answer{ID: i.ID, Result: protocol.ResultOK}
	if p.Role != protocol.RoleConsole {
		return protocol.Answer{ID: i.ID, Result: protocol.ResultRefused, Why: h.tongue.Say("only a key on the laptop does that")}
	}
	switch was, err := h.Unlock(); {
	case err != nil:
		a.Result, a.Why = protocol.ResultRefused, h.tongue.NoPhone()
	case !was:
		a.Result, a.Why = protocol.ResultRefused, h.tongue.Unlocked(false)
	}
	return a
}
