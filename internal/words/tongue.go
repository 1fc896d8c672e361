package words

import (
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Tongue is a language of the words. What comes from elsewhere is quoted in it as it
// is: the names of faults and of nodes, what a program or an analyst said, and the
// texts of the chapters, which have a language of their own.
type Tongue string

// The languages. English is written in the code; another one has a vocabulary, in a
// file that has its name.
const (
	English Tongue = ""
	German  Tongue = "de"
)

// vocabularies give the words of a language for the English ones.
var vocabularies = map[Tongue]map[string]string{German: german}

// In gives the language that has this name on the command line; English where the
// program has no other.
func In(name string) Tongue {
	if t := Tongue(name); vocabularies[t] != nil {
		return t
	}
	return English
}

// Vocabulary gives the words of a language for the English ones, nil for English.
func (t Tongue) Vocabulary() map[string]string { return vocabularies[t] }

// Say gives a format's words in a language, with its arguments. A vocabulary may take
// them in another order (%[2]s). The English format goes to Sprintf as it came: vet
// follows it from there to the callers, and checks the arguments of each.
func (t Tongue) Say(format string, args ...any) string {
	if own, known := vocabularies[t][format]; known {
		return fmt.Sprintf(own, args...)
	}
	return fmt.Sprintf(format, args...)
}

// Word gives words in a language that are no format, from a table for example.
func (t Tongue) Word(english string) string {
	if own, known := vocabularies[t][english]; known {
		return own
	}
	return english
}

// Count is Say for a number of things.
func (t Tongue) Count(n int, one, many string) string {
	if n == 1 {
		return t.Say(one, n)
	}
	return t.Say(many, n)
}

// Later marks words that are kept in a table until Word says them.
func Later(english string) string { return english }

// named are names that the play gives, to who did something, to verdicts and to what was
// wrong. The screen shows them as words.
var named = []string{
	whoPresenter, whoDemo, whoCluster, whoLoad, whoChaos, whoMonitor, whoDiagnosis,
	demo.ByAuto, demo.ByAgent,
	string(demo.Held), string(demo.Broken), string(demo.Unknown),
	demo.OutcomeComplete, demo.OutcomeQuit, demo.OutcomeFailed,
	string(demo.SeverityCritical), string(demo.SeverityWarning),
	demo.ViolationLost, demo.ViolationStale, demo.ViolationAbsent, demo.ViolationDamaged, demo.ViolationPhantom,
}
