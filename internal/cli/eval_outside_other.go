//go:build !linux

package cli

import (
	"errors"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// outsideCatalogue needs Linux: control groups, limits of processes, /proc.
func outsideCatalogue() []outsideFault {
	return []outsideFault{{name: "freezer", truth: demo.TypeFrozen, what: "freeze %s", able: func() error { return errors.New("faults from outside need Linux") }}}
}

func sweepOutside() {}
