package phone

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneAddressOfThisMachineIsChosen(t *testing.T) {
	places := []Place{{"wlan0", netip.MustParseAddr("192.168.1.5")}, {"eth0", netip.MustParseAddr("203.0.113.9")}, {"eth0", netip.MustParseAddr("fd00::5")}}
	for given, is := range map[string]string{
		"192.168.1.5":      "192.168.1.5:8765",
		"192.168.1.5:9000": "192.168.1.5:9000",
		"wlan0":            "192.168.1.5:8765",
		"eth0:0":           "203.0.113.9:0",
		"127.0.0.1":        "127.0.0.1:8765",
		"fd00::5":          "[fd00::5]:8765",
		"[fd00::5]:80":     "[fd00::5]:80",
	} {
		got, err := Choose(given, places)
		require.NoError(t, err, given)
		require.Equal(t, is, got.String())
	}
	for given, says := range map[string]string{
		"0.0.0.0":           "every network",
		"[::]:80":           "every network",
		"192.168.1.6":       "is no address of this machine; it has 192.168.1.5 on wlan0",
		"wlan7":             "neither an address nor an interface",
		"192.168.1.5:66000": "is no port",
		"":                  "neither an address nor an interface",
		"evil.example:80":   "neither an address nor an interface",
	} {
		_, err := Choose(given, places)
		require.ErrorContains(t, err, says, given)
	}
	_, err := Choose("wlan0", nil)
	require.ErrorContains(t, err, "which is on no network")
}

func TestAnAddressOfTheInternetIsKnown(t *testing.T) {
	for ip, public := range map[string]bool{
		"192.168.1.5": false, "10.0.0.1": false, "172.20.10.2": false, "100.72.1.1": false, "127.0.0.1": false, "fd00::1": false, "fe80::1": false,
		"203.0.113.9": true, "172.33.0.1": true, "2001:db8::1": true,
	} {
		require.Equal(t, public, Public(netip.MustParseAddr(ip)), ip)
	}
}

func TestAnAddressIsToldFromADirectory(t *testing.T) {
	for _, word := range []string{"192.168.1.5", "192.168.1.5:80", "[::1]:80"} {
		require.True(t, Looks(word), word)
	}
	for _, word := range []string{"my-talk", "ask", "run", "--auto", "a:b", "./x"} {
		require.False(t, Looks(word), word)
	}
}
