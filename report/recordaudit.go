package report

// What an audit adds to the JSON of the formats json and jsonl.

type coverageRecord struct {
	Operations []string               `json:"operations"`
	Regions    []coverageRegionRecord `json:"regions"`
}

type coverageRegionRecord struct {
	Account string        `json:"account"`
	Region  string        `json:"region"`
	Status  string        `json:"status"`
	Events  string        `json:"events,omitempty"`
	Calls   []callsRecord `json:"calls,omitempty"`
}

// A callsRecord names its operation, so that a reader needs no second list. An
// operation of which nothing was asked has none.
type callsRecord struct {
	Operation string `json:"operation"`
	OK        int    `json:"ok"`
	Denied    int    `json:"denied"`
	Failed    int    `json:"failed"`
	Absent    int    `json:"absent,omitempty"`
}

type resourceRecord struct {
	ARN     string `json:"arn"`
	Name    string `json:"name,omitempty"`
	Type    string `json:"type"`
	Account string `json:"account"`
	Region  string `json:"region"`
}

type verdictRecord struct {
	Type     string         `json:"type"`
	RuleID   string         `json:"rule_id"`
	Outcome  Outcome        `json:"outcome"`
	Reason   string         `json:"reason"`
	Resource resourceRecord `json:"resource"`
}

type checkRecord struct {
	ID           string `json:"id"`
	Failed       int    `json:"failed"`
	Passed       int    `json:"passed"`
	NotEvaluated int    `json:"not_evaluated"`
	Suppressed   int    `json:"suppressed,omitempty"`
}

type factRecord struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

func newFactRecords(facts []Fact) []factRecord {
	recs := make([]factRecord, len(facts))
	for i, f := range facts {
		recs[i] = factRecord{validUTF8(f.Label), validUTF8(f.Text)}
	}
	return recs
}

func newCoverageRecord(c *Coverage) *coverageRecord {
	if c == nil {
		return nil
	}
	rec := &coverageRecord{Operations: allValidUTF8(c.Operations), Regions: make([]coverageRegionRecord, len(c.Rows))}
	for i, row := range c.Rows {
		rec.Regions[i] = coverageRegionRecord{
			Account: validUTF8(row.Account), Region: validUTF8(row.Region),
			Status: validUTF8(row.Status), Events: validUTF8(row.Events),
		}
		for operation, n := range c.asked(row) {
			rec.Regions[i].Calls = append(rec.Regions[i].Calls, callsRecord{validUTF8(operation), n.OK, n.Denied, n.Failed, n.Absent})
		}
	}
	return rec
}

func newResourceRecord(r Resource) resourceRecord {
	return resourceRecord{
		ARN: validUTF8(r.ARN), Name: validUTF8(r.Name), Type: validUTF8(r.Type),
		Account: validUTF8(r.Account), Region: validUTF8(r.Region),
	}
}

func newVerdictRecord(v Verdict) verdictRecord {
	return verdictRecord{
		Type: "verdict", RuleID: validUTF8(v.RuleID), Outcome: v.Outcome, Reason: validUTF8(v.Reason),
		Resource: newResourceRecord(v.Resource),
	}
}

func newCheckRecords(checks []CheckCount) []checkRecord {
	recs := make([]checkRecord, len(checks))
	for i, c := range checks {
		recs[i] = checkRecord{validUTF8(c.ID), c.Failed, c.Passed, c.NotEvaluated, c.Suppressed}
	}
	return recs
}
