package report

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// A reportIndex knows where in saved reports the parts of each credential are, and what
// each report says of its run. It holds some 200 bytes for a finding, 24 for a
// verdict, and nothing of places: they are read when they are wanted.
type reportIndex struct {
	shelf
	of           func(*Finding) identity // what joins findings of several reports
	groups       []group
	byID         map[identity]int // of groups
	parts        []part
	verdicts     map[regionKey][]span
	told         toldCommits
	runs         []Run
	summary      Summary // all added up
	notices      map[string]Notice
	repositories []RepositoryResult // of all summaries
	repeats      Summary            // NotExamined and Accepted: notices that several reports have
	leftOut      map[string]int     // of notices and verdicts
	least        Confidence         // of the findings, but for placeholders
	// placeholders says that a report counts them among its findings.
	placeholders bool
}

// An identity tells apart what is joined.
type identity [16]byte

// A group is a finding, with all that several reports say of it.
type group struct {
	id    identity
	key   string
	first int // of parts
	last  int
}

// A part is what one report says of a finding.
type part struct {
	span
	next int // of the same group, 0 for none
	text identity
}

// newReportIndex reads reports.
func newReportIndex(saved []Saved, of func(*Finding) identity) (*reportIndex, error) {
	x := emptyIndex(saved, of)
	for i := range saved {
		if err := x.add(i); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func emptyIndex(saved []Saved, of func(*Finding) identity) *reportIndex {
	return &reportIndex{
		shelf: shelf{saved: saved}, of: of, byID: map[identity]int{}, told: toldCommits{}, parts: make([]part, 1),
		verdicts: map[regionKey][]span{}, least: ConfidenceHigh, notices: map[string]Notice{}, leftOut: map[string]int{},
	}
}

// add reads the i-th report.
func (x *reportIndex) add(i int) error {
	counted, n := 0, 0
	return x.saved[i].read(func(r *record) error {
		at := span{i, r.offset, int64(len(r.text))}
		switch r.kind {
		case "run":
			return told(r, (*runRecord).run, x.addRun)
		case "finding":
			return told(r, (*findingRecord).finding, func(f Finding) error {
				if f.Counts() && f.Confidence > ConfidencePlaceholder {
					counted++
				}
				n++
				x.told.add(&f)
				x.addFinding(&f, at, n, identityOf(string(r.text)))
				return nil
			})
		case "verdict":
			return told(r, (*verdictRegion).key, func(c regionKey) error {
				x.verdicts[c] = append(x.verdicts[c], at)
				return nil
			})
		case "notice":
			return told(r, (*noticeRecord).notice, x.addNotice)
		case "summary":
			return told(r, (*summaryRecord).summary, func(s Summary) error {
				return x.addSummary(s, counted)
			})
		case "part":
			return told(r, (*partRecord).summary, func(s Summary) error {
				err := x.addSummary(s, counted)
				counted = 0
				return err
			})
		}
		x.leftOut[r.kind] += r.leftOut
		return nil
	})
}

// A verdictRegion is the part of a verdict that says where it belongs.
type verdictRegion struct {
	Resource struct{ Account, Region string }
}

func (v *verdictRegion) key() regionKey { return regionKey{v.Resource.Account, v.Resource.Region} }

func (x *reportIndex) addRun(r Run) error {
	x.runs = append(x.runs, r)
	return nil
}

func (x *reportIndex) addFinding(f *Finding, at span, n int, text identity) {
	if f.Confidence > ConfidencePlaceholder {
		x.least = min(x.least, f.Confidence)
	}
	id := x.of(f)
	if f.Fingerprint == "" {
		id = identityOf(string(id[:]), string(text[:])) // of another program
	}
	i, known := x.byID[id]
	if !known {
		i = len(x.groups)
		x.byID[id] = i
		x.groups = append(x.groups, group{id: id, key: findingKey(f, n)})
	}
	g := &x.groups[i]
	x.parts = append(x.parts, part{span: at, text: text})
	last := len(x.parts) - 1
	if g.first == 0 {
		g.first, g.last = last, last
		return
	}
	x.parts[g.last].next, g.last = last, last
	g.key = min(g.key, findingKey(f, n))
}

// addNotice keeps what was not examined, once.
func (x *reportIndex) addNotice(n Notice) error {
	key := recordText(newNoticeRecord(n))
	var absent Absent
	if errors.As(n.Err, &absent) && x.runs[0].Decisions != nil { // each shard has met others
		key = n.Subject
		var before Absent
		if errors.As(x.notices[key].Err, &before) {
			n.Err = Absent{absent.Files + before.Files, absent.Bytes + before.Bytes}
		}
	}
	if _, again := x.notices[key]; again && n.Accepted == nil {
		x.repeats.NotExamined++
	} else if again {
		x.repeats.Accepted++
	}
	x.notices[key] = n
	return nil
}

// addSummary adds what a report counts. counted is how many findings it has that
// are no placeholders.
func (x *reportIndex) addSummary(s Summary, counted int) error {
	total := 0
	for _, n := range s.Findings {
		total += n
	}
	x.placeholders = x.placeholders || total > counted
	x.repositories = append(x.repositories, s.Repositories...)
	s.Repositories = nil // added up one by one they would be sorted as often as there are
	facts := x.summary.Facts
	x.summary = x.summary.Plus(s)
	if x.summary.Facts = s.Facts; len(x.runs) > 1 && !slices.Equal(facts, s.Facts) {
		x.summary.Facts = nil // they are of one secret
	}
	return nil
}

// inOrder returns the groups in order.
func (x *reportIndex) inOrder() []group {
	sorted := slices.Clone(x.groups)
	slices.SortFunc(sorted, func(a, b group) int { return strings.Compare(a.key, b.key) })
	return sorted
}

// has reports whether there is such a finding.
func (x *reportIndex) has(id identity) bool {
	_, found := x.byID[id]
	return found
}

// texts tells apart what the reports say of groups.
func (x *reportIndex) texts(g group) identity {
	var all []string
	for _, p := range x.partsOf(g) {
		all = append(all, string(p.text[:]))
	}
	slices.Sort(all)
	return identityOf(all...)
}

// partsOf lists what the reports say of a group.
func (x *reportIndex) partsOf(g group) []part {
	var list []part
	for i := g.first; i != 0; i = x.parts[i].next {
		list = append(list, x.parts[i])
	}
	return list
}

// finding reads a group and joins what the reports say of it.
func (x *reportIndex) finding(g group) (Finding, error) {
	parts, err := x.read(g)
	if err != nil {
		return Finding{}, err
	}
	return joined(parts), nil
}

// read reads what the reports say of a group.
func (x *reportIndex) read(g group) (parts []Finding, err error) {
	for _, p := range x.partsOf(g) {
		var rec findingRecord
		if err := x.decode(p.span, &rec); err != nil {
			return nil, err
		}
		parts = append(parts, rec.finding())
	}
	return parts, nil
}

// joined makes one finding of what several reports say of it: the worst severity, the
// surest confidence and the message that goes with it, all places in order. The
// excerpt is that of the least place. It counts if one of them does. The order of
// parts makes no difference.
func joined(parts []Finding) Finding {
	f := parts[0]
	excerptKey := firstKey(f)
	for _, p := range parts[1:] {
		f.Severity = max(f.Severity, p.Severity)
		if p.Counts() && !f.Counts() {
			f.Suppression, f.Baseline = nil, p.Baseline
		}
		if p.Confidence > f.Confidence || p.Confidence == f.Confidence && p.Message < f.Message {
			f.Confidence, f.Message = p.Confidence, p.Message
		}
		if key := firstKey(p); key < excerptKey || key == excerptKey && p.Excerpt < f.Excerpt {
			excerptKey, f.Excerpt = key, p.Excerpt
		}
		f.Occurrences = append(f.Occurrences, p.Occurrences...)
	}
	f.Occurrences = sortPlaces(f.Occurrences)
	return f
}

// firstKey is the key of the place that an excerpt shows.
func firstKey(f Finding) string {
	if len(f.Occurrences) == 0 {
		return ""
	}
	return placeKey(&f.Occurrences[0])
}

// identityOf tells texts apart.
func identityOf(texts ...string) identity {
	h := sha256.New()
	for _, text := range texts {
		h.Write(append([]byte(text), 0))
	}
	return identity(h.Sum(nil)[:16])
}

// standingIdentity joins what has the same rule and fingerprint and counts, or does
// not, for the same reason: what one repository suppresses may count in another.
func standingIdentity(f *Finding) identity {
	standing, _ := json.Marshal(newSuppressionRecord(f.Suppression)) // of texts
	return identityOf(f.RuleID, f.Fingerprint, f.Baseline.String(), string(standing))
}
