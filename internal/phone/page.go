package phone

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

//go:embed page.html
var source string

// pageIn is the page in a language. Its words stand as {{word}} in the source, outside
// the script and the style: these are the same in every language, and the policy names
// them.
func pageIn(t words.Tongue) string {
	page := strings.Replace(source, `lang="en"`, `lang="`+cmp.Or(string(t), "en")+`"`, 1)
	for english, word := range map[string]string{
		"Question": questionName(t), "Blank": blankName(t), "Back": backName(t), "Next": nextName(t),
		"asking": t.Say("asking the laptop …"), "silent": t.Say("the laptop does not answer"), "lost": t.LinkLost(),
		"nolink": t.Say("NO LINK for %s. Buttons do nothing", "@"), "unsure": t.Say("it is not known whether that arrived; look, then tap again"),
		"for": t.For("@", "@"),
	} {
		page = strings.ReplaceAll(page, "{{"+english+"}}", html.EscapeString(word))
	}
	return page
}

// policy lets the page run its own script and style, and talk to where it came from.
// Nothing else can be loaded, sent or framed.
var policy = "default-src 'none'; script-src " + hashes("script") + "; style-src " + hashes("style") +
	"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// hashes names the page's own elements of a kind.
func hashes(element string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(source, -1) {
		sum := sha256.Sum256([]byte(m[1]))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join(all, " ")
}

func servePage(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page)) // a phone that is gone is no trouble of ours
}
