package report

import "slices"

// How the records of an audit and of a summary become the model again.

func (r *summaryRecord) summary() Summary {
	s := Summary{
		Files: r.Examined.Files, Blobs: r.Examined.Blobs, Commits: r.Examined.Commits, Trees: r.Examined.Trees, Tags: r.Examined.Tags,
		Members: r.Examined.Members, Bytes: r.Examined.Bytes,
		Remembered: r.Remembered, RulesActive: r.RulesActive,
		Findings: [...]int{
			SeverityInfo: r.Findings.Info, SeverityLow: r.Findings.Low, SeverityMedium: r.Findings.Medium,
			SeverityHigh: r.Findings.High, SeverityCritical: r.Findings.Critical,
		},
		LeftOut: r.LeftOut, Placeholders: r.Placeholders, Suppressed: r.Suppressed, Excluded: r.Excluded,
		Silenced: r.Silenced, Refused: r.Refused, Accepted: r.Accepted, Skipped: r.Skipped, Resources: r.Resources,
		NotExamined: r.NotExamined, Interrupted: r.Interrupted,
	}
	for _, c := range r.Checks {
		s.Checks = append(s.Checks, CheckCount(c))
	}
	for _, f := range r.Facts {
		s.Facts = append(s.Facts, Fact(f))
	}
	for _, f := range r.Compliance {
		s.Compliance = append(s.Compliance, f.result())
	}
	for _, f := range r.Repositories {
		s.Repositories = append(s.Repositories, f.result())
	}
	return s
}

func (r *frameworkRecord) result() FrameworkResult {
	f := FrameworkResult{Framework: Framework{ID: r.ID, Title: r.Title, URL: r.URL, Note: r.Note}}
	for _, c := range r.Controls {
		control := Control{ID: c.ID, Title: c.Title, Checks: c.Checks, Gap: c.Gap}
		f.Controls = append(f.Controls, control)
		f.Results = append(f.Results, ControlResult{
			Control: control, Support: c.Support, NotRun: c.NotRun,
			Failed: c.Failed, Passed: c.Passed, NotEvaluated: c.NotEvaluated, Suppressed: c.Suppressed,
		})
	}
	return f
}

func (r *verdictRecord) verdict() Verdict {
	return Verdict{RuleID: r.RuleID, Resource: Resource(r.Resource), Outcome: r.Outcome, Reason: r.Reason}
}

// coverage gives each region its counts in the order of the operations.
func (r *coverageRecord) coverage() *Coverage {
	if r == nil {
		return nil
	}
	c := &Coverage{Operations: r.Operations}
	for _, region := range r.Regions {
		row := CoverageRow{Account: region.Account, Region: region.Region, Status: region.Status, Events: region.Events}
		if len(region.Calls) > 0 {
			row.Calls = make([]CoverageCalls, len(c.Operations))
		}
		for _, calls := range region.Calls {
			if i := slices.Index(c.Operations, calls.Operation); i >= 0 {
				row.Calls[i] = CoverageCalls{calls.OK, calls.Denied, calls.Failed, calls.Absent}
			}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
