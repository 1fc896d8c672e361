package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// talk is a server with its hub.
type talk struct {
	*Server
	*Hub
}

func serve(t *testing.T) talk { return serveIn(t, shortDir(t)) }

func serveIn(t *testing.T, dir string) talk {
	t.Helper()
	hub := NewHub(words.English)
	s, err := Listen(dir, "run", hub)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return talk{s, hub}
}

// shortDir is a private directory with a short path: a socket's has a limit.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o700))
	return dir
}

func attach(t *testing.T, s talk) *Client {
	t.Helper()
	c, err := Dial(context.Background(), s.Path(), "tty")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func next(t *testing.T, c *Client, kind string) protocol.Line {
	t.Helper()
	for {
		l, err := c.Next()
		require.NoError(t, err)
		if l.Kind == kind {
			return l
		}
	}
}

func TestAConsoleSeesTheNewestState(t *testing.T) {
	s := serve(t)
	s.Publish(protocol.State{Rev: 1, Status: "one"})
	c := attach(t, s)
	require.Equal(t, "run", c.Run)
	first := next(t, c, protocol.KindState).State
	require.Equal(t, "one", first.Status)
	require.Len(t, first.Attached, 1)
	require.Equal(t, protocol.RoleConsole, first.Attached[0].Role)

	for i := range 1000 {
		s.Publish(protocol.State{Rev: uint64(i + 2)})
	}
	last := first.Seq
	began, states := time.Now(), 0
	for {
		st := next(t, c, protocol.KindState).State
		require.Greater(t, st.Seq, last, "a state comes once, and none comes after a newer one")
		last = st.Seq
		states++
		if st.Rev == 1001 {
			break
		}
	}
	most := 2 + int(time.Since(began)/protocol.StateEvery)
	require.LessOrEqual(t, states, most, "a client gets at most five states a second")
}

func TestAClientHearsInWhichLanguageTheTalkIs(t *testing.T) {
	for _, tongue := range []words.Tongue{words.English, words.German} {
		dir, hub := shortDir(t), NewHub(tongue)
		s, err := Listen(dir, "run", hub)
		require.NoError(t, err)
		c := attach(t, talk{s, hub})
		require.Equal(t, string(tongue), c.Lang())
		a := hub.Ask(t.Context(), protocol.Peer{Role: protocol.RoleConsole}, protocol.Intent{Do: protocol.DoUnlock})
		require.Equal(t, tongue.NoPhone(), a.Why)
		require.NoError(t, s.Close())
	}
}

func TestAQuietTalkBeats(t *testing.T) {
	s := serve(t)
	c := attach(t, s)
	next(t, c, protocol.KindBeat)
}

func TestAnIntentIsAnsweredOnce(t *testing.T) {
	s := serve(t)
	c := attach(t, s)
	id, err := c.Ask(protocol.Intent{Do: protocol.DoAdvance, Rev: 7})
	require.NoError(t, err)
	req := <-s.Requests()
	require.Equal(t, protocol.Intent{ID: id, Do: protocol.DoAdvance, Rev: 7}, req.Intent)
	require.Equal(t, "tty", req.Name)
	require.False(t, req.Expired(time.Now()))
	req.Reply(protocol.ResultStale, "look again")
	req.Reply(protocol.ResultOK, "") // of no effect, and it does not block
	a := next(t, c, protocol.KindAnswer).Answer
	require.Equal(t, protocol.Answer{ID: id, Result: protocol.ResultStale, Why: "look again"}, *a)
}

// A client that reads nothing fills the socket's buffer and then blocks whoever
// writes to it.
func TestAClientThatDoesNotReadIsDroppedAndDelaysNobody(t *testing.T) {
	s := serve(t)
	deaf, err := net.Dial("unix", s.Path())
	require.NoError(t, err)
	defer deaf.Close()
	hello, err := protocol.Encode(protocol.Line{Kind: protocol.KindHello, Version: protocol.Version, Role: protocol.RoleConsole, Name: "deaf"})
	require.NoError(t, err)
	_, err = deaf.Write(hello)
	require.NoError(t, err)
	good := attach(t, s)
	require.Eventually(t, func() bool { return s.Attached() == 2 }, 5*time.Second, time.Millisecond)

	frame := strings.Repeat("x", 1<<20)
	var publisher sync.WaitGroup
	defer publisher.Wait()
	publisher.Go(func() {
		for s.Attached() == 2 {
			s.Publish(protocol.State{Screen: protocol.Screen{Frame: frame}})
			time.Sleep(protocol.StateEvery / 2) // the pace of a show; what is awaited is the drop
		}
	})
	for { // each state comes within LostAfter of the line before, or this fails
		st := next(t, good, protocol.KindState).State
		if len(st.Attached) == 1 { // those who are left are told who is
			require.Equal(t, "tty", st.Attached[0].Name)
			return
		}
	}
}

func TestWhatIsNotOurProtocolIsRefused(t *testing.T) {
	for name, line := range map[string]string{
		"another version": `{"kind":"hello","v":99,"role":"console"}`,
		"another role":    `{"kind":"hello","v":1,"role":"phone"}`,
		"no hello":        `{"kind":"intent","intent":{"id":1,"do":"advance"}}`,
		"no JSON":         `GET / HTTP/1.1`,
		"a long name":     `{"kind":"hello","v":1,"role":"console","name":"` + strings.Repeat("n", 65) + `"}`,
		"a long line":     `{"kind":"hello","v":1,"role":"` + strings.Repeat("r", protocol.MaxIntent) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			conn, err := net.Dial("unix", s.Path())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = fmt.Fprintln(conn, line)
			require.NoError(t, err)
			r := protocol.NewReader(conn, protocol.MaxLine)
			l, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, protocol.KindHello, l.Kind)
			l, err = r.Next()
			if err == nil { // a reset may overtake the words where unread bytes were left
				require.Equal(t, protocol.KindRefuse, l.Kind)
				require.NotEmpty(t, l.Why)
			}
			require.Zero(t, s.Attached())
		})
	}
}

func TestATalkOfAnotherVersionIsNamed(t *testing.T) {
	path := filepath.Join(shortDir(t), "run.sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		b, _ := protocol.Encode(protocol.Line{Kind: protocol.KindHello, Version: 2, Role: protocol.RoleTalk})
		_, _ = conn.Write(b)
	}()
	_, err = Dial(context.Background(), path, "")
	var refused RefusedError
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Why, "version 2")
	require.Contains(t, refused.Why, "use the same tikv-demo for both")
}

func TestAnotherUsersProcessIsRefused(t *testing.T) {
	s, err := listen(shortDir(t), "run", NewHub(words.English), func(*net.UnixConn) error { return errors.New("another user's process") })
	require.NoError(t, err)
	defer s.Close()
	_, err = Dial(context.Background(), s.Path(), "")
	require.Error(t, err)
	require.Zero(t, s.hub.Attached())
}

func TestTheSocketIsPrivate(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", shortDir(t))
	dir, err := Dir()
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	dir, err = Dir() // of an older run, opened by somebody
	require.NoError(t, err)
	s, err := Listen(dir, "run", NewHub(words.English))
	require.NoError(t, err)
	defer s.Close()
	for path, mode := range map[string]os.FileMode{dir: 0o700, s.Path(): 0o600} {
		st, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, st.Mode().Perm(), path)
	}
}

func TestADirectoryOfSomebodyElseIsNotUsed(t *testing.T) {
	tmp := shortDir(t)
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", tmp)
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(tmp, fmt.Sprintf("tikv-demo-%d", os.Getuid()))))
	_, err := Dir()
	require.ErrorContains(t, err, "is not a directory of yours")
}

func TestADeadSocketIsReplacedAndALiveOneIsNot(t *testing.T) {
	dir := shortDir(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "run.sock"), Net: "unix"})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	s := serveIn(t, dir)
	_, err = Listen(dir, "run", NewHub(words.English))
	require.ErrorContains(t, err, "another talk listens at")
	attach(t, s) // the refused one has not removed it
}

func TestOnlyLiveTalksAreFound(t *testing.T) {
	dir := shortDir(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "dead.sock"), Net: "unix"})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	s, err := Listen(dir, "live", NewHub(words.English))
	require.NoError(t, err)
	defer s.Close()
	paths, err := Live(dir)
	require.NoError(t, err)
	require.Equal(t, []string{s.Path()}, paths)
	require.NoFileExists(t, filepath.Join(dir, "dead.sock"))
}

func TestAPathThatIsTooLongIsSaid(t *testing.T) {
	_, err := Listen(filepath.Join(os.TempDir(), strings.Repeat("d", 100)), "run", NewHub(words.English))
	require.ErrorContains(t, err, "at most 103")
	require.ErrorContains(t, err, "XDG_RUNTIME_DIR")
}

func TestClosingEndsEveryConnectionAndLeavesNoSocket(t *testing.T) {
	s := serve(t)
	c := attach(t, s)
	_, err := c.Ask(protocol.Intent{Do: protocol.DoAdvance}) // nobody answers it
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for err == nil {
		_, err = c.Next()
	}
	require.NoFileExists(t, s.Path())
}

func TestAConsoleUnlocksThePhonesPageAndAPhoneDoesNot(t *testing.T) {
	h := NewHub(words.English)
	unlock := func(role string) protocol.Answer {
		return h.Ask(t.Context(), protocol.Peer{Role: role}, protocol.Intent{ID: 3, Do: protocol.DoUnlock})
	}
	require.Equal(t, protocol.Answer{ID: 3, Result: protocol.ResultRefused, Why: ErrNoPhone.Error()}, unlock(protocol.RoleConsole))
	locked := true
	h.ShowPhone(protocol.Phone{Locked: true}, func() bool { was := locked; locked = false; return was })
	require.Equal(t, protocol.ResultRefused, unlock(protocol.RolePhone).Result)
	require.True(t, locked)
	require.Equal(t, protocol.Answer{ID: 3, Result: protocol.ResultOK}, unlock(protocol.RoleConsole))
	require.Equal(t, protocol.ResultRefused, unlock(protocol.RoleConsole).Result, "it was not locked")
}

// A console says that the link is lost when it has heard nothing for LostAfter. What was
// pressed before that, and waits for a talk that stood still, was pressed for nothing.
func TestWhatWaitedWhileTheTalkStoodStillIsNotTaken(t *testing.T) {
	s := serve(t)
	l, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	require.NoError(t, err)
	defer l.Close()
	console, err := net.Dial("unix", l.Addr().String())
	require.NoError(t, err)
	defer console.Close()
	ours, err := l.Accept()
	require.NoError(t, err)
	defer ours.Close()
	b, err := protocol.Encode(protocol.Line{Kind: protocol.KindIntent, Intent: &protocol.Intent{Do: protocol.DoQuit, Rev: 1}})
	require.NoError(t, err)
	_, err = console.Write(b)
	require.NoError(t, err)

	c := &client{conn: ours.(*net.UnixConn), last: time.Now().Add(-protocol.LostAfter - time.Millisecond)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		s.hear(ctx, c, protocol.NewReader(ours, protocol.MaxIntent), protocol.Peer{})
	}()
	select {
	case <-heard:
	case r := <-s.Requests():
		require.Fail(t, "it was taken", r.Intent.Do)
	}
	s.tell(ctx, c) // ends too, so that the console comes again
}

// While nobody is attached nothing is published, so what was told last is old: a phone
// that comes back is shown nothing until the talk has said how it is now.
func TestWhoComesBackIsNotShownWhatWasToldBefore(t *testing.T) {
	h := NewHub(words.English)
	leave, err := h.Join(protocol.Peer{Role: protocol.RolePhone})
	require.NoError(t, err)
	h.Publish(protocol.State{Reached: 2})
	told, _ := h.Newest()
	require.Equal(t, 2, told.Reached)
	leave()
	leave, err = h.Join(protocol.Peer{Role: protocol.RolePhone})
	require.NoError(t, err)
	defer leave()
	st, changed := h.Newest()
	require.Zero(t, st.Seq)
	h.ShowPhone(protocol.Phone{}, nil) // what the hub itself knows makes nothing new of it
	st, _ = h.Newest()
	require.Zero(t, st.Seq)
	h.Publish(protocol.State{Reached: 5})
	<-changed
	st, _ = h.Newest()
	require.Equal(t, 5, st.Reached)
	require.Greater(t, st.Seq, told.Seq)
}

func TestThereIsNoRoomForMoreThanAnyTalkHas(t *testing.T) {
	h := NewHub(words.English)
	var leave func()
	for range maxPeers {
		var err error
		leave, err = h.Join(protocol.Peer{Role: protocol.RolePhone})
		require.NoError(t, err)
	}
	_, err := h.Join(protocol.Peer{})
	require.Error(t, err)
	leave()
	leave() // of no effect
	require.Equal(t, maxPeers-1, h.Attached())
	_, err = h.Join(protocol.Peer{})
	require.NoError(t, err)
}
