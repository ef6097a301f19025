package scan

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/assayhq/assay/scan/object"
)

// A cachedTree is what the index remembers of a folder: the tree object that it
// stands for, if nothing below it was touched since. Git commits that tree
// without looking at the entries.
type cachedTree struct {
	name     []byte
	id       object.ID     // zero if something was touched
	entries  int           // of the index that it stands for
	children []*cachedTree // as Git sorts them; not kept unless something was touched
}

// child returns the cached tree of a folder in the folder, nil if there is none.
func (t *cachedTree) child(name []byte) *cachedTree {
	if t == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(t.children, name, func(sub *cachedTree, name []byte) int {
		return cmp.Or(cmp.Compare(len(sub.name), len(name)), bytes.Compare(sub.name, name))
	})
	if !ok {
		return nil
	}
	return t.children[i]
}

// readCachedTrees reads the extension TREE. nil stands for nonsense: then the
// entries are compared one by one.
func readCachedTrees(data []byte, hashSize int) *cachedTree {
	r := cachedReader{data, hashSize}
	return r.tree(0)
}

type cachedReader struct {
	rest     []byte
	hashSize int
}

// tree reads one cached tree and those below it.
func (r *cachedReader) tree(depth int) *cachedTree {
	t, below, ok := r.record()
	if !ok || depth > maxDepth {
		return nil
	}
	if !t.id.IsZero() {
		if !r.skip(below) {
			return nil
		}
		return &t
	}
	for range below {
		sub := r.tree(depth + 1)
		if sub == nil {
			return nil
		}
		t.children = append(t.children, sub)
	}
	return &t
}

// skip passes over n trees and all below them.
func (r *cachedReader) skip(n int) bool {
	for n > 0 {
		_, below, ok := r.record()
		if !ok {
			return false
		}
		n += below - 1
	}
	return true
}

// record reads the name of a folder, how many entries it spans or -1, how many
// cached trees stand below it, and the id unless something was touched.
func (r *cachedReader) record() (t cachedTree, below int, ok bool) {
	name, rest, ok := bytes.Cut(r.rest, []byte{0})
	if !ok {
		return t, 0, false
	}
	t.name = name
	r.rest = rest
	if t.entries, ok = r.number(' '); !ok {
		return t, 0, false
	}
	if below, ok = r.number('\n'); !ok || below < 0 {
		return t, 0, false
	}
	if t.entries < 0 {
		return t, below, true
	}
	if len(r.rest) < r.hashSize {
		return t, 0, false
	}
	t.id, _ = object.FromBytes(r.rest[:r.hashSize]) // zero counts as touched
	r.rest = r.rest[r.hashSize:]
	return t, below, true
}

// maxDigits is how long the numbers are that a cached tree may hold.
const maxDigits = 10

// number reads a decimal number up to a mark.
func (r *cachedReader) number(mark byte) (n int, ok bool) {
	end := bytes.IndexByte(r.rest[:min(len(r.rest), maxDigits+1)], mark)
	if end < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(r.rest[:end]))
	r.rest = r.rest[end+1:]
	return n, err == nil
}
