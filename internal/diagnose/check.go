package diagnose

import (
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
	Verified float64 // share of the claims that the evidence bears out; 0 without claims
}

var (
	citation = regexp.MustCompile(`\[?\bE(\d{1,3})\b\]?`)
	sentence = regexp.MustCompile(`[.!?](?:\s*\[E\d+\])*\s+|\n+`)
	number   = regexp.MustCompile(`\b\d[\d,]*(?:\.\d+)?`)
	quoted   = regexp.MustCompile(`"([^"]+)"|“([^”]+)”`)
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
		end := sentence.FindStringIndex(c.buffer)
		// A match that ends the buffer may grow: a citation may follow the full stop.
		if end == nil || end[1] == len(c.buffer) {
			return c.claims[from:]
		}
		c.judge(c.buffer[:end[1]])
		c.buffer = c.buffer[end[1]:]
	}
}

// Done ends the prose and gives the last claim, if there is one.
func (c *Checker) Done() []Claim {
	from := len(c.claims)
	c.judge(c.buffer)
	c.buffer = ""
	return c.claims[from:]
}

// judge keeps the sentence as a claim if it is one.
func (c *Checker) judge(s string) {
	s = strings.TrimSpace(s)
	cites := cited(s)
	bare := citation.ReplaceAllString(s, "")
	names := c.names(bare)
	for _, n := range names { // the 2 in tikv-2 is no figure
		bare = strings.ReplaceAll(bare, n, "")
	}
	var words []string
	for _, m := range quoted.FindAllStringSubmatch(bare, -1) {
		words = append(words, m[1]+m[2])
	}
	figures := number.FindAllString(quoted.ReplaceAllString(bare, ""), -1)
	if len(cites)+len(figures)+len(words) == 0 {
		return // an opinion or advice
	}
	why := c.unknown(cites)
	if why == "" && len(cites) == 0 {
		why = "figures without evidence"
	}
	if why == "" {
		why = c.missing(cites, names, words, figures)
	}
	c.claims = append(c.claims, Claim{Text: s, Cites: cites, OK: why == "", Why: why})
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
	var all strings.Builder
	for _, n := range cites {
		e, _ := c.b.item(n)
		all.WriteString(e.Text + "\n")
	}
	evidence := all.String()
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
	have := map[string]bool{}
	for _, f := range number.FindAllString(evidence, -1) {
		have[plain(f)] = true
	}
	for _, f := range figures {
		if !have[plain(f)] {
			return f + " does not stand in the cited evidence"
		}
	}
	return ""
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
		c.alternative(a)
	}
	if d.Component != "" {
		c.component(d)
	} else if why := c.unknown(d.Evidence); why != "" {
		c.claims = append(c.claims, Claim{Text: "the evidence that is listed", Cites: d.Evidence, Why: why})
	}
	return Report{Claims: c.claims, Verified: share(c.claims)}
}

// share is how many of the claims the evidence bears out; 0 without claims.
func share(claims []Claim) float64 {
	if len(claims) == 0 {
		return 0
	}
	return float64(borneOut(claims)) / float64(len(claims))
}

func borneOut(claims []Claim) int {
	good := 0
	for _, c := range claims {
		if c.OK {
			good++
		}
	}
	return good
}

// alternative is one claim: what speaks against it must be evidence.
func (c *Checker) alternative(a demo.Alternative) {
	cites := slices.Compact(slices.Sorted(slices.Values(append(cited(a.Against), a.Evidence...))))
	why := c.unknown(cites)
	if why == "" && len(cites) == 0 {
		why = "nothing is cited against it"
	}
	c.claims = append(c.claims, Claim{Text: a.Cause + ": " + a.Against, Cites: cites, OK: why == "", Why: why})
}

// component is one claim: the evidence that is listed must speak of it.
func (c *Checker) component(d demo.DiagnosisFinished) {
	why := c.unknown(d.Evidence)
	if why == "" {
		why = c.missing(d.Evidence, []string{d.Component}, nil, nil)
	}
	c.claims = append(c.claims, Claim{Text: d.Component + ": " + d.FaultType, Cites: d.Evidence, OK: why == "", Why: why})
}

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

// mentions says whether name stands in s as a word: tikv-1 is not in tikv-10.
func mentions(s, name string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end])) {
			return true
		}
		from = end
	}
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
