package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// TestPictures writes what each chapter looks like in large type, for eyes.
func TestPictures(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES is not set")
	}
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 55}} {
		for chapter := 1; chapter <= 8; chapter++ {
			p := on(t, chapter, size[0], size[1], styles.Mono)
			p.large = true
			name := filepath.Join(dir, fmt.Sprintf("large%d-%dx%d.txt", chapter, size[0], size[1]))
			var rows []string
			for l := range strings.Lines(ansi.Strip(p.View())) {
				rows = append(rows, strings.TrimRight(l, " \n"))
			}
			require.NoError(t, os.WriteFile(name, []byte(strings.Join(rows, "\n")+"\n"), 0o644))
		}
	}
}
