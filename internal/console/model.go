package console

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/tui/shell"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Link is the console's side of one connection to a talk.
type Link interface {
	// Next waits for the next line; an error ends the connection.
	Next() (protocol.Line, error)
	// Ask sends an intent and gives the id that its answer will have. It does not
	// wait.
	Ask(protocol.Intent) (uint64, error)
	// Lang names the language of the talk, "" for English.
	Lang() string
	Close() error
}

// Config is what a console needs.
type Config struct {
	Dial  func(context.Context) (Link, error) // finds the talk and attaches to it
	Theme string
	Out   io.Writer
	Now   func() time.Time
	// Final says whether an error of Dial stays: another version, for example.
	Final func(error) bool
}

type (
	linkedMsg struct{ link Link }
	failedMsg struct{ err error } // Dial failed
	lineMsg   struct {
		link Link
		line protocol.Line
	}
	lostMsg struct {
		link Link
		err  error
	}
	tickMsg  time.Time
	againMsg struct{}
)

// page is what the console shows.
type page int

const (
	notesPage page = iota
	screenPage
	helpPage
	leavePage // leave the talk, or only this console?
	codePage  // the code that lets a phone in
)

// redialEvery is how soon a lost link is tried again.
const redialEvery = 500 * time.Millisecond

// Model is the console.
type Model struct {
	ctx    context.Context
	cfg    Config
	styles styles.Styles
	tongue words.Tongue // of the talk, once there was a link; the console has none of its own

	width, height int
	now           time.Time

	link  Link // nil while there is none
	state protocol.State
	heard time.Time // when the latest line came; zero before the first
	why   string    // why there is no link
	err   error     // that ends the console

	page    page
	seen    uint64 // revision that was shown when q asked what to leave
	clicker bool   // the code of the clicker's page is shown
	scroll  int
	at      string          // chapter whose notes are scrolled
	asked   map[uint64]bool // what was asked for and not answered yet
	said    string          // what the latest answer said, until the next key
}

// New makes a console.
func New(ctx context.Context, cfg Config) Model {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Final == nil {
		cfg.Final = func(error) bool { return false }
	}
	return Model{ctx: ctx, cfg: cfg, styles: styles.New(cfg.Out, cfg.Theme), now: cfg.Now(), asked: map[uint64]bool{}}
}

// Err gives what ended the console, nil for the user's wish.
func (m Model) Err() error { return m.err }

// Init dials.
func (m Model) Init() tea.Cmd { return tea.Batch(m.dial(), tick()) }

func tick() tea.Cmd { return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) }) }

func (m Model) dial() tea.Cmd {
	ctx, dial := m.ctx, m.cfg.Dial
	return func() tea.Msg {
		link, err := dial(ctx)
		if err != nil {
			return failedMsg{err}
		}
		return linkedMsg{link}
	}
}

func listen(link Link) tea.Cmd {
	return func() tea.Msg {
		l, err := link.Next()
		if err != nil {
			return lostMsg{link, errors.Join(err, link.Close())}
		}
		return lineMsg{link, l}
	}
}

func again() tea.Cmd { return tea.Tick(redialEvery, func(time.Time) tea.Msg { return againMsg{} }) }

// Update takes one message in.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		m.now = time.Time(msg)
		return m, tick()
	case linkedMsg:
		m.link, m.why, m.tongue = msg.link, "", words.In(msg.link.Lang())
		m.asked = map[uint64]bool{} // what the old link was asked is not repeated
		m.seen = 0                  // nor is its answer to q for this one
		return m, listen(msg.link)
	case failedMsg:
		if m.cfg.Final(msg.err) {
			m.err = msg.err
			return m, tea.Quit
		}
		m.why = msg.err.Error()
		return m, again()
	case lostMsg:
		if msg.link == m.link {
			m.link, m.why = nil, m.tongue.LinkLost()
			return m, again()
		}
	case againMsg:
		return m, m.dial()
	case lineMsg:
		if msg.link != m.link {
			return m, nil
		}
		return m.line(msg.line), listen(msg.link)
	case shell.SuspendedMsg:
		m.page = notesPage // where it is said
		switch {
		case errors.Is(msg.Err, shell.ErrNoShell):
			m.said = m.tongue.NotSuspended()
		case msg.Err != nil:
			m.said = msg.Err.Error()
		}
		return m, nil
	case tea.KeyMsg:
		return m.typed(msg)
	}
	return m, nil
}

// line takes what the talk said.
func (m Model) line(l protocol.Line) Model {
	m.now = m.cfg.Now()
	m.heard = m.now
	switch {
	case l.State != nil:
		m.state = *l.State
		if c, ok := m.chapter(m.state.Current); ok && c.ID != m.at {
			m.at, m.scroll = c.ID, 0
		}
	case l.Answer != nil:
		mine := m.asked[l.Answer.ID]
		delete(m.asked, l.Answer.ID)
		if mine && l.Answer.Result != protocol.ResultOK {
			m.said = l.Answer.Why
		}
	}
	return m
}

func (m Model) chapter(i int) (protocol.Chapter, bool) {
	if i < 0 || i >= len(m.state.Chapters) {
		return protocol.Chapter{}, false
	}
	return m.state.Chapters[i], true
}

// typed takes what came in one read.
func (m Model) typed(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	if k.Type == tea.KeyCtrlZ {
		return m, shell.Suspend()
	}
	return shell.OneByOne(m, k, func(m tea.Model, k tea.KeyMsg) (tea.Model, tea.Cmd) { return m.(Model).press(k) })
}

// press decides what a key means: the console's own keys, or the offer that has
// this key.
func (m Model) press(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	m.said = ""
	key := k.String()
	switch m.page {
	case leavePage:
		return m.leaving(key)
	case codePage:
		return m.atCode(key)
	case helpPage, screenPage:
		if key != "ctrl+c" && key != "q" {
			m.page = notesPage
			return m, nil
		}
	}
	switch key {
	case "ctrl+c":
		return m, tea.Quit
	case "q":
		if !m.asksWhatToLeave() {
			return m, tea.Quit
		}
		m.page, m.seen = leavePage, m.state.Rev
		return m, nil
	case "?":
		m.page = helpPage
		return m, nil
	case "v":
		m.page = screenPage
		return m, nil
	case "P":
		return m.showCode(), nil
	case "up", "k":
		m.scroll = max(0, m.scroll-1)
		return m, nil
	case "down", "j":
		m.scroll = min(m.scroll+1, m.deepest())
		return m, nil
	}
	return m.offer(key)
}

// atCode is a key beside the phone's code.
func (m Model) atCode(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "ctrl+c":
		return m, tea.Quit
	case "P":
		return m.showCode(), nil
	case "c":
		m.clicker = !m.clicker
	default:
		m.page = notesPage
	}
	return m, nil
}

// asksWhatToLeave says whether q can mean the talk.
func (m Model) asksWhatToLeave() bool { return m.link != nil && !m.state.Over }

// leaving answers whether q means the talk or the console. The talk is left as it was
// when that was asked: whether it asks first may be another matter by now.
func (m Model) leaving(key string) (tea.Model, tea.Cmd) {
	m.page = notesPage
	switch key {
	case "c", "ctrl+c":
		return m, tea.Quit
	case "t":
		return m.ask(protocol.Intent{Do: protocol.DoQuit, Rev: m.seen})
	}
	return m, nil
}

// offer asks for what has this key. What the talk does not offer now is asked for
// too: its answer says why not.
func (m Model) offer(key string) (tea.Model, tea.Cmd) {
	for _, enabled := range []bool{true, false} {
		for _, o := range m.state.Offers {
			if o.Enabled == enabled && slices.Contains(o.Keys, key) {
				return m.ask(protocol.Intent{Do: o.Do, N: o.N, Rev: m.state.Rev})
			}
		}
	}
	return m, nil
}

func (m Model) ask(i protocol.Intent) (tea.Model, tea.Cmd) {
	if m.link == nil {
		m.said = m.tongue.Say("there is no link to the talk; press again when there is one")
		return m, nil
	}
	id, err := m.link.Ask(i)
	if err != nil {
		m.said = m.tongue.Say("it could not be sent: %s", err)
		return m, nil
	}
	m.asked[id] = true
	return m, nil
}
