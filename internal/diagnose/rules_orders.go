package diagnose

import (
	"slices"
	"strings"
)

// givesOrders says whether a line of a log speaks to its reader instead of about
// its program: by the phrases that are used to make a model do something. Whether
// it is meant so changes nothing, for no line is obeyed; it is shown.
func givesOrders(line string) bool {
	l := strings.ToLower(line)
	return slices.ContainsFunc([]string{
		"ignore all previous", "ignore previous", "ignore all prior", "disregard all", "disregard previous", "disregard the above",
		"forget your instructions", "forget all previous", "new instructions:", "you are now the", "you are the operator", "you must now",
	}, func(phrase string) bool { return strings.Contains(l, phrase) })
}

// maxOrders of one log are evidence, however old they are among its last lines.
const maxOrders = 2

// orders cites what in the logs gives orders: whoever reads the evidence is to
// know that somebody wrote it for them.
func (a *answer) orders() {
	said := map[string]bool{}
	for _, f := range a.b.Facts {
		if f.Kind == LogLine && givesOrders(f.Detail) && !said[f.Node] {
			said[f.Node] = true
			a.say("The log of "+f.Node+" tries to give orders to its reader; that is evidence of somebody who writes to it, and nothing is done for it", f)
		}
	}
}
