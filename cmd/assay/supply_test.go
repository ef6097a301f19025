package main

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The files that may import what lets a program do anything, with the reason in their
// head comments. Of test files nothing is asked.
var risky = map[string][]string{
	"os/exec": {"cmd/assay/gitprogram.go", "cmd/assay/hookgit.go", "cmd/assay-bench/exec.go",
		"scan/faults/run_linux_amd64.go", "scan/faults/run_other.go", "scan/kit/git.go"}, // of the tests
	"unsafe": {"scan/open_linux.go", // openat2 takes the address of a struct
		"scan/faults/run_linux_amd64.go"}, // so does seccomp
	"C":      nil,
	"plugin": nil,
}

// assembly is what is written for processors: it reads memory without bounds.
var assembly = []string{"rules/coat_run_amd64.s", "rules/literal_amd64.s"}

func TestRiskyImports(t *testing.T) {
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir // packaging: no part of the program
		}
		if strings.HasSuffix(name, ".s") && !slices.Contains(assembly, name) {
			t.Errorf("%s: assembly that is not in the list", name)
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			if files, ok := risky[imported]; ok && !slices.Contains(files, name) {
				t.Errorf("%s may not import %s", name, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// No package that the program is built from needs a C compiler or loads code, and
// go.mod replaces nothing: what is built is what everyone can get and verify.
func TestBuiltFromGoAlone(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,CgoFiles,CFiles,CXXFiles,SysoFiles", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // else files for cgo are not listed
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath                            string
			Standard                              bool
			CgoFiles, CFiles, CXXFiles, SysoFiles []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if files := slices.Concat(p.CgoFiles, p.CFiles, p.CXXFiles, p.SysoFiles); !p.Standard && len(files) > 0 {
			t.Errorf("%s is not of Go alone: %v", p.ImportPath, files)
		}
		if p.ImportPath == "plugin" {
			t.Error("the program can load plugins")
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "replace ") {
		t.Error("go.mod replaces a module")
	}
}
