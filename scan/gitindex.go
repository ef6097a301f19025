package scan

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// A gitIndex is Git's index file, as far as the next commit depends on it.
//
// It is read here and not by go-git because a hook waits for it: go-git needs
// 8 ms of CPU for 5,000 entries, this some tenths of one, and go-git knows
// neither SHA-256 nor sparse folders. The format is described in Git's
// Documentation/gitformat-index.txt.
type gitIndex struct {
	data     []byte
	names    string // where the paths of the entries stand
	hashSize int
	entries  []indexEntry // sorted by path, then stage
	cached   *cachedTree  // of the root; nil if the index has none
}

// An indexEntry is one file that the next commit holds, or, in a sparse index,
// one folder: where it stands in the file and its path in names. A hook looks at
// few of the entries, so nothing is taken out before it is asked for.
type indexEntry struct{ at, path, end int }

func (x *gitIndex) path(e indexEntry) string { return x.names[e.path:e.end] }

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

// A cachedTree is what the index remembers of a folder: the tree object that it
// stands for, if nothing below it was touched since. Git commits that tree
// without looking at the entries.
type cachedTree struct {
	name     string
	id       object.ID // zero if something was touched
	children []*cachedTree
}

func (c *cachedTree) child(name string) *cachedTree {
	if c == nil {
		return nil
	}
	for _, s := range c.children {
		if s.name == name {
			return s
		}
	}
	return nil
}

// Layout of the index file, in bytes.
const (
	indexHead   = 12 // "DIRC", version, number of entries
	indexStat   = 40 // what lstat said, before the object id
	indexMode   = 24 // offset of the mode in it
	indexFlags  = 2
	indexMargin = 8 // entries of versions 2 and 3 are padded to a multiple of it

	flagExtended    = 1 << 14
	flagIntentToAdd = 1 << 13 // in the extended flags
)

var errIndexCut = errors.New("damaged: it ends too early")

// parseIndex reads an index file whose ids have hashSize bytes.
func parseIndex(data []byte, hashSize int) (*gitIndex, error) {
	if len(data) < indexHead+hashSize || string(data[:4]) != "DIRC" {
		return nil, errors.New("damaged: no index file")
	}
	body, sum := data[:len(data)-hashSize], data[len(data)-hashSize:]
	if err := checkSum(body, sum); err != nil {
		return nil, err
	}
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
func checkSum(body, sum []byte) error {
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
		e := indexEntry{at: start}
		var err error
		if version == 4 {
			at, err = names.joined(at, &e)
		} else if at, err = names.plain(at, &e); err == nil {
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
// for a long path. It is two million paths of a large project.
const maxNames = 256 << 20

var errIndexNames = fmt.Errorf("the paths in it are more than %d MB long", maxNames>>20)

// paths reads the paths of entries. In version 4 each says how much of the one
// before to drop and what to add; they are written out in whole.
type paths struct {
	body  []byte
	whole []byte
	last  indexEntry
}

func (p *paths) text(version uint32) string {
	if version == 4 {
		return string(p.whole)
	}
	return string(p.body)
}

// plain notes the path at body[at:], which ends in a zero byte, and returns the
// offset behind that.
func (p *paths) plain(at int, e *indexEntry) (int, error) {
	end := bytes.IndexByte(p.body[at:], 0)
	if end < 0 {
		return 0, errIndexCut
	}
	e.path, e.end = at, at+end
	return at + end + 1, nil
}

func (p *paths) joined(at int, e *indexEntry) (int, error) {
	drop, n := readOffset(p.body[at:])
	if n == 0 || drop > p.last.end-p.last.path {
		return 0, errIndexCut
	}
	if len(p.whole) > maxNames {
		return 0, errIndexNames
	}
	next, err := p.plain(at+n, e)
	if err != nil {
		return 0, err
	}
	start := len(p.whole)
	p.whole = append(p.whole, p.whole[p.last.path:p.last.end-drop]...)
	p.whole = append(p.whole, p.body[e.path:e.end]...)
	e.path, e.end = start, len(p.whole)
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
			x.cached, _ = readCachedTree(data, hashSize, 0)
		case name == "sdir": // some entries are folders
		case name == "link":
			return errors.New("a split index is not read; git update-index --no-split-index joins it")
		case 'a' <= name[0] && name[0] <= 'z':
			return fmt.Errorf("extension %q is not known", name)
		}
	}
	return nil
}

// readCachedTree reads one cached tree and those below it. nil stands for
// nonsense: then the entries are compared one by one.
func readCachedTree(data []byte, hashSize, depth int) (*cachedTree, []byte) {
	name, rest, ok := bytes.Cut(data, []byte{0})
	line, rest, ok2 := bytes.Cut(rest, newline)
	entries, subtrees, ok3 := bytes.Cut(line, []byte{' '})
	count, err1 := strconv.Atoi(string(entries))
	below, err2 := strconv.Atoi(string(subtrees))
	if !ok || !ok2 || !ok3 || err1 != nil || err2 != nil || below < 0 || depth > maxDepth {
		return nil, nil
	}
	t := &cachedTree{name: string(name)}
	if count >= 0 {
		if len(rest) < hashSize {
			return nil, nil
		}
		id, err := object.FromBytes(rest[:hashSize])
		if err != nil {
			return nil, nil
		}
		t.id, rest = id, rest[hashSize:]
	}
	for range below {
		var sub *cachedTree
		if sub, rest = readCachedTree(rest, hashSize, depth+1); sub == nil {
			return nil, nil
		}
		t.children = append(t.children, sub)
	}
	return t, rest
}

// below returns how many of the entries, from the first on, stand under a folder.
func (x *gitIndex) below(entries []indexEntry, folder string) int {
	n := slices.IndexFunc(entries, func(e indexEntry) bool { return !strings.HasPrefix(x.path(e), folder) })
	if n < 0 {
		return len(entries)
	}
	return n
}
