// Package pdapi is a client of PD's HTTP API, and reads PD's addresses. What PD is
// asked has a deadline, and what it answers a limit.
package pdapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

const (
	// Deadline bounds one endpoint's answer to a question. A frozen member makes /health take
	// 3 s and more on a real PD, which asks one member after the other.
	Deadline = time.Second
	// Patience is how often PD is asked in a row before it is said to give no answer,
	// where there is no next look: a busy machine is late once.
	Patience = 3
	// bodyLimit is the longest answer that is read: 100 stores take 80 kB.
	bodyLimit = 4 << 20
)

// Client is a client of PD's HTTP API over one or several endpoints.
type Client struct {
	urls []string
	http *http.Client
}

// New makes a client. It ignores the proxy variables of the environment: a
// conference's proxy must not stand between the talk and its own machine.
func New(urls []string) *Client {
	if len(urls) == 0 {
		urls = []string{DefaultURL}
	}
	return &Client{urls: urls, http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answering gives the endpoints with those that answer first; otherwise their
// order stays. What is shown as the cluster's address must not be a dead member's.
func (c *Client) Answering(ctx context.Context) []string {
	good := make([]bool, len(c.urls))
	for range Patience {
		if c.ask(ctx, good); slices.Contains(good, true) || ctx.Err() != nil {
			break
		}
	}
	var first, rest []string
	for i, u := range c.urls {
		if good[i] {
			first = append(first, u)
		} else {
			rest = append(rest, u)
		}
	}
	return append(first, rest...)
}

// ask notes which endpoints answer within the deadline.
func (c *Client) ask(ctx context.Context, good []bool) {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	var asked safe.Group
	for i, u := range c.urls {
		asked.Go(func() {
			_, err := c.fetch(ctx, u+"/pd/api/v1/members")
			good[i] = err == nil
		})
	}
	asked.Wait()
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Error is an answer of PD that is no good: its status and its own words.
type Error struct {
	Status int
	Words  string
}

// Error gives the status and the words in one line.
func (e *Error) Error() string { return fmt.Sprintf("PD answered %d: %s", e.Status, e.Words) }

// get asks every endpoint at once and decodes the first good answer.
func (c *Client) get(ctx context.Context, path string, into any) error {
	return first(ctx, c.urls,
		func(ctx context.Context, u string) ([]byte, error) { return c.fetch(ctx, u+path) },
		func(b []byte) error { return decode(b, into) })
}

// first asks every endpoint at once, and takes the first answer that is good.
func first[T any](ctx context.Context, urls []string, ask func(ctx context.Context, u string) (T, error), take func(T) error) error {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	type answer struct {
		is  T
		err error
	}
	answers := make(chan answer, len(urls))
	for _, u := range urls {
		go func() { // ends with the deadline; the channel has room for it
			var a answer
			a.err = safe.Do(func() (err error) { a.is, err = ask(ctx, u); return err })
			answers <- a
		}()
	}
	var errs []error
	for range urls {
		a := <-answers
		if a.err == nil {
			if a.err = take(a.is); a.err == nil {
				return nil
			}
		}
		errs = append(errs, a.err)
	}
	return errs[0]
}

// decode takes exactly one JSON value.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("PD's answer is not what was expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("PD's answer has more after its end")
	}
	return nil
}

func (c *Client) fetch(ctx context.Context, u string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	return answer(resp)
}

// answer reads what PD said, and closes it.
func answer(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("PD's answer broke off: %w", plainError(err))
	case len(b) > bodyLimit:
		return nil, fmt.Errorf("PD's answer is longer than %d MiB", bodyLimit>>20)
	case resp.StatusCode != http.StatusOK:
		return nil, &Error{resp.StatusCode, said(resp, b)}
	}
	return b, nil
}

// said gives PD's own words for an answer that is no good, or what the status
// means. A redirect is not followed: PD's members pass requests on by themselves,
// and what redirects is often the login page of a network.
func said(resp *http.Response, body []byte) string {
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		return text.Line(fmt.Sprintf("it redirects to %s; if PD is there, give that host and port with --pd", to), 300)
	}
	if w := words(body); w != "" {
		return w
	}
	return cmp.Or(http.StatusText(resp.StatusCode), "without a word")
}

// words reads PD's errors: handlers give a JSON string, redirectors plain text.
func words(b []byte) string {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	return text.Line(s, 200)
}

// plainError leaves out the URL that net/http puts before every error.
func plainError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return fmt.Errorf("no answer within %s", Deadline)
		}
		return u.Err
	}
	return err
}
