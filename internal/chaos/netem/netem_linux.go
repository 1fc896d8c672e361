package netem

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Set gives every interface but the loopback the line, and with the zero Line
// takes away what an earlier Set did. Both may be repeated.
func Set(is Line) error {
	links, err := netlink.LinkList()
	if err != nil {
		return fmt.Errorf("the network's interfaces: %w", err)
	}
	found := false
	for _, l := range links {
		if l.Attrs().Flags&net.FlagLoopback != 0 {
			continue
		}
		found = true
		if err := set(l, is); err != nil {
			return fmt.Errorf("%s: %w", l.Attrs().Name, err)
		}
	}
	if !found {
		return errors.New("there is no interface but the loopback")
	}
	return nil
}

// Probe says whether this kernel can, by trying on the loopback.
func Probe() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := set(lo, Line{Loss: 0.01}); err != nil {
		return err
	}
	return set(lo, Line{})
}

func set(l netlink.Link, is Line) error {
	attrs := netlink.QdiscAttrs{LinkIndex: l.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}
	q := netlink.NewNetem(attrs, netlink.NetemQdiscAttrs{
		Latency: uint32(is.Delay.Microseconds()),
		Loss:    float32(100 * is.Loss),
	})
	if is != (Line{}) {
		return explain(netlink.QdiscReplace(q))
	}
	if err := netlink.QdiscDel(q); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
		return err // neither: there was none
	}
	return nil
}

// explain says what a kernel without netem means by its answer. That of Docker
// Desktop on Apple chips says that the operation is not supported.
func explain(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) {
		return errors.New("this kernel has no netem (module sch_netem)")
	}
	return err
}
