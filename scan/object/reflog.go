package object

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"path/filepath"
)

// A ReflogEntry is one line of a reflog. A line that has not the form of an
// entry stands in Message as it is, without ids, so that nothing is lost to
// who examines the texts.
type ReflogEntry struct {
	Ref      string // named as in Ref
	Line     int    // from 1
	Old, New ID
	Who      Signature
	Message  string
}

// Reflogs yields the entries of all reflogs, of the main and of each linked
// worktree, in the order of files and lines. gitDir and commonDir are as in
// Refs. An error is a *ReflogError about one file, and the next file follows.
func Reflogs(gitDir, commonDir string) iter.Seq2[ReflogEntry, error] {
	return func(yield func(ReflogEntry, error) bool) {
		w := reflogWalker{yield: yield, lines: bufio.NewReaderSize(nil, maxLine)}
		main := ""
		if filepath.Clean(gitDir) != filepath.Clean(commonDir) {
			main = "main-worktree/"
			w.dir(gitDir, "")
		}
		w.dir(commonDir, main)
		var problems []Problem
		for _, name := range worktrees(commonDir, &problems) {
			w.dir(filepath.Join(commonDir, "worktrees", name), "worktrees/"+name+"/")
		}
		for _, p := range problems {
			w.problem(p.Subject, p.Err)
		}
	}
}

// A ReflogError names the file that could not be read.
type ReflogError struct {
	Path string
	Err  error
}

func (e *ReflogError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *ReflogError) Unwrap() error { return e.Err }

type reflogWalker struct {
	yield func(ReflogEntry, error) bool
	lines *bufio.Reader
	done  bool
}

func (w *reflogWalker) problem(path string, err error) {
	w.done = w.done || !w.yield(ReflogEntry{}, &ReflogError{path, err})
}

// dir reads the reflogs below dir/logs.
func (w *reflogWalker) dir(dir, prefix string) {
	if w.done {
		return
	}
	walkFiles(dir, "logs", w.problem, func(path, name string) {
		if w.done {
			return
		}
		f, err := openFile(path)
		if err == nil {
			defer f.Close()
			err = w.file(f, prefix+name[len("logs/"):])
		}
		if err != nil && !w.done {
			w.problem(path, err)
		}
	})
}

// file yields the entries of one reflog. A line longer than maxLine comes in
// pieces.
func (w *reflogWalker) file(r io.Reader, ref string) error {
	w.lines.Reset(r)
	for n, whole := 1, true; !w.done; {
		line, err := w.lines.ReadSlice('\n')
		if len(line) > 0 {
			e := ReflogEntry{Message: string(line)}
			if whole {
				e = parseReflogLine(line)
			}
			e.Ref, e.Line = ref, n
			w.done = !w.yield(e, nil)
		}
		switch {
		case err == nil:
			n, whole = n+1, true
		case errors.Is(err, bufio.ErrBufferFull):
			whole = false
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
	return nil
}

// parseReflogLine reads "OLD NEW Name <email> 1700000000 +0100\tmessage".
func parseReflogLine(line []byte) ReflogEntry {
	line = bytes.TrimSuffix(line, []byte("\n"))
	head, message, _ := bytes.Cut(line, []byte("\t"))
	old, rest, _ := bytes.Cut(head, []byte(" "))
	new, who, _ := bytes.Cut(rest, []byte(" "))
	oldID, ok := leadingID(old)
	newID, ok2 := leadingID(new)
	if !ok || !ok2 || len(old) != len(new) {
		return ReflogEntry{Message: string(line)}
	}
	return ReflogEntry{Old: oldID, New: newID, Who: parseSignature(bytes.Clone(who)), Message: string(message)}
}
