package cli

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// What the program itself will do, and why, stands on the screen beside the words of the
// talk. It is a fact of the record, in English, and the screen says it in its language.
func TestAGermanTalkSaysWhatItDoesInGerman(t *testing.T) {
	german := func(fact string) {
		t.Helper()
		require.NotEqual(t, fact, words.German.Quote(fact))
		require.Equal(t, fact, words.English.Quote(fact))
	}
	for _, f := range chaos.Catalogue() {
		for _, kind := range []chaos.Type{f, f.InContainers()} {
			for _, targets := range [][]string{{"tikv-2"}, {"tikv-2", "tikv-3"}} {
				german(kind.Effect(targets...))
				german(kind.Undo(targets...))
				german(fmt.Sprintf("by hand, at 10.0.0.2:20180: %s", kind.Effect(targets...)))
			}
		}
	}
	for _, containers := range []bool{false, true} {
		for _, name := range []string{demo.ActionRestart, demo.ActionResume, demo.ActionReconnect, demo.ActionRestoreLine, demo.ActionResumeGRPC} {
			for _, fault := range []string{demo.TypeCrashed, ""} {
				terms := reflect.ValueOf(actions{containers: containers}.Terms(demo.Action{Name: name, Target: "tikv-2"}, fault))
				for i := range terms.NumField() {
					if fact := terms.Field(i).String(); fact != "SIGSTOP" {
						german(fact)
					}
				}
			}
		}
	}
	for _, why := range []string{"random choice of 3 stores, seed 7", "leads most: 4 of 9 regions", "follows most: leads 1 of its 9 regions", "leads PD, one of 3 members"} {
		german(why)
	}
	require.Equal(t, "ausgelost unter 3 Stores, Startwert 7", words.German.Quote("random choice of 3 stores, seed 7"))
	require.Equal(t, "SIGKILL an tikv-2 und tikv-3: Regionen verlieren ihr Quorum", words.German.Quote("SIGKILL to tikv-2 and tikv-3: regions lose their quorum"))
	require.Equal(t, "It may flicker and go out.", words.German.Quote("It may flicker and go out."), "what others say is quoted")
}
