package diagnose

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// SourceRecorded is the label of an answer that was recorded.
const SourceRecorded = "RECORDED"

const (
	maxRecording  = 256 << 10 // of one file
	maxRecordings = 200       // files that are looked at
	pieces        = 24        // bytes of prose at a time, as it once streamed
)

// shipped are the recorded answers that come with the program.
//
//go:embed recorded
var shipped embed.FS

// Recording is an answer of Claude's with the evidence that it is about. It is
// shown as it was given: no name and no number of it is rewritten.
type Recording struct {
	At     time.Time              `json:"recorded_at"`
	Digest string                 `json:"evidence_digest"`
	Bundle PublicBundle           `json:"evidence"`
	Facts  []Fact                 `json:"facts"` // the typed form of its items
	Prose  string                 `json:"prose"`
	Answer demo.DiagnosisFinished `json:"answer"`
}

// PublicBundle is the part of a bundle that left the machine.
type PublicBundle struct {
	Ticket string          `json:"invariant"`
	Nodes  []string        `json:"nodes"`
	Items  []demo.Evidence `json:"items"`
}

func (b Bundle) public() PublicBundle {
	return PublicBundle{Ticket: b.Ticket.Invariant, Nodes: b.names(), Items: b.Items}
}

// Digest is the SHA-256 of the evidence: equal digests are the same evidence,
// down to the time of each piece.
func (b Bundle) Digest() string {
	sum := sha256.Sum256([]byte(object(b.public())))
	return hex.EncodeToString(sum[:])
}

// Recorded gives an answer that was recorded for the same class of fault, which
// the rules name. It says when it was recorded and whether the evidence is the
// same.
type Recorded struct {
	dir string // where new ones are kept, "" for nowhere
}

// NewRecorded reads the recordings of dir, and those that come with the program.
func NewRecorded(dir string) *Recorded { return &Recorded{dir: dir} }

// Name is the label on the screen.
func (*Recorded) Name() string { return SourceRecorded }

// opening finds the recording and says what the audience must know of it.
func (r *Recorded) opening(ctx context.Context, b Bundle) (opening, error) {
	rec, _, err := r.find(ctx, b)
	if err != nil {
		return opening{}, err
	}
	words := "recorded " + day(rec.At) + ", different run"
	if rec.Digest == b.Digest() {
		words = "recorded " + day(rec.At) + ", same evidence"
	}
	return opening{about: rec.bundle(b.Ticket), words: words}, nil
}

// bundle gives the evidence of a recording, under the ticket of tonight.
func (r Recording) bundle(t demo.TicketOpened) Bundle {
	b := Bundle{Ticket: t, At: r.At, Items: r.Bundle.Items, Facts: r.Facts}
	for _, n := range r.Bundle.Nodes {
		b.Nodes = append(b.Nodes, demo.Node{Name: n})
	}
	return b
}

// Diagnose tells the recorded answer again. What it proposed for another node
// than the rules blame tonight is not proposed: it was meant for another run.
func (r *Recorded) Diagnose(ctx context.Context, b Bundle, delta func(string)) (demo.DiagnosisFinished, error) {
	rec, suspect, err := r.find(ctx, b)
	if err != nil {
		return demo.DiagnosisFinished{}, err
	}
	for rest := rec.Prose; rest != ""; {
		if ctx.Err() != nil {
			return demo.DiagnosisFinished{}, ctx.Err()
		}
		end := strings.IndexByte(rest[min(pieces, len(rest)):], ' ')
		n := len(rest)
		if end >= 0 {
			n = min(pieces, len(rest)) + end + 1
		}
		delta(rest[:n])
		rest = rest[n:]
	}
	d := rec.Answer
	d.Source, d.Took, d.Correct, d.Beside, d.Usage = SourceRecorded, 0, false, nil, nil
	if d.Component != suspect {
		d.Action = demo.Action{Name: demo.ActionNone}
	}
	checked := check(rec.bundle(b.Ticket), rec.Prose, d)
	d.Claims, d.Verified, d.Grounded = checked.Claims, checked.Verified, checked.Grounded
	return d, nil
}

// find chooses a recording of the class that the rules name: with the same
// evidence, else about the same node, else the latest. The node is the one that
// the rules blame.
func (r *Recorded) find(ctx context.Context, b Bundle) (rec Recording, node string, err error) {
	class, err := Rules().Diagnose(ctx, b, func(string) {})
	if err != nil {
		return Recording{}, "", err
	}
	var found []Recording
	for _, rec := range r.all() {
		if rec.Answer.FaultType == class.FaultType {
			found = append(found, rec)
		}
	}
	if len(found) == 0 {
		return Recording{}, "", giveUp("no answer was recorded for %s", strings.ReplaceAll(class.FaultType, "_", " "))
	}
	digest := b.Digest()
	rank := func(rec Recording) int {
		switch {
		case rec.Digest == digest:
			return 2
		case rec.Answer.Component == class.Component:
			return 1
		}
		return 0
	}
	return slices.MaxFunc(found, func(x, y Recording) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), x.At.Compare(y.At))
	}), class.Component, nil
}

// all reads every recording. A file that is none is passed over: a talk does
// not stop for it.
func (r *Recorded) all() []Recording {
	var out []Recording
	places := []fs.FS{shipped}
	if r.dir != "" {
		places = append(places, os.DirFS(r.dir))
	}
	for _, place := range places {
		names, _ := fs.Glob(place, "*.json")
		inner, _ := fs.Glob(place, "recorded/*.json")
		for _, name := range append(names, inner...) {
			if rec, err := readRecording(place, name); err == nil && len(out) < maxRecordings {
				out = append(out, rec)
			}
		}
	}
	return out
}

// readRecording reads a file that anybody may have written: it is cleaned and
// held to the closed lists like an answer that comes from the network.
func readRecording(place fs.FS, name string) (Recording, error) {
	var rec Recording
	st, err := fs.Stat(place, name)
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxRecording {
		return rec, errors.New("no recording")
	}
	b, err := fs.ReadFile(place, name)
	if err != nil {
		return rec, err
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		return rec, err
	}
	return rec.clean()
}

func (r Recording) clean() (Recording, error) {
	a := &r.Answer
	known := a.Component == "" || slices.Contains(r.Bundle.Nodes, a.Component)
	switch {
	case r.At.IsZero() || !known:
		return r, errors.New("no recording")
	case !slices.Contains(Faults(), a.FaultType) || !slices.Contains(Actions(), a.Action.Name):
		return r, errors.New("not in the closed lists")
	case a.Action.Name != demo.ActionNone && a.Action.Target != a.Component:
		return r, errors.New("it acts on another node than it blames")
	}
	r.Prose = scrub(text.Clean(r.Prose), "")
	for i := range r.Bundle.Nodes {
		r.Bundle.Nodes[i] = text.Line(r.Bundle.Nodes[i], maxWord)
	}
	a.Component, a.Action.Target = text.Line(a.Component, maxWord), text.Line(a.Action.Target, maxWord)
	for i := range r.Bundle.Items {
		e := &r.Bundle.Items[i]
		e.N, e.Source, e.Text = i+1, text.Line(e.Source, maxWord), line(e.Text, "", maxItem)
	}
	a.RootCause, a.Risk = line(a.RootCause, "", maxRootCause), line(a.Risk, "", maxRisk)
	a.Alternatives = a.Alternatives[:min(len(a.Alternatives), maxAlternatives)]
	for i := range a.Alternatives {
		a.Alternatives[i].Cause = line(a.Alternatives[i].Cause, "", maxOther)
		a.Alternatives[i].Against = line(a.Alternatives[i].Against, "", maxOther)
	}
	return r, nil
}

// Keep writes a recording, one for each class and node: the latest stays. It is
// whole or not there.
func (r *Recorded) Keep(rec Recording) error {
	if r.dir == "" {
		return nil
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	b, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	f, err := os.CreateTemp(r.dir, ".answer-*")
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(r.dir, rec.file()))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keep the answer: %w", err)
	}
	return nil
}

// file names a recording by what it is about; a node's name may hold anything.
func (r Recording) file() string {
	safe := strings.Map(func(c rune) rune {
		if wordByte(byte(c)) && c < 128 {
			return c
		}
		return '_'
	}, cmp.Or(r.Answer.Component, "nobody"))
	return r.Answer.FaultType + "-" + safe[:min(len(safe), 60)] + ".json"
}
