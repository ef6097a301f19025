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
	prefix  string // put before every path
	silent  bool   // what exclude leaves out is examined elsewhere

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
		if info, err := f.root.Lstat(start); err != nil || !info.IsDir() {
			yield(start, nil) // opening it will say what is wrong
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
			if err != nil && !yield("", &Gap{Subject: f.prefix + dir, Err: plain(err)}) {
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

// next decides about a folder's entry: what to put on the stack, if anything.
func (f *Files) next(dir string, e fs.DirEntry) (string, bool) {
	name := path.Join(dir, e.Name())
	if kind := specialKind(e.Type()); kind != "" {
		f.skipped[kind]++
		return "", false
	}
	if e.Name() == ".git" {
		if dir != f.start {
			f.skipped["nested repository's .git"]++
		}
		return "", false
	}
	if f.exclude(name, e.IsDir()) {
		if !f.silent {
			f.excluded++
		}
		return "", false
	}
	if e.IsDir() {
		return name, true
	}
	return fileMark + name, true
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
		return yield(Blob{}, &Gap{Subject: f.prefix + name, Err: plain(err)})
	}
	defer file.Close()
	data, more, err := buf.fill(file, size)
	if err != nil {
		return yield(Blob{}, &Gap{Subject: f.prefix + name, Err: plain(err)})
	}
	b := Blob{Path: f.prefix + name, Content: data}
	if more {
		b.Rest = file
	}
	return yield(b, nil)
}

// fill reads up to one chunk. size is what the file claims; more says that there
// may be more than was read.
func (b *fileBuffer) fill(r io.Reader, size int64) (data []byte, more bool, err error) {
	want := int(min(size, chunk)) + 1 // one more shows the end without another read
	if cap(b.data) < want {
		b.data = make([]byte, want+want/4)
	}
	data = b.data[:cap(b.data)]
	n := 0
	for n < len(data) {
		m, err := r.Read(data[n:])
		n += m
		if err == io.EOF {
			return data[:n], false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if n > int(size) {
			break // it grows under us: go on in windows
		}
	}
	return data[:n], true, nil
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
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return compareNames(a.Name(), b.Name()) })
	return entries, err
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
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
