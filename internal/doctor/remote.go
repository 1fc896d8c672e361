package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Page is where the phone's page is to be, as far as that can be known beforehand.
type Page struct {
	At        netip.AddrPort
	Interface string
	Public    bool  // anybody on the internet may reach it
	Err       error // why there is no address
}

// hotspots are the networks that phones make for others: iOS, Android.
var hotspots = []netip.Prefix{netip.MustParsePrefix("172.20.10.0/28"), netip.MustParsePrefix("192.168.43.0/24")}

// Remote checks what a phone needs to reach the page: a network, a port, and a hall
// whose network lets its guests speak with each other.
func Remote(page func() Page) []Check {
	var p Page
	first := Check{"phone's network", func(context.Context) Finding {
		p = page()
		switch {
		case p.Err != nil:
			return Finding{Fail, p.Err.Error(), "let the laptop join the phone's hotspot, and look again"}
		case p.Public:
			return Finding{Warn, fmt.Sprintf("%s on %s can be reached from the internet", p.At.Addr(), p.Interface), "use a private network, such as the phone's own hotspot"}
		}
		return Finding{OK, fmt.Sprintf("%s on %s", p.At.Addr(), p.Interface), ""}
	}}
	return Behind(first,
		Check{"phone's port", func(ctx context.Context) Finding { return listens(ctx, p.At) }},
		Check{"hall's network", func(context.Context) Finding { return hall(p.At.Addr()) }})
}

// listens looks whether the page's port is free and answers.
func listens(ctx context.Context, at netip.AddrPort) Finding {
	other := fmt.Sprintf("choose another with --remote %s", netip.AddrPortFrom(at.Addr(), 0))
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", at.String())
	if err != nil {
		return Finding{Fail, err.Error(), other}
	}
	defer l.Close()
	d := net.Dialer{Timeout: 2 * time.Second}
	c, err := d.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return Finding{Fail, err.Error(), "look for a firewall that forbids it"}
	}
	_ = c.Close()
	return Finding{OK, fmt.Sprintf("%s is free; whether a firewall of this laptop lets a phone in is seen from the phone alone", at), ""}
}

// hall says what networks in halls do. None of it can be seen from the laptop.
func hall(ip netip.Addr) Finding {
	if ip.IsLoopback() {
		return Finding{Warn, "no phone reaches " + ip.String(), "choose an address of a network that the phone is on"}
	}
	for _, h := range hotspots {
		if h.Contains(ip) {
			return Finding{OK, "this looks like a phone's hotspot, which keeps nobody apart", ""}
		}
	}
	return Finding{
		Warn,
		"many halls keep the guests of their network apart (client isolation): both are online, and the phone does not reach the laptop. Others hand a laptop from one network to the next, and its address changes. The page is plain HTTP: who is on the network can listen",
		"let the laptop join the phone's own hotspot; in any case scan the code and tap once before the talk",
	}
}
