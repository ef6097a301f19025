package audit

import (
	"bytes"
	"testing"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
)

// A year on a small scale: all that was planted is found, and of what is benign
// less than one finding in a thousand principal-days is told. The seed is none of
// those by which the checks were set.
func TestAccessFindingsOfAStory(t *testing.T) {
	if testing.Short() {
		t.Skip("it audits a year, day by day")
	}
	story := fakeaws.TrailYear{
		Account: home.account, Region: home.region, From: time.Date(2025, 11, 21, 0, 0, 0, 0, time.UTC), Days: 100, Services: 18, Seed: 2026,
	}.Tell()
	dir := t.TempDir()
	if err := story.Write(dir); err != nil {
		t.Fatal(err)
	}
	var findings []fakeaws.StoryFinding
	for _, day := range story.AuditDays() {
		findings = append(findings, auditStory(t, story, dir, day)...)
	}
	score := story.Score(findings)
	for _, p := range score.Missed {
		t.Errorf("missed: %+v", p)
	}
	t.Logf("%d planted, %d records, %d principal-days, %d false findings: %.2f in a thousand",
		len(story.Planted), len(story.Records), story.PrincipalDays, len(score.False), score.PerThousand)
	if score.PerThousand >= 1 {
		t.Errorf("false findings:\n%s", score.False)
	}
}

// auditStory judges what is known at the end of a day.
func auditStory(t *testing.T, story *fakeaws.TrailStory, dir string, day int) []fakeaws.StoryFinding {
	t.Helper()
	inv, err := ReadInventory(bytes.NewReader(story.Inventory(day)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inv.ReadTrail(t.Context(), TrailFolder{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	settings, err := Settings{
		AllowedNetworks: []string{"10.0.0.0/8", "198.51.100.0/24"}, Pipelines: []string{"arn:aws:iam::*:role/deploy-*"}, BreakGlass: []string{"arn:aws:iam::*:role/BreakGlass"},
	}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	got := &sink{}
	if _, err := (&Judge{Checks: Checks(), Settings: settings}).Run(inv, got); err != nil {
		t.Fatal(err)
	}
	var list []fakeaws.StoryFinding
	for _, f := range got.findings {
		list = append(list, storyFinding(f))
	}
	return list
}

func storyFinding(f report.Finding) fakeaws.StoryFinding {
	return fakeaws.StoryFinding{Check: f.RuleID, Resource: f.Occurrences[0].Resource.Name, Text: f.Message}
}
