package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seconds is a workload after the fault, a character a second: "." fast, "!"
// slow, "x" with errors, " " not measured, "|" the repair begins.
func seconds(t *testing.T, h Hypothesis, line string) Return {
	t.Helper()
	var r Return
	repairing, at := false, time.Duration(0)
	for _, c := range line {
		if c == '|' {
			repairing = true
			continue
		}
		at += time.Second
		p := LoadSample{Ops: 1000, P99: Micros(3 * time.Millisecond)}
		switch c {
		case '!':
			p.P99 = Micros(300 * time.Millisecond)
		case 'x':
			p.Ops, p.Errors = 900, 100
		case '0':
			p.Ops, p.Shed = 0, 1000
		case ' ':
			continue
		}
		r = r.follow(h, at, p, repairing)
	}
	return r
}

func TestAHypothesisIsJudgedByWhatWasMeasured(t *testing.T) {
	h := hypothesisOf("stage", Plan{}, Baseline{P99: 3 * time.Millisecond})
	require.Equal(t, Hypothesis{P99: Millis(10 * time.Millisecond), Within: Millis(10 * time.Second)}, h)
	for _, x := range []struct {
		line string
		want HypothesisVerdict
		back time.Duration
		why  string
	}{
		{"!!!.....", Held, 3 * time.Second, "back in time"},
		{"........", Held, 0, "never above"},
		{"!!!!!!!!!!!!...", Broken, 12 * time.Second, "it recovers late"},
		{"!!!!!!!!!!!!!!!", Broken, 0, "it never recovers"},
		{"xxxxxxxxxxxx...", Broken, 12 * time.Second, "fast refusals are not fast"},
		{"000000000000...", Broken, 12 * time.Second, "nothing was even started"},
		{"!!!...!!!!!!!!!...", Broken, 15 * time.Second, "it came and went"},
		{"...........!!!!...", Broken, 15 * time.Second, "it got slow late"},
		{"!!!......!.......", Held, 3 * time.Second, "one slow second is noise"},
		{"!!!......|!!!!!...", Held, 3 * time.Second, "the repair is another matter"},
		{"!!!!!|!!!!!!!!...", Broken, 13 * time.Second, "it took the repair"},
		{"", Unknown, 0, "no samples"},
		{"            ...", Unknown, 12 * time.Second, "not measured when it mattered"},
		{"!!            ...", Unknown, 14 * time.Second, "nobody knows when"},
		{"!!!..", Unknown, 0, "the end came too early"},
		{"!!!.... ........", Held, 3 * time.Second, "one lost sample is no gap"},
	} {
		s := State{Incident: Incident{Phase: PhaseOpen, Plan: &Plan{}, Hypothesis: &h, Return: seconds(t, h, x.line)}}
		s.Ledger = &LedgerVerified{Acked: 100, Checked: 100}
		j, ok := s.Judgement()
		require.True(t, ok)
		require.Equal(t, x.want, j.Latency, "%q: %s", x.line, x.why)
		require.Equal(t, x.want, j.Verdict, "%q: %s", x.line, x.why)
		if s.Return.Back && x.want != Unknown {
			require.NotNil(t, j.Back, x.why)
			require.Equal(t, x.back, j.Back.Duration(), "%q: %s", x.line, x.why)
		} else {
			require.Nil(t, j.Back, x.why)
		}
	}
}

func TestLostAndUnreadWritesOutweighAFastRecovery(t *testing.T) {
	h := hypothesisOf("stage", Plan{}, Baseline{})
	for _, x := range []struct {
		ledger *LedgerVerified
		line   string
		want   HypothesisVerdict
	}{
		{&LedgerVerified{Acked: 100, Lost: 1}, "!....", Broken},
		{&LedgerVerified{Acked: 100, Lost: 1, Unknown: 3}, "!....", Broken},
		{&LedgerVerified{Acked: 100, Lost: 1}, "", Broken},
		{&LedgerVerified{Acked: 100, Unknown: 3}, "!....", Unknown},
		{&LedgerVerified{Acked: 100, Unknown: 3}, "!!!!!!!!!!!!", Broken},
		{&LedgerVerified{}, "!....", Unknown},
		{nil, "!....", Unknown},
		{&LedgerVerified{Acked: 100}, "!....", Held},
	} {
		s := State{Incident: Incident{Phase: PhaseOpen, Plan: &Plan{}, Hypothesis: &h, Return: seconds(t, h, x.line)}}
		s.Ledger = x.ledger
		j, _ := s.Judgement()
		require.Equal(t, x.want, j.Verdict, "%+v %q", x.ledger, x.line)
	}
}

func TestTheLimitsOfAHypothesisAreThoseOfProfileFaultAndMachine(t *testing.T) {
	require.EqualValues(t, 30*time.Second, hypothesisOf("real", Plan{}, Baseline{}).Within)
	require.EqualValues(t, 30*time.Millisecond, hypothesisOf("stage", Plan{}, Baseline{P99: 12 * time.Millisecond}).P99)
	require.Zero(t, hypothesisOf("stage", Plan{CostsQuorum: true}, Baseline{}))
}

// A whole play, with what the workload does after the fault.
func TestAPlayStatesItsHypothesisAndJudgesItAtTheEnd(t *testing.T) {
	const rest = "; press; load 100; signal status_probe; load 100; signal client_errors; load 100; ticket; load 100; lamps out; load 100; press; load 100; answer" +
		"; load 100; press; load 100; yes; answer; clear status_probe; lamps up; load 100; load 100; load 100; tick 3s; answer"
	for script, want := range map[string]HypothesisVerdict{
		"; slow; slow; slow; load 100; load 100; load 100":                                    Held,
		strings.Repeat("; slow", 11) + "; load 100; load 100":                                 Broken,
		"; slow; slow" + strings.Repeat("; lamps out", 15) + "; load 100; load 100; load 100": Unknown,
	} {
		p := newPlay(t, Options{})
		p.run(toFault)
		require.NotNil(t, p.Hypothesis, "it is stated before anything is broken")
		require.Nil(t, p.Judged)
		p.run("press; tick 1s; tick 1s; tick 1s; answer" + script + rest)
		require.NotNil(t, p.Judged, script)
		require.Equal(t, want, p.Judged.Verdict, "%q: %+v", script, p.Return)
		require.Equal(t, 1, strings.Count(p.trace.String(), "[hypothesis.stated]"))
		require.Equal(t, 1, strings.Count(p.trace.String(), "[hypothesis.judged]"))
		p.run("quit")
		require.Equal(t, want, p.Finished.Hypothesis)
	}
}

func TestATalkThatIsLeftAfterTheFaultIsJudgedByWhatItSaw(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark + "; slow; load 100; load 100; load 100; quit; yes; answer")
	require.Equal(t, Held, p.Judged.Latency)
	require.Equal(t, Unknown, p.Judged.Writes, "nobody has read them again")
	require.Equal(t, Unknown, p.Finished.Hypothesis)

	p = newPlay(t, Options{})
	p.run(toFault + "; quit")
	require.Nil(t, p.Judged, "nothing was broken")
	require.Empty(t, p.Finished.Hypothesis)
}
