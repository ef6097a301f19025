package scan

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/assayhq/assay/scan/object"
)

// A gitIndex is Git's index file, as far as the next commit depends on it.
//
// It is read here and not by a library because a hook waits for it: go-git needs
// 8 ms of CPU for 5,000 entries, this a tenth of one, and go-git knows neither
// SHA-256 nor sparse folders. The format is described in Git's
// Documentation/gitformat-index.txt.
type gitIndex struct {
	data     []byte
	names    []byte // where the paths of the entries stand
	hashSize int
	entries  []indexEntry // sorted by path, then stage
	cached   *cachedTree  // of the root; nil if the index has none
}

// An indexEntry is one file that the next commit holds, or, in a sparse index,
// one folder: where it stands in the file and its path in names. A hook looks at
// few of the entries, so nothing is taken out before it is asked for.
type indexEntry struct{ at, path, end uint32 }

// maxIndex bounds an index file, in bytes: some ten million entries.
const maxIndex = 1 << 30

// path returns the path of an entry, in place.
func (x *gitIndex) path(e indexEntry) []byte { return x.names[e.path:e.end] }

func (x *gitIndex) mode(e indexEntry) uint32 {
	return binary.BigEndian.Uint32(x.data[e.at+indexMode:])
}

// id returns the object of an entry; its length was checked.
func (x *gitIndex) id(e indexEntry) object.ID {
	id, err := object.FromBytes(x.data[e.at+indexStat:][:x.hashSize])
	if err != nil {
		return object.ID{}
	}
	return id
}

// Layout of the index file, in bytes.
const (
	indexHead   = 12 // "DIRC", version, number of entries
	indexStat   = 40 // what lstat said, before the object id
	indexMode   = 24 // offset of the mode in it
	indexFlags  = 2
	indexMargin = 8 // entries of versions 2 and 3 are padded to a multiple of it

	flagExtended    = 1 << 14
	flagLength      = 1<<12 - 1 // of the path, or that much and more
	flagIntentToAdd = 1 << 13   // in the extended flags
)

var (
	errIndexCut = errors.New("damaged: it ends too early")
	errNoIndex  = errors.New("damaged: no index file")
)

// openIndex opens an index file.
func openIndex(file string) (*os.File, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxIndex {
		return nil, errNotRegular
	}
	return os.Open(file)
}

// readIndex reads an index file and compares it with its checksum. A file that is
// not there is an empty index: nothing was ever added.
func readIndex(file string, hashSize int) (*gitIndex, error) {
	f, err := openIndex(file)
	if errors.Is(err, os.ErrNotExist) {
		return &gitIndex{}, nil
	}
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex))
	if err != nil {
		return nil, plain(err)
	}
	if err := checkSum(data, hashSize); err != nil {
		return nil, err
	}
	return parseIndex(data, hashSize)
}

// parseIndex reads an index file whose ids have hashSize bytes. It lies in data.
func parseIndex(data []byte, hashSize int) (*gitIndex, error) {
	if len(data) < indexHead+hashSize || len(data) > maxIndex || string(data[:4]) != "DIRC" {
		return nil, errNoIndex
	}
	body := data[:len(data)-hashSize]
	version := binary.BigEndian.Uint32(data[4:])
	if version < 2 || version > 4 {
		return nil, fmt.Errorf("index of version %d; 2, 3 and 4 are known", version)
	}
	idx := &gitIndex{data: data, hashSize: hashSize}
	count := int(binary.BigEndian.Uint32(data[8:]))
	at, err := idx.readEntries(body, count, version, hashSize)
	if err != nil {
		return nil, err
	}
	return idx, idx.readExtensions(body[at:], hashSize)
}

// checkSum compares the trailer; zeros stand for none (index.skipHash).
func checkSum(data []byte, hashSize int) error {
	if len(data) < indexHead+hashSize {
		return errNoIndex
	}
	body, sum := data[:len(data)-hashSize], data[len(data)-hashSize:]
	if len(bytes.Trim(sum, "\x00")) == 0 {
		return nil
	}
	var got []byte
	if len(sum) == sha256.Size {
		h := sha256.Sum256(body)
		got = h[:]
	} else {
		h := sha1.Sum(body)
		got = h[:]
	}
	if !bytes.Equal(got, sum) {
		return errors.New("damaged: its checksum does not fit")
	}
	return nil
}

func (x *gitIndex) readEntries(body []byte, count int, version uint32, hashSize int) (int, error) {
	x.entries = make([]indexEntry, 0, min(count, len(body)/(indexStat+hashSize)))
	names := paths{body: body}
	at := indexHead
	for range count {
		start := at
		at += indexStat + hashSize + indexFlags
		if at > len(body) {
			return 0, errIndexCut
		}
		flags, extended := binary.BigEndian.Uint16(body[at-indexFlags:]), uint16(0)
		if flags&flagExtended != 0 && version >= 3 {
			if at += indexFlags; at > len(body) {
				return 0, errIndexCut
			}
			extended = binary.BigEndian.Uint16(body[at-indexFlags:])
		}
		e := indexEntry{at: uint32(start)}
		var err error
		if version == 4 {
			at, err = names.joined(at, &e)
		} else if at, err = names.plain(at, int(flags&flagLength), &e); err == nil {
			at = start + (at-start+indexMargin-1)/indexMargin*indexMargin
		}
		if err != nil {
			return 0, err
		}
		if extended&flagIntentToAdd == 0 { // announced by git add --intent-to-add: there is no content yet
			x.entries = append(x.entries, e)
		}
	}
	x.names = names.text(version)
	return min(at, len(body)), nil
}

// maxNames bounds the paths that are written out: a few bytes in an index can stand
// for a long path. It is a million paths of a large project.
const maxNames = 96 << 20

var errIndexNames = fmt.Errorf("the paths in it are more than %d MB long", maxNames>>20)

// paths reads the paths of entries. In version 4 each says how much of the one
// before to drop and what to add; they are written out in whole.
type paths struct {
	body  []byte
	whole []byte
	last  indexEntry
}

func (p *paths) text(version uint32) []byte {
	if version == 4 {
		return p.whole
	}
	return p.body
}

// plain notes the path at body[at:], which ends in a zero byte, and returns the
// offset behind that. It may be told how long the path is.
func (p *paths) plain(at, length int, e *indexEntry) (int, error) {
	end := at + length
	if length == flagLength || end >= len(p.body) || p.body[end] != 0 {
		n := bytes.IndexByte(p.body[at:], 0)
		if n < 0 {
			return 0, errIndexCut
		}
		end = at + n
	}
	e.path, e.end = uint32(at), uint32(end)
	return end + 1, nil
}

func (p *paths) joined(at int, e *indexEntry) (int, error) {
	drop, n := readOffset(p.body[at:])
	if n == 0 || drop > int(p.last.end-p.last.path) {
		return 0, errIndexCut
	}
	if len(p.whole) > maxNames {
		return 0, errIndexNames
	}
	next, err := p.plain(at+n, flagLength, e)
	if err != nil {
		return 0, err
	}
	start := len(p.whole)
	p.whole = append(p.whole, p.whole[p.last.path:int(p.last.end)-drop]...)
	p.whole = append(p.whole, p.body[e.path:e.end]...)
	e.path, e.end = uint32(start), uint32(len(p.whole))
	p.last = *e
	p.whole = append(p.whole, '\n') // for those who read the names as a text
	return next, nil
}

// readOffset reads the variable-length integer of OFS_DELTA. n is 0 for nonsense.
func readOffset(b []byte) (v, n int) {
	for n < len(b) && n < 5 {
		c := b[n]
		if n++; n > 1 {
			v++
		}
		v = v<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// readExtensions looks for the cached trees. An extension whose name starts with
// a lower-case letter changes what the entries mean.
func (x *gitIndex) readExtensions(rest []byte, hashSize int) error {
	for len(rest) >= 8 {
		name, size := string(rest[:4]), int(binary.BigEndian.Uint32(rest[4:]))
		if size < 0 || size > len(rest)-8 {
			return errIndexCut
		}
		data := rest[8 : 8+size]
		rest = rest[8+size:]
		switch {
		case name == "TREE":
			x.cached = readCachedTrees(data, hashSize)
		case name == "sdir": // some entries are folders
		case name == "link":
			return errors.New("a split index is not read; git update-index --no-split-index joins it")
		case 'a' <= name[0] && name[0] <= 'z':
			return fmt.Errorf("extension %q is not known", name)
		}
	}
	return nil
}

// below returns how many of the entries, from the first on, stand under a folder.
func (x *gitIndex) below(entries []indexEntry, folder string) int {
	for n, e := range entries {
		if !x.under(e, folder) {
			return n
		}
	}
	return len(entries)
}

// spans reports whether the first n entries, and no more, stand under a folder.
// Those between the first and the last are not looked at: entries are sorted.
func (x *gitIndex) spans(entries []indexEntry, n int, folder string) bool {
	return 0 < n && n <= len(entries) && x.under(entries[0], folder) && x.under(entries[n-1], folder) &&
		(n == len(entries) || !x.under(entries[n], folder))
}

func (x *gitIndex) under(e indexEntry, folder string) bool {
	path := x.path(e)
	return len(path) >= len(folder) && string(path[:len(folder)]) == folder
}
