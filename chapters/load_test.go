package chapters

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// talk gives a copy of the built-in files, so that a test can spoil some.
func talk(t testing.TB) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(Files(English), "*.md")
	require.NoError(t, err)
	m := fstest.MapFS{}
	for _, n := range names {
		b, err := fs.ReadFile(Files(English), n)
		require.NoError(t, err)
		m[n] = &fstest.MapFile{Data: b}
	}
	return m
}

// faultsOf loads and gives the faults as they are printed.
func faultsOf(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	_, err := Load(fsys)
	if err == nil {
		return nil
	}
	var e *Error
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Faults)
	return strings.Split(e.Error(), "\n")
}

const welcome = "---\nid: welcome\ntitle: Welcome\nbudget: 2m\n---\nHello.\n"

// spoilt is one file that is changed or added, and what is said about it.
type spoilt struct {
	name, file, text string
	want             []string
}

func check(t *testing.T, cases []spoilt) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := talk(t)
			m[c.file] = &fstest.MapFile{Data: []byte(c.text)}
			assert.Equal(t, c.want, faultsOf(t, m))
		})
	}
}

func TestEachFaultOfAKeyIsReportedWithFileLineAndKey(t *testing.T) {
	check(t, []spoilt{
		{"an unknown key", "01-welcome.md", "---\nid: welcome\ntitle: Welcome\ncolour: red\nbudget: 2m\n---\nHello.\n",
			[]string{"01-welcome.md:4: colour: unknown key; the keys are id, title, budget, key_hint, on_enter, gate, auto_advance, blocks_advance, notes"}},
		{"a key given twice", "01-welcome.md", "---\nid: welcome\ntitle: Welcome\nbudget: 2m\ntitle: Again\n---\nHello.\n",
			[]string{"01-welcome.md:5: title: given again; line 3 has it already"}},
		{"missing keys", "01-welcome.md", "---\nkey_hint: Space\n---\nHello.\n",
			[]string{"01-welcome.md:1: id: is missing", "01-welcome.md:1: title: is missing", "01-welcome.md:1: budget: is missing"}},
		{"empty front matter", "01-welcome.md", "---\n---\nHello.\n",
			[]string{"01-welcome.md:1: id: is missing", "01-welcome.md:1: title: is missing", "01-welcome.md:1: budget: is missing"}},
		{"values of the wrong type", "01-welcome.md", "---\nid: 5\ntitle: [a]\nbudget: 90\nkey_hint: true\nauto_advance: yes\nblocks_advance: \"true\"\nnotes: {a: b}\n---\nHello.\n",
			[]string{
				"01-welcome.md:2: id: must be text, not the number 5",
				"01-welcome.md:3: title: must be text, not a list",
				"01-welcome.md:4: budget: must be a duration such as 90s or 2m30s, not the number 90",
				"01-welcome.md:5: key_hint: must be text, not the truth value true",
				`01-welcome.md:6: auto_advance: must be true or false, not "yes"`,
				`01-welcome.md:7: blocks_advance: must be true or false, not "true"`,
				"01-welcome.md:8: notes: must be text, not a group of keys",
			}},
		{"values that say nothing", "01-welcome.md", "---\nid: welcome\ntitle: \" \"\nbudget: -1s\nkey_hint:\n---\nHello.\n",
			[]string{
				"01-welcome.md:3: title: is empty; write something or leave the key out",
				"01-welcome.md:4: budget: -1s is out of range; give more than 0 and at most 2h0m0s",
				"01-welcome.md:5: key_hint: has no value; give one or leave the key out",
			}},
		{"several lines where one is meant", "01-welcome.md", "---\nid: welcome\ntitle: |\n  a\n  b\nbudget: 2m\n---\nHello.\n",
			[]string{"01-welcome.md:3: title: must be a single line"}},
		{"an id that cannot be typed", "01-welcome.md", strings.Replace(welcome, "id: welcome", "id: Wel come", 1),
			[]string{`01-welcome.md:2: id: "Wel come" is no id; use small letters, digits and hyphens, beginning with a letter`}},
		{"an unknown gate", "05-detection.md", "---\nid: detection\ntitle: D\nbudget: 2m\ngate: tickets\n---\nHello.\n",
			[]string{`05-detection.md:5: gate: "tickets" is not known; choose one of healthy, steady, fault, ticket, answer, recovered, verified, or leave the key out`}},
		{"an unknown effect", "08-complete.md", "---\nid: complete\ntitle: C\nbudget: 2m\non_enter: verify\n---\nHello.\n",
			[]string{`08-complete.md:5: on_enter: "verify" is not known; choose one of cluster.start, load.start, fault.inject, diagnose, recover, ledger.verify, or leave the key out`}},
	})
}

func TestAFileThatIsNoChapterSaysWhy(t *testing.T) {
	check(t, []spoilt{
		{"no front matter", "01-welcome.md", "Hello.\n",
			[]string{`01-welcome.md:1: the file must begin with a line "---", front matter, and another line "---"`}},
		{"an empty file", "01-welcome.md", "",
			[]string{`01-welcome.md:1: the file must begin with a line "---", front matter, and another line "---"`}},
		{"front matter without an end", "01-welcome.md", "---\nid: welcome\n",
			[]string{`01-welcome.md:1: the front matter has no end; close it with a line "---"`}},
		{"no narration", "01-welcome.md", "---\nid: welcome\ntitle: W\nbudget: 2m\n---\n\n  \n",
			[]string{"01-welcome.md:5: there is no narration after the front matter; write what the audience reads"}},
		{"front matter that is no YAML", "01-welcome.md", "---\nid: welcome\ntitle: \"W\nbudget: 2m\n---\nHello.\n",
			[]string{"01-welcome.md:3: not YAML: found unexpected end of stream"}},
		{"front matter that is broken in its first line", "01-welcome.md", "---\nid: @x\n---\nHello.\n",
			[]string{"01-welcome.md:2: not YAML: found character that cannot start any token"}},
		{"a list without an end", "01-welcome.md", "---\nid: welcome\ntitle: [W\nbudget: 2m\n---\nHello.\n",
			[]string{"01-welcome.md:3: not YAML: did not find expected ',' or ']'"}},
		{"front matter that is a list", "01-welcome.md", "---\n- id\n---\nHello.\n",
			[]string{"01-welcome.md:1: id: is missing", "01-welcome.md:1: title: is missing", "01-welcome.md:1: budget: is missing", `01-welcome.md:2: the front matter must be lines of the form "key: value"`}},
		{"a character that a terminal obeys", "01-welcome.md", strings.Replace(welcome, "Hello.", "Hello\x1b[2J.", 1),
			[]string{"01-welcome.md:6: holds a control character; a terminal would obey it"}},
		{"a control character by an escape of YAML", "01-welcome.md", "---\nid: welcome\ntitle: \"Hi \\e[2J\"\nbudget: 2m\nkey_hint: \"\\a\"\nnotes: \"a\\x9b2J\"\n---\nHello.\n",
			[]string{
				"01-welcome.md:3: title: holds a control character; a terminal would obey it",
				"01-welcome.md:5: key_hint: holds a control character; a terminal would obey it",
				"01-welcome.md:6: notes: holds a control character; a terminal would obey it",
			}},
		{"a character that reorders the line", "01-welcome.md", strings.Replace(welcome, "Hello.", "Hello \u202egnp.", 1),
			[]string{"01-welcome.md:6: holds a control character; a terminal would obey it"}},
		{"a file that is no text", "01-welcome.md", welcome + "\xff\xfe",
			[]string{"01-welcome.md: line 7 is not UTF-8; save the file as UTF-8"}},
		{"a file in UTF-16", "01-welcome.md", "\xff\xfeh\x00",
			[]string{"01-welcome.md: the file is UTF-16; save it as UTF-8"}},
		{"a control character in a key and in a number", "01-welcome.md", "---\nid: welcome\n\"\\e]0;OWNED\\a\": x\ntitle: !!int \"\\e[2J\"\nbudget: 2m\n---\nHello.\n",
			[]string{
				`01-welcome.md:3: "\x1b]0;OWNED\a": unknown key; the keys are id, title, budget, key_hint, on_enter, gate, auto_advance, blocks_advance, notes`,
				`01-welcome.md:4: title: must be text, not the number "\x1b[2J"`,
			}},
		{"a value that is a comment", "01-welcome.md", strings.Replace(welcome, "Welcome", "# Welcome", 1),
			[]string{"01-welcome.md:3: title: has no value: from # on it is a comment to YAML; put the value in quotes"}},
		{"a control character in a file's name", "01-\x1b[2Jwelcome.md", "Hello.\n",
			[]string{
				`01-welcome.md:1: the file must begin with a line "---", front matter, and another line "---"`,
				"a talk has 8 chapter files, named like 01-welcome.md; here are 9: 01-welcome.md, 01-welcome.md, 02-health.md, 03-load.md, 04-fault.md, 05-detection.md, 06-diagnosis.md, 07-recovery.md, 08-complete.md",
			}},
		{"a file that is too long", "01-welcome.md", welcome + strings.Repeat("x", maxFile),
			[]string{"01-welcome.md: the file is longer than 64 KiB; a chapter is a page of text"}},
	})
}

func TestAFileThatDoesNotFitThePlaySaysWhy(t *testing.T) {
	check(t, []spoilt{
		{"an id that is taken", "02-health.md", "---\nid: welcome\ntitle: H\nbudget: 2m\non_enter: cluster.start\n---\nHello.\n",
			[]string{`02-health.md:2: id: "welcome" is the id of 01-welcome.md already`}},
		{"a fault chapter that contradicts its constructor", "04-fault.md", "---\nid: fault\ntitle: F\nbudget: 2m\non_enter: fault.inject\ngate: healthy\nauto_advance: true\nblocks_advance: false\n---\nHello.\n",
			[]string{
				`04-fault.md:6: gate: a chapter with on_enter: fault.inject has the gate "fault", not "healthy"`,
				"04-fault.md:7: auto_advance: a chapter with on_enter: fault.inject has false here, not true",
				"04-fault.md:8: blocks_advance: a chapter with on_enter: fault.inject has true here, not false",
			}},
		{"a recovery chapter that contradicts its constructor", "07-recovery.md", "---\nid: recovery\ntitle: R\nbudget: 2m\non_enter: recover\nauto_advance: false\n---\nHello.\n",
			[]string{"07-recovery.md:6: auto_advance: a chapter with on_enter: recover has true here, not false"}},
		{"a last reading whose gate is another one", "08-complete.md", "---\nid: complete\ntitle: C\nbudget: 2m\non_enter: ledger.verify\ngate: recovered\n---\nHello.\n",
			[]string{`08-complete.md:6: gate: a chapter with on_enter: ledger.verify has the gate "verified", not "recovered"`}},
		{"a talk that verifies nothing", "08-complete.md", "---\nid: complete\ntitle: C\nbudget: 2m\n---\nHello.\n",
			[]string{"no chapter has on_enter: ledger.verify; without it no key is read again, and the talk proves nothing"}},
		{"a gate that never opens", "01-welcome.md", "---\nid: welcome\ntitle: W\nbudget: 2m\ngate: ticket\n---\nHello.\n",
			[]string{`01-welcome.md:5: gate: "ticket" never opens; it needs on_enter: fault.inject in this chapter or an earlier one`}},
		{"a chapter that waits for nothing", "01-welcome.md", "---\nid: welcome\ntitle: W\nbudget: 2m\nblocks_advance: true\n---\nHello.\n",
			[]string{"01-welcome.md:5: blocks_advance: a chapter without on_enter has nothing to wait for; its gate would never open"}},
		{"the same effect twice", "08-complete.md", "---\nid: complete\ntitle: C\nbudget: 2m\non_enter: diagnose\n---\nHello.\n",
			[]string{
				`08-complete.md:5: on_enter: "diagnose" is done by 06-diagnosis.md already`,
				"no chapter has on_enter: ledger.verify; without it no key is read again, and the talk proves nothing",
			}},
		{"a chapter too many", "09-more.md", "---\nid: more\ntitle: M\nbudget: 2m\n---\nHello.\n",
			[]string{"a talk has 8 chapter files, named like 01-welcome.md; here are 9: 01-welcome.md, 02-health.md, 03-load.md, 04-fault.md, 05-detection.md, 06-diagnosis.md, 07-recovery.md, 08-complete.md, 09-more.md"}},
	})
}

func TestAllFaultsOfAllFilesAreReportedTogether(t *testing.T) {
	m := talk(t)
	m["01-welcome.md"] = &fstest.MapFile{Data: []byte("---\nid: welcome\ncolour: red\n---\n")}
	m["03-load.md"] = &fstest.MapFile{Data: []byte("---\nid: load\ntitle: L\nbudget: soon\non_enter: load.start\ngate: steadily\n---\nHello.\n")}
	delete(m, "08-complete.md")
	assert.Equal(t, []string{
		"01-welcome.md:1: title: is missing",
		"01-welcome.md:1: budget: is missing",
		"01-welcome.md:3: colour: unknown key; the keys are id, title, budget, key_hint, on_enter, gate, auto_advance, blocks_advance, notes",
		"01-welcome.md:4: there is no narration after the front matter; write what the audience reads",
		`03-load.md:4: budget: must be a duration such as 90s or 2m30s, not "soon"`,
		`03-load.md:6: gate: "steadily" is not known; choose one of healthy, steady, fault, ticket, answer, recovered, verified, or leave the key out`,
		"a talk has 8 chapter files, named like 01-welcome.md; here are 7: 01-welcome.md, 02-health.md, 03-load.md, 04-fault.md, 05-detection.md, 06-diagnosis.md, 07-recovery.md",
	}, faultsOf(t, m))
}

func TestChaptersInAnOrderThatCannotBePlayedAreFaults(t *testing.T) {
	m := talk(t)
	m["02-health.md"], m["03-load.md"] = m["03-load.md"], m["02-health.md"]
	assert.Equal(t, []string{`02-health.md:6: on_enter: "load.start" needs on_enter: cluster.start in an earlier chapter`}, faultsOf(t, m))
}

func TestAnEmptyDirectorySaysWhatIsExpected(t *testing.T) {
	assert.Equal(t, []string{"a talk has 8 chapter files, named like 01-welcome.md; here are 0"}, faultsOf(t, fstest.MapFS{}))
}

func TestWhatAnEditorAddsIsNoFault(t *testing.T) {
	m := talk(t)
	m["01-welcome.md"] = &fstest.MapFile{Data: []byte("\uFEFF" + strings.ReplaceAll(welcome, "\n", "\r\n"))}
	for _, name := range []string{"notes.txt", "README.md", "todo.md", ".#01-welcome.md", "._01-welcome.md", "01-welcome.md~", "#01-welcome.md#", ".01-welcome.md.swp", "01-welcome.md.bak"} {
		m[name] = &fstest.MapFile{Data: []byte("not a chapter\x00\xff")}
	}
	cs, err := Load(m)
	require.NoError(t, err)
	assert.Equal(t, "welcome", cs[0].ID)
	assert.Equal(t, "Hello.", cs[0].Narration)
}

func TestAPipeIsNotOpened(t *testing.T) {
	m := talk(t)
	m["01-welcome.md"].Mode = fs.ModeNamedPipe
	assert.Equal(t, []string{"01-welcome.md: not a regular file; remove it or rename it"}, faultsOf(t, m))
}

func TestTheConstructorsFillInWhatAFileLeavesOut(t *testing.T) {
	m := talk(t)
	m["04-fault.md"] = &fstest.MapFile{Data: []byte("---\nid: fault\ntitle: F\nbudget: 2m\non_enter: fault.inject\n---\nHello.\n")}
	m["07-recovery.md"] = &fstest.MapFile{Data: []byte("---\nid: recovery\ntitle: R\nbudget: 2m\non_enter: recover\n---\nHello.\n")}
	m["08-complete.md"] = &fstest.MapFile{Data: []byte("---\nid: complete\ntitle: C\nbudget: 2m\non_enter: ledger.verify\nauto_advance: true\n---\nHello.\n")}
	cs, err := Load(m)
	require.NoError(t, err)
	assert.Equal(t, "fault", cs[3].Gate)
	assert.True(t, cs[3].BlocksAdvance)
	assert.True(t, cs[6].AutoAdvance)
	assert.Equal(t, "verified", cs[7].Gate)
	assert.True(t, cs[7].AutoAdvance, "that is the file's to say")
}

func FuzzALoadIsRightOrSaysWhatIsWrong(f *testing.F) {
	for _, file := range talk(f) {
		f.Add(file.Data)
	}
	f.Add([]byte("---\nid: &a x\ntitle: *a\nbudget: !!str 2m\n--- x\n---\nb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := talk(t)
		m["02-health.md"] = &fstest.MapFile{Data: data}
		cs, err := Load(m)
		if err == nil {
			require.Len(t, cs, 8)
			require.NotEmpty(t, cs[1].Narration)
			require.Positive(t, cs[1].Budget)
			return
		}
		var e *Error
		require.True(t, errors.As(err, &e), err)
		lines := strings.Count(string(data), "\n") + 2 // YAML may stop after the last one
		for _, x := range e.Faults {
			require.NotEmpty(t, x.Problem)
			if x.File == "02-health.md" {
				require.LessOrEqual(t, x.Line, lines, "%s", x)
			}
		}
	})
}

// A directory that cannot be listed is not one without chapters.
func TestADirectoryThatCannotBeListedSaysWhy(t *testing.T) {
	_, err := Load(os.DirFS(filepath.Join(t.TempDir(), "missing")))
	require.ErrorContains(t, err, "list chapter files: ")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// Markdown goes by the indentation: of a list in a list, and of code.
func TestTheFirstLineOfTheNarrationKeepsItsIndentation(t *testing.T) {
	for _, narration := range []string{"    kubectl get pods\n    kubectl top", "  - a\n  - b"} {
		m := talk(t)
		m["01-welcome.md"] = &fstest.MapFile{Data: []byte("---\nid: welcome\ntitle: Welcome\nbudget: 2m\n---\n\n  \n" + narration + "\n\n")}
		files, err := Read(m)
		require.NoError(t, err)
		require.Equal(t, narration, files[0].Chapter.Narration)
		require.Equal(t, 8, files[0].NarrationLine(1))
	}
}
