package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/assayhq/assay/"

// Who may import whom. A package that is missing here may not exist; one that
// imports what its row does not name breaks the house.
var mayImport = map[string][]string{
	"report":            nil,
	"rules":             {"report"},
	"scan/object":       nil,
	"scan/archive":      nil,
	"scan/fetch":        {"scan/object"},
	"scan/kit":          {"report", "rules", "scan"},
	"scan/faults":       nil,
	"scan":              {"report", "rules", "scan/archive", "scan/object"},
	"audit":             {"report", "rules"},
	"audit/send":        {"report", "audit"},
	"audit/fakeaws":     nil,
	"audit/fakeaws/cmd": {"audit/fakeaws"},
	"audit/history":     {"report"},
	"cmd/assay":         {"report", "rules", "scan", "scan/archive", "scan/fetch", "audit", "audit/history", "audit/send"},
	"cmd/assay-bench":   {"report", "rules", "audit/fakeaws", "scan/kit"},
}

// Packages of others that only some of ours may import, by path prefix.
var reserved = map[string][]string{
	"github.com/aws/":                        {"audit", "audit/send", "cmd/assay"},
	"github.com/spf13/":                      {"cmd/assay", "cmd/assay-bench"},
	"github.com/owenrumney/go-sarif/":        {"report"},
	"github.com/pelletier/go-toml/":          {"rules", "cmd/assay"},
	"os/exec":                                {"cmd/assay", "cmd/assay-bench", "scan/kit", "scan/faults"}, // cmd/assay: hookgit.go alone; scan/kit: git.go alone
	"flag":                                   {"cmd/assay-bench", "audit/fakeaws/cmd"},
	"github.com/santhosh-tekuri/jsonschema/": {},
	"github.com/rogpeppe/go-internal/":       {},
	"modernc.org/":                           {}, // starting costs a third of a millisecond; tests of audit/history alone
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		checkImports(t, p)
	}
}

func checkImports(t *testing.T, p listedPackage) {
	name := strings.TrimPrefix(p.ImportPath, module)
	allowed, ok := mayImport[name]
	if !ok {
		t.Errorf("package %s is not in the table of the house", name)
	}
	for _, i := range p.Imports {
		if own, ok := strings.CutPrefix(i, module); ok && !slices.Contains(allowed, own) {
			t.Errorf("%s may not import %s", name, own)
		}
		for prefix, users := range reserved {
			if strings.HasPrefix(i+"/", prefix) || i == prefix {
				if !slices.Contains(users, name) {
					t.Errorf("%s may not import %s", name, i)
				}
			}
		}
	}
}
