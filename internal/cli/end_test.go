package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATimeOfDayIsTheNextOne(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, time.Local)
		require.NoError(t, err)
		return v
	}
	for _, c := range []struct{ now, end, is string }{
		{"2026-03-04 14:00", "14:25", "2026-03-04 14:25"},
		{"2026-03-31 23:50", "00:15", "2026-04-01 00:15"},
		{"2026-03-04 14:26", "14:25", ""},
		{"2026-03-04 00:05", "23:55", ""},
		{"2026-03-04 14:25", "14:25", ""},
	} {
		o := &options{}
		require.NoError(t, o.end.Set(c.end))
		err := o.checkEnd(at(c.now))
		if c.is == "" {
			require.ErrorContains(t, err, "--end "+c.end+" has passed; it is "+c.now[11:]+" now", "%v", c)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, at(c.is), o.endAt)
	}
}
