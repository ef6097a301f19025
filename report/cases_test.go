package report

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A reportCase is a whole run, told to every format.
type reportCase struct {
	name     string
	run      Run
	findings []Finding
	verdicts []Verdict
	notices  []Notice
	summary  Summary
}

// tell plays c to h and returns the first error.
func (c reportCase) tell(h Handler) error {
	if err := h.Begin(c.run); err != nil {
		return err
	}
	for _, call := range c.calls(h) {
		if err := call(); err != nil {
			return err
		}
	}
	return h.End(c.summary)
}

// calls are the calls between Begin and End: findings and notices by turns, but
// for an audit findings and verdicts resource by resource, then the notices.
func (c reportCase) calls(h Handler) []func() error {
	var list []func() error
	if c.verdicts == nil {
		for i := range max(len(c.findings), len(c.notices)) {
			if i < len(c.findings) {
				list = append(list, func() error { return h.Finding(c.findings[i]) })
			}
			if i < len(c.notices) {
				list = append(list, func() error { return h.Notice(c.notices[i]) })
			}
		}
		return list
	}
	byResource := map[string][]func() error{}
	for _, f := range c.findings {
		arn := f.Occurrences[0].Resource.ARN
		byResource[arn] = append(byResource[arn], func() error { return h.Finding(f) })
	}
	for _, v := range c.verdicts {
		byResource[v.Resource.ARN] = append(byResource[v.Resource.ARN], func() error { return h.Verdict(v) })
	}
	for _, arn := range slices.Sorted(maps.Keys(byResource)) {
		list = append(list, byResource[arn]...)
	}
	for _, n := range c.notices {
		list = append(list, func() error { return h.Notice(n) })
	}
	return list
}

// A variant is a format under some of its options.
type variant struct {
	name string // the extension of its golden files
	New  func(io.Writer) Handler
}

func variants() []variant {
	list := []variant{
		{"colour.text", func(w io.Writer) Handler { return NewText(w, TextOptions{Colour: ColourAlways, Width: 80}) }},
		{"history.sarif", func(w io.Writer) Handler { return NewSARIF(w, SARIFOptions{History: HistoryInclude}) }},
		{"parts.sarif", func(w io.Writer) Handler {
			h := NewSARIF(w, SARIFOptions{}).(*sarifHandler)
			h.resultsPerRun, h.runsPerFile = 2, 2
			return h
		}},
	}
	for _, stage := range []HookStage{HookCommit, HookReceive} {
		list = append(list, variant{[...]string{"commit.hook", "push.hook", "receive.hook"}[stage], func(w io.Writer) Handler {
			return NewHook(w, HookOptions{Stage: stage, Gate: &Gate{Confidence: ConfidenceMedium}, Ignore: [...]string{"assay ignore add", "", ""}[stage]})
		}})
	}
	for _, f := range Formats {
		list = append(list, variant{f.Name, f.New})
	}
	return list
}

// Hostile text: control characters of both kinds, bidi and invisible
// characters, line separators, bytes that are not UTF-8, a surrogate pair, and
// what HTML, Markdown, SARIF messages and URIs give a meaning to.
const hostile = "\x1b[31mred\x00\x7f\u009b\u202e\u2066\u200b\ufeff\u2028\r\n\t\xff\xe2\x82ü🔑\U000e0041](http://x) {0} %41 a:b \"<&>\\"

func testRules() []Rule {
	return []Rule{
		{
			ID: "example-api-key", Title: "Example API key",
			Text:     "A key of the Example API. It reads and writes every project of its owner.",
			Remedy:   "Revoke the key in the settings of the account, then make a new one and keep it in a secret store.",
			Severity: SeverityHigh, Confidence: ConfidenceHigh,
			Tags: []string{"cloud", "api"}, References: []string{"https://docs.example.com/keys", "https://docs.example.com/revoke"},
		},
		{
			ID: "generic-password", Title: "Password in an assignment",
			Text:     "A password that stands in source code or configuration.",
			Remedy:   "Change the password and load it from the environment.",
			Severity: SeverityMedium, Confidence: ConfidenceMedium, References: []string{"https://docs.example.com/passwords"},
		},
		{
			ID: "private-key", Title: "Private key",
			Text:     "A private key in PEM form.",
			Remedy:   "Replace the key pair.",
			Severity: SeverityCritical, Confidence: ConfidenceHigh, Tags: []string{"pem"},
			References: []string{"https://docs.example.com/pem"},
		},
	}
}

func testRun() Run {
	return Run{Tool: "assay", Version: "0.1.0", Command: "scan", Target: ".", Config: ".assay.toml", Rules: testRules()}
}

func fingerprint(digit string) string { return "assay/v1:" + strings.Repeat(digit, 64) }

func testCommit(digit string, day int) *Commit {
	return &Commit{
		ID:     strings.Repeat(digit, 40),
		Author: "Jane Doe <jane@example.com>",
		Date:   time.Date(2024, 3, day, 23, 30, 0, 0, time.FixedZone("", -2*3600)),
	}
}

func testSuppression() *Suppression {
	return &Suppression{By: ".assayignore:3", Reason: "made up for " + hostile, Owner: "@payments", Expires: "2027-01-31"}
}

func suppressedFinding() Finding {
	f := worktreeFinding()
	f.Suppression, f.Baseline = testSuppression(), BaselineNew
	return f
}

func unchanged(f Finding) Finding {
	f.Baseline = BaselineUnchanged
	return f
}

func worktreeFinding() Finding {
	return Finding{
		RuleID: "example-api-key", Message: "Example API key in config/app.env", Severity: SeverityHigh, Confidence: ConfidenceHigh,
		Excerpt: "\tEXAMPLE_KEY=exk_<36 characters>", Fingerprint: fingerprint("a"),
		Occurrences: []Location{
			{
				Path: "config/app.env", Region: Region{12, 13, 12, 53}, Object: strings.Repeat("1", 40), Type: "blob",
				Introduced: testCommit("c", 1), InWorktree: true, AtHead: true,
				Refs: []string{"refs/heads/main", "refs/remotes/origin/main", "refs/tags/v1.0.0", "refs/tags/v1.1.0"}, RefsMore: 7,
				LineHash:  "8b7cf3e952e7aeb2:1",
				Companion: &Companion{What: "Example key id", Region: Region{11, 12, 11, 24}, Credential: true},
			},
			{Path: "deploy/k8s.yaml", Region: Region{4, 9, 4, 49}, InWorktree: true, LineHash: "b1ae1287ec4718d9:1"},
			{Path: "old name.env", Region: Region{1, 1, 1, 41}, Object: strings.Repeat("2", 40), Type: "blob", Removed: testCommit("d", 9)},
		},
	}
}

func historyFinding() Finding {
	return Finding{
		RuleID: "private-key", Message: "Private key", Severity: SeverityCritical, Confidence: ConfidenceHigh,
		Excerpt: "server_key: <1704 characters>", Fingerprint: fingerprint("b"),
		Occurrences: []Location{{
			Path: "keys/server.pem", Region: Region{1, 1, 28, 26}, Object: strings.Repeat("3", 40), Type: "blob",
			Introduced: testCommit("e", 2), Removed: testCommit("f", 3),
		}},
	}
}

func messageFinding() Finding {
	return Finding{
		RuleID: "generic-password", Message: "Password in an assignment", Severity: SeverityMedium, Confidence: ConfidenceMedium,
		Excerpt: "set password = <12 characters>", Fingerprint: fingerprint("c"),
		Occurrences: []Location{{
			Region: Region{3, 16, 3, 28}, Object: strings.Repeat("4", 40), Type: "commit", Introduced: testCommit("4", 4),
			Refs: []string{"refs/stash"},
		}},
	}
}

func headFinding() Finding {
	return Finding{
		RuleID: "generic-password", Message: "Password in an assignment", Severity: SeverityLow, Confidence: ConfidenceLow,
		Excerpt: `password: "<9 characters>"`, Fingerprint: fingerprint("d"),
		Occurrences: []Location{{
			Path: "src/größe #1.py", Region: Region{7, 12, 7, 21}, Object: strings.Repeat("5", 40), Type: "blob",
			Introduced: testCommit("a", 5), AtHead: true,
			Companion: &Companion{What: "user name", Region: Region{6, 8, 6, 14}},
		}},
	}
}

// nameFinding is a credential in the name of a file.
func nameFinding() Finding {
	return Finding{
		RuleID: "example-api-key", Message: "Example API key in a file's name", Severity: SeverityHigh, Confidence: ConfidenceMedium,
		Fingerprint: fingerprint("e"), Occurrences: []Location{{Path: "backup/exk_<36 characters>.txt", InWorktree: true}},
	}
}

// innerFinding stands inside archives: one in the working tree, and one that no
// commit has.
func innerFinding() Finding {
	return Finding{
		RuleID: "example-api-key", Message: "Example API key in an archive", Severity: SeverityHigh, Confidence: ConfidenceHigh,
		Excerpt: "EXAMPLE_KEY=exk_<36 characters>", Fingerprint: fingerprint("9"),
		Occurrences: []Location{
			{Path: "dist/app.zip", Inner: "lib/core.jar!app.properties", Region: Region{12, 13, 12, 53}, InWorktree: true},
			{Inner: "data", Region: Region{1, 1, 1, 41}, Object: strings.Repeat("6", 40), Type: "blob"},
		},
	}
}

// copiesFinding stands in more places than text lists.
func copiesFinding() Finding {
	f := Finding{
		RuleID: "generic-password", Message: "Password in an assignment", Severity: SeverityMedium, Confidence: ConfidenceMedium,
		Excerpt: "db_password = <16 characters>", Fingerprint: fingerprint("f"),
	}
	for i := range 9 {
		f.Occurrences = append(f.Occurrences, Location{
			Path: fmt.Sprintf("services/%d/settings.ini", i), Region: Region{i + 1, 15, i + 1, 31}, InWorktree: true,
			LineHash: fmt.Sprintf("abcdef%d:1", i),
		})
	}
	return f
}

func hostileFinding() Finding {
	c := &Commit{ID: hostile, Author: hostile, Date: time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC)}
	l := Location{
		Path: hostile, Inner: hostile, Region: Region{1, 2, 3, 4}, Object: hostile, Type: hostile,
		Introduced: c, Removed: c, InWorktree: true, Refs: []string{hostile, hostile}, Companion: &Companion{What: hostile, Region: Region{1, 2, 3, 4}, Credential: true},
	}
	gone := l
	gone.InWorktree, gone.Refs, gone.Path = false, nil, ""
	return Finding{
		RuleID: hostile, Message: "See " + hostile, Severity: SeverityHigh, Confidence: ConfidenceMedium,
		Excerpt: hostile, Fingerprint: hostile, Occurrences: []Location{l, gone, l},
	}
}

func hostileCase() reportCase {
	rule := Rule{
		ID: hostile, Title: hostile, Text: hostile, Remedy: hostile, Severity: SeverityHigh, Confidence: ConfidenceMedium,
		Tags: []string{hostile}, Controls: []string{hostile}, References: []string{"https://docs.example.com/a"},
	}
	return reportCase{
		name:     "hostile",
		run:      Run{Tool: hostile, Version: hostile, Command: "scan", Target: hostile, Config: hostile, Rules: []Rule{rule}},
		findings: []Finding{hostileFinding()},
		notices:  []Notice{{hostile, errors.New(hostile), nil, ""}},
		summary:  Summary{Findings: [5]int{0, 0, 0, 1, 0}, NotExamined: 1, Skipped: map[string]int{hostile: 1}},
	}
}

func cases() []reportCase {
	return []reportCase{
		{
			name: "empty", run: testRun(),
			summary: Summary{Files: 3, Bytes: 412, RulesActive: 3},
		},
		{
			name: "no-rules", run: Run{Tool: "assay", Version: "0.1.0", Command: "scan", Target: "-"},
		},
		{
			name: "findings", run: testRun(),
			findings: []Finding{
				worktreeFinding(), historyFinding(), messageFinding(), headFinding(), nameFinding(), innerFinding(), copiesFinding(),
			},
			summary: Summary{
				Files: 1204, Blobs: 56789, Commits: 910, Trees: 4321, Tags: 1, Bytes: 123_456_789, RulesActive: 3,
				Findings: [5]int{0, 1, 2, 2, 1}, LeftOut: 14, Placeholders: 1, Suppressed: 2, Excluded: 5, Remembered: 1000,
				Skipped: map[string]int{"symlink": 3, "fifo": 1},
			},
		},
		{
			name: "notices", run: testRun(),
			findings: []Finding{copiesFinding()},
			notices: []Notice{
				{"data/locked.db", errors.New("permission denied"), nil, ""},
				{strings.Repeat("9", 40), errors.New("object is damaged: its content has another id"), nil, ""},
				{"caf\xe9.txt", nil, nil, ""},
			},
			summary: Summary{Files: 8, Bytes: 999, RulesActive: 3, Findings: [5]int{2: 1}, NotExamined: 3},
		},
		{
			name: "interrupted", run: testRun(),
			findings: []Finding{worktreeFinding()},
			summary:  Summary{Files: 1, Bytes: 1_500, RulesActive: 3, Findings: [5]int{3: 1}, Interrupted: true},
		},
		hostileCase(),
		auditCase(),
		singleCase(),
		unjudgedCase(),
		mutedAuditCase(), complianceCase(), hostileAuditCase(),
		{
			name: "repositories", run: testRun(), findings: []Finding{sharedFinding()},
			notices: []Notice{{"team/old", errors.New("not a Git repository"), nil, "team/old"}},
			summary: Summary{
				Files: 3, Bytes: 500, RulesActive: 3, Findings: [5]int{2: 1}, NotExamined: 1,
				Repositories: []RepositoryResult{
					{Name: "api", Findings: 1, Files: 2, Bytes: 400},
					{Name: "git.example/team/web", Findings: 1, Files: 1, Blobs: 1, Commits: 1, Bytes: 100},
					{Name: "lib"}, {Name: "team/old", Unopened: true, NotExamined: 1},
				},
			},
		},
		{
			name: "suppressed", run: testRun(),
			findings: []Finding{suppressedFinding(), unchanged(copiesFinding())},
			notices:  []Notice{{"data/model.bin", errors.New("larger than 1 GiB"), testSuppression(), ""}},
			summary: Summary{
				Files: 8, Bytes: 999, RulesActive: 3, Accepted: 1,
				Silenced: map[string]int{".assayignore": 1, "known.jsonl": 1}, Refused: map[string]int{RefusedComments: 1, RefusedSettings: 2, "a/.assayignore": 3},
			},
		},
	}
}

// sharedFinding is a credential that stands in two repositories of a scan of several.
func sharedFinding() Finding {
	f := copiesFinding()
	for i, name := range []string{"api", "git.example/team/web"} {
		l := &f.Occurrences[i]
		l.Repository, l.Path = name, name+"/"+l.Path
	}
	f.Occurrences = f.Occurrences[:2]
	return f
}
