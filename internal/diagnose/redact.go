package diagnose

import "regexp"

const redacted = "[redacted]"

// secrets are the shapes of keys and tokens. They are looked for in everything
// that may leave the machine or reach the screen; a word too many redacted
// costs less than one too few.
var secrets = []struct {
	shape *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), redacted},
	{regexp.MustCompile(`\bsk-[A-Za-z0-9_-]{12,}`), redacted},
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`), redacted},
	{regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{20,}`), redacted},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?`), redacted},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`), "$1 " + redacted},
	{regexp.MustCompile(`(://[^/\s:@]*):[^/\s@]+@`), "$1:" + redacted + "@"},
	{regexp.MustCompile(`(?i)\b([a-z0-9_-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)s?)("?\s*[=:]\s*"?)[^\s"',;&]+`), "$1$2" + redacted},
}

// Redact takes out what looks like a key, a token or a password.
func Redact(s string) string {
	for _, x := range secrets {
		s = x.shape.ReplaceAllString(s, x.with)
	}
	return s
}
