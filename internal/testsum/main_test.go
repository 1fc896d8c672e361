package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sum(t *testing.T, in string) (string, bool) {
	t.Helper()
	var out strings.Builder
	s := newSummary(&out)
	require.NoError(t, s.read(strings.NewReader(in)))
	good := s.tell(61 * time.Second)
	return out.String(), good
}

func TestSkippedTestsAreToldWithTheirReasonAndFailedOnesWithTheirOutput(t *testing.T) {
	skip := `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: skipped: needs Docker; run ` + "`make test-docker`" + `\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	out, good := sum(t, skip)
	require.True(t, good)
	require.Equal(t, "ok  \tp\t0.1s\nskipped: needs Docker; run `make test-docker`\n         TestA\n1 packages, 1 tests passed, 1 skipped, 0 failed, in 1m1s\n", out)

	out, good = sum(t, skip+`{"Action":"output","Package":"q","Test":"TestC","Output":"    c_test.go:1: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
`)
	require.False(t, good)
	require.Contains(t, out, "c_test.go:1: wrong\nFAIL\tq\t0.1s\n")
	require.Contains(t, out, "FAILED: q TestC\nFAILED: q\n")
}

func TestSkippedCasesOfOneTestAreCounted(t *testing.T) {
	skip := func(test string) string {
		return `{"Action":"output","Package":"p","Test":"` + test + `","Output":"    a_test.go:7: skipped: long\n"}
{"Action":"skip","Package":"p","Test":"` + test + `"}
`
	}
	out, good := sum(t, skip("TestA/1")+skip("TestB/2")+skip("TestA/3")+skip("TestC")+`{"Action":"pass","Package":"p"}`+"\n")
	require.True(t, good)
	require.Equal(t, "skipped: long\n         TestA (2 cases), TestB/2, TestC\n1 packages, 0 tests passed, 4 skipped, 0 failed, in 1m1s\n", out)
}

func TestWhatCannotBeBuiltOrFoundIsNoSuccess(t *testing.T) {
	out, good := sum(t, `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`)
	require.False(t, good)
	require.Contains(t, out, "undefined: x\nFAIL\tp [build failed]\n")

	out, good = sum(t, "")
	require.False(t, good, "go test ended before it began")
	require.Contains(t, out, "nothing was tested")
	out, _ = sum(t, "go: cannot find main module\n")
	require.Contains(t, out, "cannot find main module")
}

// Commands run at the same time: each of these waits for the other.
func TestCommandsRunTogetherAndOneThatFailsIsNoSuccess(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for how, want := range map[string]bool{"exit 0": true, "exit 2": false} {
		var out strings.Builder
		s := newSummary(&out)
		s.run([]string{
			`echo '{"Action":"pass","Package":"p"}' > ` + fifo,
			`cat ` + fifo + `; echo go: a message; ` + how,
		})
		require.Equal(t, want, s.tell(time.Second), out.String())
		require.Contains(t, out.String(), "go: a message\n1 packages, 0 tests passed")
		require.Equal(t, !want, strings.Contains(out.String(), "go test ended before it had tested everything: exit status 2"))
	}
}
