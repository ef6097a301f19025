package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Range is the source of what a range of commits brought: their messages, and
// the file names and blobs that none of their parents has at the same path. What
// stood there before is examined too, to tell a new credential from an old one in
// a file that changed. It is also the Attributor of what is found there.
type Range struct {
	repo  *Repository
	past  *historian
	text  []object.ID // blobs, in the order of the commits, after what a push names itself
	old   []object.ID // blobs that stood where those do, and are not among them
	names []Blob      // trees, reduced to the names that are new
	gaps  []error
}

// Range returns the commits that are reachable from the second revision of
// "A..B" and not from the first, as a source. B may be left out, which means HEAD;
// A may not: where a variable that should hold it is empty, nothing would be examined,
// and found clean.
func (r *Repository) Range(spec string) (*Range, error) {
	from, to, ok := strings.Cut(spec, "..")
	if !ok || strings.HasPrefix(to, ".") {
		return nil, fmt.Errorf("range %q: write it as A..B", spec)
	}
	if from == "" {
		return nil, fmt.Errorf("range %q: the revision before .. is missing; HEAD is the commit that is checked out", spec)
	}
	start, err := r.Resolve(from)
	if err != nil {
		return nil, err
	}
	end, err := r.Resolve(to)
	if err != nil {
		return nil, err
	}
	walk := newRangeWalk(r)
	walk.push(start, known)
	walk.push(end, wanted)
	s := newRange(r)
	s.collect(walk)
	return s, nil
}

func newRange(r *Repository) *Range {
	s := &Range{repo: r, past: &historian{repo: r, trees: newTrees()}}
	s.past.trees.store, s.past.trees.all = r.store, true
	return s
}

// collect lists the commits that a walk leads to and what they brought.
func (s *Range) collect(walk *rangeWalk) {
	walk.run()
	s.gaps = append(s.gaps, walk.gaps...)
	for _, id := range walk.found() {
		_, data, err := s.repo.store.Read(id)
		if err == nil {
			err = s.past.commits.add(id, data)
		}
		if err != nil {
			s.gaps = append(s.gaps, &Gap{Subject: "commit " + id.String(), Err: cause(err)})
		}
	}
	s.past.commits.sort()
	b := newBringing(s)
	for i := range s.past.commits.list {
		b.commit(&s.past.commits.list[i])
	}
	s.names, s.old = b.trees(), b.before()
	s.gaps = append(s.gaps, s.past.trees.gaps...)
}

// A bringing finds out what commits brought.
type bringing struct {
	*Range
	seen    map[uint32]bool // blobs that are in text
	was     map[uint32]bool // blobs that stood there before
	paths   map[string]arrival
	entries map[treeName]int
	named   map[uint32][]uint32 // new names by tree
	order   []uint32            // of the trees in named
}

// An arrival is a blob at a path where it was not in so many parents.
type arrival struct {
	blob    uint32
	parents int
	before  []uint32 // blobs that the parents have there
}

type treeName struct{ tree, name uint32 }

func newBringing(s *Range) *bringing {
	b := &bringing{Range: s, seen: map[uint32]bool{}, was: map[uint32]bool{}, paths: map[string]arrival{}, entries: map[treeName]int{}, named: map[uint32][]uint32{}}
	s.past.trees.fresh = func(tree, name uint32) { b.entries[treeName{tree, name}]++ }
	return b
}

// commit adds what a commit has and none of its parents has there.
func (b *bringing) commit(c *commit) {
	t := b.past.trees
	to := t.tree(c.tree)
	parents, _ := b.past.parentTrees(c)
	for _, from := range parents {
		t.diff(from, to, b.arrive)
	}
	for _, path := range slices.Sorted(maps.Keys(b.paths)) {
		if a := b.paths[path]; a.parents == len(parents) {
			b.bring(a)
		}
	}
	for e, n := range b.entries {
		if n >= len(parents) {
			if b.named[e.tree] == nil {
				b.order = append(b.order, e.tree)
			}
			b.named[e.tree] = append(b.named[e.tree], e.name)
		}
	}
	clear(b.paths)
	clear(b.entries)
}

// arrive takes note of a path that differs from one parent.
func (b *bringing) arrive(path []byte, before, blob uint32) {
	if len(b.paths) >= maxPaths {
		b.past.trees.limit(fmt.Sprintf("a commit changes more than %d paths; the others were not examined", maxPaths))
		return
	}
	if blob == noTree {
		return
	}
	a := b.paths[string(path)]
	a.blob, a.parents = blob, a.parents+1
	if before != noTree {
		a.before = append(a.before, before)
	}
	b.paths[string(path)] = a
}

// bring adds an arrival to text.
func (b *bringing) bring(a arrival) {
	for _, blob := range a.before {
		b.was[blob] = true
	}
	if !b.seen[a.blob] {
		b.seen[a.blob] = true
		b.text = append(b.text, b.past.trees.blobID[a.blob])
	}
}

// before returns the blobs that stood there before the range.
func (b *bringing) before() []object.ID {
	var ids []object.ID
	for blob := range b.was {
		if !b.seen[blob] {
			ids = append(ids, b.past.trees.blobID[blob])
		}
	}
	slices.SortFunc(ids, object.ID.Compare)
	return ids
}

// trees returns the new names in the form of trees, which is how a scan of the
// whole store meets them, sorted by tree.
func (b *bringing) trees() []Blob {
	t := b.past.trees
	t.fresh = nil
	var all []Blob
	slices.SortFunc(b.order, func(x, y uint32) int { return t.ids[x].Compare(t.ids[y]) })
	for _, tree := range b.order {
		var content []byte
		var names []string
		for _, n := range b.named[tree] {
			names = append(names, t.name[n])
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			content = append(append(append(content, "100644 "...), name...), 0)
			content = append(content, make([]byte, t.ids[tree].Size())...)
		}
		all = append(all, Blob{ID: t.ids[tree], Type: object.Tree, Content: content})
	}
	return all
}

// rangeBatch is how many objects of a range make a unit.
const rangeBatch = 16

// Units implements Source.
func (s *Range) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, g := range s.gaps {
			if !yield(nil, g) {
				return
			}
		}
		ids := make([]object.ID, 0, len(s.past.commits.list)+len(s.text))
		for i := range s.past.commits.list {
			ids = append(ids, s.past.commits.list[i].id)
		}
		for part := range slices.Chunk(append(ids, s.text...), rangeBatch) {
			if !yield(s.repo.objects(part), nil) {
				return
			}
		}
		for part := range slices.Chunk(s.old, rangeBatch) {
			if !yield(sound(s.repo.objects(part)), nil) {
				return
			}
		}
		for part := range slices.Chunk(s.names, rangeBatch) {
			if !yield(blobs(part), nil) {
				return
			}
		}
	}
}

// sound yields what of a unit can be read. The range lacks nothing without the
// rest: what is in doubt counts as new.
func sound(unit Unit) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for b, err := range unit() {
				if err == nil && !yield(b, nil) {
					return
				}
			}
		}
	}
}

// blobs yields content that is there already.
func blobs(list []Blob) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, b := range list {
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}

// objects yields the named objects.
func (r *Repository) objects(ids []object.ID) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, id := range ids {
				if !r.object("object "+id.String(), Blob{ID: id}, yield) {
					return
				}
			}
		}
	}
}

// object reads what b names and yields it, also where it does not fit its id.
func (r *Repository) object(subject string, b Blob, yield func(Blob, error) bool) bool {
	var err error
	b.Type, b.Content, err = r.store.Read(b.ID)
	if read, more := r.large(err, b.ID, b, yield); read || !more {
		return more
	}
	if err != nil && !yield(Blob{}, &Gap{Subject: subject, Err: cause(err)}) {
		return false
	}
	if err != nil && !errors.Is(err, object.ErrMismatch) {
		return true
	}
	return yield(b, nil) && r.kept(subject, b, yield)
}

// Attribute implements Attributor. It is called once.
func (s *Range) Attribute(ctx context.Context, held []Held) (Attribution, error) {
	s.past.trees.gaps = nil // the source has told them
	a, err := s.past.attribute(ctx, held)
	// A blob in which the credential stood before, at the same path, is examined
	// because another line of it changed.
	a.OnlySpans = a.Placed != nil
	return a, err
}
