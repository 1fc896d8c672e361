package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func at(behind time.Duration) demo.Pace {
	return demo.Pace{Elapsed: 10*time.Minute + behind, Planned: 10 * time.Minute, Total: 24 * time.Minute}
}

func TestThePaceIsSaidInHalfMinutes(t *testing.T) {
	for behind, want := range map[time.Duration]string{
		0: "on time", 72 * time.Second: "on time", -72 * time.Second: "on time", // 5% of 24 minutes
		73 * time.Second: "1 min behind", 80 * time.Second: "1½ min behind", 2 * time.Minute: "2 min behind", -5 * time.Minute: "5 min ahead",
	} {
		text, _ := English.Pace(at(behind), 0)
		require.Equal(t, want, text, behind)
	}
	text, _ := English.Pace(demo.Pace{Elapsed: 100 * time.Second, Planned: time.Minute, Total: 8 * time.Minute}, 0)
	require.Equal(t, "½ min behind", text, "30 s is the least that counts in a short talk")
}

func TestTheClustersShareOfADelayIsSaid(t *testing.T) {
	p := at(2 * time.Minute)
	p.Waited = 52 * time.Second
	text, _ := English.Pace(p, 0)
	require.Equal(t, "2 min behind, 0:50 of it waiting for the cluster", text)
	p.Waited = 4 * time.Second
	text, _ = English.Pace(p, 0)
	require.Equal(t, "2 min behind", text)
}

// A delay that trembles around the middle of two figures must not make the
// figure tremble.
func TestTheFigureDoesNotTremble(t *testing.T) {
	for _, middle := range []time.Duration{72 * time.Second, 105 * time.Second, 135 * time.Second, -72 * time.Second, -105 * time.Second} {
		var said time.Duration
		changes, first := 0, true
		for i := range 100 {
			jitter := 4 * time.Second
			if i%2 == 0 {
				jitter = -jitter
			}
			_, now := English.Pace(at(middle+jitter), said)
			if !first && now != said {
				changes++
			}
			first, said = false, now
		}
		require.LessOrEqual(t, changes, 1, middle)
	}
}

func TestTheFigureFollowsATalkThatCatchesUp(t *testing.T) {
	_, said := English.Pace(at(3*time.Minute), 0)
	require.Equal(t, 3*time.Minute, said)
	_, said = English.Pace(at(2*time.Minute), said)
	require.Equal(t, 2*time.Minute, said)
	_, said = English.Pace(at(20*time.Second), said)
	require.Zero(t, said)
}
