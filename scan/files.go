package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
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
	own     map[string]bool // folders that other sources examine

	excluded int
	skipped  map[string]int
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
	f := &Files{root: dir, start: start, exclude: exclude, skipped: map[string]int{}}
	f.buffers.New = func() any { return new(fileBuffer) }
	return f, nil
}

// Close lets go of the folder. It is called when the run is over.
func (f *Files) Close() error { return f.root.Close() }

// Skipped implements Counter.
func (f *Files) Skipped() (int, map[string]int) { return f.excluded, f.skipped }

// Units implements Source.
func (f *Files) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		var pending []string
		flush := func() bool {
			if len(pending) == 0 {
				return true
			}
			unit := f.unit(pending)
			pending = nil
			return yield(unit, nil)
		}
		for name, err := range f.walk(ctx, f.start) {
			if err != nil {
				if !flush() || !yield(nil, err) {
					return
				}
				continue
			}
			if pending = append(pending, name); len(pending) == batch && !flush() {
				return
			}
		}
		flush()
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
		stack := []string{start}
		for len(stack) > 0 && ctx.Err() == nil {
			dir := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if cut, isFile := trimFile(dir); isFile {
				if !yield(cut, nil) {
					return
				}
				continue
			}
			entries, err := f.root.ReadDir(dir)
			if err != nil && !yield("", f.gap(dir, err)) {
				return
			}
			for _, e := range slices.Backward(entries) {
				if next, ok := f.next(dir, e); ok {
					stack = append(stack, next)
				}
			}
		}
	}
}

// On the walk's stack a file is told from a folder by a NUL byte in front, which
// no name can hold.
const fileMark = "\x00"

func trimFile(name string) (string, bool) {
	if name[0] == fileMark[0] {
		return name[1:], true
	}
	return name, false
}

// gap says which path below the root could not be examined.
func (f *Files) gap(name string, err error) error {
	return &Gap{Subject: f.prefix + name, Err: plain(err)}
}

// next decides about a folder's entry: what to put on the stack, if anything.
func (f *Files) next(dir string, e fs.DirEntry) (string, bool) {
	name := path.Join(dir, e.Name())
	if f.own[name] { // it may be a symbolic link, which the store follows as Git does
		return "", false
	}
	if kind := specialKind(e.Type()); kind != "" {
		f.skipped[kind]++
		return "", false
	}
	switch {
	case dir == f.start && e.Name() == ".git" && f.isRepository(name):
		return "", false // other sources examine it, or the user did not ask for it
	case e.Name() == "objects" && e.IsDir() && f.isRepository(dir):
		f.skipped["object store of another repository"]++
		return "", false
	case f.exclude(name, e.IsDir()):
		f.excluded++
		return "", false
	case e.IsDir():
		return name, true
	}
	return fileMark + name, true
}

// isRepository reports whether a folder looks like a Git directory.
func (f *Files) isRepository(dir string) bool {
	_, head := f.root.Lstat(path.Join(dir, "HEAD"))
	if _, err := f.root.Lstat(path.Join(dir, "commondir")); err == nil {
		return head == nil
	}
	refs, err := f.root.Lstat(path.Join(dir, "refs"))
	return head == nil && err == nil && refs.IsDir()
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
type fileBuffer struct{ data []byte }

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
	file, size, err := f.root.open(name)
	if err != nil {
		return yield(Blob{}, f.gap(name, err))
	}
	defer file.Close()
	data, more, err := buf.fill(file, size)
	if err != nil {
		return yield(Blob{}, f.gap(name, err))
	}
	b := Blob{Path: f.prefix + name, Content: data}
	if more {
		b.Rest = file
	}
	return yield(b, nil)
}

// fill reads up to one chunk. size is what the file claims; more says that there
// may be more than was read. A read that comes back short where the file should
// end is its end, and asking once more is spared.
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
			return nil, false, err
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

// A folder is an open directory; what is opened below it cannot lie elsewhere.
type folder struct {
	*os.Root
	fd *os.File // the same directory, for system calls
}

func openFolder(name string) (*folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	fd, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, err
	}
	return &folder{root, fd}, nil
}

// Close closes both handles.
func (d *folder) Close() error { return errors.Join(d.fd.Close(), d.Root.Close()) }

// ReadDir returns the entries of a folder sorted by name, as many as could be read.
func (d *folder) ReadDir(name string) ([]fs.DirEntry, error) {
	f, _, err := d.openAny(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// open opens a regular file and returns its size.
func (d *folder) open(name string) (*os.File, int64, error) {
	f, info, err := d.openAny(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return nil, 0, errNotRegular
	}
	return f, info.Size(), nil
}

// openAny opens a file or folder without following symbolic links, and without
// waiting where it turns out to be a FIFO.
func (d *folder) openAny(name string) (*os.File, fs.FileInfo, error) {
	f, err := d.openBeneath(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("stat: %w", plain(err))
	}
	return f, info, nil
}

// openRooted opens name below d; os.Root keeps it inside, and a symbolic link in
// the path that leads nowhere else is followed, unless it comes last. What the
// name stands for is looked at again once it is open.
func (d *folder) openRooted(name string) (*os.File, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errNotRegular
	}
	return d.OpenFile(name, os.O_RDONLY|openFlags, 0)
}
