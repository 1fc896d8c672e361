package tui

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/charmbracelet/bubbles/help"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// overlay is what covers the chapter for a while.
type overlay int

const (
	noOverlay overlay = iota
	helpOverlay
	notesOverlay
	blankOverlay
	outgoingOverlay
	sealOverlay
	answerOverlay
	textOverlay
)

// Model is the screen.
type Model struct {
	ctx   context.Context
	cfg   Config
	state demo.State
	start []demo.Effect // of the first chapter, for Init

	width, height int
	now           time.Time // of the latest tick or event; View has no other clock
	over          overlay
	scroll        int // first line of the page that is shown over the chapter
	keys          keyMap
	help          help.Model
	styles        styles.Styles
	story         *story // the narration as it was last rendered
	page          *page  // the long text as it was last cut into lines
	notice        string // what the screen itself has to say, until the next key
	made          time.Time
	asks          bool // the terminal is asked for its background
}

// New makes a screen and enters the first chapter.
func New(ctx context.Context, cfg Config) Model {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Pressed == nil || cfg.Heard == nil {
		cfg.Pressed, cfg.Heard = func() {}, func() {}
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	m := Model{ctx: ctx, cfg: cfg, keys: newKeyMap(), help: help.New(), styles: styles.New(cfg.Out, cfg.Theme), story: &story{}, page: &page{}}
	m.help.Styles = m.styles.Help()
	m.now = cfg.Now()
	m.made = m.now
	m.state, m.start = demo.Begin(cfg.State, m.now)
	return m
}

// Run shows the talk until it has ended, and gives the last state. The
// terminal is as it was afterwards.
func Run(ctx context.Context, cfg Config) (demo.State, error) {
	m := New(ctx, cfg)
	m.asks = cfg.Theme == styles.Auto || cfg.Theme == ""
	var p *tea.Program
	in := &input{File: os.Stdin, seq: sequence{
		answered: func(text string) {
			if b, ok := background(text); ok {
				p.Send(b)
			}
		},
		interrupted: m.cfg.Pressed,
	}}
	// 120 frames a second halve the time from a key to its frame; frames are
	// only written when something has changed.
	p = tea.NewProgram(m, tea.WithContext(ctx), tea.WithAltScreen(), tea.WithFPS(120), tea.WithInput(in), tea.WithOutput(m.cfg.Out), tea.WithoutSignalHandler())
	end, err := p.Run()
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		err = nil // the caller knows why
	}
	last, ok := end.(Model)
	if !ok {
		return m.state, err
	}
	return last.state, err
}

// State gives the state that is shown.
func (m Model) State() demo.State { return m.state }

// Init begins to listen, and performs what the first chapter wants.
func (m Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.perform(m.start), m.listen(), m.tick()}
	if m.asks {
		cmds = append(cmds, askBackground(m.cfg.Out))
	}
	return tea.Batch(cmds...)
}
