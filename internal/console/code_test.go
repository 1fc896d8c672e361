package console

import (
	"image"
	"image/color"
	"regexp"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

const (
	phoneURL   = "http://192.168.100.100:8765/#t=AbCdEfGhIjKlMnOpQrStUv"
	clickerURL = "http://192.168.100.100:8765/#t=0123456789abcdefghijkl"
)

func withPhone(locked bool) protocol.State {
	s := talk()
	s.Phone = &protocol.Phone{Speaker: phoneURL, Clicker: clickerURL, Locked: locked}
	return s
}

// scanned reads the code that is on the console as a camera would, from its painted
// colours alone.
func scanned(t *testing.T, view string) string {
	t.Helper()
	cell := regexp.MustCompile(`\x1b\[(?:38;5;(\d+);)?48;5;(\d+)m(.)`)
	var rows [][]bool // light
	for _, line := range strings.Split(view, "\n") {
		var upper, lower []bool
		for _, c := range cell.FindAllStringSubmatch(line, -1) {
			if c[3] != "▀" && c[3] != " " || c[2] != "16" && c[2] != "231" {
				continue
			}
			below := c[2] == "231"
			above := below
			if c[3] == "▀" {
				above = c[1] == "231"
			}
			upper, lower = append(upper, above), append(lower, below)
		}
		if len(upper) > 0 {
			rows = append(rows, upper, lower)
		}
	}
	require.NotEmpty(t, rows)
	for i := range quiet {
		for _, line := range [][]bool{rows[i], rows[len(rows)-1-i]} {
			require.NotContains(t, line, false, "a quiet zone of %d modules", quiet)
		}
	}
	for _, r := range rows {
		for i := range quiet {
			require.True(t, r[i] && r[len(r)-1-i], "a quiet zone of %d modules", quiet)
		}
	}
	const scale = 4
	img := image.NewGray(image.Rect(0, 0, len(rows[0])*scale, len(rows)*scale))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if rows[y/scale][x/scale] {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	text, err := qr.Decode(img)
	require.NoError(t, err)
	return text
}

func TestThePhonesCodeIsPaintedSoThatACameraReadsIt(t *testing.T) {
	for _, size := range [][2]int{{60, 24}, {80, 24}, {200, 55}} {
		d := newDesk(t, size[0], size[1]).linked(withPhone(false))
		require.NotContains(t, d.View(), "AbCdEf", "not before it is asked for")
		d.press("P")
		require.Equal(t, phoneURL, scanned(t, d.View()))
		d.press("c")
		require.Equal(t, clickerURL, scanned(t, d.View()))
		d.shows("clicker's page")
		d.press("c", "x")
		d.shows("Say that PD was not asked.")
	}
}

func TestWhereTheCodeHasNoRoomTheAddressIsShown(t *testing.T) {
	d := newDesk(t, 60, 18).linked(withPhone(false))
	d.press("P")
	d.shows("the code needs a console of 60×", "http://192.168.100.100:8765/#t=AbCdEf")
	require.Empty(t, d.link.asked)
}

func TestWithoutAPageForAPhoneTheConsoleSaysHowThereIsOne(t *testing.T) {
	d := newDesk(t, 80, 24).linked(talk())
	d.press("P")
	d.shows("start it with --remote")
}

func TestALockedPageIsSaidAndUnlockedFromTheConsole(t *testing.T) {
	d := newDesk(t, 80, 24).linked(withPhone(true))
	d.shows("PHONE LOCKED")
	d.press("P")
	require.Equal(t, []protocol.Intent{{ID: 1, Do: protocol.DoUnlock, Rev: 9}}, d.link.asked)
}
