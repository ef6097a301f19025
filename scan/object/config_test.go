package object

import (
	"errors"
	"strings"
	"testing"
)

func TestObjectFormat(t *testing.T) {
	tests := map[string]string{
		"": "",
		"[core]\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n": "sha256",
		"[Extensions] ObjectFormat = \"SHA256\" ; comment":               "sha256",
		"[extensions]\nobjectformat = sha\\\n256\n":                      "sha256",
		"[other]\nobjectformat = sha256\n":                               "",
		"[extensions \"sub\"]\nobjectformat = sha256\n":                  "",
		"[extensions]\nobjectformat = sha1 # no":                         "sha1",
		"[extensions]\n# objectformat = sha256\n;objectformat = sha256":  "",
	}
	for text, want := range tests {
		if got := parseConfig(text).extensions["objectformat"]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestConfiguredProblems says what of a config must be told.
func TestConfiguredProblems(t *testing.T) {
	v1 := "[core]\nrepositoryformatversion = 1\n[extensions]\n"
	tests := []struct {
		config string
		want   string // part of the only problem; none if empty
	}{
		{"[core]\nrepositoryformatversion = 0\n[extensions]\nunheardof = true\n", ""},
		{v1 + "noop\npreciousobjects = true\nrelativeworktrees = true\nworktreeconfig = true\nrefstorage = files\n", ""},
		{v1 + "objectformat = sha256\ncompatobjectformat = sha1\nrefstorage = reftable\n", ""},
		{v1 + "unheardof = true\n", `extension "unheardof"`},
		{v1 + "refstorage = stones\n", `refs kept as "stones"`},
		{v1 + "objectformat = sha9\n", `object format "sha9"`},
		{"[core]\nrepositoryformatversion = 7\n", `repository format "7"`},
		{"[core]\nrepositoryformatversion = one\n", `repository format "one"`},
		{v1 + "partialclone = origin\n", "--no-filter origin"},
		{"[remote \"up\"]\n\tpromisor = true\n\tpartialclonefilter = blob:none\n", "--no-filter up\""},
		{"[remote.up]\npromisor\n", "--no-filter up\""},
		{"[remote \"up\"]\n\tpromisor = false\n", ""},
		{v1 + "partialclone = https://user:word@example.org/x\n", "--no-filter REMOTE"},
		{v1 + "partialclone = --upload-pack=x\n", "--no-filter REMOTE"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		put(t, dir, "config", tt.config)
		put(t, dir, "objects/info/packs", "")
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var all []string
		for _, p := range s.Problems() {
			all = append(all, p.Err.Error())
		}
		if text := strings.Join(all, "; "); (text == "") != (tt.want == "") || len(all) > 1 || !strings.Contains(text, tt.want) || strings.Contains(text, "word") {
			t.Errorf("%q: problems %q, want %q", tt.config, all, tt.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = \"sha256\" ; x\n\tnoop\n")
	f.Add("[remote \"a b\"] promisor = true\n[remote.c]\npromisor\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := parseConfig(text)
		if len(c.order) != len(c.extensions) || c.promisor != "" && !c.partial {
			t.Fatalf("%+v", c)
		}
		if len(c.unknown()) > len(c.order)+1 {
			t.Fatalf("%d problems of %d extensions", len(c.unknown()), len(c.order))
		}
	})
}

func TestConfigNotReadable(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "objects/info/packs", "")
	put(t, dir, "config", strings.Repeat("#", maxConfig+1))
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if p := s.Problems(); len(p) != 1 || !errors.Is(p[0].Err, ErrLimit) {
		t.Errorf("problems: %v", p)
	}
}
