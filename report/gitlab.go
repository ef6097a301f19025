package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
)

// Facts about GitLab that shape this format. Source: its schema of secret detection
// reports, version 15.0.6, and the user documentation of pipeline secret detection.
//
//   - A report whose version GitLab does not know, or that its schema refuses, is
//     dropped as a whole.
//   - Two vulnerabilities are the same if they agree in identifiers and location.
//   - location.commit.sha is needed; forty zeros say that there is no commit.
//   - raw_source_code_extract is "unsanitized". It is left out: it would hold the
//     credential.
//   - Times are UTC without a zone, and needed.
const (
	gitlabVersion = "15.0.6"
	gitlabSchema  = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v" + gitlabVersion + "/dist/secret-detection-report-format.json"
	gitlabTime    = "2006-01-02T15:04:05"

	// The longest texts that the schema lets pass, in characters.
	gitlabName     = 255
	gitlabSolution = 7000
)

// GitLabOptions are what the format gitlab can be told.
type GitLabOptions struct {
	// Now gives the times that the schema wants for the beginning and the end of
	// the scan; nil stands for the first second of 1970, so that the same input
	// gives the same bytes.
	Now func() time.Time
}

// NewGitLab returns a Handler that writes GitLab's secret detection report
// (gl-secret-detection-report.json), one vulnerability on a line for each place
// that has a line now, and one for a credential that history alone holds. Notices
// are kept for the end, up to 8 MiB of text.
func NewGitLab(w io.Writer, o GitLabOptions) Handler {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	return &gitlabHandler{output: output{w: w}, now: o.Now, notices: held{limit: maxHeld}}
}

type gitlabHandler struct {
	output
	now     func() time.Time
	start   time.Time
	run     Run
	rules   map[string]Rule // by id
	results int
	notices held
}

type gitlabVulnerability struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Severity    string             `json:"severity"`
	Solution    string             `json:"solution,omitempty"`
	Location    gitlabLocation     `json:"location"`
	Identifiers []gitlabIdentifier `json:"identifiers"`
	Links       []gitlabLink       `json:"links,omitempty"`
}

type gitlabLocation struct {
	File      string       `json:"file"`
	StartLine int          `json:"start_line,omitempty"`
	EndLine   int          `json:"end_line,omitempty"`
	Commit    gitlabCommit `json:"commit"`
}

type gitlabCommit struct {
	SHA    string `json:"sha"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type gitlabLink struct {
	URL string `json:"url"`
}

type gitlabScan struct {
	Type     string          `json:"type"`
	Status   string          `json:"status"`
	Start    string          `json:"start_time"`
	End      string          `json:"end_time"`
	Analyzer gitlabTool      `json:"analyzer"`
	Scanner  gitlabTool      `json:"scanner"`
	Messages []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Vendor  struct {
		Name string `json:"name"`
	} `json:"vendor"`
}

type gitlabMessage struct {
	Level string `json:"level"`
	Value string `json:"value"`
}

func (h *gitlabHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.start, h.run = h.now(), r
	h.rules = rulesByID(r)
	h.WriteString(`{"version":"` + gitlabVersion + `","schema":"` + gitlabSchema + `","vulnerabilities":[`)
	return h.flush()
}

func (h *gitlabHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if !f.Counts() {
		return nil
	}
	same := map[place3]int{} // so that each has an id of its own
	for _, l := range placesNow(f) {
		where := place3{l.Path, l.Inner, l.Object}
		same[where]++
		h.element(h.results, h.vulnerability(f, l, same[where]))
		h.results++
		if err := h.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (h *gitlabHandler) vulnerability(f Finding, l Location, n int) gitlabVulnerability {
	rule, id := h.rules[f.RuleID], escape(cmp.Or(f.RuleID, "unknown"))
	v := gitlabVulnerability{
		ID:          gitlabID(f.Fingerprint, l, n),
		Name:        cut(escape(cmp.Or(rule.Title, f.RuleID, "Credential")), gitlabName),
		Description: resultMessage(f, l, Rule{Title: rule.Title}),
		Severity:    gitlabSeverity(f.Severity),
		Solution:    cut(escape(rule.Remedy), gitlabSolution),
		Location:    newGitLabLocation(l),
		Identifiers: []gitlabIdentifier{{Type: "assay_rule_id", Name: "assay rule " + id, Value: id}},
	}
	for _, url := range rule.References {
		if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
			v.Links = append(v.Links, gitlabLink{escape(url)})
		}
	}
	return v
}

// gitlabID names the n-th place of a finding in a file, in the form of a UUID whose
// bits the writer chose (version 8 of RFC 9562).
func gitlabID(fingerprint string, l Location, n int) string {
	sum := placeSum(fingerprint, l, n)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// gitlabSeverity is the word that GitLab has for s.
func gitlabSeverity(s Severity) string {
	word := min(s, SeverityCritical).String()
	return strings.ToUpper(word[:1]) + word[1:]
}

func newGitLabLocation(l Location) gitlabLocation {
	place := gitlabLocation{File: fileName(l), Commit: gitlabCommit{SHA: strings.Repeat("0", 40)}}
	if l.Inner == "" {
		place.StartLine, place.EndLine = max(l.Region.StartLine, 0), max(l.Region.EndLine, 0)
	}
	if c := l.Introduced; c != nil {
		place.Commit = gitlabCommit{SHA: escape(cmp.Or(c.ID, "0")), Author: escape(c.Author), Date: timestamp(c.Date)}
	}
	return place
}

// Verdict writes nothing: what fails is a finding.
func (h *gitlabHandler) Verdict(Verdict) error { return h.verdict() }

func (h *gitlabHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

// End says how the scan went. GitLab shows the messages with the pipeline.
func (h *gitlabHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	tool := gitlabTool{ID: "assay", Name: "assay", Version: escape(cmp.Or(h.run.Version, "unknown"))}
	tool.Vendor.Name = "assay"
	scan := gitlabScan{
		Type: "secret_detection", Status: "success", Analyzer: tool, Scanner: tool,
		Start: h.start.UTC().Format(gitlabTime), End: h.now().UTC().Format(gitlabTime),
	}
	if s.Interrupted {
		scan.Status = "failure"
		scan.Messages = append(scan.Messages, gitlabMessage{"fatal", interruptedText})
	}
	for _, n := range h.notices.notices {
		level, text := "warn", "Not examined: "+n.Subject+": "+reason(n)
		if n.Accepted != nil {
			level, text = "info", text+" (accepted)"
		}
		scan.Messages = append(scan.Messages, gitlabMessage{level, escape(text)})
	}
	if h.notices.more > 0 {
		scan.Messages = append(scan.Messages, gitlabMessage{"warn", "Not examined: " + count(h.notices.more, "more thing")})
	}
	if text := setAside(s); text != "" {
		scan.Messages = append(scan.Messages, gitlabMessage{"info", text})
	}
	h.WriteString("\n],\n\"scan\":")
	h.json(scan)
	h.WriteString("}\n")
	return h.flush()
}
