package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// builtinFiles parses the rule files themselves.
func builtinFiles(t *testing.T) []Rule {
	t.Helper()
	names, err := filepath.Glob("builtin/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	var all []Rule
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		own, err := Parse(filepath.ToSlash(name), data)
		if err != nil {
			t.Error(err)
		}
		all = append(all, own...)
	}
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Every rule file parses, every rule explains itself, and finds what its
// examples say and nothing in its non-examples.
func TestBuiltin(t *testing.T) {
	all := builtinFiles(t)
	set, err := Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Text == "" || r.Remedy == "" || r.Since == "" {
			t.Errorf("%s: rule %q: text, remedy and since are wanted", r.Origin, r.ID)
		}
		if len(r.References) == 0 && r.Grammar == "" {
			t.Errorf("%s: rule %q: a reference to the vendor's documentation is wanted", r.Origin, r.ID)
		}
		if len(r.Examples) < 2 || len(r.NonExamples) < 2 {
			t.Errorf("%s: rule %q: two examples and two non-examples are wanted", r.Origin, r.ID)
		}
		if r.Grammar == "" && !strings.HasPrefix(r.ID, r.Provider) {
			t.Errorf("%s: rule %q: the id starts with the provider, %q", r.Origin, r.ID, r.Provider)
		}
	}
	var ids []string
	for i, r := range all {
		if !testing.Short() || i%8 == 0 {
			ids = append(ids, r.ID)
		}
	}
	for _, err := range set.TestExamples(ids...) {
		t.Error(err)
	}
}

// The table is what the files say.
func TestBuiltinTable(t *testing.T) {
	if diff := cmp.Diff(builtinFiles(t), Builtin()); diff != "" {
		t.Errorf("builtin_table.go is stale; run go generate ./rules\n%.2000s", diff)
	}
}
