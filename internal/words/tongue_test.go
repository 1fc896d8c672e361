package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// speakers are the functions that take words, and which of their arguments are words.
var speakers = map[string][]int{"Say": {0}, "say": {0}, "Word": {0}, "word": {0}, "Later": {0}, "Count": {1, 2}, "count": {1, 2}, "bind": {1, 2}}

// said gives all words that the program says on its screen, each with where.
func said(t *testing.T) map[string]string {
	t.Helper()
	all := saidBy(t, speakers)
	for _, n := range slices.Concat(named, attached) {
		all[n] = "a name that the play gives"
	}
	return all
}

// saidBy gives the words that some functions are called with.
func saidBy(t *testing.T, speakers map[string][]int) map[string]string {
	t.Helper()
	all, files := map[string]string{}, token.NewFileSet()
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"words", "tui", "plot", "console", "phone", "remote", "plain", "cli"}, f.Name.Name) {
			return nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch fun := call.Fun.(type) {
			case *ast.SelectorExpr:
				if x, ok := fun.X.(*ast.Ident); !ok || x.Name != "strings" { // strings.Count says nothing
					name = fun.Sel.Name
				}
			case *ast.Ident:
				name = fun.Name
			}
			for _, i := range speakers[name] {
				if i < len(call.Args) {
					if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						words, err := strconv.Unquote(lit.Value)
						require.NoError(t, err)
						all[words] = files.Position(lit.Pos()).String()
					}
				}
			}
			return true
		})
		return nil
	}))
	return all
}

// spoken says whether words have letters to translate: "p99" and "←" have none.
func spoken(words string) bool {
	return regexp.MustCompile(`\pL{2}`).MatchString(verbs.ReplaceAllString(words, ""))
}

var verbs = regexp.MustCompile(`%(\[\d+\])?[-+0-9.*]*[a-z%]`)

func TestEveryWordOfTheScreenHasATranslation(t *testing.T) {
	all := said(t)
	require.Greater(t, len(all), 300)
	for tongue, own := range vocabularies {
		var missing, unused []string
		for words, where := range all {
			if _, known := own[words]; !known && spoken(words) {
				missing = append(missing, where+": "+strconv.Quote(words))
			}
		}
		for words := range own {
			if _, used := all[words]; !used {
				unused = append(unused, strconv.Quote(words))
			}
		}
		slices.Sort(missing)
		slices.Sort(unused)
		require.Empty(t, missing, "not in the vocabulary of %q:\n%s", tongue, strings.Join(missing, "\n"))
		require.Empty(t, unused, "in the vocabulary of %q and said nowhere:\n%s", tongue, strings.Join(unused, "\n"))
	}
}

// prose are words with a blank between them: no key, no name and no type of content.
var prose = regexp.MustCompile(`\pL{2}[,;:]? \pL`)

// Every look and every line of the attached front ends was not drawn by a test; this
// reads what none of them drew.
func TestNoProseOfAnotherFrontEndIsSaidPastTheVocabulary(t *testing.T) {
	said := said(t)
	for _, dir := range []string{"console", "phone", "plain"} {
		files := token.NewFileSet()
		paths, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "address.go" { // it answers the command line
				continue
			}
			f, err := parser.ParseFile(files, path, nil, 0)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr: // what a program is told, and not a person
					fun, ok := n.Fun.(*ast.SelectorExpr)
					if !ok {
						return true
					}
					pkg, _ := fun.X.(*ast.Ident)
					told := pkg != nil && (pkg.Name == "fmt" && fun.Sel.Name == "Errorf" || pkg.Name == "errors" || pkg.Name == "regexp" || pkg.Name == "http" && fun.Sel.Name == "Error")
					return !told && fun.Sel.Name != "Set"
				case *ast.Field:
					return n.Tag == nil
				case *ast.BasicLit:
					if n.Kind != token.STRING {
						return true
					}
					words, err := strconv.Unquote(n.Value)
					require.NoError(t, err)
					_, ok := said[words]
					require.True(t, ok || !prose.MatchString(words), "%s: %q", files.Position(n.Pos()), words)
				}
				return true
			})
		}
	}
}

func TestAPhraseStandsOnceInTheVocabulary(t *testing.T) {
	parts := 0
	for _, p := range []map[string]string{germanPlay, germanScreen, germanAfar, germanPlain} {
		parts += len(p)
	}
	require.Len(t, german, parts)
}

// verbsOf gives what a format does with each of its arguments.
func verbsOf(t *testing.T, format string) map[int]string {
	t.Helper()
	out, next := map[int]string{}, 1
	for _, v := range verbs.FindAllString(format, -1) {
		if v == "%%" {
			continue
		}
		if from, to := strings.Index(v, "["), strings.Index(v, "]"); from > 0 {
			n, err := strconv.Atoi(v[from+1 : to])
			require.NoError(t, err)
			v, next = v[:from]+v[to+1:], n
		}
		out[next] = v
		next++
	}
	return out
}

// A word that is longer than the English one is seen on the screen; a verb that is
// missing is not seen before the talk.
func TestATranslationTakesTheArgumentsOfItsWords(t *testing.T) {
	for tongue, own := range vocabularies {
		for english, translated := range own {
			require.Equal(t, verbsOf(t, english), verbsOf(t, translated), "%q: %q", tongue, english)
			require.NotEmpty(t, translated, english)
		}
	}
}

// Vet checks the arguments of Say. Those of Count it does not know: both of its formats
// are given the number, and nothing else.
func TestACountSaysItsNumber(t *testing.T) {
	all := saidBy(t, map[string][]int{"Count": {1, 2}, "count": {1, 2}})
	require.Greater(t, len(all), 10)
	for format, where := range all {
		require.Equal(t, map[int]string{1: "%d"}, verbsOf(t, format), "%s: %q", where, format)
	}
}
