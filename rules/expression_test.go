package rules

import (
	"fmt"
	"strings"
	"testing"
)

// An expression of a scanned tree cannot ask for memory and time without end.
func TestBoundedExpressions(t *testing.T) {
	long := "(?:" + strings.Repeat("x", 300) + "){1000}"
	for _, c := range []struct{ name, file string }{
		{"pattern", "[[rules]]\nid = \"a\"\nregex = '''" + long + "'''\n"},
		{"path", "[[rules]]\nid = \"a\"\npath = '''" + long + "'''\n"},
		{"list", "[allowlist]\nregexes = ['''" + long + "''']\n"},
		{"list of paths", "[allowlist]\npaths = ['''" + long + "''']\n"},
	} {
		if _, err := ParseGitleaks("x.toml", []byte(c.file), nil); err == nil || !strings.Contains(err.Error(), "301000 steps") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := ParseFile("x.toml", []byte("[[allow]]\nvalues = ['''"+long+"''']\n")); err == nil {
		t.Error("an allow table of ours is not bounded")
	}
}

func TestBoundedTogether(t *testing.T) {
	var file strings.Builder
	for i := range 200 {
		fmt.Fprintf(&file, "[[rules]]\nid = \"r%d\"\nregex = '''y(?:abcdefghi[0-9]){400}'''\n", i)
	}
	g, err := ParseGitleaks("x.toml", []byte(file.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(g.Rules); err == nil || !strings.Contains(err.Error(), "steps together") {
		t.Errorf("200 rules of some 4,000 steps: %v", err)
	}
	if _, err := Compile(g.Rules[:20]); err != nil {
		t.Errorf("20 rules of some 4,000 steps: %v", err)
	}
}

// Nor can a rule file, whatever its rules are like, nor a rule that no file holds.
func TestBoundedOwnRules(t *testing.T) {
	var file strings.Builder
	for i := range 200 {
		fmt.Fprintf(&file, "[[rule]]\nid = \"r%d\"\ntitle = \"x\"\nprefixes = [\"y%d\"]\npattern = 'y(?:abcdefghi[0-9]){400}'\n", i, 100+i)
	}
	all, err := Parse("x.toml", []byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(all); err == nil || !strings.Contains(err.Error(), "steps together") {
		t.Errorf("200 rules of some 4,000 steps: %v", err)
	}
	if _, err := Compile(all[:20]); err != nil {
		t.Errorf("20 rules of some 4,000 steps: %v", err)
	}
	long := "(?:" + strings.Repeat("x", 300) + "){1000}"
	for name, r := range map[string]Rule{
		"pattern":   {Pattern: long},
		"allowed":   {Pattern: "x", Allowed: []string{long}},
		"companion": {Pattern: "x", Companion: Companion{Pattern: long}},
		"path":      {Pattern: "x", Paths: []string{long}},
	} {
		r.ID, r.Prefixes, r.Origin = "r", []string{"xxx"}, "y.toml:1"
		if _, err := Compile([]Rule{r}); err == nil || !strings.Contains(err.Error(), "y.toml:1: repetitions make 301000 steps") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Texts that are joined stay short, however often they are repeated.
func TestHeldIsShort(t *testing.T) {
	for _, l := range heldLiterals("[ab]{9}(?:" + strings.Repeat("x", 20) + "){900}") {
		if len(l) > maxJoined {
			t.Fatalf("a literal of %d bytes", len(l))
		}
	}
}
