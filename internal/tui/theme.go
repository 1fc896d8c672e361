package tui

import "github.com/tikv-demo/tikv-demo/internal/tui/styles"

// dress puts on other looks. What was laid out in the old ones is laid out again.
func (m Model) dress(s styles.Styles) Model {
	m.styles = s
	m.help.Styles = s.Help()
	m.story, m.page, m.kept = &story{}, &page{}, &keptMap{}
	m.chart = &chart{pen: m.chart.pen}
	return m
}

// nextTheme puts on the theme after this one: a bad projector shows itself only
// on stage. What the terminal says of its background later changes nothing.
func (m Model) nextTheme() Model {
	m.asks = false
	if !m.styles.Colours() {
		m.notice = m.say("this terminal has no colours, or NO_COLOR is set")
		return m
	}
	m = m.dress(styles.New(m.cfg.Out, styles.Next(m.styles.Name())))
	m.notice = m.say("theme: %s", m.styles.Name())
	return m
}
