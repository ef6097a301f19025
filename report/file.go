package report

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is a Handler that writes a report to a file which appears under its
// name whole or not at all. It writes to a temporary file in the same folder;
// End completes it, syncs it to the disk and renames it. A run that was
// interrupted but reached End leaves a report that says so. A run that broke
// leaves what stood there before: call Close in every case.
//
// A name that exists and is no regular file, such as /dev/stdout or a FIFO,
// cannot be renamed over and is written to as it is. A symbolic link is kept
// and the file that it names replaced.
type File struct {
	format Handler
	name   string // as the user gave it, for messages
	target string // what is renamed over
	temp   string // empty for what is written as it is
	file   *os.File
	buffer *bufio.Writer
}

// NewFile makes the temporary file and returns a Handler that writes format to
// it. It fails if the folder cannot be written, so that a scan of an hour does
// not find that out at its end.
func NewFile(name string, format func(io.Writer) Handler) (*File, error) {
	f := &File{name: name}
	if err := f.create(); err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write the report %s: %w", name, pathless(err))
	}
	f.buffer = bufio.NewWriterSize(f.file, 64<<10)
	f.format = format(f.buffer)
	return f, nil
}

// Temp returns the path of the temporary file, which a scan of its folder must
// not take for input; empty if there is none.
func (f *File) Temp() string { return f.temp }

func (f *File) create() error {
	if f.name == "" {
		return errors.New("it has no name")
	}
	there, err := os.OpenFile(f.name, os.O_WRONLY, 0) // not truncated
	if errors.Is(err, fs.ErrNotExist) {
		f.target = f.name
		return f.createTemp()
	}
	if err != nil {
		return err
	}
	info, err := there.Stat()
	if err == nil && !info.Mode().IsRegular() {
		f.file = there
		return nil
	}
	if err := errors.Join(err, there.Close()); err != nil {
		return err
	}
	if f.target, err = filepath.EvalSymlinks(f.name); err != nil {
		return err
	}
	if err := f.createTemp(); err != nil {
		return err
	}
	return f.file.Chmod(info.Mode().Perm())
}

func (f *File) createTemp() error {
	temp := filepath.Join(filepath.Dir(f.target), ".assay-"+rand.Text()+".tmp")
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		f.file, f.temp = file, temp
	}
	return err
}

// Begin starts the report.
func (f *File) Begin(r Run) error { return f.named(f.format.Begin(r)) }

// Finding writes x.
func (f *File) Finding(x Finding) error { return f.named(f.format.Finding(x)) }

// Verdict writes v.
func (f *File) Verdict(v Verdict) error { return f.named(f.format.Verdict(v)) }

// Notice writes n.
func (f *File) Notice(n Notice) error { return f.named(f.format.Notice(n)) }

// End writes the rest and puts the file under its name.
func (f *File) End(s Summary) error {
	if err := f.format.End(s); err != nil {
		return f.named(err)
	}
	return f.named(f.commit())
}

// Close gives up what End did not complete. After End it does nothing.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	if f.temp != "" {
		err = errors.Join(err, os.Remove(f.temp))
	}
	return f.named(err)
}

func (f *File) commit() error {
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	if f.temp != "" {
		if err := f.file.Sync(); err != nil {
			return err
		}
	}
	file := f.file
	f.file = nil
	if err := file.Close(); err != nil {
		return f.discard(err)
	}
	if f.temp == "" {
		return nil
	}
	if err := os.Rename(f.temp, f.target); err != nil {
		return f.discard(err)
	}
	syncFolder(filepath.Dir(f.target))
	return nil
}

// discard removes the temporary file of a report that could not be completed.
func (f *File) discard(err error) error {
	if f.temp != "" {
		err = errors.Join(err, os.Remove(f.temp))
	}
	return err
}

// syncFolder makes a rename last through a loss of power. Where a folder cannot
// be opened or synced, as on Windows, the rename stands all the same.
func syncFolder(name string) {
	if folder, err := os.Open(name); err == nil {
		folder.Sync()
		folder.Close()
	}
}

// named says which report err is about.
func (f *File) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("report %s: %w", f.name, pathless(err))
}

// pathless takes the path off an error of package os: it may be that of the
// temporary file, of which the user knows nothing.
func pathless(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
