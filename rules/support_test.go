package rules

import (
	"sync"
	"testing"
)

var builtinSet = sync.OnceValues(func() (*Set, error) { return Compile(Builtin()) })

// compileBuiltin returns the set of the rules that assay brings along; the
// tests share it.
func compileBuiltin(t testing.TB) *Set {
	t.Helper()
	set, err := builtinSet()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// parseRules compiles a rule file, with what every rule needs filled in.
func parseRules(t testing.TB, text string) *Set {
	t.Helper()
	rules, err := Parse("acme.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
