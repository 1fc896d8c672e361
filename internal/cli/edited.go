package cli

import (
	"context"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// editedTexts follows the chapter files of a directory while they are played.
type editedTexts struct {
	dir    string
	played []demo.Chapter
}

// Run watches the directory until ctx is done.
func (t editedTexts) Run(ctx context.Context, see func(demo.Body)) error {
	return chapters.Watch(ctx, t.dir, t.played, func(c chapters.Change) {
		if c.Why != "" {
			see(demo.ChaptersKept{Why: c.Why})
			return
		}
		see(demo.ChaptersRevised{Chapters: c.Chapters})
	})
}
