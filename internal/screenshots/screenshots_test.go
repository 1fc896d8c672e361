package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/examples"
)

func TestTheRecordedRunGivesEveryPictureTwiceTheSame(t *testing.T) {
	draw := func() map[string]string {
		f, err := examples.Open("kill")
		require.NoError(t, err)
		moments, err := momentsOf(f)
		require.NoError(t, err)
		return pictures(moments, 80, 24)
	}
	first := draw()
	require.Len(t, first, 8*4)
	require.Equal(t, first, draw())
	for name, picture := range first {
		d := xml.NewDecoder(strings.NewReader(picture))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			if words, ok := token.(xml.CharData); ok {
				require.NotContains(t, string(words), "  ", "%s: what stands apart is placed apart", name)
			}
		}
	}
}

func TestAStalePictureIsNamed(t *testing.T) {
	dir := t.TempDir()
	drawn := map[string]string{"a.svg": "new"}
	require.ErrorContains(t, compare(drawn, dir), "a.svg", "missing")
	require.NoError(t, os.WriteFile(dir+"/a.svg", []byte("old"), 0o600))
	require.ErrorIs(t, compare(drawn, dir), errStale)
	require.NoError(t, os.WriteFile(dir+"/a.svg", []byte("new"), 0o600))
	require.NoError(t, compare(drawn, dir))
}

func TestShapesStayInTheirCell(t *testing.T) {
	require.Equal(t, "M8 17h8v17h-8z", shapeOf('█', 8, 17))
	require.Equal(t, "M0 0h4v8h-4zM4 8h4v9h-4z", shapeOf('▚', 0, 0))
	require.Empty(t, shapeOf('x', 0, 0))
}
