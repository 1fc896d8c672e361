package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/pd"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
)

// ChildCommand is the hidden subcommand that runs this program as a node of the
// cluster.
const ChildCommand = "_child"

// The descriptors that a child inherits besides the standard ones.
const (
	fdReady  = 3 // the child writes one line of JSON when it serves
	fdParent = 4 // end of file means that the parent is gone
)

// order is a child's only argument.
type order struct {
	Kind    string       `json:"kind"` // kindPD or kindStore
	Dir     string       `json:"dir"`
	Addr    string       `json:"addr"`
	Status  string       `json:"status,omitempty"`
	ID      uint64       `json:"id,omitempty"`
	PD      []string     `json:"pd,omitempty"`
	Profile string       `json:"profile,omitempty"`
	Layout  store.Layout `json:"-"` // from the file layout.json above Dir
}

// The kinds of children, which are also the types of nodes.
const (
	kindPD    = "pd"
	kindStore = "tikv"
)

// readiness is the line that a child writes when it serves.
type readiness struct {
	Addr   string `json:"addr"`
	Status string `json:"status,omitempty"`
}

// errorPrefix begins the last log line of a child that fails.
const errorPrefix = "error: "

// ChildMain is a child's main function. It runs one PD or store until it is told to
// stop or its parent is gone, and returns the exit status. It ignores a terminal's
// interrupt, which the parent handles.
func ChildMain(args []string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := child(ctx, args); err != nil {
		fmt.Fprintln(os.Stderr, errorPrefix+err.Error())
		return 1
	}
	return 0
}

func child(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("this command is for the program's own use")
	}
	var o order
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return fmt.Errorf("this command is for the program's own use: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.NewFile(fdParent, "parent"))
		os.Exit(3) // nobody is left who needs an orderly end
	}()
	ready := os.NewFile(fdReady, "ready")
	tell := func(r readiness) {
		_ = json.NewEncoder(ready).Encode(r)
		_ = ready.Close()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	// TiKV's own message: a reader of the log can tell a stop from a crash.
	defer context.AfterFunc(ctx, func() { log.Info("receive signal 15, stopping server...") })()
	switch o.Kind {
	case kindPD:
		return pd.Run(ctx, pd.Config{Dir: o.Dir, Addr: o.Addr, Log: log, Ready: func(url string) { tell(readiness{Addr: url}) }})
	case kindStore:
		layout, err := readLayout(o.Dir)
		if err != nil {
			return err
		}
		profile, ok := store.Profiles(o.Profile)
		if !ok {
			return fmt.Errorf("profile %q is not known", o.Profile)
		}
		return store.Run(ctx, store.Config{
			ID: o.ID, Layout: layout, Dir: o.Dir, Addr: o.Addr, StatusAddr: o.Status, PD: o.PD, Profile: profile, Log: log,
			Ready: func(addr, status string) { tell(readiness{addr, status}) },
		})
	}
	return fmt.Errorf("kind %q is not known", o.Kind)
}
