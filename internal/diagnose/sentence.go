package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	marker   = regexp.MustCompile(`^\s*(?:[-*+•]|\d{1,2}[.)]|#{1,6})\s+`)
	emphasis = strings.NewReplacer("anything but", "far from", "**", "", "`", "", "‐", "-", "‑", "-", "’", "'", "\u00a0", " ", "\u202f", " ")
	heading  = regexp.MustCompile(`^\s*#{1,6}\s`)

	// clauseEnd is where what a negation denies ends.
	clauseEnd = regexp.MustCompile(`[,;:()—–]|\b(?:and|but|while|whereas|because|since|so|yet|though|although|which)\b`)
)

// plainText takes Markdown off a sentence, and writes signs that have several forms
// in one.
func plainText(s string) string { return emphasis.Replace(marker.ReplaceAllString(s, "")) }

// clauses splits a sentence into what is said at once.
func clauses(s string) []string { return clauseEnd.Split(s, -1) }

// foreign says whether a sentence has signs that look like others: with a Cyrillic
// letter neither the name of a store nor a "not" is found.
func foreign(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case r < unicode.MaxASCII:
			return false
		case unicode.IsLetter(r):
			return r > unicode.MaxLatin1 && (r >= 0x250 || !unicode.Is(unicode.Latin, r))
		}
		return unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r)
	})
}

// hedges are words by which a sentence says nothing for certain.
var hedges = []string{"perhaps", "maybe", "possibly", "might", "allegedly", "supposedly", "presumably", "may or may not"}

// commits says why a sentence asserts nothing.
func commits(s string) string {
	if strings.HasSuffix(strings.TrimRight(citation.ReplaceAllString(s, ""), " *_)]"), "?") {
		return "a question shows nothing"
	}
	all := " " + strings.Join(wordsOf(s), " ") + " "
	if slices.ContainsFunc(hedges, func(h string) bool { return strings.Contains(all, " "+h+" ") }) {
		return "it does not say so for certain"
	}
	return ""
}

// title says whether a line without citations only introduces what follows. One that
// names a node, a figure or a cause is a claim.
func title(s string, names []string) bool {
	bare := strings.TrimSpace(plainText(s))
	if !heading.MatchString(s) && !strings.HasSuffix(bare, ":") || len(names) > 0 || number.MatchString(bare) {
		return false
	}
	words := wordsOf(bare)
	return len(words) <= titleLength && !slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(alternatives, func(a alternativeWords) bool { return begins(w, a.words) }) ||
			slices.ContainsFunc(topics, func(t topic) bool { return begins(w, t.words) })
	})
}

const titleLength = 6

// abbreviation at the end of what looks like a sentence: it goes on.
var abbreviation = regexp.MustCompile(`(?i)(?:\be\.g|\bi\.e|\bvs|\bapprox|\bcf|^\s*\d{1,2}|\n\s*\d{1,2})\.\s+$`)

// negators deny the words that follow them within negationReach.
var negators = []string{"not", "no", "never", "none", "without", "neither", "nor", "cannot", "nothing", "nobody", "hardly", "zero"}

const negationReach = 5

var (
	// deniers deny the rest of their clause.
	deniers = regexp.MustCompile(`\b(?:false|untrue|incorrect|wrong|far from|anything but|rather than|instead of|failed to|fails to|` +
		`not true|not the case|nothing .*(?:suggests?|shows?|indicates?)|no (?:sign|evidence|indication|trace|proof))\b`)
	// affirmers look like negations and are none.
	affirmers = regexp.MustCompile(`\b(?:no doubt|cannot be denied|not only)\b`)
)

// word is one of a clause, with whether it is denied there and the node that was
// named last before it.
type word struct {
	text    string
	denied  bool
	subject string
}

// parse gives the words of a sentence.
func parse(s string, names []string) []word {
	var all []word
	for _, c := range clauses(affirmers.ReplaceAllString(strings.ToLower(citation.ReplaceAllString(s, "")), "")) {
		from := -1
		if at := deniers.FindStringIndex(c); at != nil {
			from = len(wordsOf(c[:at[1]]))
		}
		words, subject := wordsOf(c), ""
		for i, w := range words {
			if n := strings.TrimSuffix(w, "'s"); slices.Contains(names, n) {
				subject = n
			}
			all = append(all, word{w, from >= 0 && i >= from || negated(words, i), subject})
		}
	}
	return all
}

func negated(words []string, i int) bool {
	for _, w := range words[max(0, i-negationReach):i] {
		if slices.Contains(negators, w) || strings.HasSuffix(w, "n't") {
			return true
		}
	}
	return false
}
