package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("rules.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("rules.json") // checks it against the draft's own schema
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON returns a rule file as a validator sees it.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := toml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// The schema has the keys that the parser takes, and no others.
func TestSchemaKeys(t *testing.T) {
	var document struct {
		Defs map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &document); err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]reflect.Type{"rule": reflect.TypeFor[ruleTable](), "companion": reflect.TypeFor[companionTable](),
		"free": reflect.TypeFor[freeTable](), "need": reflect.TypeFor[needTable](), "allow": reflect.TypeFor[allowTable]()} {
		var parsed, said []string
		for i := range table.NumField() {
			parsed = append(parsed, table.Field(i).Tag.Get("toml"))
		}
		for key := range document.Defs[name].Properties {
			said = append(said, key)
		}
		slices.Sort(parsed)
		slices.Sort(said)
		if !slices.Equal(parsed, said) {
			t.Errorf("%s: the parser takes %q, the schema %q", name, parsed, said)
		}
	}
}

// Every built-in file is valid.
func TestSchemaTakesBuiltin(t *testing.T) {
	s := compileSchema(t)
	names, err := filepath.Glob("builtin/*.toml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Schema and parser agree on what is right and wrong.
func TestSchemaAgreesWithParse(t *testing.T) {
	s := compileSchema(t)
	rule := func(more string) string {
		return "[[rule]]\nid = \"acme-token\"\ntitle = \"Token\"\n" + more
	}
	const good = "prefixes = [\"acme_\"]\npattern = 'acme_[a-z]{9}'\n"
	for _, c := range []struct {
		text string
		want bool
	}{
		{rule(good), true},
		{rule("prefixes_hex = [\"feedfeed\"]\npattern = 'x'\n"), true},
		{rule("keywords = [\"acme\"]\ngrammar = \"assignment\"\n"), true},
		{rule(good + "severity = \"critical\"\nconfidence = \"low\"\nboundary = \"none\"\nmin_entropy = 0.5\nstructure = \"jwt\"\n"), true},
		{rule(good + "companion = { rules = [\"acme-id\"], within = 3 }\n"), true},
		{rule(good + "requires = { title = \"user\", pattern = 'user=(?P<secret>\\w+)' }\n"), true},
		{rule("pattern = 'acme'\nfree = {}\n"), true},
		{rule("keywords = [\"ac\"]\npattern = 'ac(me)'\nfree = { group = 1, min_bits = 3.5, needs = [{ rule = \"x\", lines = 2 }] }\n"), true},
		{rule("paths = ['x$']\nfree = { hidden = true }\n"), true},
		{rule(good + "[[rule.allow]]\nwords = [\"example\"]\ncondition = \"all\"\ntarget = \"line\"\n"), true},
		{rule(good) + "[[allow]]\npaths = ['^vendor/']\nrules = [\"acme-token\"]\nreason = \"x\"\n", true},
		{rule("free = {}\n"), false},
		{rule("keywords = [\"acme\"]\ngrammar = \"assignment\"\nfree = {}\n"), false},
		{rule(good + "[[rule.allow]]\nreason = \"x\"\n"), false},
		{rule(good + "[[rule.allow]]\nwords = [\"x\"]\ncondition = \"or\"\n"), false},
		{rule(good + "entropy = 3\n"), false},
		{rule(good + "severity = \"bad\"\n"), false},
		{rule(good + "boundary = \"left\"\n"), false},
		{rule(good + "min_entropy = 3.5\n"), false},
		{rule(good + "structure = \"unknown\"\n"), false},
		{rule(good + "keywords = [\"acme\"]\n"), false},
		{rule(good + "grammar = \"assignment\"\n"), false},
		{rule(good + "companion = { within = 3 }\n"), false},
		{rule(good + "companion = { rules = [\"acme-id\"], within = 101 }\n"), false},
		{rule(good + "companion = { pattern = 'user' }\n"), false},
		{rule(good + "companion = { rules = [\"acme-id\"] }\nrequires = { rules = [\"acme-id\"] }\n"), false},
		{rule("prefixes = [\"ac\"]\npattern = 'acme'\n"), false},
		{rule("prefixes = [\"acme\"]\n"), false},
		{rule("pattern = 'acme'\n"), false},
		{rule("keywords = [\"acme\"]\ngrammar = \"none\"\n"), false},
		{"[[rule]]\nid = \"Acme\"\ntitle = \"Token\"\n" + good, false},
		{"[[rule]]\nid = \"acme\"\n" + good, false},
		{"[[rules]]\nid = \"acme\"\n", false},
	} {
		_, err := Parse("acme.toml", []byte(c.text))
		invalid := s.Validate(asJSON(t, []byte(c.text)))
		if (err == nil) != c.want || (invalid == nil) != c.want {
			t.Errorf("%s\nwant %t, parser: %v, schema: %v", c.text, c.want, err, invalid)
		}
	}
}
