package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

func (h *textHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	if h.audit != nil {
		h.audit.write(s)
	} else {
		h.listNotices()
	}
	h.listRepositories(s.Repositories)
	h.printf("%s\n", h.paint(bold, "Summary"))
	h.wrapped("examined", examined(s))
	h.wrapped("repositories", byOutcome(s.Repositories))
	h.field("remembered", counted(s.Remembered, "object", " from an earlier run"))
	h.field("verdicts", h.verdicts())
	h.field("findings", findings(s))
	h.field("left out", counted(s.LeftOut, "finding", " below the confidence asked for"))
	h.field("placeholders", counted(s.Placeholders, "value", " known to be no credential"))
	h.field("suppressed", counted(s.Suppressed, "place", " by comments"))
	h.field("silenced", byFile(s.Silenced, "finding"))
	h.field("refused", refused(s.Refused))
	h.field("excluded", counted(s.Excluded, "place", " by configuration"))
	h.field("skipped", kinds(s.Skipped))
	h.field("not examined", counted(s.NotExamined, "thing", ""))
	h.field("accepted", counted(s.Accepted, "thing", " not examined"))
	h.listFacts(s.Facts)
	h.conclude(s)
	return h.flush()
}

// listNotices names what was not examined, and says how many it leaves unnamed.
func (h *textHandler) listNotices() {
	if h.notices.count() == 0 {
		return
	}
	h.printf("%s\n", h.paint(yellow, "Not examined"))
	listed := h.notices.notices[:min(len(h.notices.notices), noticesListed)]
	for _, n := range listed {
		h.printf("  %s: %s%s\n", escape(n.Subject), escape(reason(n)), accepted(n))
	}
	if more := h.notices.count() - len(listed); more > 0 {
		h.printf("  and %s; the formats json and jsonl list them\n", thousands(int64(more))+" more")
	}
	h.printf("\n")
}

// accepted says that a notice does not count, and why.
func accepted(n Notice) string {
	if n.Accepted == nil {
		return ""
	}
	return " (accepted " + strings.TrimSuffix(decision(n.Accepted), ".") + ")"
}

// byFile says how many of what each file is about.
func byFile(counts map[string]int, what string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, count(counts[name], what)+" by "+escape(name))
	}
	return strings.Join(parts, ", ")
}

// refused says which suppressions of the scanned tree were not obeyed.
func refused(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		what := "finding"
		switch name {
		case RefusedComments:
			what = "place"
		case RefusedSettings:
			what = "setting"
		}
		parts = append(parts, count(counts[name], what)+" by "+escape(name))
	}
	if parts == nil {
		return ""
	}
	return "the tree's own suppressions of " + strings.Join(parts, ", ")
}

func examined(s Summary) string {
	if s.Checks != nil || s.Resources != nil {
		return cmp.Or(kinds(s.Resources), "nothing") + " with " + count(s.RulesActive, "check")
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{s.Files, "file"}, {s.Blobs, "blob"}, {s.Commits, "commit"}, {s.Trees, "tree"}, {s.Tags, "tag"}, {s.Members, "archive member"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.what))
		}
	}
	parts = append(parts, size(s.Bytes))
	return strings.Join(parts, ", ") + " with " + count(s.RulesActive, "rule")
}

// findings counts by severity, the worst first.
func findings(s Summary) string {
	var parts []string
	for severity := SeverityCritical; ; severity-- {
		if n := s.Findings[severity]; n > 0 {
			parts = append(parts, thousands(int64(n))+" "+severity.String())
		}
		if severity == SeverityInfo {
			break
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// counted says how many of what, or nothing if there are none.
func counted(n int, what, rest string) string {
	if n == 0 {
		return ""
	}
	return count(n, what) + rest
}

// kinds says how many there are of each kind.
func kinds(counts map[string]int) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, count(counts[kind], escape(kind)))
	}
	return strings.Join(parts, ", ")
}

// verdicts counts what an audit judged, and is empty for a scan.
func (h *textHandler) verdicts() string {
	if h.audit == nil {
		return ""
	}
	sum := h.audit.totals()
	text := thousands(int64(sum.Failed)) + " failed, " + thousands(int64(sum.Passed)) + " passed, " +
		thousands(int64(sum.NotEvaluated)) + " not evaluated"
	if sum.Suppressed > 0 {
		text += ", " + thousands(int64(sum.Suppressed)) + " suppressed"
	}
	return text
}

// listFacts writes what is said of one secret.
func (h *textHandler) listFacts(facts []Fact) {
	if len(facts) == 0 {
		return
	}
	h.printf("\n%s\n", h.paint(bold, "Verdict"))
	for _, f := range facts {
		h.prose(escape(f.Label), f.Text)
	}
}

// conclude is the last line: what to make of the run.
func (h *textHandler) conclude(s Summary) {
	total := 0
	for _, n := range s.Findings {
		total += n
	}
	found := count(total, "finding")
	if total == 0 {
		found = "no findings"
	}
	everything := "everything"
	if h.shard.Of > 0 {
		found += " in part " + h.shard.String()
		everything += " of it"
	}
	notExamined := max(s.NotExamined, h.notices.count()-s.Accepted)
	unjudged := 0
	if h.audit != nil {
		unjudged = h.audit.totals().NotEvaluated
	}
	h.printf("\n")
	switch {
	case s.Interrupted:
		h.printf("%s\n", h.paint(yellow, "Interrupted: incomplete, "+found+" so far"))
	case notExamined > 0:
		h.printf("%s\n", h.paint(yellow, "Incomplete: "+found+", and "+count(notExamined, "thing")+" not examined"))
	case unjudged > 0:
		h.printf("%s\n", h.paint(yellow, "Incomplete: "+found+", and "+count(unjudged, "verdict")+" could not be given"))
	case total > 0:
		h.printf("%s\n", h.paint(red, strings.ToUpper(found[:1])+found[1:]))
	case s.Accepted > min(h.shard.Of, 1): // of a part it is accepted that it is one
		h.printf("%s\n", h.paint(green, "Clean: "+found+", and "+everything+" was examined but what is accepted"))
	default:
		h.printf("%s\n", h.paint(green, "Clean: "+found+", and "+everything+" was examined"))
	}
}
