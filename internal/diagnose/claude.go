package diagnose

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// SourceClaude is the label of an answer that Claude gives as it is watched.
const SourceClaude = "CLAUDE LIVE"

// DefaultModel is asked where nobody chose another.
const DefaultModel = anthropic.ModelClaudeSonnet5_5

// Limits bound one diagnosis. Zero values mean the defaults.
type Limits struct {
	Total     time.Duration // 20 s
	FirstWord time.Duration // 6 s, until the first word that can be read
	Silence   time.Duration // 5 s, between two signs of life after the first
	Turns     int           // 6, questions sent
	Calls     int           // 16, tools called in all
	Tokens    int64         // 1500, of output in one turn
	Prose     int           // 16 KiB, streamed
	Report    int           // 64 KiB, of thinking and of tools' inputs
	Wire      int64         // 4 MiB, read from the network
	Result    int           // 8 KiB, of one tool's answer
}

func (l Limits) orDefaults() Limits {
	l.Total = cmp.Or(l.Total, 20*time.Second)
	l.FirstWord = cmp.Or(l.FirstWord, 6*time.Second)
	l.Silence = cmp.Or(l.Silence, 5*time.Second)
	l.Turns = cmp.Or(l.Turns, 6)
	l.Calls = cmp.Or(l.Calls, 16)
	l.Tokens = cmp.Or(l.Tokens, 1500)
	l.Prose = cmp.Or(l.Prose, 16<<10)
	l.Report = cmp.Or(l.Report, 64<<10)
	l.Wire = cmp.Or(l.Wire, 4<<20)
	l.Result = cmp.Or(l.Result, 8<<10)
	return l
}

// ClaudeConfig says how Claude is asked.
type ClaudeConfig struct {
	Key     string // without one nothing is asked
	BaseURL string // the API's own when empty
	Model   string // DefaultModel when empty
	Effort  string // how hard it thinks; low when empty
	Limits  Limits

	Tools     func(Bundle) Tools // over the bundle when nil
	Transport http.RoundTripper  // a fresh one, honouring the proxy variables, when nil
}

// Claude asks Claude over the network. It gives up, in words, rather than wait.
type Claude struct {
	cfg ClaudeConfig
}

// NewClaude makes a Claude. Nothing is sent before Diagnose.
func NewClaude(cfg ClaudeConfig) *Claude {
	cfg.Key = strings.TrimSpace(cfg.Key)
	cfg.Model = cmp.Or(cfg.Model, DefaultModel)
	cfg.Effort = cmp.Or(cfg.Effort, string(anthropic.OutputConfigEffortLow))
	cfg.Limits = cfg.Limits.orDefaults()
	if cfg.Tools == nil {
		cfg.Tools = func(b Bundle) Tools { return frozenTools{b} }
	}
	return &Claude{cfg}
}

// Name is the label on the screen.
func (*Claude) Name() string { return SourceClaude }

// ready says why nothing can be asked, before anything is tried: the client
// library would try for over a second without a key.
func (c *Claude) ready() error {
	if c.cfg.Key == "" {
		return giveUp("there is no key in ANTHROPIC_API_KEY")
	}
	if strings.ContainsFunc(c.cfg.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return giveUp("what is in ANTHROPIC_API_KEY is no key")
	}
	return nil
}

// Outgoing gives the first request as it would leave the machine, without its
// headers: the key is in none of it.
func (c *Claude) Outgoing(b Bundle) ([]byte, error) {
	return json.MarshalIndent(c.params(b), "", "  ")
}

func (c *Claude) params(b Bundle) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model:     c.cfg.Model,
		MaxTokens: c.cfg.Limits.Tokens,
		System:    []anthropic.TextBlockParam{{Text: manner}},
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(scrub(question(b), c.cfg.Key)))},
		Tools:     append(lookTools(b), reportTool(b)),
		Thinking: anthropic.ThinkingConfigParamUnion{OfAdaptive: &anthropic.ThinkingConfigAdaptiveParam{
			Display: anthropic.ThinkingConfigAdaptiveDisplaySummarized,
		}},
		OutputConfig: anthropic.OutputConfigParam{Effort: anthropic.OutputConfigEffort(c.cfg.Effort)},
	}
}

// Diagnose streams Claude's prose, cleaned, and gives its report. Every error
// but the end of ctx is a GaveUp.
func (c *Claude) Diagnose(ctx context.Context, b Bundle, delta func(string)) (demo.DiagnosisFinished, error) {
	if err := c.ready(); err != nil {
		return demo.DiagnosisFinished{}, err
	}
	asked, p := newPatience(ctx, c.cfg.Limits)
	defer p.end()
	t := c.newTalk(b, p, delta)
	defer t.close()
	d, err := t.run(asked)
	if ctx.Err() != nil {
		return demo.DiagnosisFinished{}, ctx.Err()
	}
	if err != nil {
		return demo.DiagnosisFinished{}, whyNot(asked, err)
	}
	d.Source = SourceClaude
	d.Verified = check(b, t.speech.said.String(), d).Verified
	return d, nil
}

// newTalk makes the client of one diagnosis. The environment is not looked at:
// what may be used was given to us.
func (c *Claude) newTalk(b Bundle, p *patience, delta func(string)) *talk {
	t := &talk{cfg: c.cfg, b: b, patience: p, tools: c.cfg.Tools(b), params: c.params(b)}
	t.speech = &speech{key: c.cfg.Key, out: func(s string) {
		p.spoke()
		delta(s)
	}}
	t.speech.cleaner.MaxBytes = c.cfg.Limits.Prose
	next := c.cfg.Transport
	if next == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		t.close = own.CloseIdleConnections
		next = own
	} else {
		t.close = func() {}
	}
	w := &wire{next: next, bytes: t.bytesCame}
	w.left.Store(c.cfg.Limits.Wire)
	options := []option.RequestOption{
		option.WithoutEnvironmentDefaults(),
		option.WithAPIKey(c.cfg.Key),
		option.WithMaxRetries(0), // with retries a long retry-after hides the refusal until time is up
		option.WithHTTPClient(&http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}),
	}
	if c.cfg.BaseURL != "" {
		options = append(options, option.WithBaseURL(c.cfg.BaseURL))
	}
	t.client = anthropic.NewClient(options...)
	return t
}
