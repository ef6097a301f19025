package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	folder := place{corpus: corpus{Name: "c"}, Dir: "/in"}
	ours := []spot{{Rule: "o", Path: "a", Line: 10, EndLine: 12}, {Rule: "o", Path: "b", Line: 1, EndLine: 1}}
	theirs := []spot{
		{Rule: "t", Path: "/in/a", Line: 13, EndLine: 13, Secret: "s1"}, // a line beside ours
		{Rule: "t", Path: "/in/a", Line: 40, EndLine: 40, Secret: "s2"}, // a copy of what we have elsewhere
		{Rule: "t", Path: "/in/b", Line: 40, EndLine: 40, Secret: "s3"},
		{Rule: "a", Path: "/in/d", Line: 1, EndLine: 1},
	}
	got := match(folder, ours, theirs, []string{"x = s2;\n"})
	if got.theirs != 4 || got.same != 1 || got.elsewhere != 1 || len(got.missing) != 2 {
		t.Fatalf("got %+v", got)
	}
	var out strings.Builder
	if err := writeDifferences(&out, got.missing); err != nil {
		t.Fatal(err)
	}
	if want := "c\ta\td\t1\t\t0\t\nc\tt\tb\t40\t\t1\t\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestMatchInHistoryGoesByObject(t *testing.T) {
	repo := place{corpus: corpus{Name: "c", Repo: true}, Dir: "/in"}
	ours := []spot{{Object: "aa", Path: "a", Line: 3, EndLine: 3}}
	theirs := []spot{{Object: "aa", Path: "renamed", Line: 3, EndLine: 3}, {Object: "bb", Path: "a", Line: 3, EndLine: 3}}
	if got := match(repo, ours, theirs, nil); got.same != 1 || len(got.missing) != 1 || got.missing[0].path != "a" {
		t.Errorf("got %+v", got)
	}
}

func TestTakeTexts(t *testing.T) {
	answers := "aa blob 12\none\ntwo\nthr\n\nbb missing\ncc blob 3\nend\n"
	got, err := takeTexts(bufio.NewReader(strings.NewReader(answers)), []spot{{Line: 2, EndLine: 3}, {Line: 1, EndLine: 1}, {Line: 1, EndLine: 9}})
	if diff := cmp.Diff([]string{"two\nthr\n", "end"}, got); err != nil || diff != "" {
		t.Errorf("error %v\n%s", err, diff)
	}
	if _, err := takeTexts(bufio.NewReader(strings.NewReader("aa blob 9\nshort")), []spot{{Line: 1}}); err == nil {
		t.Error("an answer that is cut gives no error")
	}
}

func TestLinesOfStaysInside(t *testing.T) {
	for _, s := range []spot{{Line: 0, EndLine: 0}, {Line: 9, EndLine: 9}, {Line: 2, EndLine: 1}} {
		if got := linesOf([]byte("a\nb"), s); got != "" {
			t.Errorf("lines %d to %d: %q", s.Line, s.EndLine, got)
		}
	}
}

func TestQuotePath(t *testing.T) {
	for path, want := range map[string]string{"a/b": "a/b", "a\tb": `"a\tb"`, "a\nb": `"a\nb"`} {
		if got := quotePath(path); got != want {
			t.Errorf("quotePath(%q) = %q, want %q", path, got, want)
		}
	}
}
