package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// What a package makes of its variables costs every start of the program, that of a hook
// too. A regular expression is compiled where it is first used: one with a long
// repetition took a millisecond.
func TestNothingIsCompiledAtTheStart(t *testing.T) {
	for _, name := range append([]string{"cmd/assay", "scan/object"}, mayImport["cmd/assay"]...) {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(name), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(name, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				wantLazy(t, file)
			}
		}
	}
}

// wantLazy looks for regular expressions among the values of a file's variables, outside
// of functions.
func wantLazy(t *testing.T, file string) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		if _, ok := d.(*ast.GenDecl); !ok {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && call.Sel.Name == "MustCompile" {
				t.Errorf("%s: a regular expression is compiled at every start; sync.OnceValue waits for its use", files.Position(call.Pos()))
			}
			_, function := n.(*ast.FuncLit)
			return !function
		})
	}
}
