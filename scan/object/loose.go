package object

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A looseObject is a file that is named like an object, or an object in one
// that an interrupted write left behind.
type looseObject struct {
	id  ID
	dir int // index into Store.dirs, and behind these into Store.temps
}

// loosePath returns where dir keeps the object id.
func loosePath(dir string, id ID) string {
	name := id.String()
	return filepath.Join(dir, name[:2], name[2:])
}

// loosePath returns the file of a looseObject or place.
func (s *Store) loosePath(dir int, id ID) string {
	if dir >= len(s.dirs) {
		return s.temps[dir-len(s.dirs)]
	}
	return loosePath(s.dirs[dir], id)
}

// listLoose finds the loose objects of all directories that are not packed as
// well, each id once, sorted.
func (s *Store) listLoose() {
	s.tempAt = make(map[ID]int)
	for i, dir := range s.dirs {
		s.listDir(i, dir)
	}
	slices.SortStableFunc(s.loose, func(a, b looseObject) int {
		return cmp.Or(bytes.Compare(a.id.hash[:], b.id.hash[:]), a.dir-b.dir)
	})
	s.loose = slices.CompactFunc(s.loose, func(a, b looseObject) bool { return a.id == b.id })
	s.dropPacked()
}

// listDir lists an object directory, which may be reached over a symbolic link.
func (s *Store) listDir(dir int, path string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		s.problem(path, err)
		return
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, leftoverObject):
			s.addTemp(filepath.Join(path, name))
		case len(name) == 2 && strings.Trim(name, "0123456789abcdef") == "":
			s.listFan(dir, filepath.Join(path, name), name)
		}
	}
}

// listFan lists one of the 256 directories that are named by the first byte.
func (s *Store) listFan(dir int, path, first string) {
	entries, err := readDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return // its objects are packed meanwhile, see packs.go
	}
	if err != nil {
		s.problem(path, err)
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), leftoverObject) {
			s.addTemp(filepath.Join(path, e.Name()))
			continue
		}
		id, err := ParseID(first + e.Name())
		if err == nil && int(id.size) == s.opts.HashSize && e.Name() == strings.ToLower(e.Name()) {
			s.loose = append(s.loose, looseObject{id, dir})
		}
	}
}

// maxLooseHead bounds the head of a loose object: a word, a blank, a number
// and a zero byte.
const maxLooseHead = 32

// parseLooseHead reads "blob 12\0" and returns how long it is.
func parseLooseHead(b []byte) (t Type, size int64, n int, err error) {
	end := bytes.IndexByte(b, 0)
	if end < 0 {
		return 0, 0, 0, damagedf("head of a loose object")
	}
	word, digits, _ := bytes.Cut(b[:end], []byte(" "))
	t = parseType(word)
	size, err = strconv.ParseInt(string(digits), 10, 64)
	if t == 0 || err != nil || size < 0 {
		return 0, 0, 0, damagedf("head of a loose object")
	}
	return t, size, end + 1, nil
}

// loose reads a loose object into a buffer of alloc's. Without an error, nil
// data mean that want refused the type.
func (k *scratch) loose(path string, want func(Type) bool, alloc func(int) []byte) (Type, []byte, error) {
	src, err := k.looseFile(path)
	if err != nil {
		return 0, nil, err
	}
	head := slack(maxLooseHead)
	n, err := k.prefix(head, src)
	if err != nil {
		return 0, nil, damaged(err)
	}
	t, size, n, err := parseLooseHead(head[:n])
	switch {
	case err != nil:
		return 0, nil, err
	case !want(t):
		return t, nil, nil
	case size > k.opts.MaxSize:
		return t, nil, ErrLimit
	case size > maxRatio*int64(len(src)):
		return t, nil, damagedf("%d bytes cannot hold an object of %d", len(src)-srcPad, size)
	}
	data := alloc(n + int(size))
	used, err := k.exact(data, src, len(src)-srcPad, checkSum)
	if err == nil && used != len(src)-srcPad {
		err = damagedf("%d bytes follow the object", len(src)-srcPad-used)
	}
	return t, data[n:], damaged(err)
}

// looseFile reads a file into k.win, with srcPad bytes behind it.
func (k *scratch) looseFile(path string) ([]byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size > k.opts.MaxSize {
		return nil, ErrLimit
	}
	if int64(cap(k.win)) < size+srcPad {
		k.win = make([]byte, size+srcPad)
	}
	src := k.win[:size+srcPad]
	clear(src[size:])
	_, err = io.ReadFull(f, src[:size])
	return src, err
}
