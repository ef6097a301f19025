package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A changelog has sections, the newest first, as Keep a Changelog asks.
type changelog []section

// A section is what changed in a version.
type section struct {
	version string    // empty for what is not released
	date    time.Time // of the release, midnight in UTC
	text    string    // Markdown below the heading
}

var (
	sectionHead = regexp.MustCompile(`^## \[(?:Unreleased|([^\]]+))\](?: - (\d{4}-\d\d-\d\d))?$`)
	changeKinds = []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
)

func readChangelog(root string) (changelog, error) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	return parseChangelog(string(text))
}

// parseChangelog reads a changelog, and refuses one that is not in the form.
func parseChangelog(text string) (log changelog, err error) {
	head, rest, _ := strings.Cut(text, "\n")
	if head != "# Changelog" {
		return nil, errors.New(`CHANGELOG.md:1: the first line is not "# Changelog"`)
	}
	number := 1
	for line := range strings.Lines(rest) {
		number++
		plain := strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "## "):
			s, err := parseHead(plain)
			if err == nil {
				err = log.mayFollow(s)
			}
			if err != nil {
				return nil, fmt.Errorf("CHANGELOG.md:%d: %w", number, err)
			}
			log = append(log, s)
			continue
		case strings.HasPrefix(line, "### ") && !slices.Contains(changeKinds, plain[4:]):
			return nil, fmt.Errorf("CHANGELOG.md:%d: %q is none of %s", number, plain[4:], strings.Join(changeKinds, ", "))
		}
		if len(log) > 0 {
			log[len(log)-1].text += line
		}
	}
	return log, nil
}

func parseHead(line string) (s section, err error) {
	m := sectionHead.FindStringSubmatch(line)
	if m == nil || (m[1] == "") != (m[2] == "") {
		return s, fmt.Errorf("%q is neither \"## [Unreleased]\" nor such as \"## [1.2.3] - 2026-01-31\"", line)
	}
	if s.version = m[1]; s.version == "" {
		return s, nil
	}
	if !versionForm.MatchString(s.version) {
		return s, fmt.Errorf("%q is not a version such as 1.2.3", s.version)
	}
	s.date, err = time.Parse(time.DateOnly, m[2])
	return s, err
}

// mayFollow says why a section cannot stand below those that are there.
func (l changelog) mayFollow(s section) error {
	if len(l) == 0 {
		return nil
	}
	above := l[len(l)-1]
	switch {
	case s.version == "":
		return errors.New("what is not released stands above all versions, and once")
	case above.version == "":
		return nil
	case slices.Compare(numbers(above.version), numbers(s.version)) < 0 || above.version == s.version:
		return fmt.Errorf("%s stands below %s", s.version, above.version)
	case s.date.After(above.date):
		return fmt.Errorf("%s is later than %s, which is above it", s.version, above.version)
	}
	return nil
}

// numbers are those of a version, without what stands before a release.
func numbers(version string) (n []int) {
	for _, digits := range versionForm.FindStringSubmatch(version)[1:4] {
		value, _ := strconv.Atoi(digits)
		n = append(n, value)
	}
	return n
}

// find returns the section of a version.
func (l changelog) find(version string) (section, bool) {
	i := slices.IndexFunc(l, func(s section) bool { return s.version == version })
	if i < 0 {
		return section{}, false
	}
	return l[i], true
}

// notes is what the changelog says of a version: at least one change, under the
// heading of its kind.
func (l changelog) notes(version string) (string, error) {
	s, ok := l.find(version)
	if !ok {
		return "", fmt.Errorf("CHANGELOG.md has no section \"## [%s] - YYYY-MM-DD\"", version)
	}
	notes := strings.TrimSpace(s.text)
	if !strings.HasPrefix(notes, "### ") {
		return "", fmt.Errorf("CHANGELOG.md: the section %s does not begin with the heading of a kind, such as \"### Added\"", version)
	}
	for _, part := range strings.Split("\n"+notes, "\n### ")[1:] {
		if kind, changes, _ := strings.Cut(part, "\n"); !strings.HasPrefix(strings.TrimSpace(changes), "- ") {
			return "", fmt.Errorf("CHANGELOG.md: the section %s has no change under %q", version, kind)
		}
	}
	return notes + "\n", nil
}

// timeOf is the time that all files of a release have: the day that the changelog gives
// the version. One that it does not know, such as a trial, has the first day that zip can
// write.
func (l changelog) timeOf(version string) time.Time {
	if s, ok := l.find(version); ok {
		return s.date
	}
	return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
}
