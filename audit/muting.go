package audit

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// MuteOptions say how a Handler made by Muting goes by a Mutelist.
type MuteOptions struct {
	List  *Mutelist
	Today string // "2027-01-31"
	// Active are the checks that run. Whole says that they look at all that the
	// accounts have, so that an entry that meets nothing is of no use.
	Active []*Check
	Whole  bool
	// Mask hides credentials in text of the file; nil hides nothing.
	Mask func(string) string
}

// Muting returns a Handler that marks the findings that a mutelist is about: they
// stay in every report and do not count. At its end it reports entries that have
// expired, are of no use, too wide or not obeyed as findings of their own.
func Muting(o MuteOptions, next report.Handler) report.Handler {
	if o.Mask == nil {
		o.Mask = func(s string) string { return s }
	}
	return &muting{MuteOptions: o, Handler: next, met: map[*muteEntry]int{}, hid: map[string]int{}, accounts: map[string]bool{}}
}

type muting struct {
	MuteOptions
	report.Handler
	met        map[*muteEntry]int
	hid        map[string]int // by check
	accounts   map[string]bool
	incomplete bool
}

// A muteSubject is what entries are compared with.
type muteSubject struct {
	account, region string
	checks          []string // the names of the check
	names           []string // of the resource: its name, and its id where that is another
	arn             string
}

func subjectOf(check string, r *report.Resource) muteSubject {
	s := muteSubject{account: r.Account, region: r.Region, checks: checkNames(check), names: []string{r.Name}, arn: r.ARN}
	if id := r.ARN[strings.LastIndexAny(r.ARN, "/:")+1:]; arnTail(r.ARN) == "" && !strings.HasSuffix("/"+r.Name, "/"+id) {
		s.names = append(s.names, id)
	}
	return s
}

// suppressing returns the entry that mutes a finding, nil for none.
func (m *muting) suppressing(s muteSubject) *muteEntry {
	except := map[string]bool{} // accounts of the file in which the finding is excepted
	for _, e := range m.List.entries {
		if e.account != "*" && e.account != s.account || except[e.account] || !e.names(s.checks) {
			continue
		}
		expired := e.expires != "" && e.expires < m.Today
		if e.except != nil && !expired && e.except.match(s) {
			except[e.account] = true
			continue
		}
		if !e.regions.match(s.region) || !e.resources.matchResource(s) {
			continue
		}
		m.met[e]++
		if e.refused == "" && !expired {
			return e
		}
	}
	return nil
}

// names reports whether an entry is about a check, under any of its names.
func (e *muteEntry) names(checks []string) bool {
	return slices.ContainsFunc(checks, func(name string) bool { return e.check == name || e.checks.MatchString(name) })
}

// match reports whether a finding is excepted: each list that is there matches it, and
// at least one is there. Tags, which nobody looks at, are taken to match.
func (x *muteExceptions) match(s muteSubject) bool {
	some := x.tags
	for _, part := range []struct {
		items   muteItems
		matches bool
	}{{x.accounts, x.accounts.match(s.account)}, {x.regions, x.regions.match(s.region)}, {x.resources, x.resources.matchResource(s)}} {
		if len(part.items) == 0 {
			continue
		}
		if !part.matches {
			return false
		}
		some = true
	}
	return some
}

// Begin implements report.Handler.
func (m *muting) Begin(r report.Run) error {
	r.Rules = slices.Concat(r.Rules, MuteRules())
	slices.SortFunc(r.Rules, func(a, b report.Rule) int { return strings.Compare(a.ID, b.ID) })
	if r.Coverage != nil {
		for _, row := range r.Coverage.Rows {
			m.accounts[row.Account] = true
		}
	}
	return m.Handler.Begin(r)
}

// Finding implements report.Sink.
func (m *muting) Finding(f report.Finding) error {
	if len(f.Occurrences) == 0 || f.Occurrences[0].Resource == nil {
		return m.Handler.Finding(f)
	}
	e := m.suppressing(subjectOf(f.RuleID, f.Occurrences[0].Resource))
	if e != nil {
		m.hid[f.RuleID]++
		f.Suppression = &report.Suppression{
			By: fmt.Sprintf("%s:%d", m.List.name, e.line), Reason: cmp.Or(m.Mask(e.reason), "no reason is given"), Expires: e.expires,
		}
	}
	return m.Handler.Finding(f)
}

// Notice implements report.Sink.
func (m *muting) Notice(n report.Notice) error {
	m.incomplete = m.incomplete || n.Accepted == nil
	return m.Handler.Notice(n)
}

// End implements report.Handler.
func (m *muting) End(s report.Summary) error {
	m.incomplete = m.incomplete || s.Interrupted
	for _, e := range slices.Concat(m.List.entries, m.List.dropped) {
		if f, bad := m.about(e); bad {
			if err := m.Handler.Finding(f); err != nil {
				return err
			}
		}
	}
	s.Checks = slices.Clone(s.Checks)
	total := 0
	for i := range s.Checks {
		n := m.hid[s.Checks[i].ID]
		s.Checks[i].Failed -= n
		s.Checks[i].Suppressed += n
		total += n
	}
	if total > 0 {
		s = s.Plus(report.Summary{Silenced: map[string]int{m.List.name: total}})
	}
	return m.Handler.End(s)
}

// about judges an entry after all was seen.
func (m *muting) about(e *muteEntry) (f report.Finding, bad bool) {
	met := m.met[e]
	whole := m.Whole && !m.incomplete && m.judgesAllOf(e)
	expired := e.expires != "" && e.expires < m.Today
	switch {
	case e.refused != "" && m.relevant(e):
		return m.complaint(e, ruleMuteRefused, report.SeverityLow, "It is not obeyed: "+e.refused+"."), true
	case e.refused != "":
		return f, false
	case expired && met > 0:
		return m.complaint(e, report.RuleSuppressionExpired, report.SeverityLow, "It ended on "+e.expires+", and what it muted counts again."), true
	case expired && whole:
		return m.complaint(e, report.RuleSuppressionExpired, report.SeverityInfo, "It ended on "+e.expires+", and nothing is there any more that it would mute."), true
	case expired:
		return f, false
	case e.everything():
		return m.complaint(e, report.RuleSuppressionWide, report.SeverityLow, "It mutes every check of every resource."), true
	case met == 0 && whole:
		return m.complaint(e, report.RuleSuppressionUnused, report.SeverityInfo, "Nothing was found that it would mute."), true
	}
	return f, false
}

// relevant reports whether an entry is about an account and a check of this run: a
// mutelist for Prowler has many that are not.
func (m *muting) relevant(e *muteEntry) bool {
	mine := e.account == "*" || m.accounts[e.account]
	return mine && slices.ContainsFunc(m.Active, func(c *Check) bool { return e.names(checkNames(c.ID)) })
}

// judgesAllOf reports whether all the checks run that an entry names, of which there
// is at least one, in its account.
func (m *muting) judgesAllOf(e *muteEntry) bool {
	active := func(id string) bool {
		return slices.ContainsFunc(m.Active, func(c *Check) bool { return c.ID == id })
	}
	asleep := slices.ContainsFunc(Checks(), func(c *Check) bool { return !active(c.ID) && e.names(checkNames(c.ID)) })
	return m.relevant(e) && !asleep
}

// everything reports whether an entry leaves nothing out. The texts are none that a
// name would have.
func (e *muteEntry) everything() bool {
	const anything = "\x01"
	return e.except == nil && e.checks.MatchString(anything) && e.regions.match(anything) && e.resources.match(anything)
}

func (m *muting) complaint(e *muteEntry, rule string, severity report.Severity, why string) report.Finding {
	title := ""
	for _, r := range MuteRules() {
		if r.ID == rule {
			title = r.Title
		}
	}
	subject := fmt.Sprintf("%s %s %x", e.account, e.check, sha256.Sum256(fmt.Append(nil, patterns(e.regions), patterns(e.resources))))
	return report.Finding{
		RuleID: rule, Message: title + ". " + why, Severity: severity, Confidence: report.ConfidenceHigh,
		Occurrences: []report.Location{{Path: m.List.name, Region: report.Region{StartLine: e.line, StartColumn: 1, EndLine: e.line, EndColumn: 1}}},
		Excerpt:     m.Mask(e.check), Fingerprint: report.PublicFingerprint(rule, subject),
	}
}

func patterns(items muteItems) []string {
	var list []string
	for _, r := range items {
		list = append(list, (*regexp.Regexp).String(r))
	}
	return list
}

const ruleMuteRefused = "suppression-refused"

// muteRule describes a kind of finding about a mutelist.
func muteRule(id, title, text, remedy string, s report.Severity) report.Rule {
	return report.Rule{ID: id, Title: title, Text: text, Remedy: remedy, Severity: s, Confidence: report.ConfidenceHigh,
		References: []string{"https://docs.prowler.com/user-guide/cli/tutorials/mutelist"}}
}

// MuteRefusedRule describes an entry that is not obeyed, which other files of
// suppressions do not have.
func MuteRefusedRule() report.Rule {
	return muteRule(ruleMuteRefused, "Suppression that is not obeyed", "An entry of the mutelist goes by tags, which whoever owns a resource can set, has a pattern that is not understood, or stands where a key is there twice.",
		"Name the resources by a pattern for their names or ARNs; patterns are regular expressions without look-around and back references. Of two equal keys put what is below the first one below the last.", report.SeverityLow)
}

// MuteRules describe what Muting reports of its own accord.
func MuteRules() []report.Rule {
	return []report.Rule{
		muteRule(report.RuleSuppressionExpired, "Suppression that has expired", "An entry of the mutelist is past its last day, and no longer obeyed.",
			"Deal with what it muted, or renew the entry with a new day and reason.", report.SeverityLow),
		MuteRefusedRule(),
		muteRule(report.RuleSuppressionWide, "Suppression that is too wide", "An entry of the mutelist mutes whatever is found, now and later.",
			"Name checks and resources. To leave a check out, use --exclude-check, which every report shows.", report.SeverityLow),
		muteRule(report.RuleSuppressionUnused, "Suppression of no use", "An entry of the mutelist mutes nothing in an audit of everything.",
			"Remove it: it would mute the finding should it come back.", report.SeverityInfo),
	}
}
