package tikv

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
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// DefaultPD is where a PD listens when nobody says otherwise.
const DefaultPD = "http://localhost:2379"

const (
	// pdDeadline bounds one endpoint's answer. A frozen member makes /health take
	// 3 s and more on a real PD, which asks one member after the other.
	pdDeadline = time.Second
	// pdBody is the longest answer that is read: 100 stores take 80 kB.
	pdBody = 4 << 20
)

// PD is a client of PD's HTTP API over one or several endpoints.
type PD struct {
	urls []string
	http *http.Client
}

// ParsePD checks a list of PD addresses: http://HOST:PORT or HOST:PORT. What the
// client library cannot use is refused here, not in the middle of the talk.
func ParsePD(list []string) ([]string, error) {
	var urls []string
	for _, raw := range list {
		for s := range strings.SplitSeq(raw, ",") {
			u, err := parsePD(strings.TrimSpace(s))
			if err != nil {
				return nil, fmt.Errorf("%q %w", text.Line(s, 200), err)
			}
			urls = append(urls, u)
		}
	}
	return urls, nil
}

func parsePD(s string) (string, error) {
	if strings.HasPrefix(s, "https://") {
		return "", errors.New("asks for TLS, which is not supported; give the http://HOST:PORT of a PD that serves without it")
	}
	if s != "" && !strings.Contains(s, "://") {
		s = "http://" + s
	}
	if strings.HasPrefix(s, "http://[") && strings.Contains(s, "%") {
		return "", errors.New("has an IPv6 zone, which the client library cannot use; give an address without %ZONE")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("is not a PD address; give http://HOST:PORT")
	}
	if port, err := strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
		return "", errors.New("has no valid port; give http://HOST:PORT (PD's own port is 2379)")
	}
	return "http://" + u.Host, nil
}

// NewPD makes a client. It ignores the proxy variables of the environment: a
// conference's proxy must not stand between the talk and its own machine.
func NewPD(urls []string) *PD {
	if len(urls) == 0 {
		urls = []string{DefaultPD}
	}
	return &PD{urls: urls, http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answering gives the endpoints with those that answer first; otherwise their
// order stays. What is shown as the cluster's address must not be a dead member's.
func (p *PD) Answering(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, pdDeadline)
	defer cancel()
	good := make([]bool, len(p.urls))
	var asked sync.WaitGroup
	for i, u := range p.urls {
		asked.Go(func() {
			_, err := p.fetch(ctx, u+"/pd/api/v1/members")
			good[i] = err == nil
		})
	}
	asked.Wait()
	var first, rest []string
	for i, u := range p.urls {
		if good[i] {
			first = append(first, u)
		} else {
			rest = append(rest, u)
		}
	}
	return append(first, rest...)
}

// Close lets idle connections go.
func (p *PD) Close() { p.http.CloseIdleConnections() }

// PDError is an answer of PD that is no good: its status and its own words.
type PDError struct {
	Status int
	Words  string
}

// Error gives the status and the words in one line.
func (e *PDError) Error() string { return fmt.Sprintf("PD answered %d: %s", e.Status, e.Words) }

// get asks every endpoint at once and decodes the first good answer.
func (p *PD) get(ctx context.Context, path string, into any) error {
	return first(ctx, p.urls,
		func(ctx context.Context, u string) ([]byte, error) { return p.fetch(ctx, u+path) },
		func(b []byte) error { return decode(b, into) })
}

// first asks every endpoint at once, and takes the first answer that is good.
func first[T any](ctx context.Context, urls []string, ask func(ctx context.Context, u string) (T, error), take func(T) error) error {
	ctx, cancel := context.WithTimeout(ctx, pdDeadline)
	defer cancel()
	type answer struct {
		is  T
		err error
	}
	answers := make(chan answer, len(urls))
	for _, u := range urls {
		go func() { // ends with the deadline; the channel has room for it
			is, err := ask(ctx, u)
			answers <- answer{is, err}
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

func (p *PD) fetch(ctx context.Context, u string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	return answer(resp)
}

// answer reads what PD said, and closes it.
func answer(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, pdBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("PD's answer broke off: %w", plainError(err))
	case len(b) > pdBody:
		return nil, fmt.Errorf("PD's answer is longer than %d MiB", pdBody>>20)
	case resp.StatusCode != http.StatusOK:
		return nil, &PDError{resp.StatusCode, said(resp, b)}
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
			return fmt.Errorf("no answer within %s", pdDeadline)
		}
		return u.Err
	}
	return err
}

// Store is one store as PD's /stores gives it.
type Store struct {
	Store struct {
		ID             uint64 `json:"id"`
		Address        string `json:"address"`
		StatusAddress  string `json:"status_address"`
		Version        string `json:"version"`
		StartTimestamp int64  `json:"start_timestamp"` // unix seconds
		LastHeartbeat  int64  `json:"last_heartbeat"`  // unix nanoseconds
		StateName      string `json:"state_name"`
	} `json:"store"`
	Status struct {
		Capacity    Size      `json:"capacity"`
		Available   Size      `json:"available"`
		LeaderCount int       `json:"leader_count"`
		RegionCount int       `json:"region_count"`
		StartTS     time.Time `json:"start_ts"`
		HeartbeatTS time.Time `json:"last_heartbeat_ts"`
	} `json:"status"`
}

// Stores gives all stores by id; PD's own order changes from call to call.
func (p *PD) Stores(ctx context.Context) ([]Store, error) {
	var r struct {
		Stores []Store `json:"stores"`
	}
	if err := p.get(ctx, "/pd/api/v1/stores", &r); err != nil {
		return nil, err
	}
	slices.SortFunc(r.Stores, func(a, b Store) int { return cmp.Compare(a.Store.ID, b.Store.ID) })
	return r.Stores, nil
}

// Member is one member of PD's quorum.
type Member struct {
	Name       string   `json:"name"`
	MemberID   uint64   `json:"member_id"`
	ClientURLs []string `json:"client_urls"`
	Health     bool     `json:"health"`
}

// Health gives every member and whether PD reached it.
func (p *PD) Health(ctx context.Context) ([]Member, error) {
	var ms []Member
	err := p.get(ctx, "/pd/api/v1/health", &ms)
	slices.SortFunc(ms, byName)
	return ms, err
}

// Members gives every member, and the one that leads: the zero Member when none
// does. Unlike Health it asks no member how it is, so it waits for none.
func (p *PD) Members(ctx context.Context) (members []Member, leader Member, err error) {
	var r struct {
		Members []Member `json:"members"`
		Leader  Member   `json:"leader"`
	}
	err = p.get(ctx, "/pd/api/v1/members", &r)
	slices.SortFunc(r.Members, byName)
	return r.Members, r.Leader, err
}

func byName(a, b Member) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.MemberID, b.MemberID))
}

// Leader gives the member that leads PD's quorum.
func (p *PD) Leader(ctx context.Context) (Member, error) {
	_, leader, err := p.Members(ctx)
	return leader, err
}
