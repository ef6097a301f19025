package rules

import (
	"bytes"
	"testing"
)

// A long line that holds many matches is asked about once, and each line for itself.
func TestListsOfLines(t *testing.T) {
	f, err := ParseFile("x.toml", []byte(`
[[rule]]
id = "acme"
title = "Acme"
pattern = "acme_[0-9]+(?:\\nend)?"
free = {}
[[allow]]
values = ["(?s)a.*(zz|yy).*(sample|dummy)"]
target = "line"`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(f.Rules, WithAllow(f.Allow))
	if err != nil {
		t.Fatal(err)
	}
	count := func(text []byte) (n int) {
		for _, m := range s.Find(nil, text) {
			if _, allowed := s.Allowed(m, "", ""); !allowed {
				n++
			}
		}
		return n
	}
	for text, want := range map[string]int{
		"acme_1 acme_2 zz sample\nacme_3\nacme_4 yy dummy": 1,
		"acme_1\nend zz sample\nacme_2 zz":                 1,
		"acme_1 x\nacme_2\nend zz sample acme_3":           2,
	} {
		if got := count([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	// A minute and more where each match has the line read again.
	if got := count(bytes.Repeat([]byte("acme_1 zz "), 60_000)); got != 60_000 {
		t.Errorf("%d of 60000 on one line", got)
	}
}
