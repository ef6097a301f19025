package report

import (
	"cmp"
	"slices"
	"strings"
)

// A RepositoryResult says what came of one repository of a scan of several. It holds
// no time: the same input gives the same bytes.
type RepositoryResult struct {
	Name string // unique in the report: a path, or the host and path of a URL
	// Unopened says that it could not be opened or fetched, so that nothing of it was
	// examined.
	Unopened bool
	// Findings counts those findings of the report that count and have a place in it.
	// One that several repositories hold counts in each.
	Findings    int
	NotExamined int // notices about it, but those that are accepted

	Files, Blobs, Commits int
	Bytes                 int64 // examined, before decoding
}

// Outcome is the result in a word: "clean", "findings", "incomplete" or "not opened".
func (r *RepositoryResult) Outcome() string {
	switch {
	case r.Unopened:
		return "not opened"
	case r.NotExamined > 0:
		return "incomplete"
	case r.Findings > 0:
		return "findings"
	}
	return "clean"
}

// says is the result in a line.
func (r *RepositoryResult) says() string {
	if r.Unopened {
		return "could not be opened"
	}
	text := count(r.Findings, "finding")
	if r.Findings == 0 {
		text = "no findings"
	}
	if r.NotExamined > 0 {
		text += ", " + count(r.NotExamined, "thing") + " not examined"
	}
	return text + ", " + size(r.Bytes) + " examined"
}

// OutcomeOf says what came of the one repository that s is about.
func OutcomeOf(s Summary) string {
	r := RepositoryResult{NotExamined: s.NotExamined, Bytes: s.Bytes}
	for _, n := range s.Findings {
		r.Findings += n
	}
	return r.says()
}

// sumRepositories puts two lists together. What both have of one repository, as shards
// of its objects do, is added up.
func sumRepositories(a, b []RepositoryResult) []RepositoryResult {
	if len(b) == 0 {
		return a
	}
	sum := slices.Concat(a, b)
	slices.SortStableFunc(sum, func(x, y RepositoryResult) int { return strings.Compare(x.Name, y.Name) })
	kept := sum[:1]
	for _, r := range sum[1:] {
		last := &kept[len(kept)-1]
		if last.Name != r.Name {
			kept = append(kept, r)
			continue
		}
		last.Unopened = last.Unopened || r.Unopened
		last.Findings += r.Findings
		last.NotExamined += r.NotExamined
		last.Files += r.Files
		last.Blobs += r.Blobs
		last.Commits += r.Commits
		last.Bytes += r.Bytes
	}
	return kept
}

// CountByRepository returns a Handler that counts for each of Summary.Repositories
// which of the findings and notices that it hands on are about it.
func CountByRepository(next Handler) Handler {
	return &countByRepository{Handler: next, seen: map[string]*RepositoryResult{}}
}

type countByRepository struct {
	Handler
	seen map[string]*RepositoryResult
}

func (c *countByRepository) at(name string) *RepositoryResult {
	if c.seen[name] == nil {
		c.seen[name] = &RepositoryResult{}
	}
	return c.seen[name]
}

func (c *countByRepository) Finding(f Finding) error {
	if f.Counts() && f.Confidence > ConfidencePlaceholder {
		for _, name := range repositoriesOf(f) {
			c.at(name).Findings++
		}
	}
	return c.Handler.Finding(f)
}

// repositoriesOf lists the repositories that hold a finding, each once.
func repositoriesOf(f Finding) []string {
	var names []string
	for i := range f.Occurrences {
		if name := f.Occurrences[i].Repository; name != "" && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *countByRepository) Notice(n Notice) error {
	if n.Repository != "" && n.Accepted == nil {
		c.at(n.Repository).NotExamined++
	}
	return c.Handler.Notice(n)
}

func (c *countByRepository) End(s Summary) error {
	s.Repositories = slices.Clone(s.Repositories)
	for i := range s.Repositories {
		r := &s.Repositories[i]
		seen := c.at(r.Name)
		r.Findings = seen.Findings
		r.NotExamined = max(r.NotExamined, seen.NotExamined) // a saved report may lack some
	}
	return c.Handler.End(s)
}

type repositoryRecord struct {
	Name        string `json:"name"`
	Outcome     string `json:"outcome"`
	Findings    int    `json:"findings"`
	NotExamined int    `json:"not_examined"`
	Files       int    `json:"files"`
	Blobs       int    `json:"blobs"`
	Commits     int    `json:"commits"`
	Bytes       int64  `json:"bytes"`
}

func newRepositoryRecords(list []RepositoryResult) []repositoryRecord {
	var records []repositoryRecord
	for _, r := range list {
		records = append(records, repositoryRecord{
			validUTF8(r.Name), r.Outcome(), r.Findings, r.NotExamined, r.Files, r.Blobs, r.Commits, r.Bytes,
		})
	}
	return records
}

func (r *repositoryRecord) result() RepositoryResult {
	return RepositoryResult{
		Name: r.Name, Unopened: r.Outcome == (&RepositoryResult{Unopened: true}).Outcome(), Findings: r.Findings, NotExamined: r.NotExamined,
		Files: r.Files, Blobs: r.Blobs, Commits: r.Commits, Bytes: r.Bytes,
	}
}

// repositoriesListed is how many repositories a table for people has.
const repositoriesListed = 100

// worst returns the repositories that a table for people shows, those of which there
// is most to say first, and how many it leaves out.
func worst(all []RepositoryResult) (shown []RepositoryResult, more int) {
	shown = slices.Clone(all)
	slices.SortStableFunc(shown, func(a, b RepositoryResult) int {
		return cmp.Or(outcomeRank[a.Outcome()]-outcomeRank[b.Outcome()], cmp.Compare(b.Findings, a.Findings))
	})
	n := min(len(shown), repositoriesListed)
	return shown[:n], len(shown) - n
}

var outcomeRank = map[string]int{"not opened": 0, "incomplete": 1, "findings": 2, "clean": 3}

// byOutcome says how many repositories came to what.
func byOutcome(all []RepositoryResult) string {
	counts := map[string]int{}
	for i := range all {
		counts[all[i].Outcome()]++
	}
	var parts []string
	for _, p := range []struct{ outcome, text string }{
		{"clean", " clean"}, {"findings", " with findings"}, {"incomplete", " incomplete"}, {"not opened", " not opened"},
	} {
		if n := counts[p.outcome]; n > 0 {
			parts = append(parts, thousands(int64(n))+p.text)
		}
	}
	return strings.Join(parts, ", ")
}

// listRepositories is the table of the format text.
func (h *textHandler) listRepositories(all []RepositoryResult) {
	if len(all) == 0 {
		return
	}
	shown, more := worst(all)
	h.printf("%s\n", h.paint(bold, "Repositories"))
	for _, r := range shown {
		h.printf("  %-12s%s: %s\n", r.Outcome(), escape(r.Name), r.says())
	}
	if more > 0 {
		h.printf("  and %s more; the formats json, jsonl and csv list them\n", thousands(int64(more)))
	}
	h.printf("\n")
}

// A pageRepository is a row of the table of the format html.
type pageRepository struct{ Name, Outcome, Text string }

// Repositories lists what came of each repository.
func (b pageBase) Repositories() []pageRepository {
	var list []pageRepository
	shown, more := worst(b.summary.Repositories)
	for _, r := range shown {
		list = append(list, pageRepository{escape(r.Name), r.Outcome(), r.says()})
	}
	if more > 0 {
		list = append(list, pageRepository{"and " + thousands(int64(more)) + " more", "", ""})
	}
	return list
}

// RepositoriesLead says how many there are of each outcome.
func (b pageBase) RepositoriesLead() string { return byOutcome(b.summary.Repositories) + "." }
