package tui

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/charmbracelet/bubbles/help"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/tui/display"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// overlay is what covers the chapter for a while.
type overlay int

const (
	noOverlay overlay = iota
	helpOverlay
	notesOverlay
	outgoingOverlay
	sealOverlay
	answerOverlay
	textOverlay
	overviewOverlay
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
	large         bool         // fewer and larger things
	focus         focus        // the pane that has the whole body
	logOn         bool         // the event log is shown
	cover         Cover        // what hides the talk from the audience
	coveredAt     time.Time    // on the audience's clock
	wall          time.Time    // the audience's clock at the latest tick
	frozen        *Model       // the screen as it was when it was frozen
	frozenFor     string       // of a frozen screen: how old it is
	stand         *Model       // the record that is shown in the place of the live talk, nil for none
	inPlace       bool         // this is a record that stands in
	ofLive        []demo.Offer // what the live talk offers meanwhile
	aside         string       // of a record that stands in: how the live side is
	clocked       string       // and the time since the talk began, which goes on
	clicked       string       // the clicker's key that came last
	clickedAt     time.Time
	sight         sight         // of those who are attached
	rev           uint64        // how often that has changed
	past          *rewind       // what the screen shows instead of the present, nil for nothing
	live          *Model        // of a model that shows the past: the present
	history       *demo.History // of this play
	wrongKey      bool          // a key was pressed that does nothing on a covered screen
	picked        int           // index of the chapter that is picked in the overview
	scroll        int           // first line of the page that is shown over the chapter
	keys          keyMap
	help          help.Model
	tongue        words.Tongue
	styles        styles.Styles
	story         *story   // the narration as it was last rendered
	page          *page    // the long text as it was last cut into lines
	chart         *chart   // the workload as it was last drawn
	kept          *keptMap // the map as it was last drawn
	notice        string   // what the screen itself has to say, until the next key
	made          time.Time
	asks          bool // the terminal is asked for its background

	notWhole bool          // the record that is shown was found not to be whole
	shown    *string       // the frame that was drawn last
	firsts   *firsts       // the first line of each chapter's narration, once it was wanted
	telling  bool          // whoever is attached is told soon
	paceSaid time.Duration // the delay as it was last told them
}

// New makes a screen and enters the first chapter.
func New(ctx context.Context, cfg Config) Model {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Clock == nil {
		cfg.Clock = cfg.Now
		if cfg.Replay != nil {
			cfg.Clock = time.Now
		}
	}
	if cfg.HungUp == nil {
		cfg.HungUp = func() {}
	}
	if cfg.Pressed == nil || cfg.Heard == nil {
		cfg.Pressed, cfg.Heard = func() {}, func() {}
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	tongue := words.In(cfg.State.Options.Lang)
	m := Model{ctx: ctx, cfg: cfg, tongue: tongue, keys: newKeyMap(tongue), help: help.New(), styles: styles.New(cfg.Out, cfg.Theme), logOn: cfg.Log, story: &story{}, shown: new(string), firsts: &firsts{}, page: &page{}, chart: &chart{pen: penOfTerminal()}, kept: &keptMap{}}
	m.help.Styles = m.styles.Help()
	m.now = cfg.Now()
	m.made = m.now
	if cfg.Replay != nil { // the record has begun already
		m.state = cfg.State
		m.history = demo.NewHistory(m.state)
		return m.checked()
	}
	m.state, m.start = demo.Open(cfg.State, m.now)
	m.history = demo.NewHistory(m.state)
	return m
}

// Run shows the talk until it has ended, and gives the last state. The
// terminal is as it was afterwards.
func Run(ctx context.Context, cfg Config) (demo.State, error) {
	m := New(ctx, cfg)
	m.asks = cfg.Theme == styles.Auto || cfg.Theme == ""
	tty, ok := m.cfg.Out.(display.TTY)
	if !ok {
		return m.state, errors.New("the screen needs a terminal")
	}
	var p *display.Program
	in := &input{Input: guard.Input{File: os.Stdin, Lost: m.cfg.HungUp}, seq: sequence{
		answered: func(text string) {
			if b, ok := background(text); ok {
				p.Send(b)
			}
		},
		interrupted: m.cfg.Pressed,
	}}
	p = display.NewProgram(m, m.painter(tty), tea.WithContext(ctx), tea.WithInput(in), tea.WithoutSignalHandler())
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

// Init begins to listen, and executes what the first chapter wants.
func (m Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.execute(m.start), m.listen(), m.tick(), m.hearRequests(), m.filmChapter(-1)}
	if m.asks {
		cmds = append(cmds, askBackground(m.cfg.Out))
	}
	return tea.Batch(cmds...)
}
