package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// ignoreName is the file of suppressions that is looked for in the scanned folder.
const ignoreName = ".assayignore"

// How long files may be, in bytes: some 30,000 suppressions, and some hundred
// thousand lines of a baseline.
const (
	maxIgnores  = 4 << 20
	maxBaseline = 64 << 20
)

// suppressFlags say whose decisions count, beside comments in the source.
type suppressFlags struct {
	baseline   string
	ignoreFile string
	noTree     bool
	show       bool
	from       string       // --config-from
	commit     *commitFiles // what it names; nil without it
	gitleaks   []string     // further files of gitleaks' suppressions
}

func (f *suppressFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.baseline, "baseline", "", "report only what this baseline `file` does not have")
	fs.StringVar(&f.ignoreFile, "ignore-file", "", "`file` of suppressions (default .assayignore in PATH)")
	fs.BoolVar(&f.noTree, "no-tree-suppressions", false, "for a gate: obey no comment, .assayignore or .assay.toml of the scanned tree, and count them")
	fs.BoolVar(&f.show, "show-suppressed", false, "show what files suppress, marked; it never fails a run")
}

// registerFrom adds the flag by which a gate obeys a commit and not the tree.
func (f *suppressFlags) registerFrom(fs *pflag.FlagSet) {
	fs.StringVar(&f.from, "config-from", "", "for a gate: take configuration, rule files, suppressions and baseline from this `revision`, and obey nothing of the tree")
}

// suppressions are the decisions that count in a run, and those that are refused.
type suppressions struct {
	obeyed, refused []*report.Ignores
	baseline        *report.Baseline // nil without one
	today           string
	least           report.Confidence // of the report
	whole           bool
	above           bool // the tree's file is about more than what is scanned
	show            bool
	known           []byte   // a baseline that another program wrote
	notes           []string // on files of other programs, one line each
}

// suppressions reads the files. root is where the tree's own is looked for.
func (a *app) suppressions(f *scanFlags, root string, paths []string) (*suppressions, error) {
	s := &suppressions{today: a.now().Format(time.DateOnly), show: f.suppress.show, least: f.minConfidence}
	named := f.suppress.ignoreFile
	if err := f.fromOutside(paths); err != nil {
		return nil, err
	}
	if named == "" || f.suppress.noTree {
		tree, above, err := treeIgnores(f, root)
		s.above = above
		switch {
		case err != nil:
			return nil, err
		case tree != nil && f.suppress.noTree:
			s.refused = append(s.refused, tree)
		case tree != nil:
			s.obeyed = append(s.obeyed, tree)
		}
	}
	if named != "" {
		file, err := readIgnores(named)
		if err != nil {
			return nil, err
		}
		s.obeyed = append(s.obeyed, file)
	}
	var err error
	if f.suppress.baseline != "" {
		data, _ := readKept(f.suppress.baseline, maxBaseline) // the error is that of readBaseline
		if report.KnownFormatOf(data) != report.KnownNone {
			s.known = data
		} else {
			s.baseline, err = readBaseline(f.suppress.baseline)
		}
	}
	if err == nil && f.suppress.commit != nil {
		err = f.suppress.commit.decide(f, s, root)
	}
	return s, err
}

// fromOutside refuses files of the scanned tree where that is not to be obeyed,
// whoever named them: who proposes a change can change them too.
func (f *scanFlags) fromOutside(paths []string) error {
	if !f.suppress.noTree {
		return nil
	}
	for _, file := range []struct{ flag, name string }{
		{"config", f.config.file}, {"baseline", f.suppress.baseline}, {"ignore-file", f.suppress.ignoreFile}, {"state", f.state.file},
	} {
		if file.name != "" && insideTree(file.name, paths) {
			return withHint(fmt.Errorf("--%s: %s lies in the scanned tree, whose own suppressions are refused", file.flag, file.name),
				"--config-from origin/main takes all of them from a branch that you trust; or name a copy: git show origin/main:FILE > /another/folder/FILE")
		}
	}
	return nil
}

// handler puts what is decided in front of next.
func (s *suppressions) handler(set *rules.Set, next report.Handler) report.Handler {
	switch {
	case s.baseline == nil:
	case s.show:
		next = report.AgainstMarking(s.baseline, s.least, next)
	default:
		next = report.Against(s.baseline, s.least, next)
	}
	if len(s.obeyed)+len(s.refused) == 0 {
		return next
	}
	return report.Ignoring(report.IgnoreOptions{
		Files: s.obeyed, Refused: s.refused, Today: s.today, Whole: s.whole, Least: s.least, Show: s.show, Mask: set.Mask,
	}, next)
}

// treeIgnores reads the file of suppressions in the folder of path, or else in the
// nearest folder above it, as far as the repository or the current folder goes. It
// returns nil if there is none. above says that it was not in the folder itself.
func treeIgnores(f *scanFlags, path string) (file *report.Ignores, above bool, err error) {
	if path == "-" {
		path = "."
	}
	folder := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		folder = filepath.Dir(path)
	}
	for i, dir := range upwards(folder) {
		name := filepath.Join(dir, ignoreName)
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if file, err = readIgnores(name); err != nil {
			return nil, false, err
		}
		file.Below, file.Strip = between(dir, reportRoot(f, path, folder))
		return file, i > 0, nil
	}
	return nil, false, nil
}

// upwards lists folder and those above it whose suppressions count for it.
func upwards(folder string) []string {
	all := upToRepository(folder)
	if len(all) > 1 || !filepath.IsLocal(folder) {
		return all
	}
	for dir := filepath.Clean(folder); dir != "."; {
		dir = filepath.Dir(dir)
		all = append(all, dir)
	}
	return all
}

// upToRepository lists folder and those above it up to the root of the repository
// that it lies in. Outside a repository there is only folder.
func upToRepository(folder string) []string {
	all := []string{folder}
	for dir := folder; ; {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return all
		}
		abs, err := filepath.Abs(dir)
		if err != nil || filepath.Dir(abs) == abs {
			return all[:1]
		}
		dir = filepath.Join(dir, "..")
		all = append(all, dir)
	}
}

// reportRoot is the folder that the paths of a report are relative to.
func reportRoot(f *scanFlags, path, folder string) string {
	if f.staged || f.push != nil {
		all := upToRepository(folder)
		return all[len(all)-1]
	}
	_, err := os.Lstat(filepath.Join(path, ".git"))
	if filepath.IsLocal(path) && (err != nil || f.noHistory) {
		return "."
	}
	return folder
}

// between returns how a path below root becomes one below dir, where a file of
// suppressions stands: which prefix to put before it, or which to take off.
func between(dir, root string) (below, strip string) {
	d, err1 := filepath.Abs(dir)
	r, err2 := filepath.Abs(root)
	if err1 != nil || err2 != nil || d == r {
		return "", ""
	}
	if rel, err := filepath.Rel(d, r); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel) + "/", ""
	}
	if rel, err := filepath.Rel(r, d); err == nil && filepath.IsLocal(rel) {
		return "", filepath.ToSlash(rel) + "/"
	}
	return "", ""
}

// insideTree reports whether a file lies in what is scanned, or in the repository
// that holds it.
func insideTree(name string, paths []string) bool {
	file := realPath(name)
	for _, p := range paths {
		if p == "-" {
			continue
		}
		all := upToRepository(p)
		rel, err := filepath.Rel(realPath(all[len(all)-1]), file)
		if err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// realPath is the absolute path of what name leads to, as far as it exists.
func realPath(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

// readIgnores reads a file of suppressions.
func readIgnores(name string) (*report.Ignores, error) {
	data, err := readKept(name, maxIgnores)
	if err != nil {
		return nil, withHint(fmt.Errorf("suppressions %s: %w", name, err), "assay ignore add writes the file")
	}
	return parseIgnores(name, data)
}

func parseIgnores(name string, data []byte) (*report.Ignores, error) {
	file, err := report.ParseIgnores(shownName(name), data)
	if err != nil {
		return nil, withHint(err, `a line is FINGERPRINT reason="...", or path=PATTERN reason="..." rule=ID`)
	}
	return file, nil
}

// readBaseline reads a baseline.
func readBaseline(name string) (*report.Baseline, error) {
	data, err := readKept(name, maxBaseline)
	if err != nil {
		return nil, withHint(fmt.Errorf("baseline %s: %w", name, err), "assay baseline create writes one")
	}
	return parseBaseline(name, data)
}

func parseBaseline(name string, data []byte) (*report.Baseline, error) {
	b, err := report.ParseBaseline(shownName(name), data)
	if err != nil {
		return nil, withHint(err, "assay baseline update writes the file anew once it can be read")
	}
	return b, nil
}

// shownName is the name of a file as reports give it.
func shownName(name string) string { return report.Inert(filepath.ToSlash(filepath.Clean(name))) }

// readKept reads a regular file of at most limit bytes.
func readKept(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, pathless(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, pathless(err)
	}
	return data, nil
}

// writeKept replaces a file whole or not at all.
func writeKept(name string, data []byte) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(name), ".assay-*.tmp")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, pathless(err))
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(mode), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		os.Remove(temp.Name())
		return fmt.Errorf("cannot write %s: %w", name, pathless(err))
	}
	return nil
}

// attributeLines have Git keep the lines of both sides where two branches changed
// neighbouring ones: each line stands for itself, in any order.
var attributeLines = [...]string{ignoreName + " merge=union", baselineName + " merge=union"}

// mergeable makes Git merge a file of lines without conflict: it adds what is
// missing to .gitattributes beside it. It reports whether it wrote.
func mergeable(name string) (wrote bool, err error) {
	above := upToRepository(filepath.Dir(name))
	if _, err := os.Lstat(filepath.Join(above[len(above)-1], ".git")); err != nil {
		return false, nil // Git does not merge it
	}
	file := filepath.Join(filepath.Dir(name), ".gitattributes")
	have, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("%s: %w", file, pathless(err))
	}
	text := string(have)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	lines := attributeLines[:]
	if base := filepath.Base(name); base != ignoreName && base != baselineName {
		if strings.ContainsAny(base, " \t\"\\*?[!#") {
			return false, nil // a pattern for it is the user's to write
		}
		lines = []string{base + " merge=union"}
	}
	for _, line := range lines {
		pattern, _, _ := strings.Cut(line, " ")
		if !strings.Contains("\n"+text, "\n"+pattern+" ") {
			text += line + "\n"
			wrote = true
		}
	}
	if !wrote {
		return false, nil
	}
	return true, writeKept(file, []byte(text))
}
