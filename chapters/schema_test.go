package chapters

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	b, err := Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("chapter.json", doc))
	s, err := c.Compile("chapter.json")
	require.NoError(t, err)
	return s
}

// front gives the front matter of a chapter file as an editor's validator sees it.
func front(t testing.TB, content string) any {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(strings.SplitN(content, "---\n", 3)[1]), &v))
	b, err := json.Marshal(v)
	require.NoError(t, err)
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	require.NoError(t, err)
	return out
}

func TestTheShippedChaptersAreValidByTheSchema(t *testing.T) {
	s := compiled(t)
	for name, f := range talk(t) {
		assert.NoError(t, s.Validate(front(t, string(f.Data))), name)
	}
}

// A wrong file is marked by an editor too, and what an editor marks cannot be played.
func TestTheSchemaAndTheParserAgree(t *testing.T) {
	s := compiled(t)
	for _, c := range []struct {
		file, add string
		valid     bool
	}{
		{"01-welcome.md", "", true},
		{"01-welcome.md", "key_hint: Space", true},
		{"01-welcome.md", "colour: red", false},
		{"01-welcome.md", "key_hint: 5", false},
		{"01-welcome.md", `key_hint: " "`, false},
		{"01-welcome.md", `key_hint: "a\nb"`, false},
		{"01-welcome.md", "auto_advance: false", true},
		{"01-welcome.md", `auto_advance: "true"`, false},
		{"01-welcome.md", "gate: soon", false},
		{"01-welcome.md", "on_enter: dance", false},
		{"01-welcome.md", "blocks_advance: true", false},
		{"01-welcome.md", "notes: {a: b}", false},
		{"01-welcome.md", "notes: |\n  One.\n\n  Two.", true},
		{"04-fault.md", "gate: fault", true},
		{"04-fault.md", "gate: healthy", false},
		{"04-fault.md", "auto_advance: true", false},
		{"07-recovery.md", "blocks_advance: false", false},
		{"07-recovery.md", "blocks_advance: true", true},
		{"08-complete.md", "gate: verified", true},
		{"08-complete.md", "gate: recovered", false},
		{"08-complete.md", "auto_advance: true", true},
		{"08-complete.md", "blocks_advance: true", true},
		{"08-complete.md", "budget: 90", false},
		{"08-complete.md", "budget: soon", false},
		{"08-complete.md", "budget: 1h2m3.5s", true},
		{"08-complete.md", "budget: -1s", false},
		{"08-complete.md", "id: Not An Id", false},
	} {
		m := talk(t)
		lines := []string{"---"}
		for _, l := range []string{"id: x", "title: X", "budget: 2m"} {
			if !strings.HasPrefix(c.add, l[:strings.Index(l, ":")+1]) {
				lines = append(lines, l)
			}
		}
		if do := map[string]string{"04-fault.md": "fault.inject", "07-recovery.md": "recover", "08-complete.md": "ledger.verify"}[c.file]; do != "" {
			lines = append(lines, "on_enter: "+do)
		}
		if c.add != "" {
			lines = append(lines, c.add)
		}
		content := strings.Join(append(lines, "---", "Hello.", ""), "\n")
		m[c.file] = &fstest.MapFile{Data: []byte(content)}
		_, err := Load(m)
		assert.Equal(t, c.valid, err == nil, "the parser, %s with %q: %v", c.file, c.add, err)
		assert.Equal(t, c.valid, s.Validate(front(t, content)) == nil, "the schema, %s with %q", c.file, c.add)
	}
}
