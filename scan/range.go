package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Range is the source of what a range of commits brought: their messages, and
// every blob that none of their parents has at the same path. It is also the
// Attributor of what is found there.
type Range struct {
	repo *Repository
	past *historian
	text []object.ID // blobs, in the order of the commits
}

// Range returns the commits that are reachable from the second revision of
// "A..B" and not from the first, as a source. Either may be left out, which
// means HEAD.
func (r *Repository) Range(spec string) (*Range, error) {
	from, to, ok := strings.Cut(spec, "..")
	if !ok || strings.HasPrefix(to, ".") {
		return nil, fmt.Errorf("range %q: write it as A..B", spec)
	}
	start, err := r.Resolve(from)
	if err != nil {
		return nil, err
	}
	end, err := r.Resolve(to)
	if err != nil {
		return nil, err
	}
	s := &Range{repo: r, past: &historian{repo: r, trees: newTrees()}}
	s.past.trees.store, s.past.trees.all = r.store, true
	if err := s.collect(start, end); err != nil {
		return nil, err
	}
	return s, nil
}

// collect lists the commits of the range and the blobs that they brought.
func (s *Range) collect(start, end object.ID) error {
	known, err := s.ancestors(start, nil)
	if err != nil {
		return err
	}
	fresh, err := s.ancestors(end, known)
	if err != nil {
		return err
	}
	for id := range fresh {
		_, data, err := s.repo.store.Read(id)
		if err == nil {
			err = s.past.commits.add(id, data)
		}
		if err != nil {
			return err
		}
	}
	s.past.commits.sort()
	seen := map[uint32]bool{}
	for i := range s.past.commits.list {
		s.brought(&s.past.commits.list[i], seen)
	}
	return nil
}

// brought adds the blobs that a commit has and none of its parents has there.
func (s *Range) brought(c *commit, seen map[uint32]bool) {
	to := s.past.trees.tree(c.tree)
	parents := s.past.parentTrees(c)
	differs := map[string]int{}
	blobs := map[string]uint32{}
	for _, from := range parents {
		s.past.trees.diff(from, to, func(path []byte, _, blob uint32) {
			if blob != noTree {
				differs[string(path)]++
				blobs[string(path)] = blob
			}
		})
	}
	var paths []string
	for path, n := range differs {
		if n == len(parents) && !seen[blobs[path]] {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		if b := blobs[path]; !seen[b] {
			seen[b] = true
			s.text = append(s.text, s.past.trees.blobID[b])
		}
	}
}

// ancestors returns the commits reachable from id and not in known. Commits that
// a shallow clone lacks end the walk where the clone says so.
func (s *Range) ancestors(id object.ID, known map[object.ID]bool) (map[object.ID]bool, error) {
	border := map[object.ID]bool{}
	cut, err := object.Shallow(s.repo.common)
	if err != nil {
		return nil, err
	}
	for _, c := range cut {
		border[c] = true
	}
	found := map[object.ID]bool{}
	for queue := []object.ID{id}; len(queue) > 0; {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if found[id] || known[id] {
			continue
		}
		c, err := s.repo.readCommit(id)
		if err != nil {
			return nil, err
		}
		found[id] = true
		if border[id] {
			continue
		}
		queue = append(queue, c.Parents...)
	}
	return found, nil
}

// rangeBatch is how many objects of a range make a unit.
const rangeBatch = 16

// Units implements Source.
func (s *Range) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, g := range s.past.trees.gaps {
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
	}
}

// objects yields the named objects.
func (r *Repository) objects(ids []object.ID) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, id := range ids {
				kind, data, err := r.store.Read(id)
				if err != nil {
					if !yield(Blob{}, &Gap{Subject: "object " + id.String(), Err: cause(err)}) {
						return
					}
					continue
				}
				if !yield(Blob{ID: id, Type: kind, Content: data}, nil) {
					return
				}
			}
		}
	}
}

// Attribute implements Attributor.
func (s *Range) Attribute(ctx context.Context, held []Held) (Attribution, error) {
	if s.past == nil {
		return Attribution{}, errors.New("attributed already")
	}
	return s.past.attribute(ctx, held)
}
