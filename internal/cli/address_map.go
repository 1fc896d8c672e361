package cli

import (
	"net"
	"strings"
)

// addressMap says where addresses that PD gives are reached from here: those of
// containers, or of pods behind a port-forward, mean nothing on this machine. It
// is a flag: name:port=host:port, repeatable.
type addressMap map[string]string

// parseMap reads what --map was given.
func parseMap(pairs []string) (addressMap, error) {
	m := addressMap{}
	for _, p := range pairs {
		from, to, ok := strings.Cut(p, "=")
		if !ok || !isAddress(from) || !isAddress(to) {
			return nil, usage("--map %q is not NAME:PORT=HOST:PORT, such as tikv-1:20160=127.0.0.1:20160", p)
		}
		if old, twice := m[from]; twice && old != to {
			return nil, usage("--map gives %s two places, %s and %s", from, old, to)
		}
		m[from] = to
	}
	return m, nil
}

func isAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	return err == nil && host != "" && port != ""
}

// at gives where an address is reached; one that is not mapped is reached as it is.
func (m addressMap) at(address string) string {
	if to, ok := m[address]; ok {
		return to
	}
	return address
}
