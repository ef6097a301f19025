package main

import (
	"strings"
	"testing"
	"time"
)

const goodChangelog = `# Changelog

All that users notice.

## [Unreleased]

## [1.1.0] - 2026-02-01

### Added

- More.

### Fixed

- A bug, over
  two lines.

## [1.1.0-rc.1] - 2026-01-15

### Added

- Nearly more.

## [1.0.0] - 2026-01-01

Words without a kind.
`

func TestNotes(t *testing.T) {
	log, err := parseChangelog(goodChangelog)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"1.1.0":      "### Added\n\n- More.\n\n### Fixed\n\n- A bug, over\n  two lines.\n",
		"1.1.0-rc.1": "### Added\n\n- Nearly more.\n",
	} {
		if got, err := log.notes(version); err != nil || got != want {
			t.Errorf("%s: %q, %v", version, got, err)
		}
	}
	for version, want := range map[string]string{
		"1.2.0": `no section "## [1.2.0] - YYYY-MM-DD"`,
		"1.0.0": "does not begin with the heading of a kind",
	} {
		if got, err := log.notes(version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", version, got, err)
		}
	}
	if got := log.timeOf("1.1.0"); !got.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("1.1.0 is of %v", got)
	}
	if got := log.timeOf("9.9.9"); got.Year() != 1980 {
		t.Errorf("a trial is of %v", got)
	}
}

func TestChangelogForm(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"# Changelog", "# Changes", "CHANGELOG.md:1: the first line"},
		{"## [1.1.0] -", "## 1.1.0 -", "CHANGELOG.md:7: "},
		{"## [1.1.0] - 2026-02-01", "## [1.1.0]", "CHANGELOG.md:7: "},
		{"## [Unreleased]", "## [Unreleased] - 2026-02-01", "CHANGELOG.md:5: "},
		{"2026-02-01", "2026-02-31", "CHANGELOG.md:7: parsing time"},
		{"2026-02-01", "2025-02-01", "is later than 1.1.0"},
		{"[1.1.0] ", "[1.1] ", "is not a version"},
		{"[1.1.0] ", "[0.9.0] ", "1.1.0-rc.1 stands below 0.9.0"},
		{"[1.1.0-rc.1]", "[1.1.0]", "1.1.0 stands below 1.1.0"},
		{"## [1.0.0] - 2026-01-01", "## [Unreleased]", "and once"},
		{"### Fixed", "### Mended", `"Mended" is none of Added, `},
	} {
		_, err := parseChangelog(strings.Replace(goodChangelog, c.was, c.is, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.is, err, c.want)
		}
	}
}

// A kind without a change is no note.
func TestEmptyKind(t *testing.T) {
	log, err := parseChangelog(strings.Replace(goodChangelog, "- More.\n", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.notes("1.1.0"); err == nil || !strings.Contains(err.Error(), `no change under "Added"`) {
		t.Error(err)
	}
}

// Our own changelog can be released from: what it holds now is in the form.
func TestOurChangelog(t *testing.T) {
	root, err := rootFolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log, err := readChangelog(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.notes(log[0].version); err != nil {
		t.Error(err)
	}
}
