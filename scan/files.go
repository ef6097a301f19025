package scan

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"sync"
	"syscall"

	"github.com/assayhq/assay/report"
)

// batch is how many files make a unit: enough that handing units over costs
// nothing, few enough that the last ones are shared out.
const batch = 32

// Files is the source of the regular files below a folder, in the order of
// their names. It follows no symbolic link and opens nothing but regular files.
type Files struct {
	root    *folder
	start   string // the folder or file below root to begin with
	exclude func(path string, folder bool) bool
	prefix  string          // put before every path
	own     map[string]bool // object stores that other sources examine
	shard   report.Shard    // to which belongs what is examined

	links  []string        // symbolic links whose text is still to be examined
	stores map[string]bool // object stores that were met
	opened []*Repository   // of nested
	nested *nested         // nil: what repositories below hold is counted, not examined

	excluded int
	skipped  map[string]int
	doubt    error // why it is not known what an entry of the folder at hand is
	buffers  sync.Pool
}

// NewFiles returns the source of the file or folder name, whose paths are
// relative to root, the folder or its parent. exclude, which may be nil, says
// which paths the user leaves out; those below a folder left out are not asked for.
func NewFiles(root, start string, exclude func(path string, folder bool) bool) (*Files, error) {
	dir, err := openFolder(root)
	if err != nil {
		return nil, err
	}
	if exclude == nil {
		exclude = func(string, bool) bool { return false }
	}
	f := &Files{root: dir, start: start, exclude: exclude, skipped: map[string]int{}, stores: map[string]bool{}}
	f.buffers.New = func() any { return new(fileBuffer) }
	return f, nil
}

// Close lets go of the folder. It is called when the run is over.
func (f *Files) Close() error {
	err := f.root.Close()
	for _, r := range f.opened {
		err = errors.Join(err, r.Close())
	}
	return err
}

// Skipped implements Counter.
func (f *Files) Skipped() (int, map[string]int) { return f.excluded, f.skipped }

// Units implements Source.
func (f *Files) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		pending := make([]string, 0, batch)
		flush := func() bool {
			if len(pending) == 0 {
				return true
			}
			unit := f.unit(pending)
			pending = make([]string, 0, batch)
			return yield(unit, nil)
		}
		for name, err := range f.walk(ctx, f.start) {
			if err != nil {
				if !flush() || !yield(nil, err) {
					return
				}
				continue
			}
			if !f.shard.Has(f.prefix + name) {
				continue
			}
			if pending = append(pending, name); len(pending) == batch && !flush() {
				return
			}
			if len(f.links) >= batch && !yield(f.linkTexts(), nil) {
				return
			}
		}
		if flush() && len(f.links) > 0 {
			yield(f.linkTexts(), nil)
		}
	}
}

// linkTexts returns the unit of what symbolic links say that they lead to. They are
// not followed.
func (f *Files) linkTexts() Unit {
	names := f.links
	f.links = nil
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, name := range names {
				target, err := f.root.Readlink(name)
				if err != nil {
					err = f.gap(name, err)
				}
				if !yield(Blob{Path: f.prefix + name, Content: []byte(target), link: true}, err) {
					return
				}
			}
		}
	}
}

// walk yields the files below start in order. Folders are kept on a stack of
// our own, so that no depth of nesting is too much.
func (f *Files) walk(ctx context.Context, start string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		info, err := f.root.Lstat(start)
		if err != nil || !info.IsDir() {
			if err == nil && !info.Mode().IsRegular() {
				err = errNotRegular // and not opened to find that out
			}
			if err != nil {
				err = f.gap(start, err)
			}
			yield(start, err)
			return
		}
		stack := []dirEntry{{path: start, kind: fs.ModeDir}}
		for len(stack) > 0 && ctx.Err() == nil {
			dir := stack[len(stack)-1].path
			isFile := !stack[len(stack)-1].kind.IsDir()
			stack = stack[:len(stack)-1]
			if isFile {
				if !yield(dir, nil) {
					return
				}
				continue
			}
			entries, err := f.root.entries(dir)
			if err != nil && !yield("", f.gap(dir, err)) {
				return
			}
			for _, e := range slices.Backward(entries) {
				if f.examines(dir, e) {
					stack = append(stack, e)
				}
			}
			if f.doubt != nil && !yield("", f.gap(dir, f.doubt)) {
				return
			}
			f.doubt = nil
		}
	}
}

// gap says which path below the root could not be examined.
func (f *Files) gap(name string, err error) error {
	return &Gap{Subject: f.prefix + name, Err: plain(err)}
}

// examines decides about an entry of the folder dir.
func (f *Files) examines(dir string, e dirEntry) bool {
	if f.own[e.path] { // it may be a symbolic link, which the store follows as Git does
		f.stores[e.path] = true
		return e.kind.IsDir()
	}
	if kind := specialKind(e.kind); kind != "" {
		f.skip(e, kind)
		if e.kind&fs.ModeSymlink != 0 && !f.exclude(e.path, false) && f.shard.Has(f.prefix+e.path) {
			f.links = append(f.links, e.path)
		}
		return false
	}
	if len(f.stores) > 0 && !e.kind.IsDir() && f.isStored(e.path) {
		return false
	}
	switch name := e.name(); {
	case dir == f.start && name == ".git" && f.isRepository(e.path):
		return false // other sources examine it, or the user did not ask for it
	case name == "objects" && e.kind.IsDir() && f.isRepository(dir):
		f.stores[e.path] = true
		if f.nested != nil {
			f.nested.dirs = append(f.nested.dirs, dir)
		} else {
			f.skip(e, "object store of another repository")
		}
	case f.exclude(e.path, e.kind.IsDir()):
		if f.shard.Has(f.prefix + e.path) {
			f.excluded++
		}
		return false
	}
	return true
}

// skip counts what is never opened.
func (f *Files) skip(e dirEntry, kind string) {
	if f.shard.Has(f.prefix + e.path) {
		f.skipped[kind]++
	}
}

// isRepository reports whether a folder looks like a Git directory.
func (f *Files) isRepository(dir string) bool {
	if f.lstat(dir, "HEAD") == nil {
		return false
	}
	if f.lstat(dir, "commondir") != nil {
		return true
	}
	refs := f.lstat(dir, "refs")
	return refs != nil && refs.IsDir()
}

// lstat returns nil for what is not there, and where nobody can tell, which becomes
// the doubt.
func (f *Files) lstat(dir, name string) fs.FileInfo {
	info, err := f.root.Lstat(path.Join(dir, name))
	if err != nil && !absent(err) {
		f.doubt = err
	}
	return info
}

// absent reports whether an error says that there is no such file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// specialKind names what is never opened, "" for files and folders.
func specialKind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "symlink"
	case m&fs.ModeNamedPipe != 0:
		return "fifo"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&(fs.ModeDevice|fs.ModeCharDevice) != 0:
		return "device"
	case m&fs.ModeIrregular != 0:
		return "irregular file"
	}
	return ""
}

// fileBuffer holds the content of one small file at a time.
type fileBuffer struct {
	data []byte
	from handle
}

// unit reads the named files one after the other.
func (f *Files) unit(names []string) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			buf := f.buffers.Get().(*fileBuffer)
			defer f.buffers.Put(buf)
			for _, name := range names {
				if !f.read(name, buf, yield) {
					return
				}
			}
		}
	}
}

// read yields one file.
func (f *Files) read(name string, buf *fileBuffer, yield func(Blob, error) bool) bool {
	file, size, err := f.root.openAs(&buf.from, name)
	if err != nil {
		return yield(Blob{}, f.gap(name, err))
	}
	defer file.Close()
	data, more, err := buf.fill(file, size)
	if err == nil && int64(len(data)) < min(size, chunk) {
		err = f.short(name, int64(len(data)))
	}
	if err != nil && !yield(Blob{}, f.gap(name, err)) {
		return false
	}
	if err != nil && len(data) == 0 {
		return true
	}
	b := Blob{Path: f.prefix + name, Content: data}
	if more {
		b.Rest = file
	}
	return yield(b, nil)
}

// short says why a file gave fewer bytes than it has; nil if it has no more now.
func (f *Files) short(name string, read int64) error {
	info, err := f.root.Lstat(name)
	switch {
	case err != nil:
		return err
	case info.Size() > read:
		return errShort
	}
	return nil
}

var errShort = errors.New("it ended before its size; the rest could not be read")

// fill reads up to one chunk. size is what the file claims; more says that there
// may be more than was read. A read that comes back short where the file should
// end is its end, and asking once more is spared. With an error comes what was read
// before it.
func (b *fileBuffer) fill(r io.Reader, size int64) (data []byte, more bool, err error) {
	want := int(min(size, chunk)) + 1
	if cap(b.data) < want {
		b.data = make([]byte, want+want/4)
	}
	data = b.data[:cap(b.data)]
	n := 0
	for n < len(data) && int64(n) <= size {
		m, err := r.Read(data[n:])
		short := m < len(data)-n
		n += m
		if err == io.EOF || err == nil && short && m > 0 && int64(n) == size {
			return data[:n], false, nil
		}
		if err != nil {
			return data[:n], false, err
		}
	}
	return data[:n], true, nil // it is long, or grows under us: go on in windows
}

// plain takes the path out of an error: the subject of the gap says it.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

var errNotRegular = errors.New("not a regular file")
