package cli

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// builtInChapters are the ids of the built-in chapters, with their titles.
func builtInChapters() []word {
	cs, err := loadChapters("", chapters.English)
	if err != nil {
		return nil
	}
	var all []word
	for _, c := range cs {
		all = append(all, word{c.ID, fmt.Sprintf("chapter %d: %s", c.N, c.Title)})
	}
	return all
}

// whatIsPlayed gives the chapters of a talk, and the number of the one at which the
// presenter takes over. Also the plan alone is refused where the talk would be.
func (o *options) whatIsPlayed() (cs []demo.Chapter, from int, err error) {
	if cs, err = loadChapters(o.chapters, o.lang); err == nil {
		from, err = o.fromChapter(cs)
	}
	return cs, from, err
}

// fromChapter gives the number of the chapter at which the presenter takes over, 0
// where that is the first.
func (o *options) fromChapter(cs []demo.Chapter) (int, error) {
	if o.from == "" {
		return 0, nil
	}
	i := slices.IndexFunc(cs, func(c demo.Chapter) bool { return c.ID == o.from || strconv.Itoa(c.N) == o.from })
	if i < 0 {
		return 0, refused("--from ", o.from, nil, unknown(o.from, asWords(ids(cs))))
	}
	if i == 0 {
		return 0, nil
	}
	return i + 1, nil
}
