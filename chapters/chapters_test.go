package chapters

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func builtIn(t *testing.T) []demo.Chapter { return in(t, English) }

func in(t *testing.T, lang string) []demo.Chapter {
	t.Helper()
	cs, err := Load(Files(lang))
	require.NoError(t, err)
	return cs
}

// languages are those of the built-in talk, with the words that the parts of its notes
// begin with.
var languages = map[string][]string{
	English: {"**Say.**", "**Point at.**", "**If it goes wrong.**", "**Go on with.**"},
	German:  {"**Sagen.**", "**Zeigen.**", "**Wenn es hakt.**", "**Weiter mit.**"},
}

func inEveryLanguage(t *testing.T, look func(t *testing.T, lang string, cs []demo.Chapter)) {
	for lang := range languages {
		t.Run(lang, func(t *testing.T) { look(t, lang, in(t, lang)) })
	}
}

// A talk in another language is the same talk: what it does, how long it may take,
// and which notes come forward when.
func TestEveryLanguagePlaysTheSameTalk(t *testing.T) {
	english := builtIn(t)
	inEveryLanguage(t, func(t *testing.T, lang string, cs []demo.Chapter) {
		key, n := demo.OtherPlay(english, cs)
		require.Empty(t, key, "chapter %d", n)
		for i, c := range cs {
			assert.Equal(t, english[i].Budget, c.Budget, c.ID)
			assert.Equal(t, marks(english[i]), marks(c), c.ID)
			assert.Equal(t, lang == English, english[i].Narration == c.Narration, "%s is not translated", c.ID)
			assert.Equal(t, lang == English, english[i].Notes == c.Notes, "the notes of %s are not translated", c.ID)
		}
	})
}

// marks are the marks of a chapter's notes, in their order.
func marks(c demo.Chapter) (all []string) {
	for _, p := range demo.NoteParts(c.Notes) {
		if p.On != "" {
			all = append(all, p.On)
		}
	}
	return all
}

func TestALanguageThatNobodyWroteIsEnglish(t *testing.T) {
	for _, lang := range []string{"", "fr", "../x", "de/.."} {
		assert.Equal(t, files, Files(lang), lang)
	}
}

func TestTheBuiltInChaptersAreThePlay(t *testing.T) {
	cs := builtIn(t)
	type plan struct {
		id, onEnter, gate string
		auto, blocks      bool
	}
	var got []plan
	for _, c := range cs {
		got = append(got, plan{c.ID, c.OnEnter, c.Gate, c.AutoAdvance, c.BlocksAdvance})
	}
	assert.Equal(t, []plan{
		{"welcome", "", "", false, false},
		{"health", demo.OnEnterCluster, demo.GateHealthy, false, true},
		{"load", demo.OnEnterLoad, demo.GateSteady, true, false},
		{"fault", demo.OnEnterFault, demo.GateFault, false, true},
		{"detection", "", demo.GateTicket, false, false},
		{"diagnosis", demo.OnEnterDiagnose, demo.GateAnswer, false, false},
		{"recovery", demo.OnEnterRecover, demo.GateRecovered, true, true},
		{"complete", demo.OnEnterVerify, demo.GateVerified, false, false},
	}, got)
}

func TestTheNarrationCanBeReadFromTheLastRow(t *testing.T) {
	inEveryLanguage(t, readFromTheLastRow)
}

func readFromTheLastRow(t *testing.T, _ string, cs []demo.Chapter) {
	for _, c := range cs {
		assert.LessOrEqual(t, len(strings.Fields(c.Narration)), 60, "words in %s", c.ID)
		for _, l := range strings.Split(c.Narration, "\n") {
			assert.LessOrEqual(t, len([]rune(l)), 62, "%s: %s", c.ID, l)
		}
		assert.LessOrEqual(t, len([]rune(c.Title)), 20, c.ID)
		assert.LessOrEqual(t, len([]rune(c.KeyHint)), 45, c.ID)
	}
}

func TestTheBudgetsFitATalkOfTwentyFiveMinutes(t *testing.T) {
	var sum time.Duration
	for _, c := range builtIn(t) {
		sum += c.Budget
	}
	assert.LessOrEqual(t, sum, 25*time.Minute)
}

func TestTheSpeakerIsToldWhatToSayShowAndDoInEachChapter(t *testing.T) {
	inEveryLanguage(t, func(t *testing.T, lang string, cs []demo.Chapter) {
		for _, c := range cs {
			for _, part := range languages[lang] {
				assert.Contains(t, c.Notes, part, c.ID)
			}
		}
	})
}
