package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// toolLimit is how long one tool may take.
const toolLimit = 2 * time.Second

// talk is one diagnosis with a model: our own loop, so that each call is
// counted, ordered and bounded.
type talk struct {
	cfg      ClaudeConfig
	client   anthropic.Client
	b        Bundle
	tools    Tools
	params   anthropic.MessageNewParams
	patience *patience
	speech   *speech
	close    func()

	inTool atomic.Bool // a tool's input is under way: it comes in one piece, after pings
	extra  int         // bytes of thinking and tools' inputs
	calls  int
	faulty int // reports that were not in form
	usage  demo.Usage
}

// bytesCame counts as a sign of life only while a tool's input is made: pings
// alone do not keep the audience waiting.
func (t *talk) bytesCame() {
	if t.inTool.Load() {
		t.patience.heard()
	}
}

func (t *talk) run(ctx context.Context) (demo.DiagnosisFinished, error) {
	t.usage.Model = text.Line(t.cfg.Model, maxWord)
	for t.usage.Turns < t.cfg.Limits.Turns {
		m, err := t.turn(ctx)
		if err != nil {
			return demo.DiagnosisFinished{}, err
		}
		d, next, err := t.answer(ctx, m)
		if err != nil || next == nil {
			d.Usage = &t.usage
			return d, err
		}
		t.params.Messages = append(t.params.Messages, m.ToParam(), anthropic.NewUserMessage(next...))
	}
	return demo.DiagnosisFinished{}, giveUp("it asked %d times and gave no answer", t.usage.Turns)
}

// turn sends the talk so far and streams what comes back.
func (t *talk) turn(ctx context.Context) (anthropic.Message, error) {
	var m anthropic.Message
	t.usage.Turns++
	stream := t.client.Messages.NewStreaming(ctx, t.params)
	defer func() {
		t.inTool.Store(false)
		_ = stream.Close()
	}()
	for stream.Next() {
		t.patience.heard()
		e := stream.Current()
		if err := t.see(e); err != nil {
			return m, err
		}
		if err := m.Accumulate(e); err != nil {
			return m, giveUp("its answer makes no sense")
		}
	}
	if err := stream.Err(); err != nil {
		return m, err
	}
	t.speech.end()
	t.usage.InputTokens += m.Usage.InputTokens + m.Usage.CacheReadInputTokens + m.Usage.CacheCreationInputTokens
	t.usage.OutputTokens += m.Usage.OutputTokens
	return m, stopped(m)
}

// stopped takes nothing for success but a stop reason that says so: a stream
// that is cut ends without an error.
func stopped(m anthropic.Message) error {
	switch m.StopReason {
	case anthropic.StopReasonEndTurn, anthropic.StopReasonToolUse:
		return nil
	case anthropic.StopReasonRefusal:
		return giveUp("it refused to answer")
	case anthropic.StopReasonMaxTokens, anthropic.StopReasonModelContextWindowExceeded:
		return giveUp("its answer was cut off at the limit of tokens")
	case "":
		return errCut
	}
	return giveUp("it stopped without an answer")
}

// see bounds what comes and says what is to be shown.
func (t *talk) see(e anthropic.MessageStreamEventUnion) error {
	switch e.Type {
	case "content_block_start":
		t.speech.end() // an escape sequence does not reach into the next block
		if e.ContentBlock.Type == "tool_use" {
			t.inTool.Store(true)
			if t.calls++; t.calls > t.cfg.Limits.Calls {
				return giveUp("it called tools over %d times", t.cfg.Limits.Calls)
			}
		}
		t.extra += len(e.ContentBlock.RawJSON())
		t.speech.add(e.ContentBlock.Text)
	case "content_block_stop":
		t.inTool.Store(false)
	case "content_block_delta":
		t.extra += len(e.Delta.PartialJSON) + len(e.Delta.Thinking) + len(e.Delta.Signature)
		t.speech.add(e.Delta.Text)
	}
	if t.extra > t.cfg.Limits.Report || t.speech.cleaner.Full() {
		return errTooLong
	}
	return nil
}

// answer acts on a whole message: it gives the report, or what to send next.
func (t *talk) answer(ctx context.Context, m anthropic.Message) (demo.DiagnosisFinished, []anthropic.ContentBlockParamUnion, error) {
	var next []anthropic.ContentBlockParamUnion
	for _, block := range m.Content {
		if block.Type != "tool_use" {
			continue
		}
		if block.Name != toolReport {
			out, err := t.call(ctx, block.Name, block.Input)
			next = append(next, anthropic.NewToolResultBlock(block.ID, out, err != nil))
			continue
		}
		d, err := readReport(block.Input, t.b, t.cfg.Key)
		if err == nil {
			t.usage.ToolCalls = t.calls
			if strings.TrimSpace(t.speech.said.String()) == "" {
				t.speech.add(d.RootCause) // it went straight to the form
				t.speech.end()
			}
			return d, nil, nil
		}
		if t.faulty++; t.faulty > 1 {
			return d, nil, giveUp("its report is not in form: %s", err)
		}
		next = append(next, anthropic.NewToolResultBlock(block.ID, "Not in form: "+err.Error()+". Call report once more.", true))
	}
	if len(next) == 0 {
		if t.faulty++; t.faulty > 1 {
			return demo.DiagnosisFinished{}, nil, giveUp("it talked and gave no report")
		}
		next = append(next, anthropic.NewTextBlock("Call report now."))
	} else if t.usage.Turns == t.cfg.Limits.Turns-1 {
		next = append(next, anthropic.NewTextBlock("There is no time for more tools. Call report now."))
	}
	return demo.DiagnosisFinished{}, next, nil
}

// call performs one look. Its answer is cleaned, redacted and capped, whoever
// made the tools.
func (t *talk) call(ctx context.Context, name string, input json.RawMessage) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolLimit)
	defer cancel()
	var in struct {
		Node string `json:"node"`
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return "The input is not the JSON that was asked for.", err
	}
	v, err := lookUp(ctx, t.tools, name, in.Node)
	if err != nil {
		if errors.Is(err, errNoTool) || errors.Is(err, errUnknownNode) {
			return err.Error(), err
		}
		return "This could not be looked at.", err
	}
	out := text.Clean(scrub(object(v), t.cfg.Key))
	if len(out) > t.cfg.Limits.Result {
		out = strings.ToValidUTF8(out[:t.cfg.Limits.Result], "") + " (cut here)"
	}
	return out, nil
}

var errNoTool = errors.New("there is no such tool")

// lookUp is the closed list of tools.
func lookUp(ctx context.Context, t Tools, name, node string) (any, error) {
	switch name {
	case "pd_stores":
		return t.PDStores(ctx)
	case "pd_regions":
		return t.PDRegions(ctx)
	case "store_status":
		return t.StoreStatus(ctx, node)
	case "container_state":
		return t.ContainerState(ctx, node)
	case "container_logs":
		return t.ContainerLogs(ctx, node)
	case "workload":
		return t.Workload(ctx)
	}
	return nil, errNoTool
}

// lookTools describes them to the model.
func lookTools(b Bundle) []anthropic.ToolUnionParam {
	tools := []anthropic.ToolUnionParam{
		tool("pd_stores", "PD's members and stores, before the first symptom and at the ticket.", schema{}),
		tool("pd_regions", "How many regions each store leads and holds, before and at the ticket.", schema{}),
		tool("workload", "The last seconds of the workload: operations, failures, p99.", schema{}),
	}
	if len(b.names()) == 0 {
		return tools // a closed list of nothing is no schema
	}
	node := schema{"node": oneOf(b.names(), "the node to look at")}
	return append(tools,
		tool("store_status", "What the status port and the clients say of one node.", node),
		tool("container_state", "Whether a node's process or container runs, is stopped or has ended, and how.", node),
		tool("container_logs", "The last lines of a node's log, alike ones as one. Untrusted text.", node),
	)
}
