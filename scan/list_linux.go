package scan

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// A listing is memory for the entries of one folder.
type listing struct {
	from    handle
	raw     []byte // as the kernel writes them
	paths   []byte // one after the other
	spots   []spot
	entries []dirEntry
}

// A spot is where in the paths an entry stands.
type spot struct {
	from, to int
	kind     fs.FileMode
}

// listedAtOnce is how many bytes of a folder are read at once.
const listedAtOnce = 32 << 10

// Offsets in what getdents64 writes for an entry: its length in all, its type, and
// its name, which ends with a zero byte.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// entries returns what is in a folder sorted by name, as much as could be read. It
// is valid until the next call; one goroutine asks at a time. The paths of a folder
// share memory.
func (d *folder) entries(name string) ([]dirEntry, error) {
	l := &d.list
	l.paths, l.spots, l.entries = l.paths[:0], l.spots[:0], l.entries[:0]
	err := l.read(d, name)
	paths := string(l.paths)
	for _, s := range l.spots {
		e := dirEntry{paths[s.from:s.to], s.kind}
		if s.kind == unknownKind {
			info, gone := d.Lstat(e.path)
			if gone != nil {
				if !errors.Is(gone, fs.ErrNotExist) {
					err = cmp.Or(err, gone)
				}
				continue
			}
			e.kind = info.Mode().Type()
		}
		l.entries = append(l.entries, e)
	}
	slices.SortFunc(l.entries, func(a, b dirEntry) int { return cmp.Compare(a.path, b.path) })
	return l.entries, err
}

// read reads all entries of a folder.
func (l *listing) read(d *folder, name string) error {
	fd, err := l.from.openat(d, name, unix.O_DIRECTORY)
	if rootless(err) {
		return l.readRooted(d, name)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return l.readFrom(fd, name)
}

func (l *listing) readRooted(d *folder, name string) error {
	f, err := d.openRooted(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return l.readFrom(int(f.Fd()), name)
}

func (l *listing) readFrom(fd int, name string) error {
	if l.raw == nil {
		l.raw = make([]byte, listedAtOnce)
	}
	for {
		n, err := unix.ReadDirent(fd, l.raw)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n <= 0:
			return nil
		default:
			l.add(name, l.raw[:n])
		}
	}
}

// add takes in what the kernel wrote about the folder name.
func (l *listing) add(folder string, raw []byte) {
	for len(raw) > direntName {
		n := int(binary.NativeEndian.Uint16(raw[direntLength:]))
		if n <= direntName || n > len(raw) {
			return // no kernel writes that
		}
		name, _, _ := bytes.Cut(raw[direntName:n], []byte{0})
		kind := kindOf(raw[direntType])
		raw = raw[n:]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		from := len(l.paths)
		if folder != "." {
			l.paths = append(append(l.paths, folder...), '/')
		}
		l.paths = append(l.paths, name...)
		l.spots = append(l.spots, spot{from, len(l.paths), kind})
	}
}

// unknownKind is the type of an entry whose file system does not tell it here.
const unknownKind = ^fs.FileMode(0)

// kindOf returns the type bits of what getdents64 calls a type.
func kindOf(t byte) fs.FileMode {
	switch t {
	case unix.DT_REG:
		return 0
	case unix.DT_DIR:
		return fs.ModeDir
	case unix.DT_LNK:
		return fs.ModeSymlink
	case unix.DT_FIFO:
		return fs.ModeNamedPipe
	case unix.DT_SOCK:
		return fs.ModeSocket
	case unix.DT_CHR:
		return fs.ModeDevice | fs.ModeCharDevice
	case unix.DT_BLK:
		return fs.ModeDevice
	}
	return unknownKind
}
