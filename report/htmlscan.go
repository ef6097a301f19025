package report

import (
	"cmp"
	"html/template"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A scanPage gathers the findings of a scan.
type scanPage struct {
	rules      map[string]*Rule
	now        func() time.Time
	total      int
	past       int // that only history holds
	severity   [SeverityCritical + 1]int
	kept       [SeverityCritical + 1][]Finding // at most pageItems, by severity
	held       int
	by         [4]tokens // rule, folder, author, age
	flow       flow
	newest     time.Time
	introduced []time.Time // of all findings, for their ages
}

// The breakdowns of a scan.
const (
	byRule = iota
	byPath
	byAuthor
	byAge
)

var breakdowns = [...]struct{ id, title, token, label string }{
	byRule: {"by-rule", "By rule", "r", "Rule"}, byPath: {"by-path", "By path", "p", "Path"},
	byAuthor: {"by-author", "By author", "u", "Author"}, byAge: {"by-age", "By age", "g", "Age"},
}

// tokens counts names and gives each a number, in the order in which they come.
type tokens struct {
	number map[string]int
	counts []int
}

func (t *tokens) add(name string) int {
	i, known := t.number[name]
	if !known {
		if t.number == nil {
			t.number = map[string]int{}
		}
		i = len(t.counts)
		t.number[name] = i
		t.counts = append(t.counts, 0)
	}
	t.counts[i]++
	return i
}

// sorted yields the names, those that are counted most first.
func (t *tokens) sorted() []string {
	return slices.SortedFunc(maps.Keys(t.number), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.counts[t.number[b]], t.counts[t.number[a]]), cmp.Compare(a, b))
	})
}

func newScanPage(r Run, now func() time.Time) *scanPage {
	return &scanPage{rules: byID(r.Rules)(), now: now}
}

func (p *scanPage) Verdict(Verdict) {}

func (p *scanPage) Finding(f Finding) {
	p.total++
	s := min(f.Severity, SeverityCritical)
	p.severity[s]++
	if !stands(f) {
		p.past++
	}
	came := cameIn(f)
	var date time.Time
	author := ""
	if came != nil {
		date, author = came.Date, came.Author
	}
	if date.After(p.newest) {
		p.newest = date
	}
	p.flow.add(date, wentIn(f))
	p.by[byRule].add(f.RuleID)
	p.by[byPath].add(folderOf(f))
	p.by[byAuthor].add(author)
	p.introduced = append(p.introduced, date)
	p.keep(f, s)
}

// keep keeps a finding for the list; if there are too many, the least bad go.
func (p *scanPage) keep(f Finding, s Severity) {
	p.kept[s] = append(p.kept[s], f)
	if p.held++; p.held <= pageItems {
		return
	}
	p.held--
	for i := range p.kept {
		if n := len(p.kept[i]); n > 0 {
			p.kept[i] = p.kept[i][:n-1]
			return
		}
	}
}

// stands reports whether the credential can be had without digging: it stands in a
// file, at HEAD or on a ref, or nothing is known of any history.
func stands(f Finding) bool {
	return len(f.Occurrences) == 0 || slices.ContainsFunc(f.Occurrences, func(l Location) bool {
		return l.InWorktree || l.AtHead || len(l.Refs) > 0 || !l.inHistory()
	})
}

// cameIn is the first commit that brought the credential of f, nil if none is known.
func cameIn(f Finding) *Commit {
	var first *Commit
	for _, l := range f.Occurrences {
		if c := l.Introduced; c != nil && (first == nil || c.Date.Before(first.Date)) {
			first = c
		}
	}
	return first
}

// wentIn is when the last place of what no longer stands was removed, zero for what
// still stands or of which that is not known.
func wentIn(f Finding) time.Time {
	var last time.Time
	if stands(f) {
		return last
	}
	for _, l := range f.Occurrences {
		if l.Removed != nil && l.Removed.Date.After(last) {
			last = l.Removed.Date
		}
	}
	return last
}

// folderOf is what a finding counts under among the paths: two folders deep.
func folderOf(f Finding) string {
	if len(f.Occurrences) == 0 || f.Occurrences[0].Path == "" {
		return "no path"
	}
	parts := strings.Split(f.Occurrences[0].Path, "/")
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:min(len(parts)-1, 2)], "/") + "/"
}

// ages are what the time since a credential came is told in, in days.
var ages = [...]struct {
	days int
	name string
}{{7, "up to a week"}, {30, "up to a month"}, {91, "up to a quarter"}, {365, "up to a year"}, {3 * 365, "up to three years"}, {1 << 30, "older"}}

const ageUnknown = "not known"

func ageOf(came, now time.Time) string {
	if came.IsZero() {
		return ageUnknown
	}
	days := now.Sub(came).Hours() / 24
	for _, a := range ages {
		if days <= float64(a.days) {
			return a.name
		}
	}
	return ageUnknown
}

// scanView is what the template of a scan sees.
type scanView struct {
	pageBase
	page              *scanPage
	at                time.Time
	Verdict, Examined string
	ListLead          string
	Tiles             []tile
	Flow              *flowView
	Ranks             []ranking
	Severities        []ranked
	Total             int
}

func (p *scanPage) write(w io.Writer, all *template.Template, base pageBase) error {
	v := scanView{pageBase: base, page: p, at: p.newest, Total: p.total, Verdict: outcomeLine(base.summary) + ".", Examined: "Examined: " + examined(base.summary) + "."}
	if p.now != nil {
		v.at = p.now()
		v.Frame.When = day(v.at)
	}
	for _, date := range p.introduced {
		p.by[byAge].add(ageOf(date, v.at))
	}
	v.Tiles = p.tiles(base.summary)
	v.Flow = p.flow.view()
	v.ListLead = p.listLead()
	if p.total > 0 {
		for i := range breakdowns {
			if p.tells(i) {
				v.Ranks = append(v.Ranks, p.rank(i))
			}
		}
	}
	for s := SeverityCritical; ; s-- {
		v.Severities = append(v.Severities, ranked{Name: s.String(), Token: severityClass(s)})
		if s == SeverityInfo {
			break
		}
	}
	v.Lazy = p.held > pageEager
	v.Frame.Title = "Credentials found"
	v.Frame.section(v.Flow != nil, "time", "Time")
	v.Frame.section(v.Ranks != nil, "where", "Breakdown")
	v.Frame.section(len(base.summary.Repositories) > 0, "repositories", "Repositories")
	v.Frame.section(true, "findings", "Findings")
	v.Frame.section(base.notices.count() > 0, "missing", "Not examined")
	return all.ExecuteTemplate(w, "scan", v)
}

func (p *scanPage) tiles(s Summary) []tile {
	list := severityTiles(p.severity)
	if p.total > 0 {
		list = append(list, tile{thousands(int64(p.total - p.past)), "still there", ""})
	}
	for _, t := range []tile{{thousands(int64(p.past)), "only in history", ""}, {thousands(int64(s.Placeholders)), "placeholders left out", ""}, {thousands(int64(s.LeftOut)), "below the confidence asked for", ""}, {thousands(int64(s.NotExamined)), "not examined", "un"}} {
		if t.Number != "0" {
			list = append(list, t)
		}
	}
	return list
}

func (p *scanPage) listLead() string {
	text := "One for each credential, the worst first, with every place where it stands. The credential itself is in no report."
	if p.total > p.held {
		text += " Of " + thousands(int64(p.total)) + " the worst " + thousands(int64(p.held)) + " are listed; the numbers above count all."
	}
	return text
}

// tells reports whether a breakdown says anything: outside Git nobody knows of authors
// and times.
func (p *scanPage) tells(kind int) bool {
	unknown := [...]string{byAuthor: "", byAge: ageUnknown}
	if kind != byAuthor && kind != byAge {
		return true
	}
	_, there := p.by[kind].number[unknown[kind]]
	return !there || len(p.by[kind].counts) > 1
}

// rankRows is how many rows a breakdown has.
const rankRows = 12

func (p *scanPage) rank(kind int) ranking {
	b := breakdowns[kind]
	r := ranking{ID: b.id, Title: b.title}
	t := &p.by[kind]
	names := t.sorted()
	if kind == byAge {
		names = slices.DeleteFunc(ageNames(), func(name string) bool { _, there := t.number[name]; return !there })
	}
	for _, name := range names[:min(len(names), rankRows)] {
		shown := p.shownAs(kind, name)
		n := t.counts[t.number[name]]
		r.Rows = append(r.Rows, ranked{
			Name: shown, Label: b.label + " " + shown, Token: b.token + strconv.Itoa(t.number[name]), Count: thousands(int64(n)), Bar: bar(share(n, p.total)),
		})
	}
	if more := len(names) - rankRows; more > 0 {
		r.More = "and " + thousands(int64(more)) + " more"
	}
	return r
}

func ageNames() []string {
	var names []string
	for _, a := range ages {
		names = append(names, a.name)
	}
	return append(names, ageUnknown)
}

func (p *scanPage) shownAs(kind int, name string) string {
	switch {
	case kind == byRule && p.rules[name] != nil && p.rules[name].Title != "":
		name = p.rules[name].Title
	case kind == byAuthor && name == "":
		name = "not known"
	}
	return escape(cmp.Or(name, "no name"))
}

// A scanItem is a finding as the page lists it.
type scanItem struct {
	Tokens, Class, Severity, Title, Standing, Place, Text, Excerpt, Remedy string
	Facts                                                                  []Fact
	Places                                                                 []scanPlace
}

type scanPlace struct{ Where, Note string }

// Items yields the findings, the worst first.
func (v scanView) Items() iter.Seq[scanItem] {
	return func(yield func(scanItem) bool) {
		for s := SeverityCritical; ; s-- {
			for _, f := range v.page.kept[s] {
				if !yield(v.page.item(f, v.at)) {
					return
				}
			}
			if s == SeverityInfo {
				return
			}
		}
	}
}

// pagePlaces is how many further places of a finding a page lists.
const pagePlaces = 20

func (p *scanPage) item(f Finding, now time.Time) scanItem {
	rule := Rule{}
	if known := p.rules[f.RuleID]; known != nil {
		rule = *known
	}
	title := cmp.Or(rule.Title, f.RuleID, "Finding")
	item := scanItem{
		Class: severityClass(f.Severity), Severity: f.Severity.String(), Title: escape(title), Standing: "still there",
		Text: escape(evidence(f.Message, title)), Remedy: escape(rule.Remedy),
		Excerpt: escape(strings.TrimSpace(strings.ReplaceAll(f.Excerpt, "\t", " "))), Tokens: p.tokensOf(f, now),
	}
	if !stands(f) {
		item.Standing = "only in history"
	}
	if len(f.Occurrences) > 0 {
		item.Place = place(f.Occurrences[0])
		item.Facts = scanFacts(f.Occurrences[0])
		for _, l := range f.Occurrences[1:min(len(f.Occurrences), pagePlaces+1)] {
			item.Places = append(item.Places, scanPlace{place(l), standing(l)})
		}
		if more := len(f.Occurrences) - 1 - pagePlaces; more > 0 {
			item.Places = append(item.Places, scanPlace{"and " + count(more, "more place"), ""})
		}
	}
	item.Facts = append(item.Facts, Fact{"Rule", escape(f.RuleID) + ", " + f.Confidence.String() + " confidence"})
	if f.Suppression != nil {
		item.Facts = append(item.Facts, Fact{"Suppressed", decision(f.Suppression)})
	}
	if f.Baseline == BaselineUnchanged {
		item.Facts = append(item.Facts, Fact{"Baseline", baselineWords[f.Baseline]})
	}
	item.Facts = append(item.Facts, Fact{"Fingerprint", escape(f.Fingerprint)})
	return item
}

// scanFacts are what is known of the first place.
func scanFacts(l Location) []Fact {
	var facts []Fact
	if c := l.Introduced; c != nil {
		facts = append(facts, Fact{"Came", commit(*c)})
	}
	if text := standing(l); text != "" {
		facts = append(facts, Fact{"Now", text})
	}
	if c := l.Companion; c != nil {
		facts = append(facts, Fact{"With", escape(c.What) + " at " + place(l.companion())})
	}
	return facts
}

func (p *scanPage) tokensOf(f Finding, now time.Time) string {
	author, came := "", time.Time{}
	if c := cameIn(f); c != nil {
		author, came = c.Author, c.Date
	}
	names := [...]string{byRule: f.RuleID, byPath: folderOf(f), byAuthor: author, byAge: ageOf(came, now)}
	list := []string{severityClass(f.Severity), "past"}
	if stands(f) {
		list[1] = "now"
	}
	for kind, name := range names {
		list = append(list, breakdowns[kind].token+strconv.Itoa(p.by[kind].number[name]))
	}
	return strings.Join(list, " ")
}
