package pdapi

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// DefaultURL is where a PD listens when nobody says otherwise.
const DefaultURL = "http://localhost:2379"

// Parse checks a list of PD addresses: http://HOST:PORT or HOST:PORT. What the
// client library cannot use is refused here, not in the middle of the talk.
func Parse(list []string) ([]string, error) {
	var urls []string
	for _, raw := range list {
		for s := range strings.SplitSeq(raw, ",") {
			u, err := parse(strings.TrimSpace(s))
			if err != nil {
				return nil, fmt.Errorf("%q %w", text.Line(s, 200), err)
			}
			urls = append(urls, u)
		}
	}
	return urls, nil
}

func parse(s string) (string, error) {
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

// HostPort gives the host and port of one of PD's URLs, as they are dialled.
func HostPort(url string) string {
	if _, after, found := strings.Cut(url, "://"); found {
		url = after
	}
	return strings.TrimSuffix(url, "/")
}
