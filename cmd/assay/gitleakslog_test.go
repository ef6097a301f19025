package main

import (
	"strings"
	"testing"
)

// Never is less examined than git log lists, and what is not obeyed is named.
func TestReadLogOpts(t *testing.T) {
	resolves := func(revision string) bool { return !strings.HasSuffix(revision, "~100") && revision != "root^" }
	for _, c := range []struct{ opts, commits, unmet string }{
		{"", "", ""},
		{"A..B", "A..B", ""},
		{"--full-history --author-date-order -U0 A..B", "A..B", ""},
		{"--since=1.day --no-merges A..B", "A..B", "--since=1.day --no-merges"},
		{"A..B -- src", "A..B", "-- src"},
		{"A..B --tags", "", "A..B --tags"},
		{"A..B --glob=x", "", "A..B --glob=x"},
		{"--reflog", "", "--reflog"},
		{"A..B --reflog", "", "A..B --reflog"},
		{"A..B --not C", "", "A..B C --not"},
		{"A...B", "", "A...B"},
		{"A..B --no-such-option", "", "A..B --no-such-option"},
		{"--all", "", ""},
		{"--all -n5", "", "-n5"},
		{"A..B -n 5", "A..B", "-n5"},
		{"HEAD^! -n5", "HEAD^..HEAD", "-n5"},
		{"root^!", "", "root^!"},
		{"main", "", "main"},
		{"-5", "HEAD~5..HEAD", ""},
		{"-n 5 main", "main~5..main", ""},
		{"--max-count 5", "HEAD~5..HEAD", ""},
		{"-n 100", "", "-n100"},
		{"-n5 --author=x", "", "--author=x -n5"},
		{"-n5 -- src", "", "-- src -n5"},
	} {
		r, err := readLogOpts(c.opts, resolves)
		if got := strings.Join(r.unmet, " "); err != nil || r.commits != c.commits || got != c.unmet {
			t.Errorf("%q: %q, %q, %v; want %q, %q", c.opts, r.commits, got, err, c.commits, c.unmet)
		}
	}
}
