package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// What gitleaks keeps in the folder that it scans.
const (
	gitleaksConfigName = ".gitleaks.toml"
	gitleaksIgnoreName = ".gitleaksignore"
)

// readGitleaks takes in a configuration of gitleaks. Its rules count beside the
// built-in ones, unless c is exact. The paths that it extends lie in its folder, or
// for a trusted one where gitleaks looks too, in the current one.
func (c *config) readGitleaks(name string, data []byte, trusted bool) error {
	dir := filepath.Dir(name) // where it is a file
	foreign, err := rules.ParseGitleaks(filepath.ToSlash(filepath.Clean(name)), data, func(path string) ([]byte, error) {
		var data []byte
		var err error
		switch {
		case !trusted && !filepath.IsLocal(path):
			return nil, fmt.Errorf("%q lies outside the configuration's folder", path)
		case c.commit != nil:
			data, err = c.commit.ReadFile(filepath.ToSlash(filepath.Join(c.dir, path)), maxConfig)
		default:
			data, err = readKept(cmp.Or(existing(filepath.Join(dir, path)), path), maxConfig)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return data, nil
	})
	if err != nil {
		return withHint(err, "assay reads what gitleaks 8.30 reads; --no-config goes without")
	}
	if rel := filepath.ToSlash(filepath.Clean(name)); c.commit == nil && (!trusted || filepath.IsLocal(name)) {
		if !trusted {
			rel = gitleaksConfigName
		}
		// Its expressions and words are no credentials, and gitleaks passes it over too.
		foreign.Allow = append(foreign.Allow, rules.Allow{Paths: []string{"^" + regexp.QuoteMeta(rel) + "$"}, Origin: rel})
	}
	c.name, c.foreign = name, foreign
	if c.commit == nil {
		c.dir = dir
	}
	return nil
}

// existing is name if there is such a file, and otherwise "".
func existing(name string) string {
	if _, err := os.Stat(name); err != nil {
		return ""
	}
	return name
}

// foreignRules are the rules that count with a configuration of gitleaks.
func (c *config) foreignRules(all []rules.Rule) rules.File {
	g := c.foreign
	if c.exact && !g.UseDefault {
		all = nil
	}
	own := map[string]bool{}
	for _, r := range g.Rules {
		own[r.ID] = true
	}
	all = slices.DeleteFunc(slices.Clone(all), func(r rules.Rule) bool { return own[r.ID] || slices.Contains(g.Disabled, r.ID) })
	return rules.File{Rules: slices.Concat(all, g.Rules), Allow: g.Allow}
}

// tellForeign says on standard error which configuration of another program counts.
func (a *app) tellForeign(c *config) {
	g := c.foreign
	if g == nil {
		return
	}
	base := "beside the built-in rules"
	if c.exact && !g.UseDefault {
		base = "instead of the built-in rules, for extend.useDefault is not set"
	}
	fmt.Fprintf(a.stderr, "assay: %s: %s and %s, %s\n", shownName(c.name), plural(len(g.Rules), "rule"), plural(len(g.Allow), "allowlist"), base)
	if len(g.Notes) == 0 {
		return
	}
	mask := masker()
	for _, n := range g.Notes {
		fmt.Fprintf(a.stderr, "assay: %s: %s\n", shownName(c.name), report.Inert(mask(n)))
	}
}

// A binder finds out which credentials the entries of another program's file are
// about, by looking at what stands there.
type binder struct {
	root string           // of the paths
	repo *scan.Repository // nil outside a repository
	set  *rules.Set
	salt []byte
	own  map[string]bool // rules that have the ids of the other program
	path map[string]bool // those of them that are about a path alone
	seen map[string][]spottedAt
}

// A spottedAt is a credential without its text.
type spottedAt struct {
	rule        string
	line        int
	fingerprint string
	meant       func(is func(value []byte) bool) bool // asks about the text
}

func newBinder(root string, set *rules.Set, salt []byte) *binder {
	b := &binder{root: root, set: set, salt: salt, own: map[string]bool{}, path: map[string]bool{}, seen: map[string][]spottedAt{}}
	for _, r := range set.Rules() {
		b.own[r.ID] = r.Free != nil
		b.path[r.ID] = r.Free != nil && r.Pattern == ""
	}
	if repo, err := scan.OpenRepository(root, set); err == nil {
		b.repo = repo
	}
	return b
}

func (b *binder) close() {
	if b.repo != nil {
		b.repo.Close() // nothing was written through it
	}
}

// rules are the ids under which the credential of an entry is found here; nil where
// any will do.
func (b *binder) rules(theirs string) []string {
	if b.own[theirs] {
		return []string{theirs}
	}
	return nil
}

// gitleaksPathRule is the one rule of gitleaks' default configuration that is about a
// path alone.
const gitleaksPathRule = "pkcs12-file"

// lineless are the ids under which what an entry with the line 0 is about is found
// here: only rules that are about a path alone find something on no line.
func (b *binder) lineless(theirs string) []string {
	switch {
	case b.path[theirs]:
		return []string{theirs}
	case theirs == gitleaksPathRule && !b.own[theirs]:
		return rules.BindGitleaks(theirs)
	}
	return nil
}

// maxBound bounds a file that is read to bind an entry, in bytes.
const maxBound = 64 << 20

// content is what a file holds, of a commit or as it is now.
func (b *binder) content(commit, path string) ([]byte, error) {
	switch {
	case commit == "" && filepath.IsLocal(filepath.FromSlash(path)):
		return readKept(filepath.Join(b.root, filepath.FromSlash(path)), maxBound)
	case commit != "" && b.repo != nil:
		return b.repo.FileAt(commit, path, maxBound)
	}
	return nil, errors.New("no repository")
}

// spots are the credentials in a file, of a commit or as it is now.
func (b *binder) spots(commit, path string) []spottedAt {
	key := commit + ":" + path
	if known, ok := b.seen[key]; ok {
		return known
	}
	content, err := b.content(commit, path)
	var list []spottedAt
	if err == nil {
		for _, s := range scan.Spot(b.set, b.salt, path, content) {
			value := slices.Clone(s.Value)
			list = append(list, spottedAt{s.Rule, s.Line, s.Fingerprint, func(is func([]byte) bool) bool { return is(value) }})
		}
	}
	b.seen[key] = list
	return list
}

// bind returns the credentials that an entry is about: those that it tells by their
// value, or else those on its line, of its rule if there is one.
func (b *binder) bind(k *report.Known) (found []spottedAt) {
	spots := b.spots(k.Commit, k.Path)
	if k.Commit != "" && len(spots) == 0 {
		spots = b.spots("", k.Path)
	}
	ids := slices.Concat([]string{k.Rule}, rules.BindGitleaks(k.Rule))
	of := func(want func(s spottedAt) bool) (list []spottedAt) {
		for _, s := range spots {
			if want(s) && !slices.ContainsFunc(list, func(o spottedAt) bool { return o.fingerprint == s.fingerprint }) {
				list = append(list, s)
			}
		}
		return list
	}
	if k.Tells() {
		return of(func(s spottedAt) bool { return s.meant(k.Is) })
	}
	if k.Line == 0 {
		ids = b.lineless(k.Rule)
		return of(func(s spottedAt) bool { return slices.Contains(ids, s.rule) })
	}
	here := func(s spottedAt) bool { return s.line == k.Line }
	found = of(func(s spottedAt) bool { return here(s) && slices.Contains(ids, s.rule) })
	if len(found) == 0 && b.rules(k.Rule) == nil {
		found = of(here)
	}
	return found
}

// changed reports whether the line of an entry is there, and what the entry tells is
// not in it, however it was cut out.
func (b *binder) changed(k *report.Known) bool {
	content, err := b.content(k.Commit, k.Path)
	lines := bytes.Split(content, []byte("\n"))
	if err != nil || k.Line < 1 {
		return false
	}
	if k.Line > len(lines) {
		return true
	}
	line := lines[k.Line-1]
	ends := seams(line)
	if len(ends) > maxSeams {
		return false // too much to try
	}
	for i, from := range ends {
		for _, to := range ends[i+1:] {
			if k.Is(line[from:to]) {
				return false
			}
		}
	}
	return true
}

// maxSeams bounds where values are cut out of one line: all pairs are tried.
const maxSeams = 400

// seams are where a value may begin or end in a line: where something that is neither
// letter nor digit has a neighbour.
func seams(line []byte) (at []int) {
	plain := func(i int) bool {
		return i >= 0 && i < len(line) && (line[i] >= 0x80 || line[i]|0x20 >= 'a' && line[i]|0x20 <= 'z' || line[i] >= '0' && line[i] <= '9')
	}
	for i := range len(line) + 1 {
		if !plain(i-1) || !plain(i) {
			at = append(at, i)
		}
	}
	return at
}

// obeying makes a file of suppressions of another program's entries, and says which of
// them hide nothing.
func (b *binder) obeying(name string, known []report.Known) (file *report.Ignores, idle []string) {
	file = report.NewIgnores(name)
	for i := range known {
		k := &known[i]
		var found []spottedAt
		if k.Commit != "" || k.Tells() {
			found = b.bind(k)
		}
		for _, s := range found {
			file.AddFound(s.fingerprint, k.Path)
		}
		if len(found) > 0 {
			continue
		}
		ids := b.rules(k.Rule)
		if k.Line == 0 {
			ids = b.lineless(k.Rule)
		}
		switch {
		case k.Path == "":
			idle = append(idle, k.Where+" names no file, and hides nothing")
		case k.Tells() && b.changed(k):
			idle = append(idle, k.Where+" is about a credential that its line does not hold any more, and hides nothing")
		case k.Line == 0 && len(ids) == 0:
			idle = append(idle, k.Where+" names no line, and its rule is not about a path alone: it hides nothing")
		default:
			file.AddPlace(*k, ids)
		}
	}
	return file, idle
}

// readKnown reads the findings that a report or baseline of another program lists.
func readKnown(name string, data []byte) ([]report.Known, error) {
	if report.KnownFormatOf(data) == report.KnownDetectSecrets {
		known, settled, err := report.ParseSecretsBaseline(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return slices.Concat(known, settled), nil
	}
	known, err := report.ParseGitleaksReport(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return known, nil
}

// addForeign adds the suppressions that other programs keep: the .gitleaksignore of
// the scanned folder, those that flags name, and a baseline of another program.
func (s *suppressions) addForeign(f *scanFlags, root string, job *scanJob, salt []byte) error {
	folder := folderOf(root)
	if root == "-" {
		folder = "."
	}
	type file struct {
		name string
		tree bool
	}
	var files []file
	if own := existing(filepath.Join(folder, gitleaksIgnoreName)); own != "" {
		files = append(files, file{own, true})
	}
	for _, name := range f.suppress.gitleaks {
		if !slices.ContainsFunc(files, func(o file) bool { return realPath(o.name) == realPath(name) }) {
			files = append(files, file{name, false})
		}
	}
	if len(files) == 0 && s.known == nil {
		return nil
	}
	b := newBinder(folder, job.set, salt)
	defer b.close()
	place := func(name string, known []report.Known, notes []string) *report.Ignores {
		list, idle := b.obeying(name, known)
		list.Below, list.Strip = between(folder, reportRoot(f, root, folder))
		s.tell(name, slices.Concat(notes, idle))
		return list
	}
	for _, file := range files {
		data, err := readKept(file.name, maxIgnores)
		if err != nil {
			return fmt.Errorf("suppressions %s: %w", file.name, err)
		}
		known, notes := report.ParseGitleaksIgnore(data)
		list := place(shownName(file.name), known, notes)
		if file.tree && f.suppress.noTree {
			s.refused = append(s.refused, list)
		} else {
			s.obeyed = append(s.obeyed, list)
		}
	}
	if s.known == nil {
		return nil
	}
	known, err := readKnown(shownName(f.suppress.baseline), s.known)
	if err != nil {
		return withHint(err, "a baseline is what assay baseline create writes, a JSON report of gitleaks, or a .secrets.baseline")
	}
	s.obeyed = append(s.obeyed, place(shownName(f.suppress.baseline), known, nil))
	return nil
}

// maxTold bounds what is said of one file of another program, in lines.
const maxTold = 20

// tell notes what is to be said of a file of another program.
func (s *suppressions) tell(name string, notes []string) {
	if len(notes) == 0 {
		return
	}
	mask := masker() // they quote the file
	for i, n := range notes {
		if i == maxTold {
			n = fmt.Sprintf("so it is with %d more", len(notes)-i)
		}
		s.notes = append(s.notes, fmt.Sprintf("%s: %s", name, report.Inert(mask(n))))
		if i == maxTold {
			return
		}
	}
}
