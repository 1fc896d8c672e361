// Package wordstest finds what a front end says past the vocabulary of its language.
package wordstest

import (
	"regexp"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

var letters = regexp.MustCompile(`\pL{2,}…?`)

// Known are words that may stand in a text of a language.
type Known map[string]bool

// Of gives the words of a language's vocabulary.
func Of(t words.Tongue) Known {
	k := Known{}
	for _, own := range t.Vocabulary() {
		k.Add(own)
	}
	return k
}

// Add adds the words of texts that come from elsewhere and are quoted.
func (k Known) Add(texts ...string) {
	for _, text := range texts {
		for _, w := range letters.FindAllString(text, -1) {
			k[strings.ToLower(w)] = true
		}
	}
}

// Foreign gives the words of a text that are not known. A word that is cut off is not
// judged.
func (k Known) Foreign(text string) []string {
	var all []string
	for _, w := range letters.FindAllString(text, -1) {
		if !k[strings.ToLower(w)] && !strings.HasSuffix(w, "…") {
			all = append(all, w)
		}
	}
	return all
}
