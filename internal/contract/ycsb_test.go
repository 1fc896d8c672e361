package contract

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mix is a YCSB workload: shares of operations, and how keys are drawn.
type mix struct {
	name, read, update, insert, rmw, keys string
	operations                            []string // that its report must hold
}

var workloadA = mix{"A", "0.5", "0.5", "0", "0", "zipfian", []string{"READ", "UPDATE"}}

var mixes = []mix{
	workloadA,
	{"B", "0.95", "0.05", "0", "0", "zipfian", []string{"READ", "UPDATE"}},
	{"C", "1", "0", "0", "0", "zipfian", []string{"READ"}},
	{"D", "0.95", "0", "0.05", "0", "latest", []string{"READ", "INSERT"}},
	{"F", "0.5", "0", "0", "0.5", "zipfian", []string{"READ", "READ_MODIFY_WRITE"}},
}

// settings are what go-ycsb calls the shares. Without them it does its own mix of
// 95% reads.
func (m mix) settings() []string {
	return []string{"readproportion=" + m.read, "updateproportion=" + m.update, "insertproportion=" + m.insert,
		"readmodifywriteproportion=" + m.rmw, "scanproportion=0", "requestdistribution=" + m.keys}
}

// ycsb runs go-ycsb against a PD and gives what it says.
func ycsb(t testing.TB, verb, pd string, settings ...string) string {
	t.Helper()
	return ycsbOn(t, verb, "tikv", append(settings, onTiKV(pd)...)...)
}

func onTiKV(pd string) []string {
	return []string{"tikv.type=raw", "tikv.pd=" + strings.TrimPrefix(pd, "http://")}
}

// ycsbOn runs go-ycsb against a database that it knows.
func ycsbOn(t testing.TB, verb, database string, settings ...string) string {
	t.Helper()
	args := []string{verb, database, "-p", "workload=core", "-p", "recordcount=10000", "-p", "operationcount=10000", "-p", "threadcount=16"}
	for _, s := range settings {
		args = append(args, "-p", s)
	}
	out, err := exec.Command(theirs(t, "go-ycsb"), args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// wrong is what go-ycsb prints of an operation that failed: a line of figures
// such as READ_ERROR, or the error itself. Its exit status does not tell.
var wrong = regexp.MustCompile(`(?m)^\S*_ERROR .*|^.*(?:err(or)?: |\[ERROR\]|panic).*$`)

// requireWhole holds that every operation was carried out and none failed.
func requireWhole(t testing.TB, out string, operations ...string) {
	t.Helper()
	require.Contains(t, out, "Run finished")
	require.Empty(t, wrong.FindString(out), "%s", out)
	for _, op := range operations {
		require.Regexp(t, `(?m)^`+op+`\s+- Takes`, out)
	}
}

// The real go-ycsb, unchanged and with its default settings, on our PD and on
// the real one.
func TestGoYCSB(t *testing.T) {
	for name, pd := range map[string]func() string{
		"our PD":      func() string { return clusterUp(t) },
		"the real PD": func() string { return clusterUp(t, "--pd", realPD(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			theirs(t, "go-ycsb")
			url := pd()
			requireWhole(t, ycsb(t, "load", url), "INSERT")
			for _, m := range mixes {
				requireWhole(t, ycsb(t, "run", url, m.settings()...), m.operations...)
			}
		})
	}
}
