package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Merge tells to what several saved reports hold as if one run had found it all: the
// shards of a scan, or the regions and accounts of an audit. What they say of one
// credential becomes one finding with all places; what stands in several reports is
// there once. The summary is added up, but Findings counts what the merged report
// holds, and a notice that several reports have counts once. An incomplete or
// interrupted report makes the whole incomplete or interrupted.
//
// The order follows from the content alone, first findings, then verdicts region by
// region, then notices. So the order of saved makes no difference, merging parts
// first makes none, and a merged report merged by itself stays as it is. A run that
// is to be equal to the merge of its shards has to be written through Merge too.
// Parts of an audit have to hold whole regions. Reports of shards of an audit are an
// error: what a check says of a copy, a reader or an alarm in a region of another shard
// has to be judged again, from their inventories.
//
// Shards of a scan (Run.Decisions) are put together as the scan would have done it: the
// result is what one run writes, also of what no shard can decide alone. Which shards
// are missing is a notice; the same shard twice is an error.
//
// Reports of different tools, commands, rules or (of scans) targets are an error:
// nobody could tell their paths apart. Every report is read twice. Memory grows with
// the number of findings and verdicts and with the largest finding, not with the
// places.
func Merge(saved []Saved, to Handler) error {
	if len(saved) == 0 {
		return errors.New("no report to merge")
	}
	x, err := newReportIndex(saved, standingIdentity)
	if err != nil {
		return err
	}
	defer x.close()
	if err := x.mergeable(); err != nil {
		return err
	}
	run, err := x.run()
	if err != nil {
		return err
	}
	missing, err := x.missing()
	if err != nil {
		return err
	}
	if _, hashed := to.(lineHashed); run.Shard.Of > 0 && run.Decisions == nil && !hashed {
		to = hashless{to}
	}
	if run.Shard, run.Divided = (Shard{}), ""; run.Decisions != nil {
		return x.playShares(run, missing, to)
	}
	if len(missing) > 0 {
		if err := x.addNotice(missingNotice(missing)); err != nil {
			return err
		}
		x.summary.NotExamined++
	}
	return x.tell(run, to)
}

// tell tells all in order.
func (x *reportIndex) tell(run Run, to Handler) error {
	if err := to.Begin(run); err != nil {
		return err
	}
	for _, play := range []func(Handler) error{x.playFindings, x.playVerdicts, x.playNotices} {
		if err := play(to); err != nil {
			return err
		}
	}
	x.summary.Repositories = sumRepositories(nil, x.repositories)
	return to.End(x.summary)
}

// playFindings tells the findings in order and counts them.
func (x *reportIndex) playFindings(to Handler) error {
	x.summary.Findings = [len(x.summary.Findings)]int{}
	for _, g := range x.inOrder() {
		f, err := x.finding(g)
		if err != nil {
			return err
		}
		if f.Counts() && (f.Confidence > ConfidencePlaceholder || x.placeholders) {
			x.summary.Findings[min(f.Severity, SeverityCritical)]++
		}
		if err := to.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

func (x *reportIndex) playVerdicts(to Handler) error {
	regions := slices.SortedFunc(maps.Keys(x.verdicts), func(a, b regionKey) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.region, b.region))
	})
	for _, region := range regions {
		for _, at := range x.verdicts[region] {
			var rec verdictRecord
			if err := x.decode(at, &rec); err != nil {
				return err
			}
			if err := to.Verdict(rec.verdict()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *reportIndex) playNotices(to Handler) error {
	x.summary.NotExamined -= x.repeats.NotExamined
	x.summary.Accepted -= x.repeats.Accepted
	list := slices.SortedFunc(maps.Values(x.notices), func(a, b Notice) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), strings.Compare(recordText(newNoticeRecord(a)), recordText(newNoticeRecord(b))))
	})
	for _, kind := range slices.Sorted(maps.Keys(x.leftOut)) {
		if n := x.leftOut[kind]; n > 0 {
			list = append(list, (&record{kind: kind, leftOut: n}).leftOutNotice())
		}
	}
	for _, n := range list {
		if err := to.Notice(n); err != nil {
			return err
		}
	}
	return nil
}

// mergeable refuses reports of shards of an audit, and of shards beside others.
func (x *reportIndex) mergeable() error {
	part := slices.IndexFunc(x.runs, func(r Run) bool { return r.Shard.Of > 0 })
	if part < 0 {
		return nil
	}
	is := fmt.Sprintf("%s is the report of shard %v", x.saved[part].Name, x.runs[part].Shard)
	if x.runs[part].Command == "audit" {
		return &PartError{
			is + " of an audit, which judged without what other shards know",
			"assay audit --inventory 1.jsonl,2.jsonl judges what --save kept of all shards, to the report of one run",
		}
	}
	if whole := slices.IndexFunc(x.runs, func(r Run) bool { return r.Shard.Of == 0 }); whole >= 0 {
		return &PartError{
			fmt.Sprintf("%s, and %s is of no shard", is, x.saved[whole].Name),
			"merge the reports of all shards in one go: what an earlier merge wrote is the report of no shard any more",
		}
	}
	return nil
}

// missing returns the shards that are not there, if the reports are of shards.
func (x *reportIndex) missing() ([]Shard, error) {
	if x.runs[0].Shard.Of == 0 {
		return nil, nil
	}
	var shards []Shard
	for _, r := range x.runs {
		shards = append(shards, r.Shard)
	}
	missing, err := Missing(shards)
	if err != nil {
		return nil, &PartError{err.Error(), "give the report of each shard once, all of one division"}
	}
	return missing, nil
}

// run is the run that the reports are of.
func (x *reportIndex) run() (Run, error) {
	whole := x.runs[0]
	for i, r := range x.runs[1:] {
		if what := differs(whole, r); what != "" {
			return whole, fmt.Errorf("%s and %s are not parts of one run: %s", x.saved[0].Name, x.saved[i+1].Name, what)
		}
	}
	whole.Decisions = x.decisions()
	if whole.Command != "audit" {
		return whole, nil
	}
	targets := map[string]bool{}
	for _, r := range x.runs {
		for t := range strings.SplitSeq(r.Target, ", ") {
			targets[t] = true
		}
	}
	whole.Target = strings.Join(slices.Sorted(maps.Keys(targets)), ", ")
	whole.Coverage = mergeCoverage(x.runs)
	return whole, nil
}

// differs says why two reports are not parts of one run, "" if they may be.
func differs(a, b Run) string {
	for _, one := range []struct{ what, a, b string }{
		{"command", a.Command, b.Command}, {"tool", a.Tool, b.Tool}, {"version", a.Version, b.Version}, {"target", a.Target, b.Target},
	} {
		if one.a != one.b && !(one.what == "target" && a.Command == "audit") {
			return fmt.Sprintf("the %s of the one is %s, that of the other %s", one.what, escape(one.a), escape(one.b))
		}
	}
	if recordText(newRunRecord(Run{Config: a.Config, Rules: a.Rules})) != recordText(newRunRecord(Run{Config: b.Config, Rules: b.Rules})) {
		return "their rules or configurations are not the same"
	}
	if a.Divided != b.Divided {
		return "the lists of repositories that they are shards of are not the same, so that one may belong to none of them; all shards have to be given one list, and find the repositories in folders of the same names"
	}
	if a.Decisions != nil && b.Decisions != nil && a.Decisions.Layout != b.Decisions.Layout {
		return "they are of different copies of the repository, or of different times; all shards have to scan copies of one clone, with its packs as they are"
	}
	if decisionsText(a.Decisions) != decisionsText(b.Decisions) {
		return "their suppressions, baselines or what they report from which confidence on are not the same"
	}
	return ""
}

// decisionsText tells decisions apart, on whichever day they were made.
func decisionsText(d *Decisions) string {
	if d == nil {
		return ""
	}
	dateless := *d
	dateless.Today = ""
	return recordText(newDecisionsRecord(&dateless))
}

// decisions are those of the reports; they hold on the last day on which one was made.
func (x *reportIndex) decisions() *Decisions {
	if x.runs[0].Decisions == nil {
		return nil
	}
	d := *x.runs[0].Decisions
	for _, r := range x.runs {
		d.Today = max(d.Today, r.Decisions.Today)
	}
	return &d
}

// statusRank says which status of a region counts where reports differ: somebody
// examined it, or should have.
var statusRank = map[string]int{"disabled": 1, "not examined": 2, "examined": 3}

// mergeCoverage puts tables of what was asked together.
func mergeCoverage(runs []Run) *Coverage {
	whole := &Coverage{}
	for _, r := range runs {
		if r.Coverage != nil {
			whole.Operations = append(whole.Operations, r.Coverage.Operations...)
		}
	}
	slices.Sort(whole.Operations)
	whole.Operations = slices.Compact(whole.Operations)
	rows := map[regionKey]*CoverageRow{}
	for _, r := range runs {
		if r.Coverage == nil {
			continue
		}
		for _, row := range r.Coverage.Rows {
			at := regionKey{row.Account, row.Region}
			if rows[at] == nil {
				rows[at] = &CoverageRow{Account: row.Account, Region: row.Region}
			}
			rows[at].plus(row, r.Coverage, whole)
		}
	}
	for _, row := range rows {
		whole.Rows = append(whole.Rows, *row)
	}
	slices.SortFunc(whole.Rows, func(a, b CoverageRow) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region))
	})
	return whole
}

// plus adds a row of the table from to one of the table to.
func (c *CoverageRow) plus(row CoverageRow, from, to *Coverage) {
	if statusRank[row.Status] > statusRank[c.Status] || c.Status == "" {
		c.Status = row.Status
	}
	if c.Events != row.Events && row.Events != "" {
		c.Events = strings.Join(slices.Compact(slices.Sorted(slices.Values(append(splitList(c.Events), splitList(row.Events)...)))), ", ")
	}
	for operation, n := range from.asked(row) {
		if c.Calls == nil {
			c.Calls = make([]CoverageCalls, len(to.Operations))
		}
		i, _ := slices.BinarySearch(to.Operations, operation)
		c.Calls[i] = c.Calls[i].plus(n)
	}
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}
