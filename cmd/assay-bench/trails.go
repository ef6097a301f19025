package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

// What reading the files of a trail has to hold.
const (
	leastRecords   = 100_000 // a second of CPU time, of a trail of which one record in fifty is of interest
	mostTrailMegs  = 300     // megabytes of 10^6 bytes, mapped files aside
	mostFalse      = 1       // false findings in 1,000 principal-days
	ofInterest     = 0.02
	storyServices  = 60
	storyDays      = 365
	trailAccount   = "111122223333"
	trailRegion    = "eu-west-1"
	trailSecrets   = 300
	trailPrincipal = 500
)

// trailDay is when every made-up trail begins.
var trailDay = time.Date(2025, 11, 21, 0, 0, 0, 0, time.UTC)

// trailsSuite reads made-up trails: one as they are, and one of which every record
// is of Secrets Manager.
func trailsSuite(ctx context.Context, s *session) ([]result, error) {
	dir, err := os.MkdirTemp(s.cache, "trails-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var results []result
	for _, bulk := range []struct {
		share   float64
		records int
	}{{ofInterest, s.Records}, {1, s.Records / 10}} {
		r, err := s.readTrail(ctx, dir, bulk.share, bulk.records)
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// readTrail measures one trail.
func (s *session) readTrail(ctx context.Context, dir string, share float64, records int) (result, error) {
	trail := filepath.Join(dir, fmt.Sprint("share-", share))
	bulk := &fakeaws.TrailBulk{
		Account: trailAccount, Region: trailRegion, From: trailDay, Days: storyDays, Records: records, PerFile: 5_000, Share: share,
		Secrets: trailSecrets, Roles: trailPrincipal, Seed: s.seed,
	}
	size, err := bulk.Write(trail)
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(trail)
	inventory := filepath.Join(dir, "inventory.jsonl")
	empty := &fakeaws.TrailStory{TrailYear: fakeaws.TrailYear{Account: trailAccount, Region: trailRegion, From: trailDay, Days: storyDays}}
	if err := os.WriteFile(inventory, empty.Inventory(storyDays-1), 0o666); err != nil {
		return result{}, err
	}
	audit := contender{
		Name: assayName, ok: []int{1, 3}, toFile: reportFile,
		args: func(string) []string { return s.auditTrail(inventory, trail, "", "text") },
	}
	rows, err := interleave(ctx, schedule{Rounds: s.Rounds, Slow: s.Slow, Watch: watchInterval}, []contender{audit})
	if err != nil {
		return result{}, err
	}
	facts := fmt.Sprintf("%d records of %d bytes, %.0f %% of interest", records, size/int64(max(records, 1)), share*100)
	r := newResult("trails", place{corpus: corpus{Name: "made-up trail"}, Facts: facts}, rows)
	if row, ok := rowOf(rows, assayName); ok {
		rate := float64(records) / max(row.CPU.Seconds(), 1e-9)
		r.Bars = []bar{most("MB of anonymous memory of assay", float64(row.Anon)/1e6, mostTrailMegs)}
		if share < 1 {
			r.Bars = append(r.Bars, least("records a second of CPU time", rate, leastRecords))
		} else {
			r.Notes = append(r.Notes, fmt.Sprintf("%.0f records a second of CPU time", rate))
		}
	}
	return r, nil
}

// auditTrail is the command that judges a saved inventory with the files of a trail.
func (s *session) auditTrail(inventory, trail, config, format string) []string {
	args := []string{s.programs.assay, "audit", "--quiet", "--inventory", inventory, "--trail-files", trail, "--check", "SM-ACC,SM-LIF,SM-ROT", "--format", format}
	if config == "" {
		return append(args, "--no-config")
	}
	return append(args, "--config", config)
}

// accessSuite audits made-up years as their owners would, month by month, and
// counts what was planted and missed, and what was found and is benign.
func accessSuite(ctx context.Context, s *session) ([]result, error) {
	var results []result
	for i := range uint64(s.Years) {
		r, err := s.year(ctx, s.seed+i)
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// year audits one of them.
func (s *session) year(ctx context.Context, seed uint64) (result, error) {
	dir, err := os.MkdirTemp(s.cache, "year-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	story := fakeaws.TrailYear{Account: trailAccount, Region: trailRegion, From: trailDay, Days: storyDays, Services: storyServices, Seed: seed}.Tell()
	config := filepath.Join(dir, "config.toml")
	if err := errors.Join(story.Write(filepath.Join(dir, "trail")), os.WriteFile(config, []byte(fakeaws.TrailYearSettings), 0o666)); err != nil {
		return result{}, err
	}
	var findings []fakeaws.StoryFinding
	for _, day := range story.AuditDays() {
		found, err := s.auditDay(ctx, story, dir, config, day)
		if err != nil {
			return result{}, err
		}
		findings = append(findings, found...)
	}
	score := story.Score(findings)
	facts := fmt.Sprintf("%d records, %d principal-days, %d things planted, %d audits", len(story.Records), story.PrincipalDays, len(story.Planted), len(story.AuditDays()))
	r := newResult("access", place{corpus: corpus{Name: fmt.Sprint("year of seed ", seed)}, Facts: facts}, nil)
	r.Bars = []bar{
		most("planted things that were missed", float64(len(score.Missed)), 0),
		most("false findings in 1,000 principal-days", score.PerThousand, mostFalse),
	}
	r.Notes = storyNotes(score)
	return r, nil
}

// auditDay audits what is known at the end of a day.
func (s *session) auditDay(ctx context.Context, story *fakeaws.TrailStory, dir, config string, day int) ([]fakeaws.StoryFinding, error) {
	inventory := filepath.Join(dir, "inventory.jsonl")
	if err := os.WriteFile(inventory, story.Inventory(day), 0o666); err != nil {
		return nil, err
	}
	var findings []fakeaws.StoryFinding
	c := contender{
		Name: assayName, ok: []int{1, 3}, toFile: reportFile, report: reportFile,
		args: func(string) []string { return s.auditTrail(inventory, filepath.Join(dir, "trail"), config, "jsonl") },
		read: func(in io.Reader) (scan, error) {
			var err error
			findings, err = storyFindings(in)
			return scan{}, err
		},
	}
	_, _, err := c.once(ctx, 0)
	return findings, err
}

// storyFindings reads the findings of a report in JSON Lines.
func storyFindings(in io.Reader) ([]fakeaws.StoryFinding, error) {
	var list []fakeaws.StoryFinding
	for dec := json.NewDecoder(in); ; {
		var record struct {
			Type        string
			RuleID      string `json:"rule_id"`
			Message     string
			Occurrences []struct{ Resource struct{ Name string } }
		}
		if err := dec.Decode(&record); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		if record.Type == "finding" && len(record.Occurrences) > 0 {
			list = append(list, fakeaws.StoryFinding{Check: record.RuleID, Resource: record.Occurrences[0].Resource.Name, Text: record.Message})
		}
	}
}

// storyNotes names what was missed, and how many false findings each check has.
func storyNotes(score fakeaws.StoryScore) []string {
	var notes []string
	for _, p := range score.Missed {
		notes = append(notes, fmt.Sprintf("missed: %s (%s) %s by %s on day %d", p.Kind, p.Check, p.Resource, p.Who, p.Day))
	}
	byCheck := map[string]int{}
	for _, f := range score.False {
		check, _, _ := strings.Cut(f, " ")
		byCheck[check]++
	}
	for _, check := range slices.Sorted(maps.Keys(byCheck)) {
		notes = append(notes, fmt.Sprintf("false: %s %d", check, byCheck[check]))
	}
	return notes
}
