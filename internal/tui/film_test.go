package tui

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// told keeps what it is told.
type told []string

func (f *told) Output(_ time.Time, b []byte)   { *f = append(*f, "o "+string(b)) }
func (f *told) Resize(_ time.Time, w, h int)   { *f = append(*f, fmt.Sprintf("r %dx%d", w, h)) }
func (f *told) Mark(_ time.Time, label string) { *f = append(*f, "m "+label) }

func TestAFilmHearsOfChaptersAndSizes(t *testing.T) {
	film := &told{}
	m := Model{cfg: Config{Film: film, Now: time.Now}, width: 80, height: 24}
	require.Nil(t, m.filmSize(rect{}), "the size that it began with")
	require.Nil(t, m.filmSize(rect{W: 80, H: 24}))
	m.filmSize(rect{W: 120, H: 36})()
	m.state.Chapters = []demo.Chapter{{N: 1}, {N: 2, Title: "Chapter 2"}}
	m.state.Reached = 1
	require.Nil(t, m.filmChapter(1))
	m.filmChapter(0)()
	require.Equal(t, told{"r 80x24", "m 2 Chapter 2"}, *film)
	m.cfg.Film = nil
	require.Nil(t, m.filmChapter(0))
}
