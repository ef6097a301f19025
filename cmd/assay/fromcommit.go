package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// commitFiles are the configuration, suppressions and baseline of a commit. They
// count in the place of all that the tree says about its own examination.
type commitFiles struct {
	*scan.Snapshot
	revision string

	ignoreFile, baseline string // as the configuration names them; "" for the usual ones
}

// configuration reads the one that counts: the file that a flag names, or that of the
// commit of --config-from, or what stands in the folder of path. trusted says that it
// was named as a file.
func (f *scanFlags) configuration(path string) (c *config, trusted bool, err error) {
	names := []string{configName, gitleaksConfigName}
	if f.config.exact {
		names = names[1:]
	}
	if f.suppress.from == "" {
		return f.config.configure(path, names...)
	}
	f.suppress.noTree = true
	if f.suppress.commit, err = openCommit(path, f.suppress.from); err != nil {
		return nil, false, err
	}
	if f.config.file != "" || f.config.none {
		return f.config.configure(path)
	}
	c, err = f.suppress.commit.config(f.config.exact, names)
	return c, false, err
}

// openCommit opens the commit whose files count for a scan of where.
func openCommit(where, revision string) (*commitFiles, error) {
	snapshot, err := scan.OpenSnapshot(folderOf(where), revision)
	if err != nil {
		return nil, withHint(fmt.Errorf("--config-from: %w", err), "name a commit, branch or tag of the repository that is scanned")
	}
	return &commitFiles{Snapshot: snapshot, revision: revision}, nil
}

// close releases the commit, if there is one.
func (c *commitFiles) close() {
	if c != nil {
		c.Close() // nothing was written through it
	}
}

// shown is a file of the commit as messages name it, and as git show takes it.
func (c *commitFiles) shown(name string) string { return c.revision + ":" + name }

// find reads the file with that name in the folder, or nothing if it is not there.
func (c *commitFiles) find(name string, limit int) (data []byte, found bool, err error) {
	data, err = c.ReadFile(name, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", c.shown(name), err)
	}
	return data, true, nil
}

// config reads the commit's configuration, the first of names that there is; without
// one it is empty.
func (c *commitFiles) config(exact bool, names []string) (*config, error) {
	own := &config{commit: c, dir: filepath.FromSlash(c.Folder), exact: exact}
	for _, base := range names {
		name := path.Join(c.Folder, base)
		if data, found, err := c.find(name, maxConfig); err != nil || found {
			return own, errors.Join(err, own.decode(c.shown(name), data, false))
		}
	}
	return own, nil
}

// take remembers the files that the commit's configuration names, so that they are not
// taken for files of the tree.
func (c *commitFiles) take(s *scanConfig) {
	for to, from := range map[*string]**string{&c.ignoreFile: &s.IgnoreFile, &c.baseline: &s.Baseline} {
		if *from != nil {
			*to, *from = filepath.ToSlash(**from), nil
		}
	}
}

// rules reads a rule file of the commit.
func (c *commitFiles) rules(name string) (rules.File, error) {
	name = filepath.ToSlash(name)
	data, err := c.ReadFile(name, maxConfig)
	if err != nil {
		return rules.File{}, fmt.Errorf("rule file %s: %w", c.shown(name), err)
	}
	return rules.ParseFile(c.shown(name), data)
}

// decide adds to s what the commit says, where no flag names a file. root is what is
// scanned.
func (c *commitFiles) decide(f *scanFlags, s *suppressions, root string) (err error) {
	if f.suppress.ignoreFile == "" {
		err = c.ignores(f, s, root)
	}
	if err != nil || s.baseline != nil || s.known != nil {
		return err
	}
	name := c.baseline
	if name == "" {
		name = path.Join(c.Folder, baselineName)
	}
	data, found, err := c.find(name, maxBaseline)
	switch {
	case err != nil:
		return err
	case found:
		s.baseline, err = parseBaseline(c.shown(name), data)
	case c.baseline != "":
		err = fmt.Errorf("baseline %s: %w", c.shown(name), fs.ErrNotExist)
	}
	return err
}

// ignores adds the file of suppressions that the configuration names, or else the one
// in the folder that is scanned or in the nearest one above it.
func (c *commitFiles) ignores(f *scanFlags, s *suppressions, root string) error {
	if c.ignoreFile != "" {
		data, err := c.ReadFile(c.ignoreFile, maxIgnores)
		if err != nil {
			return fmt.Errorf("suppressions %s: %w", c.shown(c.ignoreFile), err)
		}
		file, err := parseIgnores(c.shown(c.ignoreFile), data)
		s.obeyed = append(s.obeyed, file)
		return err
	}
	folder := folderOf(root)
	for up, in := folder, c.Folder; ; up, in = filepath.Join(up, ".."), path.Dir(in) {
		name := path.Join(in, ignoreName)
		data, found, err := c.find(name, maxIgnores)
		if err != nil || !found && in == "." {
			return err
		}
		if !found {
			continue
		}
		file, err := parseIgnores(c.shown(name), data)
		if err != nil {
			return err
		}
		file.Below, file.Strip = between(up, reportRoot(f, root, folder))
		s.above = s.above || in != c.Folder
		s.obeyed = append(s.obeyed, file)
		return nil
	}
}
