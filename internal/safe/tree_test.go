package safe_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// apart are the packages whose goroutines may end their process: a node of the
// embedded cluster is a process of its own, without a terminal, and the rest are
// for tests and benchmarks.
var apart = []string{"internal/tikv/embedded/pd", "internal/tikv/embedded/store", "internal/contract", "internal/testsum", "internal/screentest"}

// known lists every other place that starts a goroutine without package safe, and
// why its panic cannot end the program before the terminal is whole again.
var known = map[string]string{
	"internal/safe/safe.go: sync.WaitGroup":      "Group itself",
	"internal/safe/safe.go: errgroup":            "Errors itself",
	"internal/runner/runner.go: sync.WaitGroup":  "spawn and Do recover in caught; pump only moves events",
	"internal/runner/close.go: go":               "within calls safe.Do",
	"internal/runner/close.go: AfterFunc":        "writes one line, or cancels",
	"internal/guard/output.go: go":               "writes to a file, or waits for that and sends a message",
	"internal/cli/named.go: go":                  "opens a file inside safe.Do",
	"internal/cli/named.go: AfterFunc":           "sets a deadline",
	"internal/cli/headless.go: go":               "Do recovers in caught; readPresses reads lines, and there is no screen",
	"internal/cli/outfile.go: AfterFunc":         "sets a deadline",
	"internal/cli/ask.go: go":                    "reads inside safe.Do",
	"internal/cli/leave.go: go":                  "counts signals",
	"internal/cli/takeover.go: sync.WaitGroup":   "plays a record inside safe.Do",
	"internal/cli/eval_outside_linux.go: go":     "eval has no screen",
	"internal/phone/server.go: sync.WaitGroup":   "serves inside safe.Do, and net/http recovers each request",
	"internal/diagnose/patience.go: AfterFunc":   "cancels",
	"internal/doctor/doctor.go: go":              "doctor has no screen",
	"internal/remote/client.go: sync.WaitGroup":  "the second terminal's own, where no cluster runs",
	"internal/remote/serve.go: AfterFunc":        "closes a connection",
	"internal/remote/server.go: sync.WaitGroup":  "accept only accepts, and each connection is inside safe.Do",
	"internal/tikv/embedded/child.go: go":        "a child is a process of its own",
	"internal/tikv/embedded/child.go: AfterFunc": "a child is a process of its own",
	"internal/tikv/embedded/process.go: go":      "starts a process, reads one JSON value, or waits for a process",
	"internal/tikv/pdapi/client.go: go":          "first calls safe.Do",
}

// A goroutine that panics ends the program with the terminal in raw mode, unless
// somebody has thought of it.
func TestEveryGoroutineHasAnOwnerThatRecovers(t *testing.T) {
	root := filepath.Join("..", "..")
	found := map[string]int{}
	for _, dir := range []string{"cmd", "internal", "chapters"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains(apart, filepath.ToSlash(rel)):
				return fs.SkipDir
			case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
				return nil
			}
			for _, how := range starts(t, path) {
				found[fmt.Sprintf("%s: %s", filepath.ToSlash(rel), how)]++
			}
			return nil
		}))
	}
	for _, place := range slices.Sorted(maps.Keys(found)) {
		require.NotEmpty(t, known[place], "%s starts a goroutine that nobody recovers: use package safe, or say here why it cannot panic", place)
	}
	for _, place := range slices.Sorted(maps.Keys(known)) {
		require.NotZero(t, found[place], "%s starts none any more", place)
	}
}

// harmless are goroutines beside which packages may run that are tested without the
// race detector.
var harmless = map[string]string{
	"internal/guard/output.go":        "the screen uses what guard says of input alone",
	"internal/tui/display/display.go": "draws on a terminal, which package display tests under the race detector",
	"internal/tui/frames_test.go":     "plays a record, which package replay tests under the race detector",
}

// What the tests leave out of the race detector starts no goroutine, neither itself nor
// by a package of ours that it uses.
func TestPackagesThatAreTestedWithoutTheRaceDetectorStartNoGoroutine(t *testing.T) {
	const module = "github.com/tikv-demo/tikv-demo/"
	root := filepath.Join("..", "..")
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	_, list, found := strings.Cut(string(makefile), "\nALONE    := $(addprefix "+module+"internal/,")
	require.True(t, found, "the Makefile lists them")
	list, _, _ = strings.Cut(list, ")")
	looked := map[string]bool{}
	var look func(pkg string, tested bool)
	look = func(pkg string, tested bool) {
		if looked[pkg] {
			return
		}
		looked[pkg] = true
		files, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, pkg)
		for _, path := range files {
			rel, err := filepath.Rel(root, path)
			require.NoError(t, err)
			if strings.HasSuffix(path, "_test.go") && !tested || harmless[filepath.ToSlash(rel)] != "" {
				continue
			}
			require.Empty(t, starts(t, path), "%s: test its package under the race detector", rel)
			for _, i := range parsed(t, path).Imports {
				used := strings.Trim(i.Path.Value, `"`)
				require.NotContains(t, []string{"net/http/httptest", module + "internal/safe"}, used, "%s: test its package under the race detector", rel)
				if of, ours := strings.CutPrefix(used, module); ours {
					look(of, false)
				}
			}
		}
	}
	for _, pkg := range strings.Fields(list) {
		delete(looked, "internal/"+pkg) // perhaps without its tests
		look("internal/"+pkg, true)
	}
	require.Greater(t, len(looked), 10)
}

// parsed gives the syntax of a file.
func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	return file
}

// starts gives how a file starts goroutines without package safe.
func starts(t *testing.T, path string) (how []string) {
	t.Helper()
	file := parsed(t, path)
	for _, i := range file.Imports {
		if i.Path.Value == `"golang.org/x/sync/errgroup"` {
			how = append(how, "errgroup")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			how = append(how, "go")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "sync" && n.Sel.Name == "WaitGroup" {
				how = append(how, "sync.WaitGroup")
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "AfterFunc" {
				if _, written := n.Args[len(n.Args)-1].(*ast.FuncLit); written { // not a method such as cancel
					how = append(how, "AfterFunc")
				}
			}
		}
		return true
	})
	return how
}
