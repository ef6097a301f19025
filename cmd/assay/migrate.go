package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// migratedRules is the rule file that assay migrate writes.
const migratedRules = "assay-rules.toml"

type migrateFlags struct {
	init      initFlags
	baselines []string
}

func (a *app) migrateCommand() *cobra.Command {
	f := &migrateFlags{}
	c := &cobra.Command{
		Use:   "migrate [PATH]",
		Short: "Take over the files of gitleaks, detect-secrets, ggshield and talisman",
		Long: `Read what other scanners keep in the repository at PATH, and write what says the
same to assay:

  .gitleaks.toml     rules and allowlists, into assay-rules.toml
  .gitleaksignore    suppressions, into .assayignore
  .secrets.baseline  what is known into .assay-baseline.jsonl, what was judged to be
                     no secret into .assayignore
  .gitguardian.yaml  ignored matches into .assayignore, ignored paths into .assay.toml
  .talismanrc        ignored files into .assayignore, allowed patterns into assay-rules.toml
  --baseline FILE    a JSON report of gitleaks or a .secrets.baseline elsewhere

Suppressions that name a line or a hash are bound to the credential that stands there
now, or stood there in the commit that they name, so that they outlive moved lines.
What was carried, what could not be bound and what got wider is said, line by line.
The files of the others stay as they are. What is there already is never overwritten
without --force.`,
		Example: `  assay migrate --dry-run
  assay migrate --yes
  assay migrate --baseline gitleaks-report.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			root := "."
			if len(args) > 0 {
				root = args[0]
			}
			return a.migrate(f, root)
		},
	}
	fs := c.Flags()
	fs.BoolVar(&f.init.force, "force", false, "replace files that are there")
	fs.BoolVar(&f.init.dry, "dry-run", false, "print what would be written, and write nothing")
	fs.BoolVarP(&f.init.yes, "yes", "y", false, "write everything without asking")
	fs.StringArrayVar(&f.baselines, "baseline", nil, "carry what this `file` of another scanner lists; repeatable")
	return c
}

// A migration is what becomes of the files of other scanners.
type migration struct {
	root     string
	salt     string
	config   *config // that was there, nil for none
	own      rules.File
	renamed  map[string]string // ids of gitleaks to ours
	disable  []string
	exclude  []string
	ignores  *report.Ignores
	baseline *report.Baseline
	found    []string // files that were read

	carried, unbound, wider []string
}

func (m *migration) carry(format string, args ...any) {
	m.carried = append(m.carried, fmt.Sprintf(format, args...))
}

func (m *migration) lose(format string, args ...any) {
	m.unbound = append(m.unbound, fmt.Sprintf(format, args...))
}

func (m *migration) widen(format string, args ...any) {
	m.wider = append(m.wider, fmt.Sprintf(format, args...))
}

// migrate runs the command.
func (a *app) migrate(f *migrateFlags, root string) error {
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return withHint(fmt.Errorf("%s is no folder", root), "name the root of a repository")
	}
	m := &migration{root: root, salt: rand.Text(), renamed: map[string]string{}, baseline: report.NewBaseline(baselineName)}
	if err := m.begin(); err != nil {
		return err
	}
	if err := m.gitleaksConfig(); err != nil {
		return err
	}
	if err := m.talismanPatterns(); err != nil {
		return err
	}
	set, err := m.set()
	if err != nil {
		return err
	}
	b := newBinder(root, set, []byte(m.salt))
	defer b.close()
	for _, read := range []func(*binder) error{m.gitleaksIgnore, m.secretsBaseline, m.guardian, m.talisman} {
		if err := read(b); err != nil {
			return err
		}
	}
	for _, name := range f.baselines {
		if err := m.listed(b, name); err != nil {
			return err
		}
	}
	if len(m.found) == 0 {
		return withHint(errors.New("there is nothing to migrate"), "looked for %s in %s", strings.Join([]string{gitleaksConfigName, gitleaksIgnoreName, secretsBaselineName, guardianNames[0], talismanName}, ", "), root)
	}
	return a.writeMigration(f, m)
}

// begin reads what assay has in the folder: its salt keys the fingerprints, and its
// suppressions stay.
func (m *migration) begin() error {
	name := filepath.Join(m.root, configName)
	if _, err := os.Lstat(name); err == nil {
		m.config = &config{}
		if err := m.config.read(name, true); err != nil {
			return err
		}
		m.salt = m.config.Salt
	}
	data, err := readKept(filepath.Join(m.root, ignoreName), maxIgnores)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", ignoreName, err)
	}
	m.ignores, err = report.ParseIgnores(ignoreName, data)
	return err
}

// read returns a file of another scanner, and whether it is there.
func (m *migration) read(name string, limit int64) ([]byte, bool, error) {
	data, err := readKept(filepath.Join(m.root, name), limit)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("%s: %w", name, err)
	}
	m.found = append(m.found, name)
	return data, true, nil
}

// set compiles the rules that will count.
func (m *migration) set() (*rules.Set, error) {
	all := slices.DeleteFunc(slices.Clone(rules.Builtin()), func(r rules.Rule) bool { return slices.Contains(m.disable, r.ID) })
	return rules.Compile(slices.Concat(all, m.own.Rules), rules.WithAllow(m.own.Allow))
}

// gitleaksConfig carries rules and allowlists. Rules of the default configuration that
// were copied into the file have built-in rules in their place.
func (m *migration) gitleaksConfig() error {
	data, ok, err := m.read(gitleaksConfigName, maxConfig)
	if err != nil || !ok {
		return err
	}
	c := &config{}
	if err := c.readGitleaks(filepath.Join(m.root, gitleaksConfigName), data, true); err != nil {
		return err
	}
	g := c.foreign
	for _, n := range g.Notes {
		m.lose("%s: %s", gitleaksConfigName, n)
	}
	copied := 0
	m.ownRules(g.Rules)
	for _, r := range g.Rules {
		if bound := rules.BindGitleaks(r.ID); len(bound) > 0 {
			copied++
			m.widen("%s: rule %q is one of gitleaks' own; built-in rules stand for it: %s", gitleaksConfigName, r.ID, strings.Join(bound, ", "))
			for _, l := range r.Allow {
				l.Rules = bound
				m.own.Allow = append(m.own.Allow, l)
			}
			g.Disabled = slices.DeleteFunc(g.Disabled, func(id string) bool { return slices.Contains(bound, id) })
		}
	}
	for _, l := range g.Allow {
		for i, id := range l.Rules {
			if own := m.renamed[id]; own != "" {
				l.Rules[i] = own
			}
		}
		m.own.Allow = append(m.own.Allow, l)
	}
	m.disable = append(m.disable, g.Disabled...)
	m.carry("%s: %s and %s into %s", gitleaksConfigName, plural(len(g.Rules)-copied, "rule"), plural(len(g.Allow), "allowlist"), migratedRules)
	if len(g.Disabled) > 0 {
		m.carry("%s: %s switched off in %s", gitleaksConfigName, plural(len(g.Disabled), "built-in rule"), configName)
	}
	if !g.UseDefault {
		m.widen("%s does not build on gitleaks' default rules; assay's built-in rules count beside it all the same, and find more: extend-builtin = false in %s turns them off", gitleaksConfigName, configName)
	}
	return nil
}

// ownRules carries the rules that are not gitleaks' own, and hidden those of its own
// that they need.
func (m *migration) ownRules(all []rules.Rule) {
	copied := func(id string) bool { return len(rules.BindGitleaks(id)) > 0 }
	names := map[string]string{}
	for _, r := range rules.Only(all, func(r *rules.Rule) bool { return !copied(r.ID) }) {
		own := m.rename(r)
		m.own.Rules, names[r.ID] = append(m.own.Rules, own), own.ID
		if copied(r.ID) {
			delete(m.renamed, r.ID) // built-in rules find what is reported by that name
		}
	}
	for i := range m.own.Rules {
		needs := m.own.Rules[i].Free.Needs
		for k, n := range needs {
			needs[k].Rule = names[n.Rule]
		}
	}
}

// rename gives a rule an id of the form that rule files want, and that no built-in
// rule has.
func (m *migration) rename(r rules.Rule) rules.Rule {
	id := rules.Kebab(r.ID)
	taken := func(id string) bool {
		return slices.ContainsFunc(slices.Concat(rules.Builtin(), m.own.Rules), func(o rules.Rule) bool { return o.ID == id })
	}
	for id == "" || taken(id) {
		id = strings.TrimSuffix("own-"+id, "-")
	}
	if id != r.ID {
		m.carry("%s: rule %q is called %s here", gitleaksConfigName, r.ID, id)
	}
	m.renamed[r.ID], r.ID = id, id
	return r
}

// hide adds suppressions of credentials at a path.
func (m *migration) hide(prints []string, path, reason string) error {
	for _, p := range prints {
		e := report.Ignore{Fingerprint: p, Reason: reason}
		if path != "" && !strings.ContainsAny(path, "*?") {
			e.Path = path
		}
		if _, err := m.ignores.Add(e); err != nil {
			return err
		}
	}
	return nil
}

// gitleaksIgnore carries a .gitleaksignore.
func (m *migration) gitleaksIgnore(b *binder) error {
	data, ok, err := m.read(gitleaksIgnoreName, maxIgnores)
	if err != nil || !ok {
		return err
	}
	known, notes := report.ParseGitleaksIgnore(data)
	for _, n := range notes {
		m.lose("%s: %s", gitleaksIgnoreName, n)
	}
	bound := 0
	for i := range known {
		k := m.ours(known[i])
		prints := m.prints(b.bind(&k))
		if len(prints) == 0 {
			m.lose("%s: %s: assay finds nothing there", gitleaksIgnoreName, k.Where)
			continue
		}
		bound++
		if k.Commit != "" {
			m.widen("%s: %s is about one commit; the line here is about the credential at that path in every commit", gitleaksIgnoreName, k.Where)
		}
		if err := m.hide(prints, k.Path, "carried over from "+gitleaksIgnoreName); err != nil {
			return err
		}
	}
	m.carry("%s: %d of %s into %s", gitleaksIgnoreName, bound, plural(len(known), "line"), ignoreName)
	return nil
}

// ours is an entry with the id that its rule has here.
func (m *migration) ours(k report.Known) report.Known {
	if id := m.renamed[k.Rule]; id != "" {
		k.Rule = id
	}
	return k
}

func (m *migration) prints(spots []spottedAt) (list []string) {
	for _, s := range spots {
		list = append(list, s.fingerprint)
	}
	return list
}

const secretsBaselineName = ".secrets.baseline"

// secretsBaseline carries a .secrets.baseline.
func (m *migration) secretsBaseline(b *binder) error {
	data, ok, err := m.read(secretsBaselineName, maxBaseline)
	if err != nil || !ok {
		return err
	}
	known, settled, err := report.ParseSecretsBaseline(data)
	if err != nil {
		return fmt.Errorf("%s: %w", secretsBaselineName, err)
	}
	for i := range settled {
		spots := b.bind(&settled[i])
		if len(spots) == 0 {
			m.lose("%s: %s: assay finds no such credential there, so that nothing needs to be hidden", secretsBaselineName, settled[i].Where)
		}
		if err := m.hide(m.prints(spots), settled[i].Path, "judged to be no secret, in "+secretsBaselineName); err != nil {
			return err
		}
	}
	m.know(b, secretsBaselineName, known)
	return nil
}

// know puts the credentials that entries are about into the baseline.
func (m *migration) know(b *binder, name string, known []report.Known) {
	bound := 0
	for i := range known {
		k := m.ours(known[i])
		spots := b.bind(&k)
		if len(spots) == 0 {
			m.lose("%s: %s: assay finds no such credential there", name, k.Where)
			continue
		}
		bound++
		for _, s := range spots {
			m.baseline.Add(report.Finding{RuleID: s.rule, Fingerprint: s.fingerprint, Occurrences: []report.Location{{Path: k.Path}}})
		}
	}
	m.carry("%s: %d of %s into %s", name, bound, plural(len(known), "finding"), baselineName)
}

// listed carries the report or baseline of another scanner.
func (m *migration) listed(b *binder, name string) error {
	data, err := readKept(name, maxBaseline)
	if err != nil {
		return fmt.Errorf("baseline %s: %w", name, err)
	}
	known, err := readKnown(shownName(name), data)
	if err != nil {
		return err
	}
	m.found = append(m.found, shownName(name))
	m.know(b, shownName(name), known)
	return nil
}

// writeMigration writes the files and says what became of everything.
func (a *app) writeMigration(f *migrateFlags, m *migration) error {
	steps, err := m.steps()
	if err != nil {
		return err
	}
	agree, err := a.consent(&f.init)
	if err != nil {
		return err
	}
	for _, s := range steps {
		wanted, err := a.offerStep(&f.init, m.root, s, agree)
		if err == nil && wanted {
			err = a.takeStep(m.root, s)
		}
		if err != nil {
			return err
		}
	}
	if m.config != nil && !f.init.force {
		fmt.Fprintf(a.stdout, "%s was there: see that it says\n%s", configName, indented(m.settings(), "    "))
	}
	mask := masker()
	for _, part := range []struct {
		title string
		lines []string
	}{{"Carried", m.carried}, {"Could not be bound", m.unbound}, {"Got wider", m.wider}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(a.stdout, "\n%s:\n", part.title)
		for _, l := range part.lines {
			fmt.Fprintf(a.stdout, "  %s\n", report.Inert(mask(l)))
		}
	}
	_, err = fmt.Fprintln(a.stdout, "\nNext: assay scan . shows what is left; then the files of the other scanners can go.")
	return err
}

// steps are the files to write.
func (m *migration) steps() (steps []initStep, err error) {
	if len(m.own.Rules)+len(m.own.Allow) > 0 {
		text, err := rules.WriteFile(m.own)
		if err != nil {
			return nil, err
		}
		steps = append(steps, initStep{offer: "the rules and allowlists", file: migratedRules, data: text})
	}
	steps = append(steps, initStep{offer: "the configuration", file: configName, data: m.configText()})
	if len(m.ignores.Entries) > 0 {
		steps = append(steps, initStep{offer: "the suppressions", file: ignoreName, data: m.ignores.Bytes()})
	}
	if len(m.baseline.Entries()) > 0 {
		steps = append(steps, initStep{offer: "the baseline", file: baselineName, data: m.baseline.Bytes()})
	}
	return steps, nil
}

// settings are the keys that the configuration needs.
func (m *migration) settings() string {
	var b strings.Builder
	b.WriteString("[scan]\n")
	if len(m.exclude) > 0 {
		fmt.Fprintf(&b, "exclude = %s\n", quotedList(m.exclude))
	}
	if len(m.baseline.Entries()) > 0 {
		fmt.Fprintf(&b, "baseline = %q\n", baselineName)
	}
	b.WriteString("\n[rules]\n")
	if len(m.disable) > 0 {
		fmt.Fprintf(&b, "disable = %s\n", quotedList(m.disable))
	}
	if len(m.own.Rules)+len(m.own.Allow) > 0 {
		fmt.Fprintf(&b, "files = [%q]\n", migratedRules)
	}
	return b.String()
}

func (m *migration) configText() []byte {
	return []byte("# Written by assay migrate from " + report.Inert(strings.Join(m.found, ", ")) + ".\n\n" +
		"# Keys the fingerprints, those of .assayignore and the baseline too.\nsalt = " + strconv.Quote(m.salt) + "\n\n" + m.settings())
}

func quotedList(list []string) string {
	list = slices.Clone(list)
	for i := range list {
		list[i] = strconv.Quote(list[i])
	}
	return "[" + strings.Join(list, ", ") + "]"
}
