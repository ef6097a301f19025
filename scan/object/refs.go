package object

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Ref is a name that a repository gives to an object, or to another ref.
type Ref struct {
	// Name is the full name, as refs/heads/main or HEAD. Those of a linked
	// worktree begin with worktrees/NAME/, and those of the main one with
	// main-worktree/ where the question came from a linked one.
	Name   string
	ID     ID     // zero for a symbolic ref
	Target string // the ref that a symbolic ref names
	Peeled ID     // what an annotated tag stands for, where packed-refs says it
}

// maxRefFile bounds a file that holds one or few refs.
const maxRefFile = 16 << 20

// Refs reads every ref of a repository: packed and loose ones, HEAD and its
// like (ORIG_HEAD, FETCH_HEAD, MERGE_HEAD ...), of the main and of each linked
// worktree, sorted by name. gitDir is the worktree's Git directory, commonDir
// that of the repository; often they are the same. FETCH_HEAD and its like may
// name several objects and then stand there as often.
func Refs(gitDir, commonDir string) ([]Ref, []Problem) {
	name := filepath.Join(commonDir, "packed-refs")
	for tries := 0; ; tries++ {
		before, _ := os.Lstat(name)
		refs, problems := listRefs(gitDir, commonDir)
		// Git moves refs from their files into packed-refs, which it writes anew.
		after, _ := os.Lstat(name)
		if tries == maxTries || before == nil && after == nil || before != nil && after != nil && os.SameFile(before, after) {
			return refs, problems
		}
	}
}

// maxTries is how often refs are listed again that are packed meanwhile.
const maxTries = 3

func listRefs(gitDir, commonDir string) ([]Ref, []Problem) {
	var l refLister
	l.packed(filepath.Join(commonDir, "packed-refs"))
	_, err := os.Lstat(filepath.Join(commonDir, "reftable"))
	if l.reftable = err == nil; l.reftable {
		err = errReftable
	}
	if !errors.Is(err, os.ErrNotExist) {
		l.problem(filepath.Join(commonDir, "reftable"), err)
	}
	main := ""
	if filepath.Clean(gitDir) != filepath.Clean(commonDir) {
		main = "main-worktree/"
		l.pseudo(gitDir, "")
	}
	l.pseudo(commonDir, main)
	l.loose(commonDir, "")
	for _, name := range worktrees(commonDir, &l.problems) {
		dir := filepath.Join(commonDir, "worktrees", name)
		l.pseudo(dir, "worktrees/"+name+"/")
		l.loose(dir, "worktrees/"+name+"/")
	}
	return l.sorted(), l.problems
}

// Head returns what HEAD leads to in a worktree, without a look at other refs: zero
// on an unborn branch. It reports false where that needs all of them: what is out
// of the ordinary is for Refs to understand.
func Head(gitDir, commonDir string) (ID, bool) {
	heads, err := readRef(filepath.Join(gitDir, "HEAD"), "HEAD")
	if err != nil || len(heads) != 1 {
		return ID{}, false
	}
	branch := heads[0].Target
	if branch == "" {
		return heads[0].ID, true
	}
	if !strings.HasPrefix(branch, "refs/heads/") || !filepath.IsLocal(branch) {
		return ID{}, false
	}
	refs, err := readRef(filepath.Join(commonDir, branch), branch)
	if errors.Is(err, os.ErrNotExist) {
		return packedRef(filepath.Join(commonDir, "packed-refs"), branch)
	}
	if err != nil || refs[0].Target != "" {
		return ID{}, false
	}
	return refs[0].ID, true
}

// packedRef looks one ref up in a packed-refs file.
func packedRef(path, name string) (id ID, ok bool) {
	f, err := openFile(path)
	if err != nil {
		return ID{}, errors.Is(err, os.ErrNotExist)
	}
	defer f.Close()
	err = Mapped(f, func(data []byte) error {
		end := bytes.Index(data, []byte(" "+name+"\n"))
		if end < 0 {
			ok = true
			return nil
		}
		text := data[bytes.LastIndexByte(data[:end], '\n')+1 : end]
		id, ok = leadingID(text)
		ok = ok && len(text) == 2*id.Size()
		return nil
	})
	if !ok || err != nil {
		return ID{}, false
	}
	return id, true
}

// worktrees lists the linked worktrees by name.
func worktrees(commonDir string, problems *[]Problem) (names []string) {
	dir := filepath.Join(commonDir, "worktrees")
	entries, err := readDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		*problems = append(*problems, Problem{dir, err})
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

type refLister struct {
	refs     []Ref
	packedAt map[string]int // index into refs of each packed ref
	problems []Problem
	reftable bool // refs and logs lie in tables; what files there are stand in for them
}

// errReftable says what the refs of a repository are that has none of the files
// that this package reads.
var errReftable = errors.New("refs and reflogs kept as reftable are not read, objects are; " +
	`"git refs migrate --ref-format=files" writes them as files`)

func (l *refLister) problem(subject string, err error) {
	l.problems = append(l.problems, Problem{subject, err})
}

// add takes a loose ref, which counts more than a packed one.
func (l *refLister) add(r Ref) {
	if i, ok := l.packedAt[r.Name]; ok {
		l.refs[i] = r
		return
	}
	l.refs = append(l.refs, r)
}

func (l *refLister) sorted() []Ref {
	slices.SortStableFunc(l.refs, func(a, b Ref) int { return cmp.Compare(a.Name, b.Name) })
	return l.refs
}

// conflicts is the file in which git rerere lists what it was asked to remember: its
// ids are those of conflicts, and of no objects.
const conflicts = "MERGE_RR"

// pseudo reads the refs that lie beside refs/: files in capitals.
func (l *refLister) pseudo(dir, prefix string) {
	entries, err := readDir(dir)
	if err != nil {
		l.problem(dir, err)
		return
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || strings.HasSuffix(name, "MSG") || name == conflicts {
			continue
		}
		refs, err := readRef(filepath.Join(dir, name), prefix+name)
		switch {
		case err == nil && l.reftable && refs[0].Target == "refs/heads/.invalid":
		case err == nil:
			l.refs = append(l.refs, refs...)
		case strings.HasSuffix(name, "HEAD") && (name == "HEAD" || !errors.Is(err, errEmptyRef)):
			l.problem(filepath.Join(dir, name), err)
		}
	}
}

// loose reads everything below dir/refs.
func (l *refLister) loose(dir, prefix string) {
	walkFiles(dir, "refs", l.problem, func(path, name string) {
		if strings.HasSuffix(name, ".lock") {
			return
		}
		refs, err := readRef(path, prefix+name)
		switch {
		case err == nil:
			l.add(refs[0])
		case l.reftable && name == "refs/heads": // a file, so that older versions of Git fail
		default:
			l.problem(path, err)
		}
	})
}

// walkFiles calls file for what lies below dir/sub and is no directory, with
// its path and its name from sub on. No symbolic link is followed.
func walkFiles(dir, sub string, problem func(string, error), file func(path, name string)) {
	root := filepath.Join(dir, sub)
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == root && errors.Is(err, os.ErrNotExist):
		case err != nil:
			problem(path, err)
		case !d.IsDir():
			name := sub + strings.TrimPrefix(path, root)
			file(path, filepath.ToSlash(name))
		}
		return nil
	})
}

// errEmptyRef: Git leaves an empty FETCH_HEAD behind, for instance.
var errEmptyRef = errors.New("the file is empty")

// readRef reads a loose ref: an id, or "ref: " and a name, or a symbolic link
// to another ref. A pseudo ref may hold several lines. There is at least one
// ref unless there is an error.
func readRef(path, name string) ([]Ref, error) {
	if target, err := os.Readlink(path); err == nil {
		if !strings.HasPrefix(target, "refs/") {
			return nil, errors.New("a symbolic link to something that is no ref")
		}
		return []Ref{{Name: name, Target: target}}, nil
	}
	data, err := readFile(path, maxRefFile)
	if err != nil {
		return nil, err
	}
	return parseRef(data, name)
}

func parseRef(data []byte, name string) ([]Ref, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errEmptyRef
	}
	if target, ok := strings.CutPrefix(string(data), "ref:"); ok {
		if target = strings.TrimSpace(target); target == "" {
			return nil, damagedf("symbolic ref without a target")
		}
		return []Ref{{Name: name, Target: target}}, nil
	}
	var refs []Ref
	for line := range bytes.Lines(data) {
		id, ok := leadingID(line)
		if !ok {
			return nil, damagedf("no object id where a ref should be")
		}
		refs = append(refs, Ref{Name: name, ID: id})
	}
	return refs, nil
}

// leadingID reads the id at the beginning of a line.
func leadingID(line []byte) (ID, bool) {
	n := 0
	for n < len(line) && isHex(line[n]) {
		n++
	}
	if n%2 != 0 || !validHashSize(n/2) {
		return ID{}, false
	}
	return parseHex(line[:n], n/2)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// maxLine bounds a line of packed-refs, of a reflog or of shallow.
const maxLine = 1 << 20

// packed reads a packed-refs file.
func (l *refLister) packed(path string) {
	l.packedAt = make(map[string]int)
	f, err := openFile(path)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			l.problem(path, err)
		}
		return
	}
	defer f.Close()
	bad, err := l.parsePacked(&wholly{file: f})
	if err == nil && bad > 0 {
		err = damagedf("%d lines that are no refs", bad)
	}
	if err != nil {
		l.problem(path, err)
	}
}

// parsePacked adds the refs of a packed-refs file and counts other lines.
func (l *refLister) parsePacked(r io.Reader) (bad int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if line[0] == '^' {
			id, ok := leadingID(line[1:])
			if !ok || len(l.refs) == 0 {
				bad++
				continue
			}
			l.refs[len(l.refs)-1].Peeled = id
			continue
		}
		id, ok := leadingID(line)
		name := strings.TrimSpace(string(line[min(len(line), 2*int(id.size)):]))
		if !ok || name == "" {
			bad++
			continue
		}
		l.packedAt[name] = len(l.refs)
		l.refs = append(l.refs, Ref{Name: name, ID: id})
	}
	return bad, lines.Err()
}

// Shallow returns the commits at which the history of a shallow clone ends;
// none for a whole one. Lines that are no ids make an error beside the others.
func Shallow(commonDir string) ([]ID, error) {
	data, err := readFile(filepath.Join(commonDir, "shallow"), 1<<30)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []ID
	for line := range bytes.Lines(data) {
		if id, ok := leadingID(line); ok {
			ids = append(ids, id)
		} else if len(bytes.TrimSpace(line)) > 0 {
			err = fmt.Errorf("shallow: %w", damagedf("a line that is no object id"))
		}
	}
	return ids, err
}

// unquote undoes the C quoting of a path; what is not quoted well comes back
// as it is.
func unquote(s string) string {
	if plain, err := strconv.Unquote(s); err == nil {
		return plain
	}
	return s
}
