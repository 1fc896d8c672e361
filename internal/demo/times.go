package demo

import "time"

// ChapterTime is what the time in one chapter went to.
type ChapterTime struct {
	Speaker   time.Duration // speaking, or doing something
	Machine   time.Duration // nothing was left to do but wait for the cluster, see waited
	Questions time.Duration // of the audience
}

// Times gives the time of each chapter that was spoken and left; nil for the others.
// The last chapter is left with the end of a whole talk.
func (s State) Times() []*ChapterTime {
	out := make([]*ChapterTime, len(s.Chapters))
	for i, v := range s.Visits {
		end := v.LeftAt
		if end.IsZero() && i == len(s.Chapters)-1 && s.Finished != nil && s.Complete() {
			end = s.Now
		}
		if v.EnteredAt.IsZero() || end.IsZero() || v.LeftBy == ByFrom {
			continue
		}
		machine, questions := s.waited(i, end, s.Chapters[i].Budget), s.paused(i, end)
		out[i] = &ChapterTime{Speaker: max(0, end.Sub(v.EnteredAt)-questions-machine), Machine: machine, Questions: questions}
	}
	return out
}
