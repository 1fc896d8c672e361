package phone

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Port is where the page is when nobody chose another.
const Port = 8765

// Place is an address of this machine at which a phone may find it.
type Place struct {
	Interface string
	IP        netip.Addr
}

// Address gives the place with the usual port.
func (p Place) Address() string { return netip.AddrPortFrom(p.IP, Port).String() }

// Inside says whether the network is one of containers or virtual machines, which no
// phone is on.
func (p Place) Inside() bool {
	return slices.ContainsFunc([]string{"docker", "br-", "veth", "virbr", "cni", "podman", "vmnet"}, func(prefix string) bool {
		return strings.HasPrefix(p.Interface, prefix)
	})
}

// String names the place for people: "192.168.1.5 on wlan0".
func (p Place) String() string { return p.IP.String() + " on " + p.Interface }

// Places lists this machine's addresses on networks that it shares with others, those
// of private networks first.
func Places() ([]Place, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("this machine's networks: %w", err)
	}
	var out []Place
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it went away meanwhile
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsGlobalUnicast() {
				out = append(out, Place{i.Name, p.Addr().Unmap()})
			}
		}
	}
	rank := func(p Place) int {
		switch {
		case p.Inside():
			return 3
		case p.IP.Is4() && !Public(p.IP):
			return 0
		case p.IP.Is4():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b Place) int { return rank(a) - rank(b) })
	return out, nil
}

// shared is what providers give to phones: 100.64.0.0/10.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// Public says whether anybody on the internet may reach an address.
func Public(ip netip.Addr) bool {
	return !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !shared.Contains(ip)
}

// Choose gives the address and port that a user means: an address of this machine or
// the name of one of its interfaces, either with :PORT or without.
func Choose(given string, places []Place) (netip.AddrPort, error) {
	name, port := given, Port
	if host, p, err := net.SplitHostPort(given); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is no port; give 0 to 65535", p)
		}
		name, port = host, int(n)
	}
	name = strings.Trim(name, "[]")
	ip, err := netip.ParseAddr(name)
	switch {
	case err != nil:
		for _, p := range places {
			if p.Interface == name {
				return netip.AddrPortFrom(p.IP, uint16(port)), nil
			}
		}
		return netip.AddrPort{}, fmt.Errorf("%q is neither an address nor an interface of this machine%s", name, known(places))
	case ip.IsUnspecified():
		return netip.AddrPort{}, fmt.Errorf("%s would serve every network that this machine is on; choose one%s", name, known(places))
	case !ip.IsLoopback() && !slices.ContainsFunc(places, func(p Place) bool { return p.IP == ip.Unmap() }):
		return netip.AddrPort{}, fmt.Errorf("%s is no address of this machine%s", name, known(places))
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}

// known lists the places, for a message.
func known(places []Place) string {
	if len(places) == 0 {
		return ", which is on no network"
	}
	var all []string
	for _, p := range places {
		all = append(all, p.String())
	}
	return "; it has " + strings.Join(all, ", ")
}

// Looks says whether a word looks like what Choose takes, and not like a command or a
// directory.
func Looks(word string) bool {
	host := word
	if h, _, err := net.SplitHostPort(word); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	_, err := net.InterfaceByName(host)
	return err == nil
}
