package words

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// phrase is a sentence of a fact: what stands for its figures and names is taken over.
type phrase struct {
	english *regexp.Regexp
	own     string // with $1 for the first of them
}

// phrasebooks have the sentences in which the program itself writes down what it will do
// and why. They are facts, so the record has them in one language.
var phrasebooks = map[Tongue]func() []phrase{German: sync.OnceValue(func() []phrase { return phrases(germanFacts) })}

// phrases gives a vocabulary of facts as patterns, those with the most text first.
func phrases(facts map[string]string) []phrase {
	var keys []string
	for k := range facts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var all []phrase
	for _, k := range keys {
		pattern := strings.NewReplacer("%s", "(.+?)", "%n", `(\S+)`).Replace(regexp.QuoteMeta(k))
		all = append(all, phrase{regexp.MustCompile("^" + pattern + "$"), facts[k]})
	}
	return all
}

// Quote gives a fact in a language. What the phrasebook does not have is quoted as it is.
func (t Tongue) Quote(fact string) string {
	book := phrasebooks[t]
	if book == nil || fact == "" {
		return fact
	}
	for _, p := range book() {
		found := p.english.FindStringSubmatch(fact)
		if found == nil {
			continue
		}
		said := p.own
		for i, part := range found[1:] {
			said = strings.ReplaceAll(said, "$"+string(rune('1'+i)), t.Quote(part))
		}
		return said
	}
	return fact
}
