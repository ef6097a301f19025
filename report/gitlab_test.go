package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

func gitlabVariant() variant {
	return variant{"gitlab", func(w io.Writer) Handler { return NewGitLab(w, GitLabOptions{}) }}
}

// GitLab drops a report as a whole that its schema refuses. The test's schema is
// what GitLab's asks of the fields that we write.
func TestGitLabFollowsSchema(t *testing.T) {
	schema := compile(t, readFile(t, "testdata/gitlab/secret-detection.schema.json"))
	for _, c := range cases() {
		if err := validate(schema, render(t, gitlabVariant(), c)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	good := render(t, gitlabVariant(), cases()[2])
	for was, wrong := range map[string]string{
		`"sha":"`:                 `"id":"`,
		`"severity":"High"`:       `"severity":"high"`,
		`"type":"assay_rule_id",`: ``,
		`1970-01-01T00:00:00`:     `1970-01-01T00:00:00Z`,
		`"version":"15.0.6"`:      `"version":"15"`,
	} {
		if err := validate(schema, bytes.Replace(good, []byte(was), []byte(wrong), 1)); err == nil {
			t.Errorf("the schema lets %s pass", wrong)
		}
	}
}

// Each place is a vulnerability of its own, also two on lines of one file, and
// keeps its id when lines move.
func TestGitLabIDs(t *testing.T) {
	f := worktreeFinding()
	f.Occurrences = []Location{
		{Path: "a", Region: Region{1, 1, 1, 9}, InWorktree: true}, {Path: "a", Region: Region{2, 1, 2, 9}, InWorktree: true},
		{Path: "b", Region: Region{1, 1, 1, 9}, InWorktree: true},
	}
	first := gitlabIDs(t, f)
	for i := range f.Occurrences {
		f.Occurrences[i].Region.StartLine += 7
	}
	if second := gitlabIDs(t, f); strings.Join(first, " ") != strings.Join(second, " ") {
		t.Errorf("the ids changed with the lines: %v, then %v", first, second)
	}
	if len(first) != 3 || first[0] == first[1] || first[1] == first[2] || first[0] == first[2] {
		t.Errorf("the ids are not of places: %v", first)
	}
}

func gitlabIDs(t *testing.T, f Finding) (ids []string) {
	t.Helper()
	var report struct{ Vulnerabilities []struct{ ID string } }
	if err := json.Unmarshal(render(t, gitlabVariant(), reportCase{findings: []Finding{f}}), &report); err != nil {
		t.Fatal(err)
	}
	for _, v := range report.Vulnerabilities {
		ids = append(ids, v.ID)
	}
	return ids
}

func TestGitLabTimes(t *testing.T) {
	hour := 0
	clock := func() time.Time {
		hour++
		return time.Date(2026, 1, 2, hour, 4, 5, 6, time.FixedZone("", -3600))
	}
	text := string(render(t, variant{New: func(w io.Writer) Handler { return NewGitLab(w, GitLabOptions{Now: clock}) }}, cases()[0]))
	if !strings.Contains(text, `"start_time":"2026-01-02T02:04:05","end_time":"2026-01-02T03:04:05"`) {
		t.Errorf("the times are not those of the clock in UTC: %s", text)
	}
}
