package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// openRCATask is the task of OpenRCA whose answer names components and reasons. Its
// other tasks ask for the time too, which no answer of a talk names.
const openRCATask = "task_6"

// Answered is a round of an evaluation with a fault: what is true, and what was
// answered.
type Answered struct {
	At         time.Time // of the fault
	Components []string  // that were broken
	Reason     string    // the type of the fault
	Card       []demo.Scored
}

// OpenRCASources gives who answered, in the order in which they first did.
func OpenRCASources(rounds []Answered) []string {
	var out []string
	for _, r := range rounds {
		for _, c := range r.Card {
			if !slices.Contains(out, c.Source) {
				out = append(out, c.Source)
			}
		}
	}
	return out
}

// OpenRCAQueries writes the rounds as OpenRCA's query.csv: what is asked, and what
// an answer is scored by.
func OpenRCAQueries(w io.Writer, rounds []Answered) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"task_index", "instruction", "scoring_points"}}
	for _, r := range rounds {
		rows = append(rows, []string{openRCATask, r.instruction(), r.points()})
	}
	return out.WriteAll(rows)
}

// OpenRCAAnswers writes what one source answered, as the file that OpenRCA's
// evaluation reads: a line for each line of the queries. Where the source was not
// asked its answer is empty.
func OpenRCAAnswers(w io.Writer, rounds []Answered, source string) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"row_id", "task_index", "instruction", "prediction", "groundtruth"}}
	for i, r := range rounds {
		var v demo.Verdict
		for _, c := range r.Card {
			if c.Source == source {
				v = c.Verdict
			}
		}
		prediction, err := predictionOf(v)
		if err != nil {
			return err
		}
		truth := fmt.Sprintf("component: %s\nreason: %s\ndatetime: %s", strings.Join(r.Components, ", "), r.Reason, r.datetime())
		rows = append(rows, []string{strconv.Itoa(i), openRCATask, r.instruction(), prediction, truth})
	}
	return out.WriteAll(rows)
}

func (r Answered) datetime() string { return r.At.UTC().Format("2006-01-02 15:04:05") }

func (r Answered) instruction() string {
	from := r.At.UTC().Truncate(30 * time.Minute)
	return fmt.Sprintf("```known\n- time range: %s to %s\n- number of failures: %d\n```\n```query\n- root cause component: **UNKNOWN**\n- root cause reason: **UNKNOWN**\n```",
		from.Format("2006-01-02 15:04:05"), from.Add(30*time.Minute).Format("2006-01-02 15:04:05"), len(r.Components))
}

// points are the sentences that OpenRCA's evaluation looks for.
func (r Answered) points() string {
	var b strings.Builder
	for i, component := range r.Components {
		which := "only"
		if len(r.Components) > 1 {
			which = fmt.Sprintf("%d-th", i+1)
		}
		fmt.Fprintf(&b, "The %s predicted root cause component is %s\nThe %s predicted root cause reason is %s\n", which, component, which, r.Reason)
	}
	return b.String()
}

// componentsOf gives the nodes that an answer names: "tikv-1, tikv-3", or "tikv-1
// and tikv-3"; one that is empty where it names none.
func componentsOf(said string) []string {
	named := strings.FieldsFunc(said, func(r rune) bool { return r == ',' || r == ' ' })
	named = slices.DeleteFunc(named, func(s string) bool { return s == "and" })
	if len(named) == 0 {
		return []string{""}
	}
	return named
}

// predictionOf writes an answer as OpenRCA has it: an object for each component,
// whose keys have this order.
func predictionOf(v demo.Verdict) (string, error) {
	type cause struct {
		Component string `json:"root cause component"`
		Reason    string `json:"root cause reason"`
	}
	var b strings.Builder
	b.WriteString("{")
	for i, component := range componentsOf(v.Component) {
		text, err := json.Marshal(cause{component, v.FaultType})
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteString(", ")
		}
		// OpenRCA's evaluation looks for a blank after each colon and comma.
		spaced := strings.NewReplacer(`":"`, `": "`, `","`, `", "`).Replace(string(text))
		fmt.Fprintf(&b, "%q: %s", strconv.Itoa(i+1), spaced)
	}
	return b.String() + "}", nil
}
