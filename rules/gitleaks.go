package rules

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/assayhq/assay/report"
)

// A Gitleaks is what a configuration file of gitleaks says, in our terms.
type Gitleaks struct {
	Rules []Rule  // its own, sorted by id
	Allow []Allow // that are about more than one rule
	// UseDefault says that it builds on the default configuration. Our built-in rules
	// stand in for that.
	UseDefault bool
	// Disabled are the built-in rules that it switches off or replaces.
	Disabled []string
	// Notes say, a sentence each, what of the file has no meaning here, or a wider one.
	Notes []string
}

// maxExtend is how many configurations may extend each other.
const maxExtend = 2

// LooksLikeGitleaks reports whether a TOML file is a configuration of gitleaks and not
// one of ours, by its tables.
func LooksLikeGitleaks(data []byte) bool {
	var top map[string]any
	if toml.Unmarshal(data, &top) != nil {
		return len(tableLines(data, "rules")) > 0
	}
	_, list := lowered(top)["rules"].([]any)
	for key := range lowered(top) {
		switch key {
		case "salt", "scan", "audit", "extend-builtin", "rule", "allow":
			return false
		case "extend", "allowlist", "allowlists":
			list = true
		}
	}
	return list
}

// ParseGitleaks reads a configuration of gitleaks, as version 8.30 understands it: keys
// in any case, keys that it does not know without meaning. open reads the file
// that extend.path names.
func ParseGitleaks(name string, data []byte, open func(path string) ([]byte, error)) (*Gitleaks, error) {
	p := &gitleaksParser{open: open, own: map[string]bool{}}
	table, err := p.read(name, data, 1)
	if err != nil {
		return nil, err
	}
	p.targeted()
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	g := &Gitleaks{Allow: p.allow, UseDefault: table.useDefault, Notes: p.notes}
	for _, id := range slices.Sorted(maps.Keys(table.rules)) {
		if r, ok := p.finish(table, id, g); ok {
			g.Rules = append(g.Rules, r)
		}
	}
	for _, id := range table.disabled {
		p.disable(g, id)
	}
	p.needs(g)
	slices.Sort(g.Disabled)
	g.Disabled, g.Notes = slices.Compact(g.Disabled), p.notes
	return g, errors.Join(p.errs...)
}

// A gitleaksTable is one file with those that it extends.
type gitleaksTable struct {
	rules      map[string]*gitleaksRule
	useDefault bool
	disabled   []string // of the default configuration
}

// A gitleaksRule is one [[rules]] table.
type gitleaksRule struct {
	id, description, path, regex string
	group                        int
	entropy                      float64
	keywords, tags               []string
	allow                        []Allow
	needs                        []Need
	hidden                       bool
	origin                       string
}

type gitleaksParser struct {
	open   func(path string) ([]byte, error)
	own    map[string]bool // ids of rules of the files
	allow  []Allow
	target []Allow // with Rules
	notes  []string
	errs   []error
}

func (p *gitleaksParser) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

func (p *gitleaksParser) bad(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf(format, args...))
}

// read reads a file. depth counts the files that extend each other.
func (p *gitleaksParser) read(name string, data []byte, depth int) (*gitleaksTable, error) {
	var top map[string]any
	if err := toml.NewDecoder(bytes.NewReader(data)).Decode(&top); err != nil {
		return nil, DescribeTOML(name, err)
	}
	d := &loose{parser: p, where: name, table: lowered(top)}
	t := &gitleaksTable{rules: map[string]*gitleaksRule{}}
	d.text("title")
	d.text("description")
	d.text("minversion")
	lines := tableLines(data, "rules")
	for i, sub := range d.tables("rules") {
		if sub.where = name; i < len(lines) {
			sub.where = fmt.Sprintf("%s:%d", name, lines[i])
		}
		r := p.rule(sub)
		t.rules[r.id] = r
		p.own[r.id] = true
	}
	old, lists := d.tables("allowlist"), d.tables("allowlists")
	if len(old) > 0 && len(lists) > 0 {
		p.bad("%s: [allowlist] is the old form of [[allowlists]], and cannot be used beside it", name)
	}
	for _, sub := range slices.Concat(merged(old), lists) {
		a := p.list(sub)
		if a.Rules = sub.texts("targetrules"); len(a.Rules) > 0 {
			p.target = append(p.target, a)
		} else {
			p.allow = append(p.allow, a)
		}
		sub.rest()
	}
	extend := d.tables("extend")
	d.rest()
	if len(extend) == 0 {
		return t, nil
	}
	return t, p.extend(t, extend[0], depth)
}

// rule reads a [[rules]] table.
func (p *gitleaksParser) rule(d *loose) *gitleaksRule {
	r := &gitleaksRule{
		id: strings.TrimSpace(d.text("id")), description: d.text("description"), path: d.text("path"), regex: d.text("regex"),
		group: int(d.number("secretgroup")), entropy: d.number("entropy"), keywords: d.texts("keywords"), tags: d.texts("tags"),
		hidden: d.flag("skipreport"), origin: d.where,
	}
	if r.id == "" {
		p.bad("%s: a rule without an id", d.where)
	}
	d.where = fmt.Sprintf("%s: rule %q", d.where, r.id)
	old, lists := d.tables("allowlist"), d.tables("allowlists")
	if len(old) > 0 && len(lists) > 0 {
		p.bad("%s: [rules.allowlist] is the old form of [[rules.allowlists]], and cannot be used beside it", d.where)
	}
	for _, sub := range slices.Concat(merged(old), lists) {
		sub.where = d.where
		r.allow = append(r.allow, p.list(sub))
		sub.rest()
	}
	for _, sub := range d.tables("required") {
		n := Need{Rule: sub.text("id"), Lines: sub.count("withinlines"), Columns: sub.count("withincolumns")}
		if n.Rule == "" {
			p.bad("%s: a required rule without an id", d.where)
		}
		r.needs = append(r.needs, n)
		sub.rest()
	}
	d.rest()
	groups := 0
	for _, expr := range []string{r.path, r.regex} {
		tree, err := parseExpression(expr)
		if err != nil {
			p.bad("%s: %s", d.where, err)
			return r
		}
		groups = tree.MaxCap()
	}
	if r.regex != "" && (r.group < 0 || r.group > groups) {
		p.bad("%s: secretGroup %d is not in the expression", d.where, r.group)
	}
	return r
}

// list reads an allowlist.
func (p *gitleaksParser) list(d *loose) Allow {
	d.text("description")
	a := Allow{
		Paths: d.texts("paths"), Commits: d.texts("commits"), Values: d.texts("regexes"), Words: d.texts("stopwords"), Origin: d.where,
	}
	switch condition := d.text("condition"); strings.ToUpper(condition) {
	case "AND", "&&":
		a.All = true
	case "", "OR", "||":
	default:
		p.bad("%s: allowlist: condition %q is unknown; use and, or", d.where, condition)
	}
	target := d.text("regextarget")
	var ok bool
	if a.Target, ok = targets[target]; !ok {
		p.bad("%s: allowlist: regexTarget %q is unknown; use match, line", d.where, target)
	}
	if err := a.check(); err != nil {
		p.errs = append(p.errs, err)
	}
	return a
}

// extend adds what t builds on.
func (p *gitleaksParser) extend(t *gitleaksTable, d *loose, depth int) error {
	path, useDefault, url := d.text("path"), d.flag("usedefault"), d.text("url")
	disabled := d.texts("disabledrules")
	d.rest()
	if url != "" {
		p.note("extend.url is not fetched: nothing is sent anywhere, and gitleaks does not obey it either")
	}
	switch {
	case path != "" && useDefault:
		return fmt.Errorf("%s: extend.path and extend.useDefault exclude each other", d.where)
	case useDefault:
		t.useDefault, t.disabled = true, disabled
		return nil
	case path == "" || depth > maxExtend:
		return nil
	}
	data, err := p.open(path)
	if err != nil {
		return fmt.Errorf("%s: extend.path: %w", d.where, err)
	}
	base, err := p.read(path, data, depth+1)
	if err != nil {
		return err
	}
	t.useDefault = base.useDefault
	t.disabled = append(t.disabled, base.disabled...)
	for id, r := range base.rules {
		if slices.Contains(disabled, id) {
			continue
		}
		if own := t.rules[id]; own != nil {
			r.override(own)
		}
		t.rules[id] = r
	}
	for _, id := range disabled {
		if base.rules[id] != nil {
			continue
		}
		if !base.useDefault {
			p.note("disabledRules: there is no rule %q in %s", id, path)
		}
		t.disabled = append(t.disabled, id)
	}
	return nil
}

// override changes r as a rule of the same id in the file that extends it says.
func (r *gitleaksRule) override(own *gitleaksRule) {
	set := func(field *string, value string) {
		if value != "" {
			*field = value
		}
	}
	set(&r.description, own.description)
	set(&r.path, own.path)
	set(&r.regex, own.regex)
	if own.entropy != 0 {
		r.entropy = own.entropy
	}
	if own.group != 0 {
		r.group = own.group
	}
	r.tags, r.keywords, r.allow = slices.Concat(r.tags, own.tags), slices.Concat(r.keywords, own.keywords), slices.Concat(r.allow, own.allow)
}

// targeted gives lists with targetRules to the rules of the files, or else to the
// built-in rules that stand in for those of the default configuration.
func (p *gitleaksParser) targeted() {
	for _, a := range p.target {
		var ids []string
		for _, id := range a.Rules {
			bound := BindGitleaks(id)
			switch {
			case p.own[id]:
				ids = append(ids, id)
			case len(bound) > 0:
				ids = append(ids, bound...)
			default:
				p.note("targetRules: no rule here stands for %q", id)
			}
		}
		if a.Rules = ids; len(ids) > 0 {
			p.allow = append(p.allow, a)
		}
	}
}

// finish makes a rule of a table. It reports false where the table changes a rule
// of the default configuration and has no expression of its own.
func (p *gitleaksParser) finish(t *gitleaksTable, id string, g *Gitleaks) (Rule, bool) {
	from := t.rules[id]
	bound := BindGitleaks(id)
	if from.regex == "" && from.path == "" {
		p.amend(t, from, bound, g)
		return Rule{}, false
	}
	if t.useDefault {
		g.Disabled = append(g.Disabled, bound...)
	}
	r := Rule{
		Rule: report.Rule{
			ID: id, Title: firstText(strings.TrimRight(strings.TrimSpace(from.description), "."), id), Tags: from.tags,
			Severity: report.SeverityHigh, Confidence: report.ConfidenceMedium,
		},
		Provider: "gitleaks", Keywords: from.keywords, Pattern: from.regex, Allow: from.allow, Origin: from.origin,
		Free: &Free{Group: from.group, MinBits: from.entropy, Needs: from.needs, Hidden: from.hidden},
	}
	if from.path != "" {
		r.Paths = []string{`(?s:.*)(?:` + from.path + `)(?s:.*)`}
	}
	return r, true
}

// amend applies a table without an expression to the built-in rules that stand in
// for the rule it changes.
func (p *gitleaksParser) amend(t *gitleaksTable, from *gitleaksRule, bound []string, g *Gitleaks) {
	switch {
	case !t.useDefault:
		p.bad("%s: rule %q: both regex and path are missing, so the rule would find nothing", from.origin, from.id)
		return
	case len(bound) == 0:
		p.note("rule %q: no built-in rule stands for it, so that what the file changes of it has no meaning", from.id)
		return
	}
	for _, a := range from.allow {
		a.Rules = bound
		g.Allow = append(g.Allow, a)
	}
	if from.entropy != 0 || from.group != 0 || len(from.keywords) > 0 || len(from.needs) > 0 {
		p.note("rule %q: entropy, secretGroup, keywords and required are not those of the built-in rules that stand for it", from.id)
	}
}

// disable switches off what stands for a rule of the default configuration.
func (p *gitleaksParser) disable(g *Gitleaks, id string) {
	bound := BindGitleaks(id)
	if len(bound) == 0 {
		p.note("disabledRules: no built-in rule stands for %q", id)
	}
	g.Disabled = append(g.Disabled, bound...)
}

// needs checks that required rules are there.
func (p *gitleaksParser) needs(g *Gitleaks) {
	for i := range g.Rules {
		for _, n := range g.Rules[i].Free.Needs {
			if !slices.ContainsFunc(g.Rules, func(r Rule) bool { return r.ID == n.Rule }) {
				p.bad("%s: rule %q: the required rule %q is not there", g.Rules[i].Origin, g.Rules[i].ID, n.Rule)
			}
		}
	}
}

func firstText(texts ...string) string {
	i := slices.IndexFunc(texts, func(t string) bool { return t != "" })
	return texts[max(i, 0)]
}
