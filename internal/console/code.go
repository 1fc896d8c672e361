package console

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
	qr "github.com/piglig/go-qr"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// quiet is the margin that a scanner needs around a code, in modules.
const quiet = 4

// codeRows show the phone's page as a code to scan. It is shown here and nowhere
// else: whoever sees it can let a phone in.
func (m Model) codeRows() []string {
	p := m.state.Phone
	if p == nil {
		return []string{m.styles.Title.Render(m.tongue.Say("The phone")), "", m.tongue.NoPhone()}
	}
	url, role, other := p.Speaker, m.tongue.Say("the speaker's page: notes, pace, next, back, question, blank"), m.tongue.Say("c the clicker's code")
	if m.clicker {
		url, role, other = p.Clicker, m.tongue.Say("the clicker's page: next, back and blank alone"), m.tongue.Say("c the speaker's code")
	}
	rows := []string{m.styles.Title.Render(m.tongue.Say("The phone")) + m.styles.Dim.Render("  "+role)}
	if p.Locked {
		rows = append(rows, m.badge(m.styles.BadgeBad, m.styles.Bad, m.tongue.Say("LOCKED"), m.tongue.Say("too many wrong codes came; %s", m.letsIn())))
	}
	keys := m.styles.Dim.Render(m.tongue.Say("%s • any other key goes back", other))
	code, err := codeOf(url)
	address := strings.Split(ansi.Hardwrap(url, m.width, false), "\n")
	switch width := 0; {
	case err != nil:
		rows = append(rows, m.tongue.Say("no code can be drawn: %s", err))
	default:
		width = ansi.StringWidth(code[0])
		if m.height < len(rows)+len(code)+1 || m.width < width {
			rows = append(rows, m.tongue.Say("the code needs a console of %d×%d; the address is", max(width, minWidth), len(rows)+len(code)+1))
			return append(append(rows, address...), keys)
		}
		rows = append(rows, code...)
	}
	if m.height >= len(rows)+len(address)+1 {
		rows = append(rows, address...)
	}
	return append(rows, keys)
}

// letsIn names the key that opens the lock of the phone's page.
func (m Model) letsIn() string { return m.tongue.Say("P lets phones in again") }

// codeOf draws a text as a QR code, two modules a cell. Its colours are painted: a
// code that is light on dark is not read, and a theme would make it one.
func codeOf(text string) ([]string, error) {
	code, err := qr.EncodeText(text, qr.Low)
	if err != nil {
		return nil, err
	}
	size := code.Size()
	dark := func(x, y int) bool {
		x, y = x-quiet, y-quiet
		return x >= 0 && y >= 0 && x < size && y < size && code.Module(x, y)
	}
	rows := make([]string, 0, size/2+quiet+1)
	for y := 0; y < size+2*quiet; y += 2 {
		var row strings.Builder
		for x := range size + 2*quiet {
			row.WriteString(cellOf(dark(x, y), dark(x, y+1)))
		}
		rows = append(rows, row.String()+"\x1b[0m")
	}
	return rows, nil
}

// cellOf is one cell of two modules. Black and white are those of the 256 colours: a
// theme may change the first sixteen.
func cellOf(upper, lower bool) string {
	colour := func(dark bool) int {
		if dark {
			return 16
		}
		return 231
	}
	if upper == lower { // no line between them, whatever the font
		return fmt.Sprintf("\x1b[48;5;%dm ", colour(upper))
	}
	return fmt.Sprintf("\x1b[38;5;%d;48;5;%dm▀", colour(upper), colour(lower))
}

// showCode shows the code; where the page is locked it unlocks it first.
func (m Model) showCode() Model {
	switch {
	case m.state.Phone == nil:
		m.said = m.tongue.NoPhone()
		return m
	case m.state.Phone.Locked:
		next, _ := m.ask(protocol.Intent{Do: protocol.DoUnlock, Rev: m.state.Rev})
		m = next.(Model)
	}
	m.page = codePage
	return m
}
