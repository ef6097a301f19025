package scan

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// An Update is a ref that a push moves.
type Update struct {
	// Old is what the other side, or the server, has there; zero for a new ref. It
	// may be an object that is not here.
	Old object.ID
	New object.ID // zero for a ref that is deleted
}

// maxUpdates bounds the refs of one push, and maxUpdate the bytes of a line that
// tells one.
const (
	maxUpdates = 1 << 20
	maxUpdate  = 64 << 10
)

// ReadPush reads what Git tells a pre-push hook: lines of the local ref, its object,
// the remote ref and its object. The local ref is a revision as the user wrote it,
// and may hold blanks.
func ReadPush(in io.Reader) ([]Update, error) {
	return readUpdates(in, func(fields []string) (old, new string) {
		if n := len(fields); n >= 4 {
			return fields[n-1], fields[n-3]
		}
		return "", ""
	})
}

// ReadReceive reads what Git tells a pre-receive hook: lines of the old object, the
// new one and the ref.
func ReadReceive(in io.Reader) ([]Update, error) {
	return readUpdates(in, func(fields []string) (old, new string) {
		if len(fields) >= 3 {
			return fields[0], fields[1]
		}
		return "", ""
	})
}

func readUpdates(in io.Reader, ids func(fields []string) (old, new string)) (all []Update, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxUpdate)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if len(all) == maxUpdates {
			return nil, fmt.Errorf("a push of more than %d refs", maxUpdates)
		}
		old, new := ids(fields)
		var u Update
		var err1, err2 error
		u.Old, err1 = object.ParseID(old)
		u.New, err2 = object.ParseID(new)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("line %d does not say what is pushed as Git does", n)
		}
		all = append(all, u)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line of more than %d bytes", maxUpdate)
	}
	return all, lines.Err()
}

// ResolveUpdate returns the update that moves a ref from one revision to another.
// An empty from is a new ref.
func (r *Repository) ResolveUpdate(from, to string) (u Update, err error) {
	if u.New, err = r.Resolve(to); err == nil && from != "" {
		u.Old, err = r.Resolve(from)
	}
	return u, err
}

// Incoming returns as a source what a push brings: the commits, and what they
// brought, that are reachable from the updates' new objects, and neither from their
// old ones nor from the refs that has says the other side has. Tags that are pushed
// are examined too, and so are blobs and trees that refs name.
func (r *Repository) Incoming(updates []Update, has func(ref string) bool) *Range {
	s := newRange(r)
	walk := newRangeWalk(r)
	for _, t := range r.tips() {
		if has(t.name) {
			walk.push(t.commit, known)
		}
	}
	for _, u := range updates {
		if u.Old.IsZero() {
			continue
		}
		if commit, err := r.peel(u.Old); err == nil { // else it was never fetched: more is examined
			walk.push(commit, known)
		}
	}
	for _, u := range updates {
		if !u.New.IsZero() {
			s.want(walk, u.New)
		}
	}
	s.collect(walk)
	return s
}

// want adds an object that a ref is to name.
func (s *Range) want(walk *rangeWalk, id object.ID) {
	for range 64 {
		kind, data, err := s.repo.store.Read(id)
		if err != nil {
			s.gaps = append(s.gaps, &Gap{Subject: "object " + id.String(), Err: cause(err)})
			return
		}
		switch kind {
		case object.Commit:
			walk.push(id, wanted)
			return
		case object.Tree:
			s.wantTree(id)
			return
		}
		s.text = append(s.text, id)
		if kind != object.Tag {
			return
		}
		tag, err := object.ParseTag(data, id.Size())
		if err != nil {
			s.gaps = append(s.gaps, &Gap{Subject: "tag " + id.String(), Err: err})
			return
		}
		id = tag.Target
	}
	s.gaps = append(s.gaps, &Gap{Subject: "tag " + id.String(), Err: errTooDeep})
}

// wantTree adds a tree that no commit has to hold: what is in it, and its names.
func (s *Range) wantTree(id object.ID) {
	t := s.past.trees
	added := map[uint32]bool{}
	t.fresh = func(tree, _ uint32) {
		if !added[tree] {
			added[tree] = true
			s.text = append(s.text, t.ids[tree])
		}
	}
	t.diff(noTree, t.tree(id), func(_ []byte, _, blob uint32) {
		if blob != noTree {
			s.text = append(s.text, t.blobID[blob])
		}
	})
	t.fresh = nil
}
