package export

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/report"
)

// annotation is the body of POST /api/annotations: PostAnnotationsCmd of Grafana's
// OpenAPI document (public/api-merged.json in github.com/grafana/grafana, from which
// grafana-openapi-client-go is generated; grafana.com/docs, "Annotations HTTP API").
// Without a dashboard it is of the organization, and dashboards find it by its tags.
// The text must be there and is shown as HTML. A time of 0 would be the present.
type annotation struct {
	Time    int64    `json:"time"`              // Unix, in milliseconds
	TimeEnd int64    `json:"timeEnd,omitempty"` // of a region
	Tags    []string `json:"tags"`
	Text    string   `json:"text"`
}

// Grafana writes an annotation a line: the fault as a region, and every moment of
// the timeline.
func Grafana(w io.Writer, r report.Report) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	put := func(kind string, from, to time.Time, text string) error {
		a := annotation{Time: from.UnixMilli(), Tags: []string{"tikv-demo", kind}, Text: html.EscapeString(text)}
		if !to.IsZero() {
			a.TimeEnd = to.UnixMilli()
		}
		if r.Run.ID != "" {
			a.Tags = append(a.Tags, "run:"+word(r.Run.ID))
		}
		return out.Encode(a)
	}
	if f := r.Fault; f != nil && r.Score.TTR != nil {
		text := fmt.Sprintf("%s on %s, recovered after %.1f s", f.Fault, strings.Join(f.Targets(), ", "), r.Score.TTR.Duration().Seconds())
		if err := put("fault", f.At, f.At.Add(r.Score.TTR.Duration()), text); err != nil {
			return err
		}
	}
	for _, m := range r.Timeline {
		if err := put(word(m.Who), m.At, time.Time{}, m.Text); err != nil {
			return err
		}
	}
	return nil
}
