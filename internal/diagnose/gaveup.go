package diagnose

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/shared"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// GaveUp is the error of a diagnoser that has no answer. Its reason may be
// shown: it is in our own words, and quotes no server.
type GaveUp struct{ Reason string }

func (g *GaveUp) Error() string { return g.Reason }

func giveUp(format string, a ...any) error { return &GaveUp{fmt.Sprintf(format, a...)} }

// The reasons that the wire itself shows.
var (
	errCut     = &GaveUp{"its answer was cut off"}
	errTooLong = &GaveUp{"its answer is longer than is read"}
)

// errPortal is an answer that did not come from Claude.
func errPortal(status int, kind string) error {
	return giveUp("something else answered in its place (%d %s): a captive portal?", status, text.Line(kind, 40))
}

// whyNot puts the error of a request into words. Errors of the client library
// quote the URL, the server's body and more, so none of their text is kept.
func whyNot(ctx context.Context, err error) error {
	var known *GaveUp
	if errors.As(context.Cause(ctx), &known) || errors.As(err, &known) {
		return known
	}
	var api *anthropic.Error
	if errors.As(err, &api) {
		return whyRefused(api)
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.As(err, &cert):
		return giveUp("what answered could not prove to be Claude (its certificate): a captive portal?")
	case errors.As(err, &dns):
		return giveUp("no network: its name was not found")
	case errors.As(err, &op) && op.Op == "dial":
		return giveUp("no network: it could not be reached")
	}
	if errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errCut
	}
	return giveUp("its answer could not be read")
}

// whyRefused reads an error that the API gave. One that comes in mid-stream has
// status 200, so its type is looked at first.
func whyRefused(e *anthropic.Error) error {
	status := e.StatusCode
	switch kind := e.Type(); {
	case kind == shared.ErrorTypeRateLimitError || status == 429:
		words := "rate limited"
		if e.Response != nil {
			words += waitFor(e.Response.Header.Get("retry-after"))
		}
		return giveUp("%s", words)
	case kind == shared.ErrorTypeOverloadedError || status == 529:
		return giveUp("overloaded")
	case kind == shared.ErrorTypeAuthenticationError || kind == shared.ErrorTypePermissionError || status == 401 || status == 403:
		return giveUp("the key was refused")
	case kind == shared.ErrorTypeBillingError || status == 402:
		return giveUp("the account behind the key was refused")
	case kind == shared.ErrorTypeNotFoundError || status == 404:
		return giveUp("it knows no such model")
	case kind == shared.ErrorTypeInvalidRequestError || status == 400 || status == 413:
		return giveUp("it did not accept the question")
	case status == 200:
		return giveUp("it broke off with an error of its own")
	}
	return giveUp("it answered with status %d", status)
}

// waitFor tells how long the server wants us to wait, if that is a sane number.
func waitFor(header string) string {
	d, err := time.ParseDuration(strings.TrimSpace(header) + "s")
	if err != nil || d <= 0 || d > 24*time.Hour {
		return ""
	}
	return fmt.Sprintf(": it asks to wait %s", d.Round(time.Second))
}
