//go:build !linux

package netem

import "errors"

var errLinux = errors.New("netem is a part of Linux; this runs in a container's network there")

// Set gives every interface but the loopback the line; on Linux alone.
func Set(Line) error { return errLinux }

// Probe says whether this kernel can; none but Linux does.
func Probe() error { return errLinux }
