package report

import (
	"hash/maphash"
	"slices"
	"strings"
)

const (
	fewFindings  = 20   // findings that are all listed, and the most that a check keeps
	verdictsKept = 100  // verdicts on a single secret that are written out
	evidenceKept = 1000 // characters of evidence that are kept
)

// typeSecret is what CloudFormation calls a secret.
const typeSecret = "AWS::SecretsManager::Secret"

// An auditText gathers what the text report of an audit says. A person wants the
// worst first and all on a page, but an audit tells in the order of regions, so
// everything is written at the end. What is held grows with the number of checks
// and of regions, not with that of resources.
type auditText struct {
	*textHandler
	coverage *Coverage
	checks   map[string]*checkText // by id
	findings int
	regions  map[regionKey]int // secrets judged
	secrets  int
	last     string // ARN of the secret told of last: an audit tells secret by secret
	seed     maphash.Seed
	counted  map[uint64]bool // hashes of ARNs: a saved report has findings and verdicts apart
	single   []Verdict       // as long as there is one secret
	// suppressed are the first findings that do not count.
	suppressed []suppressedText
}

// A suppressedText is a finding that does not count, as far as text shows it.
type suppressedText struct {
	check    string
	resource Resource
	decision string
}

type regionKey struct{ account, region string }

// A checkText is what came of one check.
type checkText struct {
	Rule
	CheckCount
	worst    Severity  // of its findings
	examples []example // the worst first, then in the order of the source
}

// An example is a finding, as far as text shows it.
type example struct {
	resource              Resource
	severity              Severity
	evidence, fingerprint string
}

func newAuditText(h *textHandler, r Run) *auditText {
	a := &auditText{
		textHandler: h, coverage: r.Coverage, checks: map[string]*checkText{}, regions: map[regionKey]int{},
		seed: maphash.MakeSeed(), counted: map[uint64]bool{},
	}
	for _, rule := range r.Rules {
		if !aboutSuppressions(rule.ID) {
			a.checks[rule.ID] = &checkText{Rule: rule}
		}
	}
	return a
}

// aboutSuppressions reports whether a rule judges files of suppressions, and no
// resource.
func aboutSuppressions(id string) bool { return strings.HasPrefix(id, "suppression-") }

// check is what is gathered for the check of that id, listed or not.
func (a *auditText) check(id string) *checkText {
	c := a.checks[id]
	if c == nil {
		c = &checkText{Rule: Rule{ID: id}}
		if rule := a.rules()[id]; rule != nil {
			c.Rule = *rule
		}
		a.checks[id] = c
	}
	return c
}

func (a *auditText) addFinding(f Finding) {
	c := a.check(f.RuleID)
	e := example{severity: f.Severity, fingerprint: f.Fingerprint, evidence: cut(evidence(f.Message, c.Title), evidenceKept)}
	if len(f.Occurrences) > 0 {
		l := f.Occurrences[0]
		e.resource.Name = l.Path
		if l.Resource != nil {
			e.resource = *l.Resource
		}
	}
	a.countSecret(e.resource)
	if !f.Counts() {
		a.addSuppressed(f, e)
		return
	}
	a.findings++
	c.Failed++
	c.worst = max(c.worst, f.Severity)
	c.keep(e)
}

// addSuppressed keeps what somebody decided to leave as it is.
func (a *auditText) addSuppressed(f Finding, e example) {
	a.check(f.RuleID).Suppressed++
	if f.Suppression != nil && len(a.suppressed) < fewFindings {
		a.suppressed = append(a.suppressed, suppressedText{f.RuleID, e.resource, decision(f.Suppression)})
	}
}

// evidence is what a finding's message says beyond the title.
func evidence(message, title string) string {
	return strings.TrimLeft(strings.TrimPrefix(message, title), ".: ")
}

// keep puts e among the examples if there is room or it is worse than one of them.
func (c *checkText) keep(e example) {
	i, _ := slices.BinarySearchFunc(c.examples, e, func(have, e example) int {
		if have.severity >= e.severity {
			return -1
		}
		return 1
	})
	if i < fewFindings {
		c.examples = slices.Insert(c.examples, i, e)
		c.examples = c.examples[:min(len(c.examples), fewFindings)]
	}
}

func (a *auditText) addVerdict(v Verdict) {
	c := a.check(v.RuleID)
	if v.Outcome == OutcomePass {
		c.Passed++
	} else {
		c.NotEvaluated++
	}
	a.countSecret(v.Resource)
	switch {
	case a.secrets > 1:
		a.single = nil
	case len(a.single) < verdictsKept:
		v.Reason = cut(v.Reason, evidenceKept)
		a.single = append(a.single, v)
	}
}

// countSecret counts r if it is a secret that was not counted yet.
func (a *auditText) countSecret(r Resource) {
	if r.Type != typeSecret || r.ARN == a.last {
		return
	}
	a.last = r.ARN
	if id := maphash.String(a.seed, r.ARN); !a.counted[id] {
		a.counted[id] = true
		a.secrets++
		a.regions[regionKey{r.Account, r.Region}]++
	}
}

// detailed reports whether the audit was about one secret, of which people want
// to know everything.
func (a *auditText) detailed() bool { return a.secrets == 1 }

// totals adds up the checks.
func (a *auditText) totals() CheckCount {
	var sum CheckCount
	for id, c := range a.checks {
		if aboutSuppressions(id) {
			continue
		}
		sum.Failed += c.Failed
		sum.Passed += c.Passed
		sum.NotEvaluated += c.NotEvaluated
		sum.Suppressed += c.Suppressed
	}
	return sum
}

// write is the report up to the summary.
func (a *auditText) write(s Summary) {
	a.listCoverage(s)
	a.listFailed()
	if a.detailed() {
		a.listVerdicts("Passed", OutcomePass)
		a.listVerdicts("Not evaluated", OutcomeNotEvaluated)
	} else {
		a.listPassed()
		a.listNotEvaluated()
	}
	a.listSuppressed()
	a.listUntouched()
	a.listReasons()
	a.listCompliance(s.Compliance)
}

// sorted returns the checks that want names, by id.
func (a *auditText) sorted(want func(*checkText) bool) []*checkText {
	var list []*checkText
	for _, c := range a.checks {
		if want(c) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y *checkText) int { return strings.Compare(x.Rule.ID, y.Rule.ID) })
	return list
}
