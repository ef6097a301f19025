package scan

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// A folder is an open directory; what is opened below it cannot lie elsewhere.
type folder struct {
	*os.Root
	fd   *os.File // the same directory, for system calls
	list listing
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
	return &folder{Root: root, fd: fd}, nil
}

// Close closes both handles.
func (d *folder) Close() error { return errors.Join(d.fd.Close(), d.Root.Close()) }

// A dirEntry is what stands in a folder.
type dirEntry struct {
	path string      // below the root
	kind fs.FileMode // type bits only
}

// name returns the last part of the path.
func (e dirEntry) name() string { return e.path[strings.LastIndexByte(e.path, '/')+1:] }

// An openFile is an open regular file. It is good for one goroutine.
type openFile interface {
	io.ReadSeekCloser
	io.ReaderAt
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
