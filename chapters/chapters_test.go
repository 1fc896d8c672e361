package chapters

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestTheBuiltInChaptersAreThePlay(t *testing.T) {
	cs, err := Load(Files)
	require.NoError(t, err)
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
	assert.Equal(t, cs, Embedded())
}

func TestTheNarrationCanBeReadFromTheLastRow(t *testing.T) {
	for _, c := range Embedded() {
		assert.LessOrEqual(t, len(strings.Fields(c.Narration)), 60, "words in %s", c.ID)
		for _, l := range strings.Split(c.Narration, "\n") {
			assert.LessOrEqual(t, len([]rune(l)), 62, "%s: %s", c.ID, l)
		}
		assert.LessOrEqual(t, len([]rune(c.Title)), 20, c.ID)
		assert.LessOrEqual(t, len([]rune(c.KeyHint)), 45, c.ID)
	}
}

func TestTheBudgetsFitATalkOfTwentyFiveMinutes(t *testing.T) {
	assert.LessOrEqual(t, demo.New(Embedded(), demo.Options{}).Budget().Minutes(), 25.0)
}

func TestTheSpeakerIsToldWhatToSayShowAndDoInEachChapter(t *testing.T) {
	for _, c := range Embedded() {
		for _, part := range []string{"**Say.**", "**Point at.**", "**If it goes wrong.**", "**Go on with.**"} {
			assert.Contains(t, c.Notes, part, c.ID)
		}
	}
}
