package diagnose

import (
	"io"
	"mime"
	"net/http"
	"sync/atomic"
)

// maxErrorBody is how much of a refusal is read; its text is not shown.
const maxErrorBody = 16 << 10

// wire stands between the client library and the network. It reads no more
// than it may, lets nothing but an event stream through, and follows no
// redirect: the library would send the key along to wherever that leads.
type wire struct {
	next  http.RoundTripper
	left  atomic.Int64 // bytes that may still be read
	bytes func()       // some of it came
}

// RoundTrip performs one request.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode >= 400:
		res.Body = limited{io.LimitReader(res.Body, maxErrorBody), res.Body}
		return res, nil
	case res.StatusCode != http.StatusOK || kind != "text/event-stream":
		_ = res.Body.Close()
		return nil, errPortal(res.StatusCode, kind)
	}
	res.Body = limited{counted{res.Body, w}, res.Body}
	return res, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// counted reads until the limit of all answers together is reached.
type counted struct {
	r io.Reader
	w *wire
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.w.bytes()
	}
	if c.w.left.Add(-int64(n)) < 0 {
		return 0, errTooLong
	}
	return n, err
}
