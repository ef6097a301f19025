package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func parseIgnores(t *testing.T, text string) *Ignores {
	t.Helper()
	f, err := ParseIgnores(".assayignore", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseIgnoresErrors(t *testing.T) {
	print := fingerprint("a")
	for line, want := range map[string]string{
		"nonsense":                           "neither a fingerprint",
		print:                                "no reason is given",
		print + ` reason=""`:                 "reason: no value",
		print + ` reason=" "`:                "no reason is given",
		print + " " + print + " reason=x":    "two values for fingerprint",
		`rule=a rule=b reason=x`:             "two values for rule",
		`owner=a reason=x`:                   "nothing is named",
		`gap=a rule=b reason=x`:              "stands without",
		`path=a reason="x`:                   "does not end",
		`path=a reason="x"y`:                 "not well formed",
		`path=a reason=x expires=tomorrow`:   "not a day",
		`path=a reason=x expires=2027-02-30`: "not a day",
		`path=a because=x`:                   `unknown key "because"`,
		`path=a Secret_Value=x`:              "unknown key (not shown)",
		">>>>>>> branch":                     "a merge left its marker",
	} {
		_, err := ParseIgnores("f", []byte("# first\n"+line+"\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "f:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestParseIgnoresIsBounded(t *testing.T) {
	line := "path=a reason=x\n"
	if _, err := ParseIgnores("f", []byte(strings.Repeat(line, maxPatterns))); err != nil {
		t.Error(err)
	}
	if _, err := ParseIgnores("f", []byte(strings.Repeat(line, maxPatterns+1))); err == nil {
		t.Error("any number of patterns is accepted")
	}
}

func TestIgnoresAdd(t *testing.T) {
	f := parseIgnores(t, "# of the team\n\n# about a\npath=a reason=\"x\"\n# about c\npath=c reason=\"x\"\r\n")
	add := func(e Ignore, want bool) {
		t.Helper()
		if added, err := f.Add(e); err != nil || added != want {
			t.Fatalf("%t, %v", added, err)
		}
	}
	add(Ignore{Path: "b", Reason: `says "why" \ not`, Expires: "2027-01-31", Owner: "a b", Rule: "r"}, true)
	add(Ignore{Path: "b", Reason: `says "why" \ not`, Expires: "2027-01-31", Owner: "a b", Rule: "r"}, false)
	add(Ignore{Path: "d", Reason: "x"}, true)
	add(Ignore{Fingerprint: fingerprint("a"), Reason: "ü"}, true)
	want := strings.Join([]string{
		"# of the team", "",
		"# about a", `path=a reason="x"`,
		`path=b expires=2027-01-31 owner="a b" reason="says \"why\" \\ not" rule=r`,
		"# about c", `path=c reason="x"`, `path=d reason="x"`, "",
	}, "\r\n")
	want = strings.Replace(want, "# about a", fingerprint("a")+" reason=\"ü\"\r\n# about a", 1)
	if diff := cmp.Diff(want, string(f.Bytes())); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Add(Ignore{Path: "x"}); err == nil {
		t.Error("no reason, and no error")
	}
	if err := f.Remove(f.Entries[1:3]); err != nil {
		t.Fatal(err)
	}
	if len(f.Entries) != 3 || f.Entries[1].Path != "c" || f.Entries[1].Line != 6 {
		t.Errorf("%+v", f.Entries)
	}
}

// Whatever is added is read back as it was, whatever its words hold.
func TestIgnoresRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, 60).Filter(func(s string) bool { return strings.TrimSpace(s) != "" && strings.ToValidUTF8(s, "") == s })
		want := Ignore{Path: text.Draw(t, "path"), Owner: text.Draw(t, "owner"), Reason: text.Draw(t, "reason"), Rule: text.Draw(t, "rule")}
		f := &Ignores{Name: "f", ending: "\n"}
		if _, err := f.Add(want); err != nil {
			t.Fatal(err)
		}
		if len(f.Entries) != 1 {
			t.Fatalf("%d entries in %q", len(f.Entries), f.Bytes())
		}
		got := f.Entries[0]
		if got.Path != want.Path || got.Owner != want.Owner || got.Reason != want.Reason || got.Rule != want.Rule {
			t.Fatalf("%+v became %+v", want, got)
		}
	})
}

func FuzzParseIgnores(f *testing.F) {
	f.Add([]byte(fingerprint("a") + " expires=2027-01-31 owner=@a reason=\"x\" rule=b\n# c\r\npath=** reason=y\n"))
	f.Add([]byte("\xef\xbb\xbfgap=\"a b\" reason='"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ParseIgnores("f", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		again, err := ParseIgnores("f", file.Bytes())
		if err != nil || len(again.Entries) != len(file.Entries) || !bytes.Equal(again.Bytes(), file.Bytes()) {
			t.Errorf("%q is read back otherwise: %v", file.Bytes(), err)
		}
	})
}
