package report

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An auditPage gathers the verdicts of an audit. What it holds grows with the number
// of resources: some bytes for a verdict, and the texts of those that are no pass.
type auditPage struct {
	tally     *Tally
	coverage  *Coverage
	checks    []*pageCheck // sorted by id as long as the run lists them
	checkAt   map[string]int
	resources []*pageResource
	at        map[string]*pageResource // by ARN
}

// A pageCheck is what came of one check.
type pageCheck struct {
	Rule
	failed int
	worst  Severity
	names  []string // of the first few resources that failed
}

// A pageResource is what all checks say of a resource.
type pageResource struct {
	Resource
	failed     []pageVerdict
	unjudged   []pageVerdict
	passed     []uint16 // numbers of checks
	suppressed int
	worst      Severity // of what failed and counts
	counting   int      // how many of failed count
}

type pageVerdict struct {
	check    int
	severity Severity
	text     string
	decision string // why it does not count, "" if it does
}

func newAuditPage(r Run) *auditPage {
	p := &auditPage{tally: NewTally(), coverage: r.Coverage, checkAt: map[string]int{}, at: map[string]*pageResource{}}
	p.tally.Begin(r) // it cannot fail
	for _, rule := range r.Rules {
		if !aboutSuppressions(rule.ID) {
			p.check(rule.ID).Rule = rule
		}
	}
	return p
}

// check returns what is gathered for a check, listed or not.
func (p *auditPage) check(id string) *pageCheck {
	i, known := p.checkAt[id]
	if !known {
		i = len(p.checks)
		p.checkAt[id] = i
		p.checks = append(p.checks, &pageCheck{Rule: Rule{ID: id, Title: id}})
	}
	return p.checks[i]
}

func (p *auditPage) resource(r Resource) *pageResource {
	known := p.at[r.ARN]
	if known == nil {
		known = &pageResource{Resource: r}
		p.at[r.ARN] = known
		p.resources = append(p.resources, known)
	}
	return known
}

// pageEvidence is how many characters of evidence a page keeps.
const pageEvidence = 400

func (p *auditPage) Finding(f Finding) {
	if aboutSuppressions(f.RuleID) {
		return
	}
	p.tally.Finding(f)
	c := p.check(f.RuleID)
	var r Resource
	if len(f.Occurrences) > 0 && f.Occurrences[0].Resource != nil {
		r = *f.Occurrences[0].Resource
	}
	of := p.resource(r)
	v := pageVerdict{check: p.checkAt[f.RuleID], severity: min(f.Severity, SeverityCritical), text: cut(evidence(f.Message, c.Title), pageEvidence)}
	switch {
	case f.Suppression != nil:
		v.decision = "Suppressed " + decision(f.Suppression)
		of.suppressed++
	case f.Baseline == BaselineUnchanged:
		v.decision = "In the baseline."
		of.suppressed++
	default:
		c.failed++
		c.worst = max(c.worst, v.severity)
		if len(c.names) < examplesListed {
			c.names = append(c.names, cmp.Or(r.Name, r.ARN))
		}
		of.counting++
		of.worst = max(of.worst, v.severity)
	}
	of.failed = append(of.failed, v)
}

func (p *auditPage) Verdict(v Verdict) {
	p.tally.Verdict(v)
	c := p.check(v.RuleID)
	of := p.resource(v.Resource)
	if v.Outcome == OutcomePass {
		of.passed = append(of.passed, uint16(p.checkAt[v.RuleID]))
		return
	}
	of.unjudged = append(of.unjudged, pageVerdict{check: p.checkAt[v.RuleID], severity: c.Severity, text: cut(v.Reason, pageEvidence)})
}

// auditView is what the template of an audit sees.
type auditView struct {
	pageBase
	page                    *auditPage
	posture                 Posture
	facts                   map[string]*PostureSecret
	from                    time.Time
	Ring                    template.HTML
	Verdict, Sure, Verdicts string
	From, To                string
	Tiles                   []tile
	Trend                   *trendView
	Worst                   []worstView
	WorstLead               string
	Accounts                []scoreView
	AccountsMore            string
	ChooseAccount           bool
	Frameworks              []scoreView
	Cross, Matrix           *matrixView
	ListLead                string
	Total                   int
	items                   []*pageResource
	accountToken            map[string]string
}

func (p *auditPage) write(w io.Writer, all *template.Template, base pageBase) error {
	p.tally.End(base.summary)
	v := &auditView{pageBase: base, page: p, accountToken: map[string]string{}}
	v.takePosture(base.summary.Posture)
	v.headline()
	v.Trend = newTrend(v.posture, p.tally.Run())
	v.worst()
	v.scores()
	v.Matrix = p.matrix()
	v.list()
	v.Lazy = len(v.items) > pageEager
	v.Frame.Title = "Posture of secrets"
	v.Frame.section(v.Trend != nil, "trend", "Trend")
	v.Frame.section(v.Worst != nil, "first", "Mend first")
	v.Frame.section(true, "scores", "Scores")
	v.Frame.section(v.Matrix != nil, "coverage", "Checks")
	v.Frame.section(true, "secrets", "Secrets")
	v.Frame.section(base.notices.count() > 0, "missing", "Not examined")
	return all.ExecuteTemplate(w, "audit", v)
}

// takePosture notes what the audit knows beyond verdicts, if it told.
func (v *auditView) takePosture(p *Posture) {
	v.facts = map[string]*PostureSecret{}
	if p == nil {
		return
	}
	v.posture = *p
	for i := range p.Secrets {
		v.facts[p.Secrets[i].Resource.ARN] = &p.Secrets[i]
	}
	v.from = p.From
	if v.from.IsZero() || !v.from.Before(p.Collected) {
		v.from = p.Collected.AddDate(0, 0, -90) // as long as CloudTrail's event history
	}
	v.Frame.When = "as of " + day(p.Collected)
	v.From, v.To = day(v.from), day(p.Collected)
}

func (v *auditView) headline() {
	t := v.page.tally
	v.Ring = ring(t.all)
	v.Verdict = outcomeLine(v.summary) + "."
	v.Verdicts = count(t.all.Passed, "verdict") + " passed, " + thousands(int64(t.all.Failed)) + " failed, " + thousands(int64(t.all.NotEvaluated)) + " could not be given"
	percent, ok := t.all.Percent()
	low, high := t.all.Range()
	_, judged := t.all.sum()
	switch {
	case !ok:
		v.Sure = "Nothing could be judged, so there is no score."
	case low == high:
		v.Sure = fmt.Sprintf("%s of %s have nothing wrong with them.", thousands(int64(t.all.Fine)), count(judged, "resource"))
	default:
		v.Sure = fmt.Sprintf("%s of %s that could be judged have nothing wrong with them. The score is %d, and lies between %d and %d once all that could not be judged is counted.",
			thousands(int64(t.all.Fine)), count(judged, "resource"), percent, low, high)
	}
	v.Tiles = append(v.Tiles, tile{thousands(int64(v.summary.Resources["secret"])), "secrets", ""})
	v.Tiles = append(v.Tiles, severityTiles(t.findings)...)
	v.Tiles = append(v.Tiles, tile{thousands(int64(t.all.NotEvaluated)), "not evaluated", "un"})
	suppressed := 0
	for _, r := range v.page.resources {
		suppressed += r.suppressed
	}
	if suppressed > 0 {
		v.Tiles = append(v.Tiles, tile{thousands(int64(suppressed)), "left as they are", ""})
	}
}

// A worstView is one of the checks to mend first.
type worstView struct{ ID, Title, Severity, Class, Count, Where, Remedy, Link, Token string }

// pageWorst is how many checks are named to be mended first.
const pageWorst = 10

func (v *auditView) worst() {
	var failed []*pageCheck
	for _, c := range v.page.checks {
		if c.failed > 0 {
			failed = append(failed, c)
		}
	}
	slices.SortStableFunc(failed, func(a, b *pageCheck) int {
		return cmp.Or(cmp.Compare(b.worst, a.worst), cmp.Compare(b.failed, a.failed), strings.Compare(a.ID, b.ID))
	})
	for _, c := range failed[:min(len(failed), pageWorst)] {
		v.Worst = append(v.Worst, worstView{
			ID: escape(c.ID), Title: escape(c.Title), Severity: c.worst.String(), Class: severityClass(c.worst), Count: count(c.failed, "time"),
			Where: v.page.where(c), Remedy: escape(c.Remedy), Link: safeLink(c.References), Token: v.page.token(c.ID),
		})
	}
	v.WorstLead = "The checks with the worst findings, those with most resources first."
	if more := len(failed) - pageWorst; more > 0 {
		v.WorstLead += " " + count(more, "more check") + " failed."
	}
}

func (p *auditPage) token(check string) string { return "c" + strconv.Itoa(p.checkAt[check]) }

func (p *auditPage) where(c *pageCheck) string {
	text := join(", ", c.names...)
	if more := c.failed - len(c.names); more > 0 {
		text += " and " + thousands(int64(more)) + " more"
	}
	return text
}

// A scoreView is a score of a part.
type scoreView struct {
	Name, Score, Range, Token string
	Bar                       template.HTML
	Controls                  []controlView
}

type controlView struct {
	Name                         string
	Passed, Failed, NotEvaluated int
}

func newScoreView(name string, s Score) scoreView {
	v := scoreView{Name: escape(cmp.Or(name, "no name")), Score: "–", Bar: scoreBar(s)}
	percent, ok := s.Percent()
	if low, high := s.Range(); ok && s.NotEvaluated > 0 && low != high {
		v.Range = fmt.Sprintf("%d to %d", low, high)
	}
	if ok {
		v.Score = strconv.Itoa(percent)
	}
	return v
}

// pageAccounts is how many accounts a page shows the scores of, the worst ones.
const pageAccounts = 60

func (v *auditView) scores() {
	t := v.page.tally
	accounts := slices.Sorted(maps.Keys(t.accounts))
	for i, account := range accounts {
		v.accountToken[account] = "a" + strconv.Itoa(i)
	}
	slices.SortStableFunc(accounts, func(a, b string) int { return compareScores(*t.accounts[a], *t.accounts[b]) })
	if more := len(accounts) - pageAccounts; more > 0 {
		v.AccountsMore = "and " + thousands(int64(more)) + " more with better scores"
		accounts = accounts[:pageAccounts]
	}
	for _, account := range accounts {
		s := newScoreView(account, *t.accounts[account])
		s.Token = v.accountToken[account]
		v.Accounts = append(v.Accounts, s)
	}
	frameworks := slices.Sorted(maps.Keys(t.frameworks))
	for _, framework := range frameworks {
		s := newScoreView(framework, *t.frameworks[framework])
		s.Controls = v.controls(framework)
		v.Frameworks = append(v.Frameworks, s)
	}
	v.ChooseAccount = len(v.Accounts) > 1
	if v.ChooseAccount {
		v.Cross = v.page.cross(accounts, frameworks)
	}
}

// compareScores puts the worse one first, and what has no score last.
func compareScores(a, b Score) int {
	x, known := a.Percent()
	if !known {
		x = 101
	}
	y, known := b.Percent()
	if !known {
		y = 101
	}
	return cmp.Compare(x, y)
}

func (v *auditView) controls(framework string) []controlView {
	var list []controlView
	for _, id := range slices.Sorted(maps.Keys(v.page.tally.controls)) {
		if frameworkOf(id) == framework {
			_, control, _ := strings.Cut(id, "/")
			s := v.page.tally.controls[id]
			list = append(list, controlView{escape(control), s.Passed, s.Failed, s.NotEvaluated})
		}
	}
	return list
}
