package demo

// A play may be taken over in the middle: after a crash, or for the second half of
// a talk. What lies before is played without a presenter and without pauses, and
// nothing of it is pretended: the same effects happen, and the record and the screen
// say that nobody pressed a key. A failure on the way waits for the presenter.

// CatchingUp says whether the play has not come to its presenter yet.
func (s State) CatchingUp() bool { return s.Reached < s.Options.From-1 }

// byItself says whether the play goes on without anybody now.
func (s State) byItself() bool { return s.Options.Auto || s.CatchingUp() }

// firstTimed is the index of the chapter with which the talk's clock begins.
func (s State) firstTimed() int { return min(max(1, s.Options.From-1), len(s.Chapters)) }
