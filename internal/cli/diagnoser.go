package cli

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/diagnose"
)

// Who may diagnose.
const (
	diagnoserAuto     = "auto"
	diagnoserClaude   = "claude"
	diagnoserRules    = "rules"
	diagnoserRecorded = "recorded"
)

var diagnosers = []word{
	{diagnoserAuto, "Claude, a recorded answer, the rules: the first that has an answer"},
	{diagnoserClaude, "Claude, with a key in " + keyVariable},
	{diagnoserRecorded, "a recorded answer, else the rules"},
	{diagnoserRules, "the rules alone"},
}

// keyVariable is the only place that the key is taken from. There is no flag:
// a command line is read by every user of the machine.
const keyVariable = "ANTHROPIC_API_KEY"

func (o *options) bindDiagnoser(f *pflag.FlagSet) {
	f.Var(oneOf(&o.diagnoser, diagnoserAuto, diagnosers), "diagnoser", "who diagnoses; see tikv-demo help diagnosis")
	f.StringVar(&o.model, "model", diagnose.DefaultModel, "`NAME` of the model that is asked, with a key in "+keyVariable)
	f.StringVar(&o.price, "price", "", "`IN,OUT`: what the model costs, in US dollars for a million tokens, such as 3,15; without it no cost is shown")
	f.StringVar(&o.baseURL, "base-url", "", "`URL` where the model is asked; without it $ANTHROPIC_BASE_URL, else the API's own")
}

// parsePrice reads two prices. None is no price: a cost is not made up.
func parsePrice(s string) (diagnose.Price, error) {
	if s == "" {
		return diagnose.Price{}, nil
	}
	in, out, _ := strings.Cut(s, ",")
	var p diagnose.Price
	var errIn, errOut error
	p.Input, errIn = strconv.ParseFloat(strings.TrimSpace(in), 64)
	p.Output, errOut = strconv.ParseFloat(strings.TrimSpace(out), 64)
	if errIn != nil || errOut != nil || !(p.Input >= 0 && p.Output >= 0 && p.Input+p.Output < 1e6) {
		return p, usage("--price %q is not two prices; give US dollars for a million tokens in and out, such as 3,15", s)
	}
	return p, nil
}

// checkDiagnoser finds what no model can be asked with. Nothing is sent. The key
// is taken out of the environment on the way: the cluster's processes, which
// inherit that, have no use for it.
func (o *options) checkDiagnoser() error {
	if key, ok := os.LookupEnv(keyVariable); ok {
		o.key = strings.TrimSpace(key)
		_ = os.Unsetenv(keyVariable)
	}
	if o.model = strings.TrimSpace(o.model); o.model == "" || len(o.model) > 100 {
		return usage("--model is empty or longer than 100 characters")
	}
	var err error
	if o.prices, err = parsePrice(o.price); err != nil {
		return err
	}
	if o.baseURL == "" {
		o.baseURL = os.Getenv("ANTHROPIC_BASE_URL")
	}
	if o.baseURL != "" {
		u, err := url.Parse(o.baseURL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return usage("--base-url (or ANTHROPIC_BASE_URL) is not an address such as https://host")
		}
	}
	if o.diagnoser == diagnoserClaude && o.key == "" {
		return precondition("--diagnoser claude needs a key in %s; without one choose auto, recorded or rules", keyVariable)
	}
	return nil
}

// newDiagnoser makes who was chosen. Below Claude there are always the recorded
// answers and the rules: a talk does not stop because a network does.
func (o *options) newDiagnoser(stateDir string) diagnose.Diagnoser {
	recorded := diagnose.NewRecorded(filepath.Join(stateDir, "answers"))
	switch o.diagnoser {
	case diagnoserRules:
		return diagnose.Rules()
	case diagnoserRecorded:
		return diagnose.NewLadder(nil, recorded)
	}
	return diagnose.NewLadder(diagnose.NewClaude(diagnose.ClaudeConfig{
		Key: o.key, BaseURL: o.baseURL, Model: o.model,
	}), recorded)
}

const (
	logLines = 200
	logBytes = 64 << 10
)

// lastLines gives the end of a log: at most logLines whole lines.
func lastLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, st.Size()-logBytes)
	b, err := io.ReadAll(io.NewSectionReader(f, from, logBytes))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if from > 0 {
		lines = lines[1:] // the first is cut
	}
	return lines[max(0, len(lines)-logLines):], nil
}
