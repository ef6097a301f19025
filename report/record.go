package report

import (
	"encoding/base64"
	"errors"
	"time"
	"unicode/utf8"
)

// The types of this file are the JSON of the formats json and jsonl, described
// field by field in schema/*.schema.json. They stand apart from the model so
// that a renamed field there cannot change what programs read.

// schemaVersion changes when a field is renamed, removed or means something else.
const schemaVersion = "assay-report/v1"

type runRecord struct {
	Type    string       `json:"type"`
	Schema  string       `json:"schema"`
	Tool    string       `json:"tool"`
	Version string       `json:"version"`
	Command string       `json:"command"`
	Target  string       `json:"target"`
	Config  string       `json:"config,omitempty"`
	Shard   string       `json:"shard,omitempty"`
	Divided string       `json:"divided,omitempty"`
	Rules   []ruleRecord `json:"rules"`

	Decisions *decisionsRecord `json:"decisions,omitempty"`

	Coverage *coverageRecord `json:"coverage,omitempty"`
}

type ruleRecord struct {
	ID         string     `json:"id"`
	Title      string     `json:"title"`
	Text       string     `json:"text"`
	Remedy     string     `json:"remedy"`
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	Tags       []string   `json:"tags,omitempty"`
	Controls   []string   `json:"controls,omitempty"`
	References []string   `json:"references,omitempty"`
}

type findingRecord struct {
	Type        string           `json:"type"`
	RuleID      string           `json:"rule_id"`
	Message     string           `json:"message"`
	Severity    Severity         `json:"severity"`
	Confidence  Confidence       `json:"confidence"`
	Fingerprint string           `json:"fingerprint"`
	Excerpt     string           `json:"excerpt,omitempty"`
	Occurrences []locationRecord `json:"occurrences"`

	Suppression *suppressionRecord `json:"suppression,omitempty"`
	Baseline    string             `json:"baseline,omitempty"`
}

type suppressionRecord struct {
	By      string `json:"by"`
	Reason  string `json:"reason"`
	Owner   string `json:"owner,omitempty"`
	Expires string `json:"expires,omitempty"`
}

type locationRecord struct {
	Path       string        `json:"path"`
	PathBase64 string        `json:"path_base64,omitempty"`
	Repository string        `json:"repository,omitempty"`
	InnerPath  string        `json:"inner_path,omitempty"`
	Region     *regionRecord `json:"region,omitempty"`
	Object     string        `json:"object,omitempty"`
	ObjectType string        `json:"object_type,omitempty"`
	Introduced *commitRecord `json:"introduced,omitempty"`
	Removed    *commitRecord `json:"removed,omitempty"`
	InWorktree bool          `json:"in_worktree"`
	AtHead     bool          `json:"at_head"`
	Refs       []string      `json:"refs,omitempty"`
	RefsMore   int           `json:"refs_more,omitempty"`
	LineHash   string        `json:"line_hash,omitempty"`

	Companion *companionRecord `json:"companion,omitempty"`

	Share *shareRecord `json:"share,omitempty"`

	Resource *resourceRecord `json:"resource,omitempty"`
}

type companionRecord struct {
	What       string       `json:"what"`
	Credential bool         `json:"credential"`
	Region     regionRecord `json:"region"`
}

type regionRecord struct {
	StartLine   int `json:"start_line"`
	StartColumn int `json:"start_column"`
	EndLine     int `json:"end_line"`
	EndColumn   int `json:"end_column"`
}

type commitRecord struct {
	ID     string `json:"id"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
}

type noticeRecord struct {
	Type          string `json:"type"`
	Subject       string `json:"subject"`
	SubjectBase64 string `json:"subject_base64,omitempty"`
	Reason        string `json:"reason"`
	Repository    string `json:"repository,omitempty"`

	// Content that Git LFS keeps elsewhere, of which shards each miss a part.
	AbsentFiles int   `json:"absent_files,omitempty"`
	AbsentBytes int64 `json:"absent_bytes,omitempty"`

	Accepted *suppressionRecord `json:"accepted,omitempty"`
}

type summaryRecord struct {
	Type         string         `json:"type"`
	Examined     examinedRecord `json:"examined"`
	Remembered   int            `json:"remembered"`
	RulesActive  int            `json:"rules_active"`
	Findings     severityCounts `json:"findings"`
	LeftOut      int            `json:"left_out"`
	Placeholders int            `json:"placeholders"`
	Suppressed   int            `json:"suppressed"`
	Silenced     map[string]int `json:"silenced,omitempty"`
	Refused      map[string]int `json:"refused,omitempty"`
	Excluded     int            `json:"excluded"`
	Skipped      map[string]int `json:"skipped,omitempty"`
	Checks       []checkRecord  `json:"checks,omitempty"`
	Resources    map[string]int `json:"resources,omitempty"`
	Facts        []factRecord   `json:"facts,omitempty"`
	NotExamined  int            `json:"not_examined"`
	Accepted     int            `json:"accepted,omitempty"`
	Interrupted  bool           `json:"interrupted"`
	Complete     bool           `json:"complete"`

	Compliance   []frameworkRecord  `json:"compliance,omitempty"`
	Repositories []repositoryRecord `json:"repositories,omitempty"`
}

type examinedRecord struct {
	Files   int   `json:"files"`
	Blobs   int   `json:"blobs"`
	Commits int   `json:"commits"`
	Trees   int   `json:"trees"`
	Tags    int   `json:"tags"`
	Members int   `json:"members,omitempty"`
	Bytes   int64 `json:"bytes"`
}

type severityCounts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`
}

func newRunRecord(r Run) runRecord {
	rec := runRecord{
		Type: "run", Schema: schemaVersion,
		Tool: validUTF8(r.Tool), Version: validUTF8(r.Version), Command: validUTF8(r.Command),
		Target: validUTF8(r.Target), Config: validUTF8(r.Config),
		Shard: r.Shard.String(), Divided: validUTF8(r.Divided), Decisions: newDecisionsRecord(r.Decisions),
		Rules:    make([]ruleRecord, len(r.Rules)),
		Coverage: newCoverageRecord(r.Coverage),
	}
	for i, rule := range r.Rules {
		rec.Rules[i] = ruleRecord{
			ID: validUTF8(rule.ID), Title: validUTF8(rule.Title), Text: validUTF8(rule.Text), Remedy: validUTF8(rule.Remedy),
			Severity: rule.Severity, Confidence: rule.Confidence,
			Tags: allValidUTF8(rule.Tags), Controls: allValidUTF8(rule.Controls), References: allValidUTF8(rule.References),
		}
	}
	return rec
}

func newFindingRecord(f Finding) findingRecord {
	rec := findingRecord{
		Type: "finding", RuleID: validUTF8(f.RuleID), Message: validUTF8(f.Message),
		Severity: f.Severity, Confidence: f.Confidence,
		Fingerprint: validUTF8(f.Fingerprint), Excerpt: validUTF8(f.Excerpt),
		Occurrences: make([]locationRecord, len(f.Occurrences)),
		Suppression: newSuppressionRecord(f.Suppression), Baseline: f.Baseline.String(),
	}
	for i, l := range f.Occurrences {
		rec.Occurrences[i] = newLocationRecord(l)
	}
	return rec
}

func newSuppressionRecord(s *Suppression) *suppressionRecord {
	if s == nil {
		return nil
	}
	return &suppressionRecord{By: validUTF8(s.By), Reason: validUTF8(s.Reason), Owner: validUTF8(s.Owner), Expires: s.Expires}
}

func newLocationRecord(l Location) locationRecord {
	rec := locationRecord{
		Path: validUTF8(l.fullPath()), PathBase64: exactBytes(l.fullPath()), InnerPath: validUTF8(l.Inner),
		Repository: validUTF8(l.Repository),
		Object:     validUTF8(l.Object), ObjectType: validUTF8(l.Type),
		Introduced: newCommitRecord(l.Introduced), Removed: newCommitRecord(l.Removed),
		InWorktree: l.InWorktree, AtHead: l.AtHead,
		Refs: allValidUTF8(l.Refs), RefsMore: l.RefsMore, LineHash: validUTF8(l.LineHash),
		Share: newShareRecord(l.Share),
	}
	if l.Resource != nil {
		rec.Resource = new(newResourceRecord(*l.Resource))
	}
	if l.Companion != nil {
		rec.Companion = new(newCompanionRecord(*l.Companion))
	}
	if l.Region != (Region{}) {
		region := regionRecord(l.Region)
		rec.Region = &region
	}
	return rec
}

func newCompanionRecord(c Companion) companionRecord {
	return companionRecord{validUTF8(c.What), c.Credential, regionRecord(c.Region)}
}

func newCommitRecord(c *Commit) *commitRecord {
	if c == nil {
		return nil
	}
	return &commitRecord{ID: validUTF8(c.ID), Author: validUTF8(c.Author), Date: timestamp(c.Date)}
}

// timestamp is t in UTC as RFC 3339 has it, or empty for no time and for one
// that a forged commit put outside the years that RFC 3339 can write.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.RFC3339)
}

func newNoticeRecord(n Notice) noticeRecord {
	var absent Absent
	errors.As(n.Err, &absent)
	return noticeRecord{
		Type: "notice", Subject: validUTF8(n.Subject), SubjectBase64: exactBytes(n.Subject), Reason: validUTF8(reason(n)),
		Repository: validUTF8(n.Repository), AbsentFiles: absent.Files, AbsentBytes: absent.Bytes,
		Accepted: newSuppressionRecord(n.Accepted),
	}
}

func newSummaryRecord(s Summary) summaryRecord {
	return summaryRecord{
		Type: "summary",
		Examined: examinedRecord{
			Files: s.Files, Blobs: s.Blobs, Commits: s.Commits, Trees: s.Trees, Tags: s.Tags, Members: s.Members, Bytes: s.Bytes,
		},
		Remembered: s.Remembered, RulesActive: s.RulesActive,
		Findings: severityCounts{
			Critical: s.Findings[SeverityCritical], High: s.Findings[SeverityHigh], Medium: s.Findings[SeverityMedium],
			Low: s.Findings[SeverityLow], Info: s.Findings[SeverityInfo],
		},
		LeftOut: s.LeftOut, Placeholders: s.Placeholders, Suppressed: s.Suppressed, Excluded: s.Excluded,
		Silenced: countsByName(s.Silenced), Refused: countsByName(s.Refused), Accepted: s.Accepted,
		Skipped: countsByName(s.Skipped), Checks: newCheckRecords(s.Checks), Resources: countsByName(s.Resources), Facts: newFactRecords(s.Facts),
		NotExamined: s.NotExamined, Interrupted: s.Interrupted, Complete: s.Complete(),
		Compliance: newFrameworkRecords(s.Compliance), Repositories: newRepositoryRecords(s.Repositories),
	}
}

// countsByName is counts with names that JSON can hold.
func countsByName(counts map[string]int) map[string]int {
	valid := make(map[string]int, len(counts))
	for name, n := range counts {
		valid[validUTF8(name)] += n
	}
	return valid
}

// exactBytes returns the base64 of s if s is not UTF-8, so that a path of any
// bytes can be had back, and nothing if the string itself says it all.
func exactBytes(s string) string {
	if utf8.ValidString(s) {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(s))
}

func allValidUTF8(list []string) []string {
	valid := make([]string, len(list))
	for i, s := range list {
		valid[i] = validUTF8(s)
	}
	return valid
}
