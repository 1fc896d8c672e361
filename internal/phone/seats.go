package phone

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// streamsOfAll is how many streams all phones have together. The hub has 16 seats, and
// the consoles need some.
const streamsOfAll = 12

// seats bounds the streams of all phones.
type seats struct {
	taken chan struct{} // a slot for each stream, until it has really ended

	mu  sync.Mutex
	all []*seat // oldest first, without those that were told to end
}

// seat is one stream.
type seat struct {
	of  *session
	end func()
}

func newSeats() *seats { return &seats{taken: make(chan struct{}, streamsOfAll)} }

// take gives a stream a seat until free is called, and says whether it has one. Where
// all are taken, an older stream makes room, if makesRoom knows one; it is waited for.
func (s *seats) take(ctx context.Context, patience time.Duration, sess *session, end func()) (free func(), ok bool) {
	select {
	case s.taken <- struct{}{}:
	default:
		old := s.makesRoom(sess)
		if old == nil {
			return nil, false
		}
		old.end()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		select {
		case s.taken <- struct{}{}:
		case <-ctx.Done():
			return nil, false
		}
	}
	mine := &seat{sess, end}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, mine)
	return func() {
		s.forget(mine)
		<-s.taken
	}, true
}

// makesRoom picks the stream that makes room for a new one of sess, and forgets it: the
// oldest of sess itself, whose phone may have lost its network; for the speaker's phone
// else the oldest clicker's, and else the oldest of all. A clicker puts nobody out.
func (s *seats) makesRoom(sess *session) *seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.all, func(x *seat) bool { return x.of == sess })
	if i < 0 && sess.role == protocol.RolePhone && len(s.all) > 0 {
		i = max(0, slices.IndexFunc(s.all, func(x *seat) bool { return x.of.role == protocol.RoleClicker }))
	}
	if i < 0 {
		return nil
	}
	old := s.all[i]
	s.all = slices.Delete(s.all, i, i+1)
	return old
}

func (s *seats) forget(x *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = slices.DeleteFunc(s.all, func(y *seat) bool { return x == y })
}
