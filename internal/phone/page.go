package phone

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
)

//go:embed page.html
var page string

// policy lets the page run its own script and style, and talk to where it came from.
// Nothing else can be loaded, sent or framed.
var policy = "default-src 'none'; script-src " + hashes("script") + "; style-src " + hashes("style") +
	"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// hashes names the page's own elements of a kind.
func hashes(element string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(m[1]))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join(all, " ")
}

func servePage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page)) // a phone that is gone is no trouble of ours
}
