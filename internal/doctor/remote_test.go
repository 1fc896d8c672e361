package doctor

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func remoteReport(t *testing.T, p Page) Report {
	t.Helper()
	return Run(t.Context(), Remote(func() Page { return p }))
}

func TestDoctorSaysWhatHallNetworksDo(t *testing.T) {
	r := remoteReport(t, Page{At: netip.MustParseAddrPort("127.0.0.1:0"), Interface: "lo"})
	require.Equal(t, OK, r.Checks[0].Status)
	require.Equal(t, OK, r.Checks[1].Status)
	require.Equal(t, Warn, r.Checks[2].Status)
	require.Contains(t, hall(netip.MustParseAddr("10.1.2.3")).Text, "client isolation")
	require.Contains(t, hall(netip.MustParseAddr("10.1.2.3")).Remedy, "hotspot")
	require.Equal(t, OK, hall(netip.MustParseAddr("172.20.10.2")).Status)
	require.Equal(t, OK, hall(netip.MustParseAddr("192.168.43.17")).Status)
}

func TestDoctorFindsAPortThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := remoteReport(t, Page{At: netip.MustParseAddrPort(l.Addr().String()), Interface: "lo"})
	require.Equal(t, Fail, r.Checks[1].Status)
	require.Contains(t, r.Checks[1].Remedy, "--remote 127.0.0.1:0")
}

func TestWithoutANetworkNothingElseIsLookedAt(t *testing.T) {
	r := remoteReport(t, Page{Err: errors.New("this machine is on no network")})
	require.Equal(t, Fail, r.Status)
	require.Equal(t, "not looked at", r.Checks[2].Text)
	require.Contains(t, r.Checks[0].Remedy, "hotspot")
	require.Equal(t, Warn, remoteReport(t, Page{At: netip.MustParseAddrPort("127.0.0.1:0"), Public: true}).Checks[0].Status)
}
