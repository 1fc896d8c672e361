package tikv

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestTheProbeTellsRefusedFromSilentFromServing(t *testing.T) {
	serve := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer serve.Close()
	at := func(url string) demo.Node { return demo.Node{StatusAddress: strings.TrimPrefix(url, "http://")} }
	require.NoError(t, Probe(t.Context(), at(serve.URL)))

	sick := httptest.NewServer(http.NotFoundHandler())
	defer sick.Close()
	require.ErrorContains(t, Probe(t.Context(), at(sick.URL)), "answered 404")

	gone := httptest.NewServer(nil)
	gone.Close()
	require.ErrorContains(t, Probe(t.Context(), at(gone.URL)), "refused")

	// A member of PD answers by itself whether it leads or not; any answer is a
	// sign of life, also of a version that has no such path.
	var path, header string
	member := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, header = r.URL.Path, r.Header.Get("PD-Allow-follower-handle")
		http.NotFound(w, r)
	}))
	defer member.Close()
	control := at(member.URL)
	control.Role = demo.RoleControl
	require.NoError(t, Probe(t.Context(), control))
	require.Equal(t, "/pd/api/v1/ping", path)
	require.NotEmpty(t, header)
	control.StatusAddress = strings.TrimPrefix(gone.URL, "http://")
	require.ErrorContains(t, Probe(t.Context(), control), "refused")

	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := Probe(ctx, at(silent.URL))
	require.ErrorContains(t, err, "no answer within")
	require.True(t, errors.Is(ctx.Err(), context.DeadlineExceeded))
	close(hang)
	silent.Close()
}
