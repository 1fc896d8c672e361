package tui

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// attachedStates are screens with somebody attached, by what there is to see on them.
func attachedStates(t *testing.T) map[string]*played {
	all := map[string]*played{}
	for n, name := range []string{"chapter 1", "chapter 2", "chapter 3", "chapter 4", "chapter 5", "chapter 6", "chapter 7", "chapter 8"} {
		all[name], _ = attachedAt(t, n+1)
		all[name].state.Options.TakeOver = "the record of 2026-01-02 (example unscrew)"
	}
	press := func(name string, chapter int, keys ...string) {
		p, _ := attachedAt(t, chapter)
		for _, k := range keys {
			p.goOn(letter(k))
			p.at = p.at.Add(time.Second)
		}
		all[name] = p
	}
	press("asked whether to leave", 5, "q")
	press("asked to approve", 6, " ")
	press("asked for a reason", 6, " ", "n")
	press("leaving", 5, "q", "y")
	press("the past", 5, "[", "[")
	all["a record"] = onRecord(t)
	lost, s := hanging(t, 5)
	s.err = errors.New("it is gone")
	for _, k := range []string{"R", "y"} {
		lost.goOn(letter(k))
		lost.at = lost.at.Add(time.Second)
	}
	require.NotEmpty(t, lost.state.NotShown())
	all["a record that cannot be shown"] = lost
	return all
}

// What is on offer to whoever is attached is done for them, and what is not is refused:
// behind a blank or frozen screen, in the past and beside a record too.
func TestWhatIsOfferedElsewhereIsWhatIsDone(t *testing.T) {
	for name, p := range attachedStates(t) {
		for cover, key := range map[Cover]string{Uncovered: "", Blanked: ".", Frozen: "x"} {
			p, d := *p, &desk{requests: make(chan protocol.Request)}
			p.cfg.Attached = d
			if key != "" {
				p.goOn(letter(key))
			}
			if p.cover != cover {
				continue // it cannot be covered now
			}
			for _, o := range p.told(d).Offers {
				again := p
				again.history = demo.NewHistory(p.state)
				a := again.remoteAs(protocol.RoleConsole, o.Do, o.N, again.newest())
				require.Equal(t, o.Enabled, a.Result == protocol.ResultOK, "%s, cover %d: %+v, and it is answered %+v", name, cover, o, a)
				if !o.Enabled {
					require.Equal(t, o.Why, a.Why, "%s, cover %d: %s", name, cover, o.Do)
				}
			}
		}
	}
}
