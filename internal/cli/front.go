package cli

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// The variables that say how the talk is shown, apart from those that stand for a flag.
const (
	accessibleVariable = "TIKV_DEMO_ACCESSIBLE"
	chartVariable      = "TIKV_DEMO_CHART"
)

// frontFor gives the front end: the one that was named, else what fits, with the reason
// on standard error.
func frontFor(std IO, named string, ascii bool) (string, error) {
	accessible, err := isAccessible()
	if err == nil {
		err = checkChart()
	}
	if err != nil {
		return "", err
	}
	why := noScreen(std)
	switch {
	case named == "tui" && ascii:
		return "", usage("--ascii is plain text; it does not go with --front tui")
	case named == "tui" && !std.Terminal:
		return "", precondition("--front tui needs a terminal; use --front plain or json")
	case named != "":
		return named, nil
	case accessible:
		why = accessibleVariable + " is set"
	case ascii:
		why = "--ascii is plain text"
	case why == "":
		return "tui", nil
	}
	fmt.Fprintln(std.Err, "tikv-demo: "+why+", so --front plain is chosen")
	return "plain", nil
}

// noScreen says why no screen can be shown here, "" where one can.
func noScreen(std IO) string {
	switch {
	case !std.Terminal:
		return "no terminal here"
	case os.Getenv("TERM") == "":
		return "TERM is not set"
	case os.Getenv("TERM") == "dumb":
		return "TERM=dumb cannot show a screen"
	}
	return ""
}

// needScreen refuses a command that nothing but a screen can show.
func needScreen(std IO, what string) error {
	switch why := noScreen(std); {
	case why == "":
		return nil
	case !std.Terminal:
		return precondition("%s needs a terminal", what)
	default:
		return precondition("%s needs a terminal that shows a screen: %s; set TERM to the kind of this terminal, such as xterm-256color", what, why)
	}
}

// isAccessible says whether somebody wants lines in place of a screen everywhere.
func isAccessible() (bool, error) {
	v := os.Getenv(accessibleVariable)
	if v == "" {
		return false, nil
	}
	yes, err := strconv.ParseBool(v)
	if err != nil {
		return false, refused(accessibleVariable+"=", v, nil, refuse("is not true or false; give 1 or 0"))
	}
	return yes, nil
}

// checkChart finds a kind of chart that there is not.
func checkChart() error {
	v := os.Getenv(chartVariable)
	if v == "" || slices.Contains(tui.Charts(), v) {
		return nil
	}
	return refused(chartVariable+"=", v, nil, unknown(v, asWords(tui.Charts())))
}
