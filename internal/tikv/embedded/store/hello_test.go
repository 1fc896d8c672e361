package store

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Store 1 of cluster 7 looks for store 2. Whoever else has the port gets no message.
func TestOnlyTheStoreThatIsLookedForIsSentMessages(t *testing.T) {
	by := func(is hello) func(net.Conn) {
		return func(c net.Conn) { _ = is.answer(c, c) }
	}
	for name, other := range map[string]struct {
		does  func(net.Conn)
		right bool
	}{
		"the store itself":            {by(hello{cluster: 7, from: 2}), true},
		"another store":               {by(hello{cluster: 7, from: 3}), false},
		"its namesake elsewhere":      {by(hello{cluster: 8, from: 2}), false},
		"one that has not reached PD": {by(hello{from: 2}), false},
		"one that says all back":      {func(c net.Conn) { _, _ = io.Copy(c, c) }, false},
		"one that speaks another way": {func(c net.Conn) {
			go func() { _, _ = io.Copy(io.Discard, c) }()
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		}, false},
		"one that hangs up":            {func(c net.Conn) { _ = c.Close() }, false},
		"one that claims to be anyone": {func(c net.Conn) { h, _ := readHello(c); _, _ = c.Write(hello{8, h.to, h.from}.bytes()) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			here, there := net.Pipe()
			defer here.Close()
			go func() {
				defer there.Close()
				other.does(there)
			}()
			err := hello{cluster: 7, from: 1, to: 2}.greet(t.Context(), here)
			if other.right {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
		})
	}
}

// A frozen store takes connections and answers none: it is not waited for for ever.
func TestAStoreThatDoesNotAnswerIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		go func() { _, _ = readHello(there) }()
		began := time.Now()
		require.Error(t, hello{cluster: 7, from: 1, to: 2}.greet(t.Context(), here))
		require.Equal(t, helloTimeout, time.Since(began))
	})
}
