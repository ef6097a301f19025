package main

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzConfigFile reads any bytes as each kind of file that a scanned tree can bring to
// set how it is scanned.
func FuzzConfigFile(f *testing.F) {
	for i, text := range []string{
		"salt = \"x\"\nextend-builtin = false\n[rules]\nfiles = [\"a\"]\ndisable = [\"b\"]\n[scan]\nexclude = [\"*.txt\"]\n[audit]\nname-pattern = \"(\"\n",
		"title = \"x\"\n[extend]\nuseDefault = true\n[[rules]]\nid = \"a\"\nregex = '''(a+)+'''\nkeywords = [\"a\"]\n[rules.allowlist]\npaths = ['''x''']\n",
		"version: 2\nsecret:\n  ignored_matches:\n    - name: a\n      match: b\n  ignored_paths: [\"**/x\"]\n",
		"fileignoreconfig:\n- filename: a\n  checksum: b\n  ignore_detectors: [filecontent]\nallowed_patterns: [x]\n",
	} {
		f.Add(byte(i), []byte(text))
	}
	f.Fuzz(func(t *testing.T, kind byte, text []byte) {
		var err error
		switch kind % 4 {
		case 0:
			err = new(config).decode(configName, text, false)
		case 1:
			err = new(config).decode(gitleaksConfigName, text, false)
		case 2:
			var file guardianFile
			err = yaml.Unmarshal(text, &file)
		case 3:
			var file talismanFile
			err = yaml.Unmarshal(text, &file)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}

// FuzzLogOptions splits command lines as gitleaks's --log-opts has them.
func FuzzLogOptions(f *testing.F) {
	f.Add(`--all "a b" 'c' -- path`)
	f.Fuzz(func(t *testing.T, text string) {
		words, err := splitWords(text)
		if err == nil && len(strings.Join(words, "")) > len(text) {
			t.Errorf("%q of %q", words, text)
		}
	})
}
