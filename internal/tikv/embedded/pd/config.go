package pd

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// schedulerName is the one scheduler here.
const schedulerName = "balance-leader-scheduler"

// maxReplicas is how many peers a region has.
const maxReplicas = defaults.Replicas

// downTimeSetting is the one setting that can be changed.
const downTimeSetting = "max-store-down-time"

// schedule returns the schedule settings that apply here, by PD's names. Only leaders
// are scheduled; all other limits are 0.
func (c *cluster) schedule() map[string]any {
	return map[string]any{
		downTimeSetting: c.DownAfter.String(), "leader-schedule-limit": 4, "leader-schedule-policy": "count",
		"region-schedule-limit": 0, "replica-schedule-limit": 0, "merge-schedule-limit": 0, "tolerant-size-ratio": 1,
		"schedulers-v2": []any{map[string]any{"type": "balance-leader", "args": nil, "disable": false, "args-payload": ""}},
	}
}

// config is the schedule in its place among PD's settings.
func (c *cluster) config() map[string]any {
	return map[string]any{"schedule": c.schedule(), "replication": map[string]any{"max-replicas": maxReplicas}}
}

// set changes settings by name, with or without "schedule." before it. Setting a
// value that is in force is allowed. If one setting is not supported, it is refused
// and nothing changes.
func (c *cluster) set(settings map[string]any) error {
	down := c.DownAfter
	for name, v := range settings {
		prefix, _, dotted := strings.Cut(name, ".")
		if dotted && prefix != "schedule" {
			return fmt.Errorf("config prefix %s not found", prefix)
		}
		item := name[strings.LastIndex(name, ".")+1:]
		holds, known := c.schedule()[item]
		switch {
		case !known:
			return fmt.Errorf("config item %s not found", item)
		case item == downTimeSetting:
			var err error
			if down, err = duration(v); err != nil {
				return err
			}
		case !same(holds, v):
			return fmt.Errorf("config item %s is %v in this PD and cannot be changed", item, holds)
		}
	}
	c.DownAfter = down
	return c.save()
}

// duration parses a duration as PD does: a string such as "30m".
func duration(v any) (time.Duration, error) {
	s, ok := v.(string)
	if !ok {
		return 0, strconv.ErrSyntax
	}
	return time.ParseDuration(s)
}

// same compares a setting with a decoded JSON value, in which numbers are floats.
func same(holds, wanted any) bool {
	if n, ok := holds.(int); ok {
		return wanted == float64(n)
	}
	return reflect.DeepEqual(holds, wanted)
}
