package diagnose

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// maxProse bounds what the claim check reads of one answer.
const maxProse = 64 << 10

// Claim is one sentence that can be held against the evidence: it cites, or it
// names a figure or quotes.
type Claim = demo.Claim

// Report is the outcome of the claim check.
type Report struct {
	Claims   []Claim
	Verified float64 // share of the claims that the evidence supports; 0 without claims

	// Grounded says that the evidence supports every claim and shows the
	// conclusion. It is not whether that is right: the truth is not known here.
	Grounded bool
	// Excluded says that a fact speaks against the conclusion.
	Excluded string
	// Unshown says that the facts do not show it.
	Unshown string
}

var (
	citation = regexp.MustCompile(`\[?\bE(\d{1,3})\b\]?`)
	sentence = regexp.MustCompile(`[.!?](?:\s*\[E\d+\])*\s+|\n+`)
	// number is a figure; a date or a time of day is one as a whole.
	number = regexp.MustCompile(`\b\d{4}[-/]\d\d[-/]\d\d|(?:\b|T)\d{1,2}:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|\b)|\b\d[\d,]*(?:\.\d+)?`)
	quoted = regexp.MustCompile(`"([^"]+)"|“([^”]+)”`)
)

// Checker holds an answer against the evidence while it streams in.
type Checker struct {
	b      Bundle
	buffer string
	claims []Claim
	read   int
}

// NewChecker makes a Checker for answers about b.
func NewChecker(b Bundle) *Checker { return &Checker{b: b} }

// Add takes the next piece of prose and gives the claims that it completed.
func (c *Checker) Add(piece string) []Claim {
	piece = piece[:min(len(piece), maxProse-c.read)]
	c.read += len(piece)
	c.buffer += piece
	from := len(c.claims)
	for {
		end := sentenceEnd(c.buffer)
		// A match that ends the buffer may grow: a citation may follow the full stop.
		if end < 0 || end == len(c.buffer) {
			return c.claims[from:]
		}
		c.claim(c.buffer[:end])
		c.buffer = c.buffer[end:]
	}
}

// sentenceEnd is where the first sentence ends, -1 while it has not. The full stop of
// an abbreviation or of a number in a list ends none.
func sentenceEnd(s string) int {
	from := 0
	for {
		end := sentence.FindStringIndex(s[from:])
		if end == nil {
			return -1
		}
		if !abbreviation.MatchString(s[:from+end[1]]) {
			return from + end[1]
		}
		from += end[1]
	}
}

// Done ends the prose and gives the last claim, if there is one.
func (c *Checker) Done() []Claim {
	from := len(c.claims)
	c.claim(c.buffer)
	c.buffer = ""
	return c.claims[from:]
}

// sentences that are shorter than this are no claims: "So." is none.
const shortest = 3

// claim keeps the sentence as a claim. One that cites nothing is not shown.
func (c *Checker) claim(s string) {
	s = strings.TrimSpace(s)
	cites := cited(s)
	bare := plainText(citation.ReplaceAllString(s, ""))
	if len(cites) == 0 && (len(wordsOf(bare)) < shortest && !number.MatchString(bare) || title(s, c.names(bare))) {
		return
	}
	why := "no evidence is cited"
	if len(cites) > 0 {
		why = c.fails(s, cites)
	}
	c.claims = append(c.claims, Claim{Text: s, Cites: cites, OK: why == "", Why: why})
}

// fails says why a sentence does not hold: it cites what is not there, names
// what does not stand in it, denies it, or speaks of something else.
func (c *Checker) fails(s string, cites []int) string {
	s = plainText(s)
	bare := citation.ReplaceAllString(s, "")
	names := c.names(bare)
	rest := bare
	for _, n := range names { // the 2 in tikv-2 is no figure
		rest = without(rest, n)
	}
	var words []string
	for _, m := range quoted.FindAllStringSubmatch(bare, -1) {
		words = append(words, m[1]+m[2])
	}
	said := quoted.ReplaceAllString(rest, "")
	figures := number.FindAllString(said, -1)
	why := c.unknown(cites)
	if why == "" && foreign(quoted.ReplaceAllString(bare, "")) {
		why = "it has letters that look like others"
	}
	if why == "" {
		why = commits(s)
	}
	if why == "" {
		why = c.missing(cites, names, words, figures)
	}
	if why != "" {
		return why
	}
	facts := c.facts(cites)
	if len(facts) == 0 {
		return "" // a recording from before facts were kept: its words are all that there is
	}
	if why = denial(quoted.ReplaceAllString(bare, ""), facts, names); why != "" {
		return why
	}
	if why = offTopic(said, c.texts(cites), facts); why == "" && len(words)+len(figures) == 0 {
		why = unrelated(said, c.texts(cites), names, facts)
	}
	return why
}

// facts gives the typed form of the evidence with these numbers.
func (c *Checker) facts(cites []int) []Fact {
	var out []Fact
	for _, f := range c.b.Facts {
		if slices.Contains(cites, f.N) {
			out = append(out, f)
		}
	}
	return out
}

func (c *Checker) texts(cites []int) string {
	var all strings.Builder
	for _, n := range cites {
		e, _ := c.b.item(n)
		all.WriteString(e.Text + "\n")
	}
	return all.String()
}

// names lists the nodes that s speaks of, longest first.
func (c *Checker) names(s string) []string {
	var names []string
	for _, n := range c.b.Nodes {
		if n.Name != "" && mentions(s, n.Name) {
			names = append(names, n.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}

// unknown says which of the cited numbers is not evidence.
func (c *Checker) unknown(cites []int) string {
	for _, n := range cites {
		if _, ok := c.b.item(n); !ok {
			return "there is no E" + strconv.Itoa(n)
		}
	}
	return ""
}

// missing says what of a sentence does not stand in the evidence it cites.
func (c *Checker) missing(cites []int, names, words, figures []string) string {
	evidence := c.texts(cites)
	for _, n := range names {
		if !mentions(evidence, n) {
			return n + " does not stand in the cited evidence"
		}
	}
	for _, w := range words {
		if !strings.Contains(strings.ToLower(evidence), strings.ToLower(w)) {
			return strconv.Quote(w) + " does not stand in the cited evidence"
		}
	}
	for _, n := range c.names(evidence) { // as in a sentence
		evidence = without(evidence, n)
	}
	have := number.FindAllString(evidence, -1)
	for _, f := range figures {
		if !slices.ContainsFunc(have, func(h string) bool { return stands(f, h) }) {
			return f + " does not stand in the cited evidence"
		}
	}
	return ""
}

// stands says whether a figure is one of the evidence. The beginning of a time is
// enough: 14:03 of 14:03:07.412.
func stands(f, evidence string) bool {
	f, evidence = strings.Trim(f, "TZ"), strings.Trim(evidence, "TZ")
	return plain(f) == plain(evidence) || strings.Contains(f, ":") && strings.HasPrefix(evidence, f)
}

// Check holds a whole answer against the evidence: its prose, its
// alternatives, the evidence it lists, and the component it names.
func Check(b Bundle, d demo.DiagnosisFinished) Report { return check(b, "", d) }

// check does the same with the prose that was streamed before the answer; what
// the answer says again is one claim.
func check(b Bundle, prose string, d demo.DiagnosisFinished) Report {
	c := NewChecker(b)
	c.Add(prose)
	c.Done()
	if !strings.Contains(prose, strings.TrimSpace(d.RootCause)) {
		c.Add(d.RootCause)
		c.Done()
	}
	for _, a := range d.Alternatives {
		c.alternative(a, d.Component)
	}
	r := c.conclusion(d)
	r.Claims, r.Verified = c.claims, share(c.claims)
	r.Grounded = len(c.claims) > 0 && verified(c.claims) == len(c.claims)
	return r
}

// share is how many of the claims the evidence supports; 0 without claims.
func share(claims []Claim) float64 {
	if len(claims) == 0 {
		return 0
	}
	return float64(verified(claims)) / float64(len(claims))
}

func verified(claims []Claim) int {
	good := 0
	for _, c := range claims {
		if c.OK {
			good++
		}
	}
	return good
}

// alternative is one claim: what speaks against it must be evidence of a kind
// that does.
func (c *Checker) alternative(a demo.Alternative, component string) {
	cites := slices.Compact(slices.Sorted(slices.Values(append(cited(a.Against), a.Evidence...))))
	why := c.unknown(cites)
	if why == "" && len(cites) == 0 {
		why = "nothing is cited against it"
	}
	if facts := c.facts(cites); why == "" && len(facts) > 0 {
		if why = c.fails(a.Against, cites); why == "" {
			why = notExcluded(a.Cause, component, facts)
		}
	}
	c.claims = append(c.claims, Claim{Text: a.Cause + ": " + a.Against, Cites: cites, OK: why == "", Why: why})
}

// conclusion is one claim: component and type of fault, held against the facts.
func (c *Checker) conclusion(d demo.DiagnosisFinished) (r Report) {
	cites := slices.Compact(slices.Sorted(slices.Values(append(cited(d.RootCause), d.Evidence...))))
	why := c.unknown(cites)
	if why == "" && d.Component != "" {
		why = c.missing(cites, components(d.Component), nil, nil)
	}
	if why == "" && len(c.b.Facts) > 0 {
		var excluded bool
		if why, excluded = c.b.unsupported(d.Component, d.FaultType, cites); excluded {
			r.Excluded = why
		} else {
			r.Unshown = why
		}
	}
	if why == "" && len(c.b.Facts) == 0 && d.FaultType != demo.TypeInconclusive {
		r.Unshown = "no facts were kept that could show it"
	}
	text := words(d.FaultType)
	if d.Component != "" {
		text = d.Component + ": " + text
	}
	c.claims = append(c.claims, Claim{Text: text, Cites: cites, OK: why == "" && r.Unshown == "", Why: cmp.Or(why, r.Unshown)})
	return r
}

// words writes a name of the closed lists as people read it.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// cited lists the evidence that s names, each once, in order. A number that
// does not fit is 0, which is no evidence.
func cited(s string) []int {
	var out []int
	for _, m := range citation.FindAllStringSubmatch(s, -1) {
		n, _ := strconv.Atoi(m[1])
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// mentions says whether name stands in s as a word, in small letters or capitals:
// tikv-1 is not in tikv-10.
func mentions(s, name string) bool { return place(s, name) >= 0 }

// without gives s with a blank in place of each name.
func without(s, name string) string {
	var b strings.Builder
	for {
		i := place(s, name)
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i] + " ")
		s = s[i+len(name):]
	}
}

// place gives where name stands in s as a word, -1 where it does not.
func place(s, name string) int {
	for i := range len(s) - len(name) + 1 {
		end := i + len(name)
		if (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end])) && strings.EqualFold(s[i:end], name) {
			return i
		}
	}
	return -1
}

func wordByte(b byte) bool {
	return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// plain writes a figure so that 1,000 and 1000.0 are the same.
func plain(f string) string {
	v, err := strconv.ParseFloat(strings.ReplaceAll(f, ",", ""), 64)
	if err != nil {
		return f
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
