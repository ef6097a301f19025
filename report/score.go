package report

import (
	"math"
	"slices"
	"strings"
)

// A Score says how well resources are kept. A resource gets marks by the worst that
// is wrong with it: 100 for nothing, 98 for an info, 90 for a low finding, 70 for a
// medium, 35 for a high one, 0 for a critical one. The score is the mean. What is
// suppressed, or is in a baseline, costs nothing.
type Score struct {
	Passed, Failed, NotEvaluated int // verdicts
	// Fine counts resources of which nothing failed, Worst the others by their worst
	// severity, and Open those of which nothing could be judged.
	Fine, Open int
	Worst      [SeverityCritical + 1]int
	// AtWorst is the sum of the marks of all if everything that could not be judged
	// had failed.
	AtWorst int
}

// marks are what a resource gets whose worst finding has a severity.
var marks = [...]int{SeverityInfo: 98, SeverityLow: 90, SeverityMedium: 70, SeverityHigh: 35, SeverityCritical: 0}

const fullMarks = 100

// sum returns the marks of what could be judged, and how many those are.
func (s Score) sum() (sum, resources int) {
	sum, resources = s.Fine*fullMarks, s.Fine
	for severity, n := range s.Worst {
		sum += n * marks[severity]
		resources += n
	}
	return sum, resources
}

// Percent returns the score, 0 to 100, rounded down so that 100 is said only where
// nothing failed. ok is false if nothing could be judged.
func (s Score) Percent() (percent int, ok bool) {
	sum, resources := s.sum()
	if resources == 0 {
		return 0, false
	}
	return sum / resources, true
}

// Range returns what Percent would be if all that could not be judged had failed,
// and if it had passed.
func (s Score) Range() (low, high int) {
	sum, resources := s.sum()
	resources += s.Open
	if resources == 0 {
		return 0, 0
	}
	return s.AtWorst / resources, (sum + s.Open*fullMarks) / resources
}

// A grade is what came of the checks of one kind on one resource.
type grade struct {
	passed          bool
	failed, unknown int8 // the worst severity that failed, or is not known, and 1; 0 for none
}

// add counts a resource.
func (s *Score) add(g grade) {
	if g == (grade{}) {
		return
	}
	switch {
	case g.failed > 0:
		s.Worst[g.failed-1]++
	case g.passed:
		s.Fine++
	default:
		s.Open++
	}
	if worst := max(g.failed, g.unknown); worst > 0 {
		s.AtWorst += marks[worst-1]
	} else {
		s.AtWorst += fullMarks
	}
}

// A verdictOf is a verdict as far as a Tally looks at it.
type verdictOf struct {
	severity Severity
	failed   bool
	outcome  Outcome
}

func (s *Score) count(v verdictOf) {
	switch {
	case v.failed:
		s.Failed++
	case v.outcome == OutcomePass:
		s.Passed++
	default:
		s.NotEvaluated++
	}
}

func (g *grade) note(v verdictOf) {
	severity := int8(min(v.severity, SeverityCritical)) + 1
	switch {
	case v.failed:
		g.failed = max(g.failed, severity)
	case v.outcome == OutcomePass:
		g.passed = true
	default:
		g.unknown = max(g.unknown, severity)
	}
}

// A Tally is a Handler that adds up the scores of an audit. It holds an ARN and some
// bytes for each resource, for verdicts may come in any order. Its scores are those
// of all that it was told when End is called.
type Tally struct {
	run        Run
	rules      map[string]*tallyRule
	names      []string // of frameworks, by number
	all        Score
	accounts   map[string]*Score
	frameworks map[string]*Score       // by the name that people know
	controls   map[string]*Score       // by the whole id, "FSBP/KMS.3"; verdicts alone
	both       map[accountPart]*Score  // by account and framework
	parts      map[accountCheck]*Score // by account, region and check; verdicts alone
	resources  map[string]*tallyResource
	findings   [SeverityCritical + 1]int
	summary    Summary
}

type (
	accountPart  struct{ account, framework string }
	accountCheck struct{ account, region, check string }
)

// A tallyRule is a rule and the numbers of the frameworks that ask for it.
type tallyRule struct {
	Rule
	frameworks []int
}

// A tallyResource is how one resource came out: by all checks, then by those of each
// framework.
type tallyResource struct {
	account string
	grades  []grade
}

// NewTally returns a Tally. It is told a run like every Handler.
func NewTally() *Tally {
	return &Tally{
		rules: map[string]*tallyRule{}, accounts: map[string]*Score{}, frameworks: map[string]*Score{}, controls: map[string]*Score{},
		both: map[accountPart]*Score{}, parts: map[accountCheck]*Score{}, resources: map[string]*tallyResource{},
	}
}

// Begin notes the checks and the frameworks that ask for them.
func (t *Tally) Begin(r Run) error {
	t.run = r
	for _, rule := range r.Rules {
		known := &tallyRule{Rule: rule}
		for _, id := range rule.Controls {
			if n := t.framework(id); !slices.Contains(known.frameworks, n) {
				known.frameworks = append(known.frameworks, n)
			}
		}
		t.rules[rule.ID] = known
	}
	return nil
}

// framework returns the number of the framework of a control.
func (t *Tally) framework(control string) int {
	name := frameworkOf(control)
	if i := slices.Index(t.names, name); i >= 0 {
		return i
	}
	t.names = append(t.names, name)
	return len(t.names) - 1
}

// Finding counts f, unless it does not count.
func (t *Tally) Finding(f Finding) error {
	if !f.Counts() || aboutSuppressions(f.RuleID) {
		return nil
	}
	t.findings[min(f.Severity, SeverityCritical)]++
	var r Resource
	if len(f.Occurrences) > 0 && f.Occurrences[0].Resource != nil {
		r = *f.Occurrences[0].Resource
	}
	t.note(t.rule(f.RuleID), r, verdictOf{severity: f.Severity, failed: true})
	return nil
}

// Verdict counts v.
func (t *Tally) Verdict(v Verdict) error {
	rule := t.rule(v.RuleID)
	t.note(rule, v.Resource, verdictOf{severity: rule.Severity, outcome: v.Outcome})
	return nil
}

// Notice does nothing: End is told how many there were.
func (t *Tally) Notice(Notice) error { return nil }

func (t *Tally) rule(id string) *tallyRule {
	if t.rules[id] == nil {
		t.rules[id] = &tallyRule{Rule: Rule{ID: id}}
	}
	return t.rules[id]
}

// note adds a verdict to all that it is a part of.
func (t *Tally) note(rule *tallyRule, r Resource, v verdictOf) {
	of := t.resources[r.ARN]
	if of == nil {
		of = &tallyResource{account: r.Account, grades: make([]grade, len(t.names)+1)}
		t.resources[r.ARN] = of
	}
	t.all.count(v)
	of.grades[0].note(v)
	scoreOf(t.accounts, r.Account).count(v)
	scoreOf(t.parts, accountCheck{r.Account, r.Region, rule.ID}).count(v)
	for _, i := range rule.frameworks {
		of.grades[i+1].note(v)
		scoreOf(t.frameworks, t.names[i]).count(v)
		scoreOf(t.both, accountPart{r.Account, t.names[i]}).count(v)
	}
	for _, control := range rule.Controls {
		scoreOf(t.controls, control).count(v)
	}
}

// End adds up the resources.
func (t *Tally) End(s Summary) error {
	t.summary = s
	for _, r := range t.resources {
		t.all.add(r.grades[0])
		scoreOf(t.accounts, r.account).add(r.grades[0])
		for i, g := range r.grades[1:] {
			if g != (grade{}) {
				scoreOf(t.frameworks, t.names[i]).add(g)
				scoreOf(t.both, accountPart{r.account, t.names[i]}).add(g)
			}
		}
	}
	return nil
}

func scoreOf[K comparable](m map[K]*Score, key K) *Score {
	s := m[key]
	if s == nil {
		s = &Score{}
		m[key] = s
	}
	return s
}

// Run returns what is to be kept of the run that t was told. The caller says when
// its facts were collected.
func (t *Tally) Run() PostureRun {
	return PostureRun{
		Version: t.run.Version, Target: t.run.Target, Checks: t.summary.RulesActive, Secrets: t.summary.Resources["secret"],
		Score: t.all, Accounts: scores(t.accounts), Frameworks: scores(t.frameworks),
		Findings: t.findings, Incomplete: !t.summary.Complete(),
	}
}

func scores(m map[string]*Score) map[string]Score {
	all := make(map[string]Score, len(m))
	for key, s := range m {
		all[key] = *s
	}
	return all
}

// frameworkNames are those that people know frameworks by, where the id is not.
var frameworkNames = [...][2]string{
	{"CIS-AWS", "CIS AWS Foundations"}, {"FSBP", "AWS Security Best Practices"}, {"ISO-27001", "ISO/IEC 27001"},
	{"MITRE-ATT&CK", "MITRE ATT&CK"}, {"MITRE", "MITRE ATT&CK"}, {"NIST-800-53", "NIST SP 800-53"}, {"NIST-CSF", "NIST CSF"}, {"PCI-DSS", "PCI DSS"}, {"SOC2", "SOC 2"},
	{"WAF-SEC", "AWS Well-Architected, Security"},
}

// frameworkOf is the name of the framework that a control is of. Ids that are written
// in two ways may have the same.
func frameworkOf(control string) string {
	id, _, _ := strings.Cut(control, "/")
	return frameworkName(id)
}

// frameworkName is a framework as people write it: "PCI DSS 4.0.1".
func frameworkName(id string) string {
	for _, known := range frameworkNames {
		if rest, ok := strings.CutPrefix(id, known[0]); ok && (rest == "" || rest[0] == '-') {
			return strings.TrimSpace(known[1] + " " + strings.ReplaceAll(strings.TrimPrefix(rest, "-"), "-", " "))
		}
	}
	return strings.ReplaceAll(id, "-", " ")
}

// share is part of whole in percent, rounded, and never 0 for what is there nor
// 100 for what is not all.
func share(part, whole int) int {
	switch {
	case whole <= 0 || part <= 0:
		return 0
	case part >= whole:
		return 100
	}
	return min(max(int(math.Round(float64(part)*100/float64(whole))), 1), 99)
}
