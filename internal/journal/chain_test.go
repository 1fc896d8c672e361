package journal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// written gives the lines of a record that holds a whole run.
func written(t *testing.T) []string {
	t.Helper()
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for i, b := range bodies() {
		at := at.Add(time.Duration(i) * time.Second)
		if _, ok := b.(demo.RecordSealed); ok {
			b = w.Seal()
		}
		require.NoError(t, w.Write(at, b))
	}
	require.NoError(t, w.Close())
	return strings.SplitAfter(strings.TrimSuffix(buf.String(), "\n"), "\n")
}

func verified(t *testing.T, lines []string) Report {
	t.Helper()
	r, err := Verify(strings.NewReader(strings.Join(lines, "")))
	require.NoError(t, err)
	require.Equal(t, r, whileRead(t, lines), "whoever reads a record sees the same")
	return r
}

// whileRead is what a reader finds out about the chain of the lines that it gives.
func whileRead(t *testing.T, lines []string) Report {
	t.Helper()
	reader := NewReader(strings.NewReader(strings.Join(lines, "")))
	for _, err := range reader.Told() {
		require.NoError(t, err)
	}
	return reader.Check()
}

func TestAWholeRecordIsWhole(t *testing.T) {
	lines := written(t)
	lines[len(lines)-1] += "\n"
	r := verified(t, lines)
	require.True(t, r.Whole(), "%v", r.Faults)
	assert.Equal(t, uint64(len(lines)), r.Lines)
	assert.Equal(t, 2, r.Schema)
	assert.Equal(t, "r1", r.Run)
	assert.True(t, r.Ended)
	require.Len(t, r.Seals, 1)
	for _, head := range []string{r.Head, r.Seals[0]} {
		assert.True(t, r.Names(Short(head)))
		assert.True(t, r.Names(head))
		assert.True(t, r.Names(Words(head)))
		assert.True(t, r.Names(strings.ToUpper(strings.ReplaceAll(Words(head), "-", " "))))
	}
	assert.False(t, r.Names("0badc0de"))
	assert.False(t, r.Names(r.Head[:7]), "too short to name anything")
	assert.False(t, r.Names(""))
}

// Whatever is done to a line of a record by one who does not write all of what
// follows anew is found, and the line is named.
func TestVerifyFindsEveryChange(t *testing.T) {
	lines := written(t)
	lines[len(lines)-1] += "\n"
	head := verified(t, lines).Head
	for i := range lines {
		changed := slices.Clone(lines)
		flip := []byte(changed[i])
		flip[len(flip)/2] ^= 1
		changed[i] = string(flip)
		r := verified(t, changed)
		assert.False(t, r.Whole() && r.Names(head), "a bit of line %d", i+1)
		assert.False(t, r.Whole(), "a bit of line %d", i+1)
		dropped := slices.Delete(slices.Clone(lines), i, i+1)
		assert.False(t, verified(t, dropped).Whole(), "without line %d", i+1)
		doubled := slices.Insert(slices.Clone(lines), i, lines[i])
		assert.False(t, verified(t, doubled).Whole(), "line %d twice", i+1)
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
			assert.False(t, verified(t, swapped).Whole(), "lines %d and %d swapped", i, i+1)
			cut := slices.Clone(lines[:i])
			assert.False(t, verified(t, cut).Whole(), "cut after line %d", i)
		}
	}
	r := verified(t, slices.Delete(slices.Clone(lines), 4, 6))
	assert.Equal(t, []string{"2 lines are missing before line 5"}, r.Faults)
	r = verified(t, slices.Insert(slices.Clone(lines), 4, lines[4]))
	assert.Contains(t, r.Faults, "line 6 is there twice")
	r = verified(t, append(slices.Clone(lines[:3]), strings.Replace(lines[3], `"pd":"http`, `"pd":"HTTP`, 1), lines[4]))
	assert.Contains(t, r.Faults, "line 4 was changed after it was written, or line 5 was")
	long := append(slices.Clone(lines[:3]), lines[3][:20])
	assert.Contains(t, verified(t, long).Faults[0], "line 4 was cut off")
	_, err := Verify(strings.NewReader(""))
	require.Error(t, err)
}

// No line follows the last one that would have its hash: every bit of it counts, those
// of its hash of itself and of that key too.
func TestVerifyFindsEveryChangeOfTheLastLine(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	require.NoError(t, w.Write(at, demo.RunStarted{Schema: 2, Run: "r1"}))
	require.NoError(t, w.Write(at, demo.RunFinished{Outcome: demo.OutcomeComplete, Lost: 1, Unknown: 5}))
	require.NoError(t, w.Close())
	first, last, _ := strings.Cut(buf.String(), "\n")
	with := func(line string) Report { return verified(t, []string{first + "\n", line}) }
	require.True(t, with(last).Whole())

	var missed []string
	try := func(line string) {
		if with(line).Whole() {
			missed = append(missed, line)
		}
	}
	for i := range last {
		for bit := range 8 {
			flip := []byte(last)
			flip[i] ^= 1 << bit
			try(string(flip))
		}
		try(last[:i] + last[i+1:])
		try(last[:i] + " " + last[i:])
		try(last[:i])
	}
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(last), &fields))
	require.Contains(t, fields, "self")
	for key, value := range fields {
		field := `"` + key + `":` + string(value)
		try(strings.Replace(strings.Replace(last, ","+field, "", 1), field+",", "", 1))
	}
	require.Empty(t, missed, "%d changes", len(missed))

	self := regexp.MustCompile(`,"self":"[^"]*"`)
	better := strings.Replace(last, `"lost":1`, `"lost":0`, 1)
	const none, changed = "line 2, the last one, has no hash of itself: nothing says whether it was changed", "line 2, the last one, was changed after it was written"
	for line, says := range map[string]string{
		better:                            changed,
		self.ReplaceAllString(last, ""):   none,
		self.ReplaceAllString(better, ""): none,
		strings.Replace(better, `"self"`, `"Self"`, 1): none,
		self.ReplaceAllString(better, `,"self":""`):    changed,
	} {
		require.NotEqual(t, last, line)
		assert.Equal(t, []string{says}, with(line).Faults, line)
	}
}

func TestARecordOfVersion1IsReadAndHasNoChain(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "version1.jsonl"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	r, err := Verify(f)
	require.NoError(t, err)
	assert.Equal(t, 1, r.Schema)
	assert.Contains(t, r.Faults[0], "version 1")
	_, err = f.Seek(0, 0)
	require.NoError(t, err)
	n := 0
	for l := range NewReader(f).lines() {
		require.NoError(t, l.err)
		n++
	}
	assert.Greater(t, n, 20)
	_, err = f.Seek(0, 0)
	require.NoError(t, err)
	for _, err := range NewReader(f).Inputs() {
		require.ErrorIs(t, err, ErrNoInputs)
	}
}

// An input line means the body of an earlier line, or has its own; what is
// damaged is left out and counted.
func TestInputsAreReadInTheirOrder(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	put := func(b demo.Body) uint64 { require.NoError(t, w.Write(at, b)); return w.Lines() }
	put(demo.PlayBegun{Play: 1})
	load := put(demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 7}})
	ticket := put(demo.TicketOpened{ID: "T-1"})
	put(demo.Taken{Event: demo.Event{Line: ticket, Body: demo.TicketOpened{}}})
	put(demo.Taken{Event: demo.Event{Step: 3, Body: demo.Waited{}}})
	put(demo.Taken{Event: demo.Event{Line: load, Play: 1, Body: demo.LoadSeen{}}})
	put(demo.Taken{Event: demo.Event{Line: 999, Body: demo.LoadSeen{}}})
	for _, b := range []demo.Body{demo.Asked{Intent: demo.Force}, demo.LoadStarted{Records: 4}, demo.FaultPlanned{Plan: demo.Plan{Target: "x"}}, demo.Progressed{Text: "y"},
		demo.RecordOpened{Path: "p"}, demo.OutgoingSeen{To: "z"}, demo.SourceFailed{Source: "s"}, demo.Recovered{TTR: 1e9}} {
		put(demo.Taken{Event: demo.Event{Body: b}})
	}
	r := NewReader(strings.NewReader(buf.String() + "rubbish\n"))
	var got []demo.Event
	for e, err := range r.Inputs() {
		require.NoError(t, err)
		assert.Equal(t, at, e.At)
		got = append(got, e)
	}
	require.Len(t, got, 12)
	assert.Equal(t, demo.TicketOpened{ID: "T-1"}, got[1].Body)
	assert.Equal(t, demo.Step(3), got[2].Step)
	assert.Equal(t, int64(7), got[3].Body.(demo.LoadSeen).Ops)
	assert.Equal(t, demo.Asked{Intent: demo.Force}, got[4].Body)
	assert.Equal(t, demo.Recovered{TTR: 1e9}, got[11].Body)
	assert.Equal(t, 2, r.Damaged)
}

func TestWordsSpellTheHead(t *testing.T) {
	assert.Equal(t, wordList[0x3f]+"-"+wordList[0x9a]+"-"+wordList[0x17]+"-"+wordList[0xc2], Words("3f9a17c2ffff"))
	assert.Equal(t, "3f9a17c2", Short("3f9a17c2ffff"))
	assert.Empty(t, Words(""))
	all := slices.Sorted(slices.Values(wordList[:]))
	assert.Len(t, slices.Compact(all), 256)
	for _, w := range wordList {
		assert.Regexp(t, "^[a-z]{3,9}$", w)
	}
}

func TestRecordsArePrivate(t *testing.T) {
	w, err := CreateIn(filepath.Join(t.TempDir(), "runs"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	st, err := os.Stat(w.Path())
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), st.Mode().Perm())
}
