package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// IgnoreOptions say what a Handler made by Ignoring obeys.
type IgnoreOptions struct {
	Files []*Ignores // obeyed
	// Refused are the scanned tree's own. Nothing is done as they say; what they
	// would have hidden is counted in Summary.Refused.
	Refused []*Ignores
	Today   string // "2027-01-31"
	// Whole says that the run examines all that the files are about, so that an
	// entry that meets nothing is of no use. A run with notices never tells that.
	Whole bool
	// Least is the confidence from which on what is suppressed is counted: that
	// of the report. What it would not hold is not missed.
	Least Confidence
	// Show hands suppressed findings on, marked.
	Show bool
	// Mask makes text of a file fit to be printed; nil leaves it as it is.
	Mask func(string) string
}

// Ignoring returns a Handler that hands on what no file suppresses. An entry
// with a path takes the places that match away from a finding and leaves the
// others. At its end it reports entries that are expired, of no use or too wide as
// findings of their own, and counts what it took in Summary.Silenced.
func Ignoring(o IgnoreOptions, next Handler) Handler {
	h := &ignoring{options: o, next: next, silenced: map[string]int{}, refused: map[string]int{}}
	if o.Mask == nil {
		h.options.Mask = func(s string) string { return s }
	}
	for _, f := range o.Files {
		h.obeyed = append(h.obeyed, newIgnoreSet(f, o.Today))
	}
	for _, f := range o.Refused {
		h.unobeyed = append(h.unobeyed, newIgnoreSet(f, o.Today))
	}
	return h
}

type ignoring struct {
	options           IgnoreOptions
	next              Handler
	obeyed, unobeyed  []*ignoreSet
	silenced, refused map[string]int
	accepted          int
	incomplete        bool
}

// An ignoreSet is a file with what became of its entries.
type ignoreSet struct {
	file    *Ignores
	today   string
	byPrint map[string][]*Ignore
	others  []*Ignore // without a fingerprint
	met     map[*Ignore]int
}

func newIgnoreSet(f *Ignores, today string) *ignoreSet {
	s := &ignoreSet{file: f, today: today, byPrint: map[string][]*Ignore{}, met: map[*Ignore]int{}}
	for _, e := range f.Entries {
		if e.Fingerprint != "" {
			s.byPrint[e.Fingerprint] = append(s.byPrint[e.Fingerprint], e)
		} else {
			s.others = append(s.others, e)
		}
	}
	return s
}

// split takes the places away that an entry is about. by is the first entry that
// took one.
func (s *ignoreSet) split(f *Finding) (left []Location, by *Ignore) {
	candidates := s.byPrint[f.Fingerprint]
	if len(candidates)+len(s.others) == 0 {
		return f.Occurrences, nil
	}
	candidates = slices.Concat(candidates, s.others)
	used := map[*Ignore]bool{}
	for _, at := range f.Occurrences {
		e := s.about(candidates, f, &at, used)
		if e == nil {
			left = append(left, at)
		} else if by == nil {
			by = e
		}
	}
	for e := range used {
		s.met[e]++
	}
	return left, by
}

// about returns the entry that takes a place, and notes all that are about it.
func (s *ignoreSet) about(candidates []*Ignore, f *Finding, at *Location, used map[*Ignore]bool) (by *Ignore) {
	expired := map[string]bool{} // of two lines on the same thing, as a merge leaves them, the stricter counts
	for _, e := range candidates {
		if !e.covers(f, s.file.Below+strings.TrimPrefix(at.Path, s.file.Strip), at) {
			continue
		}
		used[e] = true
		switch {
		case e.Expired(s.today):
			expired[e.subject()] = true
		case by == nil:
			by = e
		}
	}
	if by != nil && expired[by.subject()] {
		return nil
	}
	return by
}

// subject is what e is about, whatever it says of that.
func (e *Ignore) subject() string {
	return strings.Join([]string{e.Fingerprint, e.Rule, e.Path, e.Gap}, "\x00")
}

// suppression is what a report says of e.
func (h *ignoring) suppression(s *ignoreSet, e *Ignore) *Suppression {
	return &Suppression{
		By: fmt.Sprintf("%s:%d", s.file.Name, e.Line), Reason: h.options.Mask(e.Reason), Owner: h.options.Mask(e.Owner), Expires: e.Expires,
	}
}

func (h *ignoring) Begin(r Run) error {
	if len(h.obeyed) > 0 {
		r.Rules = withRules(r.Rules, IgnoreRules())
	}
	return h.next.Begin(r)
}

func (h *ignoring) Finding(f Finding) error {
	for _, s := range h.unobeyed {
		if _, by := s.split(&f); by != nil && f.Confidence >= h.options.Least {
			h.refused[s.file.Name]++
		}
	}
	for _, s := range h.obeyed {
		left, by := s.split(&f)
		switch {
		case by == nil:
		case len(left) > 0:
			if was := f.Occurrences[0]; left[0].Path != was.Path || left[0].Object != was.Object || left[0].Region != was.Region {
				f.Excerpt = "" // it is the line of the first place
			}
			f.Occurrences = left
		default:
			return h.suppress(f, s, by)
		}
	}
	return h.next.Finding(f)
}

// suppress counts a finding that an entry takes away altogether.
func (h *ignoring) suppress(f Finding, s *ignoreSet, by *Ignore) error {
	if f.Confidence >= h.options.Least {
		h.silenced[s.file.Name]++
	}
	if !h.options.Show {
		return nil
	}
	f.Suppression = h.suppression(s, by)
	return h.next.Finding(f)
}

func (h *ignoring) Verdict(v Verdict) error { return h.next.Verdict(v) }

func (h *ignoring) Notice(n Notice) error {
	for _, s := range h.unobeyed {
		if s.accepting(n.Subject) != nil {
			h.refused[s.file.Name]++
		}
	}
	for _, s := range h.obeyed {
		if e := s.accepting(n.Subject); e != nil && n.Accepted == nil {
			n.Accepted = h.suppression(s, e)
			h.accepted++
		}
	}
	h.incomplete = h.incomplete || n.Accepted == nil
	return h.next.Notice(n)
}

// accepting returns the entry that accepts a gap.
func (s *ignoreSet) accepting(subject string) (by *Ignore) {
	for _, e := range s.others {
		if e.gap == nil || !e.gap.MatchString(s.file.Below+strings.TrimPrefix(subject, s.file.Strip)) {
			continue
		}
		s.met[e]++
		if by == nil && !e.Expired(s.today) {
			by = e
		}
	}
	return by
}

func (h *ignoring) End(s Summary) error {
	h.incomplete = h.incomplete || s.Interrupted
	for _, set := range h.obeyed {
		if set.file.foreign {
			continue
		}
		for _, e := range set.file.Entries {
			f, ok := h.about(set, e)
			if !ok {
				continue
			}
			if err := h.next.Finding(f); err != nil {
				return err
			}
		}
	}
	s.Silenced = sumByName(s.Silenced, h.silenced)
	s.Refused = sumByName(s.Refused, h.refused)
	s.Accepted += h.accepted
	s.NotExamined = max(0, s.NotExamined-h.accepted)
	return h.next.End(s)
}

// wideFrom is how many credentials an entry without a fingerprint may hide: what a
// person can have looked at one by one.
const wideFrom = 20

// about judges an entry after all was seen.
func (h *ignoring) about(s *ignoreSet, e *Ignore) (f Finding, bad bool) {
	met, wide := s.met[e], e.Wide()
	if wide == "" && e.Fingerprint == "" && e.Gap == "" && met > wideFrom {
		wide = fmt.Sprintf("it hides %d credentials, more than anybody has looked at one by one", met)
	}
	whole := h.options.Whole && !h.incomplete
	switch {
	case e.Expired(s.today) && met > 0:
		return h.complaint(s, e, RuleSuppressionExpired, SeverityLow, "It ended on "+e.Expires+", and what it hid is reported again."), true
	case e.Expired(s.today) && whole:
		return h.complaint(s, e, RuleSuppressionExpired, SeverityInfo, "It ended on "+e.Expires+", and nothing is there any more that it would hide."), true
	case e.Expired(s.today):
		return f, false
	case wide != "":
		return h.complaint(s, e, RuleSuppressionWide, SeverityLow, strings.ToUpper(wide[:1])+wide[1:]+"."), true
	case met == 0 && whole:
		return h.complaint(s, e, RuleSuppressionUnused, SeverityInfo, "Nothing was found that it would hide."), true
	}
	return f, false
}

// complaint is the finding that says what is wrong with an entry.
func (h *ignoring) complaint(s *ignoreSet, e *Ignore, rule string, severity Severity, why string) Finding {
	line := s.file.lines[e.Line-1]
	at := Location{Path: s.file.Name, Region: Region{e.Line, 1, e.Line, 1 + len([]rune(line))}}
	return Finding{
		RuleID: rule, Message: ruleTitle(rule) + ". " + why, Severity: severity, Confidence: ConfidenceHigh,
		Occurrences: []Location{at}, Excerpt: h.options.Mask(line), Fingerprint: PublicFingerprint(rule, line),
	}
}

// PublicFingerprint identifies a finding that is about no credential. What it is
// made of stands in the report, so it needs no key.
func PublicFingerprint(rule, what string) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + what))
	return fingerprintPrefix + hex.EncodeToString(sum[:])
}

const (
	RuleSuppressionExpired = "suppression-expired"
	RuleSuppressionUnused  = "suppression-unused"
	RuleSuppressionWide    = "suppression-too-wide"
)

// IgnoreRules describe what Ignoring reports of its own accord.
func IgnoreRules() []Rule {
	return []Rule{
		{
			ID: RuleSuppressionExpired, Title: "Suppression that has expired", Severity: SeverityLow, Confidence: ConfidenceHigh,
			Text:   "A line of a file of suppressions is past its last day, and no longer obeyed.",
			Remedy: "Deal with what it hid, or renew the line with a new day and reason; assay ignore prune removes it.",
		},
		{
			ID: RuleSuppressionWide, Title: "Suppression that is too wide", Severity: SeverityLow, Confidence: ConfidenceHigh,
			Text:   "A line of a file of suppressions hides more than anybody has looked at, and will hide the next credential too.",
			Remedy: "Name fingerprints, or a path as narrow as can be. To leave a rule or a folder out, use disable and exclude, which every report counts.",
		},
		{
			ID: RuleSuppressionUnused, Title: "Suppression of no use", Severity: SeverityInfo, Confidence: ConfidenceHigh,
			Text:   "A line of a file of suppressions hides nothing in a scan of everything.",
			Remedy: "Remove it with assay ignore prune: it would hide the credential should it come back.",
		},
	}
}

func ruleTitle(id string) string {
	for _, r := range IgnoreRules() {
		if r.ID == id {
			return r.Title
		}
	}
	return id
}

// withRules returns the rules of a run with more, sorted.
func withRules(rules, more []Rule) []Rule {
	all := slices.Concat(rules, more)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}
