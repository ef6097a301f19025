package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/scan"
)

// manyFlags say which repositories a scan of several examines.
type manyFlags struct {
	lists   []string // --repos
	folders []string // --repos-in
	urls    []string // --clone
	cloneTo string
	resume  string
	maxSize int64         // of what is fetched of one repository, in MiB
	timeout time.Duration // for fetching one
}

// defaultCloneSize is --max-clone-size, in MiB: more than any repository of source is.
const defaultCloneSize = 16 << 10

func (f *manyFlags) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.lists, "repos", nil, "examine the repositories that `file` lists, a path or URL a line; - is standard input; repeatable")
	fs.StringArrayVar(&f.folders, "repos-in", nil, "examine every clone and bare repository below `folder`; repeatable")
	fs.StringArrayVar(&f.urls, "clone", nil, "fetch every ref of the repository at this `URL` and examine it; repeatable")
	fs.StringVar(&f.cloneTo, "clone-to", "", "keep what is fetched as bare repositories in `folder`, and fetch only what is new the next time")
	fs.StringVar(&f.resume, "resume", "", "keep in `folder` what is finished, until the report is written: a run that was killed goes on from there")
	fs.Int64Var(&f.maxSize, "max-clone-size", defaultCloneSize, "stop fetching one repository after so many `MiB`")
	fs.DurationVar(&f.timeout, "clone-timeout", time.Hour, "stop fetching one repository after this `time`")
}

// asked reports whether a flag names repositories.
func (f *manyFlags) asked() bool { return len(f.lists)+len(f.folders)+len(f.urls) > 0 }

// severalRepositories reports whether paths are several repositories whose history is
// asked for.
func severalRepositories(fs *pflag.FlagSet, paths []string) bool {
	for _, flag := range []string{"staged", "range", "no-history", "state", "config-from"} {
		if f := fs.Lookup(flag); f != nil && f.Changed {
			return false
		}
	}
	for _, p := range paths {
		if _, err := scan.IdentifyRepository(p); err != nil {
			return false
		}
	}
	return len(paths) > 1
}

// A place is a repository that is to be examined.
type place struct {
	name  string   // in reports, unique
	full  string   // longer, for those whose names would be the same
	path  string   // of a repository that is here
	url   *url.URL // of one that has to be fetched
	err   error    // why it cannot be looked at
	is    scan.Identity
	files bool // only its working tree: another place has its objects
}

// places lists the repositories that a run is about, each once. mask takes credentials
// out of their names.
func (a *app) places(f *scanFlags, paths []string, mask func(string) string) ([]place, error) {
	var all []place
	for _, p := range paths {
		all = append(all, here(p, p))
	}
	for _, dir := range f.many.folders {
		if _, err := os.Stat(dir); err != nil {
			return nil, withHint(fmt.Errorf("--repos-in %s: %w", dir, pathless(err)), "name the folder that the repositories lie in")
		}
		for rel, err := range scan.FoundRepositories(dir) {
			p := here(cmp.Or(strings.TrimPrefix(rel, "."), filepath.Base(resolved(dir))), filepath.Join(dir, filepath.FromSlash(rel)))
			p.err = cmp.Or(err, p.err)
			all = append(all, p)
		}
	}
	for _, name := range f.many.lists {
		list, err := a.readList(name)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	for _, text := range f.many.urls {
		p, err := away(text)
		if err != nil {
			return nil, withHint(fmt.Errorf("--clone: %w", err), urlHint)
		}
		all = append(all, p)
	}
	all = once(all)
	if f.historyOnly {
		all = slices.DeleteFunc(all, func(p place) bool { return p.files })
	}
	for i := range all {
		all[i].name, all[i].full = mask(all[i].name), mask(all[i].full)
	}
	nameApart(all)
	return all, nil
}

// here is the place of a repository that need not be fetched. short is what it is
// called.
func here(short, name string) place {
	p := place{name: nameOf(short), full: nameOf(resolved(name)), path: name}
	if p.name == "" {
		p.name = path.Base(p.full)
	}
	p.is, p.err = scan.IdentifyRepository(name)
	return p
}

// nameOf is what a path is called: with slashes, and without what leads to it from
// outside.
func nameOf(name string) string {
	name = filepath.ToSlash(filepath.Clean(name))
	name = strings.TrimLeft(name, "/")
	for strings.HasPrefix(name, "../") {
		name = name[len("../"):]
	}
	if name == "." || name == ".." {
		return ""
	}
	return name
}

const urlHint = "write it as https://HOST/PATH or file:///PATH; who may read it stands in ASSAY_GIT_TOKEN and ASSAY_GIT_USER"

// away is the place of a repository that a URL names.
func away(text string) (place, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return place{}, errors.New("not a URL") // the error would quote it, and it may hold a password
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && u.Path != "":
		return here(u.Path, filepath.FromSlash(u.Path)), nil
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") == "":
		return place{}, errors.New("not a URL of https, http or file")
	case u.RawQuery != "" || u.Fragment != "":
		return place{}, errors.New("a URL with a query or a fragment names no repository")
	}
	if _, secret := u.User.Password(); secret {
		return place{}, errors.New("a URL that holds a password would show it to every other program")
	}
	u.User, u.Host = nil, strings.ToLower(u.Host)
	name := u.Host + strings.TrimRight(strings.TrimSuffix(path.Clean(u.Path), ".git"), "/")
	return place{name: name, full: u.Scheme + "/" + name, url: u}, nil
}

// outside refuses to keep in a repository what would be examined as a part of it.
func (f *manyFlags) outside(places []place) error {
	for _, flag := range []struct{ name, folder string }{{"resume", f.resume}, {"clone-to", f.cloneTo}} {
		if flag.folder == "" {
			continue
		}
		folder := resolved(flag.folder)
		for _, p := range places {
			for _, dir := range []string{p.is.Worktree, p.is.Common} {
				if rel, err := filepath.Rel(dir, folder); dir != "" && err == nil && filepath.IsLocal(rel) {
					return withHint(fmt.Errorf("--%s %s lies in a repository that is examined", flag.name, flag.folder), "name a folder elsewhere")
				}
			}
		}
	}
	return nil
}

// maxList bounds a list of repositories, in bytes.
const maxList = 64 << 20

// readList reads a list. Paths in it are relative to the list's folder.
func (a *app) readList(name string) ([]place, error) {
	in, folder := a.stdin, "."
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, withHint(fmt.Errorf("--repos %s: %w", name, pathless(err)), "name a file with a path or URL on each line")
		}
		defer file.Close()
		in, folder = file, filepath.Dir(name)
	}
	var list []place
	limited := &io.LimitedReader{R: in, N: maxList + 1}
	lines := bufio.NewScanner(limited)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff") // which editors of Windows put there
		}
		text = strings.TrimSpace(text)
		switch {
		case text == "" || text[0] == '#':
			continue
		case strings.Contains(text, "://"):
			p, err := away(text)
			if err != nil {
				return nil, withHint(fmt.Errorf("%s:%d: %w", name, n, err), urlHint)
			}
			list = append(list, p)
		case filepath.IsAbs(text):
			list = append(list, here(text, text))
		default:
			list = append(list, here(text, filepath.Join(folder, text)))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--repos %s: %w", name, err)
	}
	if limited.N == 0 {
		return nil, withHint(fmt.Errorf("--repos %s: more than %d bytes", name, maxList), "divide it")
	}
	return list, nil
}

// once leaves out what is there again: the same path or URL. Of working trees that share
// their objects one has these and the others are their files, whatever the order.
func once(all []place) []place {
	holders := map[string]place{}
	for _, p := range all {
		if q, again := holders[p.objects()]; !again || p.before(q) {
			holders[p.objects()] = p
		}
	}
	seen := map[[2]string]bool{} // objects and working tree
	var list []place
	for _, p := range all {
		id := [2]string{p.objects(), p.is.Worktree}
		holds := holders[id[0]].is == p.is
		if seen[id] || !holds && p.is.Worktree == "" {
			continue
		}
		seen[id] = true
		p.files = !holds
		list = append(list, p)
	}
	return list
}

// objects tells places apart that have objects of their own.
func (p place) objects() string {
	if p.url != nil {
		return strings.TrimSuffix(strings.TrimRight(p.url.String(), "/"), ".git") // no name: a%2Fb is not a/b
	}
	return cmp.Or(p.is.Common, p.path)
}

// before reports whether p, rather than q, is to have the objects that they share.
func (p place) before(q place) bool {
	switch {
	case p.is.Linked != q.is.Linked:
		return q.is.Linked
	case (p.is.Worktree == "") != (q.is.Worktree == ""):
		return q.is.Worktree == ""
	}
	return p.is.Worktree < q.is.Worktree
}

// nameApart makes the names of places unique: those that are the same become longer,
// and those that still are get numbers.
func nameApart(all []place) {
	count := map[string]int{}
	for _, p := range all {
		count[p.name]++
	}
	taken := map[string]bool{}
	for i := range all {
		p := &all[i]
		if count[p.name] > 1 {
			p.name = p.full
		}
		for n, name := 2, p.name; taken[p.name]; n++ {
			p.name = fmt.Sprintf("%s-%d", name, n)
		}
		taken[p.name] = true
	}
}
