package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/phone"
	"github.com/tikv-demo/tikv-demo/internal/remote"
)

// flagRemote is the flag that serves the phone's page, and remoteAsk its value that
// asks for the address.
const (
	flagRemote = "remote"
	remoteAsk  = "ask"
)

// bindRemote binds --remote, which asks when it has no value.
func bindRemote(f *pflag.FlagSet, to *string, usage string) {
	f.StringVar(to, flagRemote, "", usage)
	f.Lookup(flagRemote).NoOptDefVal = remoteAsk
}

// joinRemote lets --remote ADDR be written with a space although the flag may stand
// alone: the next word is taken where it looks like an address.
func joinRemote(args []string) []string {
	for i := 0; i+1 < len(args) && args[i] != "--"; i++ {
		if args[i] == "--"+flagRemote && (args[i+1] == remoteAsk || phone.Looks(args[i+1])) {
			return slices.Concat(args[:i], []string{args[i] + "=" + args[i+1]}, args[i+2:])
		}
	}
	return args
}

// servePhone serves the phone's page if that is wanted, and says where. The page is
// there before the cluster is, so that a port that is taken costs no time.
func servePhone(ctx context.Context, std IO, o *options, front string, hub *remote.Hub) (end func() error, err error) {
	end = func() error { return nil }
	if o.remote == "" {
		return end, nil
	}
	if front != "tui" {
		return end, usage("--remote is for the screen; it does not go with --front %s", front)
	}
	at, err := remoteAddress(ctx, std, o.remote)
	if err != nil {
		return end, err
	}
	dir, err := remote.Dir()
	if err != nil {
		return end, precondition("%w", err)
	}
	codes, forget, err := phone.KeepCodes(dir, at.String())
	if err != nil {
		return end, precondition("%w", err)
	}
	page, err := phone.Listen(phone.Config{Address: at.String(), Codes: codes, Tongue: hub.Tongue(), Talk: hub})
	if err != nil {
		return end, precondition("%w; choose another port with --remote %s", err, netip.AddrPortFrom(at.Addr(), 0))
	}
	fmt.Fprintf(std.Err, "tikv-demo: the phone's page is at %s; press P in `tikv-demo console` for the code that lets a phone in\n", page.URL())
	if phone.Public(at.Addr()) {
		fmt.Fprintf(std.Err, "tikv-demo: %s can be reached from the internet; a private network is better, such as the phone's own hotspot\n", at.Addr())
	}
	return func() error { return errors.Join(page.Close(), forget()) }, nil
}

// errNoNetwork says that no phone can reach this machine.
var errNoNetwork = errors.New("this machine is on no network; let it join the phone's hotspot, then start again")

// remoteAddress gives where the phone's page is to be: what the user named, the only
// address that there is, or the one that the user chooses.
func remoteAddress(ctx context.Context, std IO, given string) (netip.AddrPort, error) {
	places, err := phone.Places()
	if err != nil {
		return netip.AddrPort{}, precondition("%w", err)
	}
	if given != remoteAsk {
		at, err := phone.Choose(given, places)
		if err != nil {
			return at, usage("--remote %w", err)
		}
		return at, nil
	}
	places = slices.DeleteFunc(places, phone.Place.Inside)
	switch {
	case len(places) == 0:
		return netip.AddrPort{}, precondition("%w", errNoNetwork)
	case len(places) == 1:
		return phone.Choose(places[0].IP.String(), places)
	case !std.Terminal:
		var all []string
		for _, p := range places {
			all = append(all, p.String())
		}
		return netip.AddrPort{}, precondition("there are several networks; choose with --remote ADDR: %s", strings.Join(all, ", "))
	}
	return askAddress(ctx, std, places)
}

// pageAt gives where the phone's page would be, for the doctor, who asks nobody.
func pageAt(given string) doctor.Page {
	places, err := phone.Places()
	if given == remoteAsk {
		places = slices.DeleteFunc(places, phone.Place.Inside)
	}
	if err == nil && given == remoteAsk && len(places) == 0 {
		err = errors.New("this machine is on no network")
	}
	if err != nil {
		return doctor.Page{Err: err}
	}
	if given == remoteAsk {
		given = places[0].IP.String()
	}
	at, err := phone.Choose(given, places)
	page := doctor.Page{At: at, Interface: "this machine alone", Public: phone.Public(at.Addr()), Err: err}
	for _, p := range places {
		if p.IP == at.Addr() {
			page.Interface = p.Interface
		}
	}
	return page
}

// askAddress asks which network the phone is on.
func askAddress(ctx context.Context, std IO, places []phone.Place) (netip.AddrPort, error) {
	fmt.Fprintln(std.Err, "Which network is the phone on?")
	for i, p := range places {
		fmt.Fprintf(std.Err, "  %d  %s\n", i+1, p)
	}
	in := bufio.NewReader(std.In)
	for {
		fmt.Fprintf(std.Err, "1 to %d [1]: ", len(places))
		said, err := nextLine(ctx, in)
		if ctx.Err() != nil {
			fmt.Fprintln(std.Err)
			return netip.AddrPort{}, errInterrupted
		}
		if said == "" && err == nil {
			said = "1"
		}
		if n, bad := strconv.Atoi(said); bad == nil && n >= 1 && n <= len(places) {
			return phone.Choose(places[n-1].IP.String(), places)
		}
		if err != nil {
			return netip.AddrPort{}, precondition("no network was chosen; choose one with --remote ADDR")
		}
	}
}
