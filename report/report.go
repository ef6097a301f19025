// Package report says what was found: the model that both halves of assay
// share, and the formats that it is written in.
//
// It is the first package to read. Producers (the scan of files and Git
// history, the audit of AWS accounts) see a Sink; a format implements Handler.
// Whatever stands between the two, such as a severity floor or several reports
// at once, is a Handler that wraps Handlers, so that no option of one reaches
// into the other.
//
// Two promises are kept by the shape of the types. A Finding has no field that
// can hold a credential: an excerpt is masked before it gets here, and a
// fingerprint is a keyed hash. And what was not examined is data, a Notice,
// that every format writes and that decides the exit code.
package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Severity says how much harm the exposure of a credential does, or how far
// a resource is from how it should be kept.
type Severity uint8

const (
	SeverityInfo Severity = iota
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// String returns the name that flags, configuration and JSON use.
func (s Severity) String() string { return name(severityNames[:], int(s)) }

// MarshalText writes the name of s.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts the names that String returns.
func (s *Severity) UnmarshalText(text []byte) error {
	i, err := index("severity", severityNames[:], string(text))
	*s = Severity(i)
	return err
}

// A Confidence says how sure we are that a match is a credential. The gate
// counts medium and high unless told otherwise.
type Confidence uint8

const (
	// ConfidencePlaceholder marks what has the shape of a credential and is
	// none: a documented example, a template, changeme. It never fails a gate.
	ConfidencePlaceholder Confidence = iota
	// ConfidenceLow is entropy alone, a failed checksum, a long-tail shape.
	ConfidenceLow
	// ConfidenceMedium is an assignment with a value that reads like a credential.
	ConfidenceMedium
	// ConfidenceHigh is a provider's own format, with its checksum where it has one.
	ConfidenceHigh
)

var confidenceNames = [...]string{"placeholder", "low", "medium", "high"}

// String returns the name that flags, configuration and JSON use.
func (c Confidence) String() string { return name(confidenceNames[:], int(c)) }

// MarshalText writes the name of c.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts the names that String returns.
func (c *Confidence) UnmarshalText(text []byte) error {
	i, err := index("confidence", confidenceNames[:], string(text))
	*c = Confidence(i)
	return err
}

func name(names []string, i int) string {
	if i >= len(names) {
		return fmt.Sprintf("unknown(%d)", i)
	}
	return names[i]
}

func index(what string, names []string, text string) (int, error) {
	for i, n := range names {
		if n == text {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q, use one of %q", what, text, names)
}

// A Rule describes one kind of finding. It becomes a SARIF reportingDescriptor.
type Rule struct {
	ID         string   // kebab-case for credentials ("github-fine-grained-token"), SM-ROT-04 for checks
	Title      string   // a noun phrase without a full stop
	Text       string   // what it is and what harm it does, one to three sentences
	Remedy     string   // what to do about a finding, an instruction
	Severity   Severity // the base; a finding may differ
	Confidence Confidence
	Tags       []string // free words for filters; SARIF keeps at most 20 per rule
	Controls   []string // framework ids ("CIS-AWS-7.0/2.21")
	References []string // URLs of the vendor's documentation, the first is the help URI
}

// A Finding is one credential found, or one resource judged bad, with every
// place where it stands.
type Finding struct {
	RuleID     string
	Message    string // its first sentence is the title that code scanning shows
	Severity   Severity
	Confidence Confidence
	// Occurrences lists every place, in the order of the source. It is never
	// empty; the first one stands for the finding where a format has room for one.
	Occurrences []Location
	// Excerpt is the line of the first occurrence with every match on it masked.
	Excerpt string
	// Fingerprint identifies rule and credential across moved lines and renamed
	// files: "assay/v1:" and 64 hex digits.
	Fingerprint string
	// Suppression says why the finding does not count; nil for one that no file
	// suppresses. Reports hold suppressed findings only where they are asked for.
	Suppression *Suppression
	// Baseline says how the finding stands to the baseline that was named.
	Baseline BaselineState
}

// Counts reports whether f is to be dealt with: nobody suppressed it, and it is
// not in the baseline.
func (f *Finding) Counts() bool { return f.Suppression == nil && f.Baseline != BaselineUnchanged }

// A Suppression says that somebody decided to leave something as it is.
type Suppression struct {
	By      string // the file and line that say so: ".assayignore:3"
	Reason  string
	Owner   string // who answers for it, "" for nobody named
	Expires string // the last day on which it holds, "2027-01-31"; "" for no end
}

// A BaselineState says how a finding stands to a baseline. The names are SARIF's.
type BaselineState uint8

const (
	BaselineNone      BaselineState = iota // no baseline was named
	BaselineNew                            // the baseline does not have it
	BaselineUnchanged                      // the baseline has it
)

var baselineNames = [...]string{"", "new", "unchanged"}

// String returns the name that reports use, "" for BaselineNone.
func (b BaselineState) String() string { return name(baselineNames[:], int(b)) }

// MarshalText writes the name of b.
func (b BaselineState) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText accepts the names that String returns.
func (b *BaselineState) UnmarshalText(text []byte) error {
	i, err := index("baseline state", baselineNames[:], string(text))
	*b = BaselineState(i)
	return err
}

// A Location is a place that holds a credential. The zero value of a field says
// that it does not apply.
type Location struct {
	// Path is relative to what was scanned, with slashes. It may hold any byte
	// but a credential: where a name matches a rule it is masked. An object of
	// Git that has no path has an empty one or, with a slash at the end, that of
	// the submodule whose repository holds it.
	Path string
	// Repository is the name of the repository that holds it, where a scan examined
	// several; Path then begins with it and a slash. Empty for a scan of one.
	Repository string
	// Inner is where inside Path the credential stands, if that is a container: the
	// path of its member, and after an exclamation mark that of a member of the
	// member. Region counts in the innermost one.
	Inner  string
	Region Region
	// Object is the id of the Git object that Region counts in, and Type its
	// kind: "blob", "commit", "tree", "tag". Empty outside Git.
	Object string
	Type   string
	// Introduced is the first commit that held the credential at Path, Removed
	// the one that took it away; nil means unknown, or still there.
	Introduced *Commit
	Removed    *Commit
	InWorktree bool     // it stands in a file of the working tree now
	AtHead     bool     // it stands in the commit that HEAD names
	Refs       []string // refs whose tip holds it, sorted; RefsMore counts those left out
	RefsMore   int
	// LineHash is GitHub's primaryLocationLineHash of the first line, where it
	// was asked for.
	LineHash string
	// Companion is the other half of a pair, in the same file or object; nil where
	// the credential is whole by itself, or was found alone.
	Companion *Companion
	// Share is what merging the reports of shards needs; nil in any other report.
	Share *Share
	// Resource is what an audit judged; nil for a scan. Path then names a place
	// made up for it, because code scanning wants one.
	Resource *Resource
}

// A Companion is what makes a pair with a credential: the key id of a secret key,
// the user of a password.
type Companion struct {
	What   string // a noun phrase: "AWS access key id"
	Region Region
	// Credential says that it is a part of the credential, found by a rule of its
	// own. Else it is a name that tells whom the credential belongs to.
	Credential bool
}

// A Resource is a thing in an AWS account.
type Resource struct {
	ARN     string
	Name    string // as people call it, "" if the ARN is all there is
	Type    string // of CloudFormation: "AWS::SecretsManager::Secret"
	Account string // twelve digits
	Region  string
}

// A Verdict says how one check judged one resource that it does not fail; a
// resource that it does fail is a Finding.
type Verdict struct {
	RuleID   string
	Resource Resource
	Outcome  Outcome
	// Reason is the evidence for a pass, and else why nothing could be said.
	Reason string
}

// An Outcome is what came of judging a resource.
type Outcome uint8

const (
	// OutcomeNotEvaluated says that a fact was missing. It is the zero value, so
	// that nothing passes by absence.
	OutcomeNotEvaluated Outcome = iota
	OutcomePass
)

var outcomeNames = [...]string{"not-evaluated", "pass"}

// String returns the name that reports use.
func (o Outcome) String() string { return name(outcomeNames[:], int(o)) }

// MarshalText writes the name of o.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText accepts the names that String returns.
func (o *Outcome) UnmarshalText(text []byte) error {
	i, err := index("outcome", outcomeNames[:], string(text))
	*o = Outcome(i)
	return err
}

// A Region is a stretch of text. Lines and columns count from 1, columns in
// Unicode code points; EndColumn is the one after the last. A zero Region is a
// place without text, such as a file name.
type Region struct {
	StartLine, StartColumn int
	EndLine, EndColumn     int
}

// A Commit names a commit and who made it when.
type Commit struct {
	ID     string
	Author string // "Name <address>", masked like every text that came from the input
	Date   time.Time
	Root   bool // it has no parent; false also where that is not known
}

// A Notice says that something was not examined, and why. It makes a run
// incomplete, unless the user knows of it and accepts it.
type Notice struct {
	Subject  string       // what: a path, an object id, a ref, a region and API call
	Err      error        // why; its text is one line
	Accepted *Suppression // nil for one that nobody accepts
	// Repository is the name of the one that it is about, where a scan examined
	// several; Subject then begins with it.
	Repository string
}

// A Run says what a report is about. It holds no time: the same input gives the
// same bytes.
type Run struct {
	Tool    string // "assay"
	Version string
	Command string // "scan" or "audit"
	Target  string // what was scanned, as the user named it
	Extent  string // "range" or "staged" where no more than these changes were examined, "" for everything
	// Shard is the part of a run that the report is about; its zero value is all of it.
	Shard Shard
	// Divided tells lists of repositories apart, in the report of a shard of one; else
	// it is empty.
	Divided string
	// Decisions are what was decided about the findings of a scan, in the report of a
	// shard that leaves nothing out; else nil. See Share.
	Decisions *Decisions
	Config    string // the configuration file in force, "" for none
	Rules     []Rule // every active rule, sorted by id
	// Coverage heads the report of an audit; nil for a scan.
	Coverage *Coverage
}

// A Coverage says what an audit asked and what it was answered: a table with a
// row for each region and a column for each API operation.
type Coverage struct {
	Operations []string // "secretsmanager:ListSecrets", sorted
	Rows       []CoverageRow
}

// A CoverageRow is one region of one account.
type CoverageRow struct {
	Account, Region string
	// Status is "examined", "disabled" for a region that the account has not
	// opted in to, or "not examined".
	Status string
	// Events says which interval CloudTrail's events cover, "" if none were read.
	Events string
	Calls  []CoverageCalls // one for each of Operations; zero where nothing was asked
}

// CoverageCalls counts the requests of one operation by what became of them.
type CoverageCalls struct {
	OK, Denied, Failed int
	Absent             int // to a service that the region does not have
}

// A Summary ends every run: what was examined and what came out of it.
type Summary struct {
	Files, Blobs, Commits, Trees, Tags int
	Members                            int   // of archives and other containers
	Bytes                              int64 // examined, before decoding
	RulesActive                        int
	// Remembered counts objects that an earlier run examined and this one did not
	// examine again; what they hold is in the report all the same.
	Remembered int
	// Findings counts by severity what the report holds.
	Findings [SeverityCritical + 1]int
	// LeftOut counts findings below the confidence that was asked for, and
	// Placeholders those that are no credential.
	LeftOut, Placeholders int
	// Suppressed counts places silenced by comments, Excluded what the
	// user's configuration left out.
	Suppressed, Excluded int
	// Silenced counts findings that do not count by the file that says so:
	// ".assayignore", or the name of a baseline.
	Silenced map[string]int
	// Refused counts, by what brought them, suppressions of the scanned tree that
	// were not obeyed: places for RefusedComments, settings for RefusedSettings, and
	// findings for the name of any other file.
	Refused map[string]int
	// Accepted counts what was not examined and the user accepts.
	Accepted int
	// Skipped counts what a scan never opens, by kind: "symlink", "fifo", ...
	Skipped map[string]int
	// Repositories says what came of each repository of a scan of several, sorted by
	// name; nil for a scan of one.
	Repositories []RepositoryResult
	// Checks counts the verdicts of an audit, sorted by id; nil for a scan.
	Checks []CheckCount
	// Compliance says how the controls of frameworks stand, where that was asked for.
	Compliance []FrameworkResult
	// Facts end the report of an audit of one secret: what a person wants to know
	// of it.
	Facts []Fact
	// Posture is what an audit knows beyond its verdicts; nil for a scan, and where no
	// format asks for it.
	Posture *Posture
	// Resources counts what an audit looked at, by kind: "secret", "key", ...
	Resources   map[string]int
	NotExamined int  // notices, but those that are accepted
	Interrupted bool // stopped by a signal; the report holds what was found so far
}

// What of a scanned tree Summary.Refused counts beside files of suppressions.
const (
	RefusedComments = "comments"
	RefusedSettings = ".assay.toml"
)

// A Fact is a line of plain words under a label.
type Fact struct{ Label, Text string }

// A CheckCount says how often a check failed, passed, and could not be judged. What
// failed and is suppressed counts by itself.
type CheckCount struct {
	ID                           string
	Failed, Passed, NotEvaluated int
	Suppressed                   int
}

// Complete reports whether everything was examined.
func (s Summary) Complete() bool { return s.NotExamined == 0 && !s.Interrupted }

// A Sink takes what a producer finds. Its methods are called from one goroutine
// at a time; an error ends the run.
type Sink interface {
	Finding(Finding) error
	Verdict(Verdict) error
	Notice(Notice) error
}

// A Handler writes a report: Begin once, then findings, verdicts and notices in
// any order, then End once. A run that breaks may never reach End.
type Handler interface {
	Begin(Run) error
	Sink
	End(Summary) error
}

// Tee returns a Handler that hands everything to each of handlers. All of them
// are called even if one fails, so that a full disk costs one report and not all.
func Tee(handlers ...Handler) Handler { return tee(handlers) }

type tee []Handler

func (t tee) Begin(r Run) error { return t.each(func(h Handler) error { return h.Begin(r) }) }

func (t tee) Finding(f Finding) error { return t.each(func(h Handler) error { return h.Finding(f) }) }

func (t tee) Verdict(v Verdict) error { return t.each(func(h Handler) error { return h.Verdict(v) }) }

func (t tee) Notice(n Notice) error { return t.each(func(h Handler) error { return h.Notice(n) }) }

func (t tee) End(s Summary) error { return t.each(func(h Handler) error { return h.End(s) }) }

func (t tee) each(do func(Handler) error) error {
	var errs []error
	for _, h := range t {
		errs = append(errs, do(h))
	}
	return errors.Join(errs...)
}

// Plus returns the sum of two summaries.
func (s Summary) Plus(o Summary) Summary {
	s.Files += o.Files
	s.Blobs += o.Blobs
	s.Commits += o.Commits
	s.Trees += o.Trees
	s.Tags += o.Tags
	s.Members += o.Members
	s.Bytes += o.Bytes
	s.Remembered += o.Remembered
	s.RulesActive = max(s.RulesActive, o.RulesActive)
	for i, n := range o.Findings {
		s.Findings[i] += n
	}
	s.LeftOut += o.LeftOut
	s.Placeholders += o.Placeholders
	s.Suppressed += o.Suppressed
	s.Excluded += o.Excluded
	s.Accepted += o.Accepted
	s.Silenced = sumByName(s.Silenced, o.Silenced)
	s.Refused = sumByName(s.Refused, o.Refused)
	s.NotExamined += o.NotExamined
	s.Interrupted = s.Interrupted || o.Interrupted
	s.Skipped = sumByName(s.Skipped, o.Skipped)
	s.Resources = sumByName(s.Resources, o.Resources)
	s.Checks = sumChecks(s.Checks, o.Checks)
	s.Repositories = sumRepositories(s.Repositories, o.Repositories)
	s.Compliance = judgeAgain(s, o)
	return s
}

func sumByName(a, b map[string]int) map[string]int {
	sum := maps.Clone(a)
	for name, n := range b {
		if sum == nil {
			sum = map[string]int{}
		}
		sum[name] += n
	}
	return sum
}

func sumChecks(a, b []CheckCount) []CheckCount {
	sum := slices.Clone(a)
	for _, c := range b {
		i, found := slices.BinarySearchFunc(sum, c.ID, func(have CheckCount, id string) int { return strings.Compare(have.ID, id) })
		if !found {
			sum = slices.Insert(sum, i, CheckCount{ID: c.ID})
		}
		sum[i].Failed += c.Failed
		sum[i].Passed += c.Passed
		sum[i].NotEvaluated += c.NotEvaluated
		sum[i].Suppressed += c.Suppressed
	}
	return sum
}
