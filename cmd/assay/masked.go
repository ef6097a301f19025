package main

import (
	"regexp"
	"slices"
	"sync"

	"github.com/assayhq/assay/rules"
)

// masked makes text fit to be said: messages quote names, keys and values of files that
// somebody else wrote, and what the user typed, and any of that can be a credential.
func masked(text string) string { return masker()(text) }

// masker returns what masks. It knows tokens by their own shape, and passwords in URLs: the
// other grammars, which find what is assigned to a name such as "secret", would take words
// of our own messages for a password. To make it takes some milliseconds, so it is for
// what is said where something is wrong, or once.
func masker() func(string) string {
	set, err := rules.Compile(slices.DeleteFunc(slices.Clone(rules.Builtin()), func(r rules.Rule) bool {
		return r.Grammar != "url-userinfo" && (r.Grammar != "" || len(r.Prefixes) == 0)
	}))
	if err != nil { // which a test rules out
		return func(string) string { return "the built-in rules are broken" }
	}
	return set.Mask
}

// yamlValue is where an error of the YAML decoder quotes the beginning of a value.
var yamlValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?s) `.*?` into ") })

// describeYAML is an error of the YAML decoder without values of the file, which can be
// the credentials that it lists, and on one line.
func describeYAML(err error) error {
	return &describedError{err}
}

type describedError struct{ error }

func (e *describedError) Error() string {
	return oneLine().ReplaceAllString(yamlValue().ReplaceAllString(e.error.Error(), " into "), " ")
}

func (e *describedError) Unwrap() error { return e.error }

var oneLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s*\n\s*`) })
