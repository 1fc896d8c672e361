package remote

import "net"

// peerUser gives the user id of the process at the other end.
func peerUser(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { uid, inner = userOf(int(fd)) }); err != nil {
		return 0, err
	}
	return uid, inner
}
