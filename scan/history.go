package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// History is the source of everything in a repository's object store: every
// object once, reachable or not. It is also the Attributor of what is found there.
type History struct {
	repo    *Repository
	readers sync.Pool // *object.Reader
	units   []object.Unit
	trees   *Trees        // the sequel
	state   *State        // nil: every run reads everything
	former  []object.Unit // commits that the state knows
	lfs     pointers
	shard   report.Shard  // to which belongs what is examined
	others  []object.Unit // of other shards

	listed   sync.Once
	presence *object.Presence // set by present
	deep     bool             // the history is not shallow, as far as is known

	mu      sync.Mutex
	commits []commits // taken down as they pass by, by unit
	odd     []error   // commits that do not parse
	sorted  chan commits
}

// History returns the repository's whole object store as a source.
func (r *Repository) History() *History {
	h := &History{repo: r, lfs: pointers{common: r.common}}
	h.readers.New = func() any { return r.store.NewReader() }
	return h
}

// Units implements Source.
func (h *History) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		h.units = h.plan() // first: it may add to the problems
		for _, p := range h.repo.gaps() {
			if !yield(nil, p) {
				return
			}
		}
		for u, err := range h.repo.stagedNames(h.shard) {
			if !yield(u, err) {
				return
			}
		}
		for _, u := range h.units {
			if holdsContent(u) && (ctx.Err() != nil || !yield(h.contents(u), nil)) {
				return
			}
		}
	}
}

// plan returns the units that are read.
func (h *History) plan() []object.Unit {
	switch {
	case h.shard.Of > 1:
		return h.divide(h.repo.newUnits())
	case h.state == nil:
		return h.repo.newUnits()
	}
	return h.state.plan(h.repo)
}

// again adds what has to be read once more for an attribution although it is
// remembered: commits and trees.
func (h *History) again() {
	h.former = h.others
	if s := h.state; s != nil && s.old != nil && !s.unchanged {
		h.former = s.units(h.repo, object.Tree, object.Blob, object.Tag)
		h.units = s.units(h.repo, object.Commit, object.Blob, object.Tag)
	}
}

// holdsContent reports whether something else than trees may be in a unit.
func holdsContent(u object.Unit) bool {
	return u.Has(object.Blob) || u.Has(object.Commit) || u.Has(object.Tag)
}

func isContent(t object.Type) bool { return t != object.Tree }

// contents yields all but the trees of a unit of the store and takes down its
// commits.
func (h *History) contents(u object.Unit) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			var passing commits
			if u.Has(object.Commit) {
				passing.list = make([]commit, 0, u.Objects())
			}
			var odd []error
			defer func() { h.takeDown(&passing, odd) }()
			learned := h.pupil()
			defer learned.done()
			for o, err := range h.objects(u, isContent) {
				if err != nil {
					learned.doubt()
					read, more := h.repo.large(err, gapID(err), Blob{Doubt: learned.doubt}, yield)
					if !more || !read && !yield(Blob{}, err) {
						return
					}
					continue
				}
				if o.Type == object.Commit {
					if err := passing.add(o.ID, o.Data); err != nil {
						learned.doubt()
						odd = append(odd, err)
					} else if !h.tellMissing(&passing.list[len(passing.list)-1], learned, yield) {
						return
					}
				}
				if o.Type == object.Blob && h.lfs.lacks(o.Data) {
					learned.doubt() // it is asked for in each run, until it is here
				}
				if !yield(Blob{ID: o.ID, Type: o.Type, Content: o.Data, Edit: Edit{o.Depth, o.Copies}, Doubt: learned.doubt}, nil) {
					return
				}
				learned.add(o.ID, o.Type)
			}
		}
	}
}

// objects yields the objects of one unit of the store. One whose content does not
// fit its id is yielded after the gap: it is there to be read.
func (h *History) objects(u object.Unit, want func(object.Type) bool) iter.Seq2[object.Object, error] {
	return func(yield func(object.Object, error) bool) {
		reader := h.readers.Get().(*object.Reader)
		defer h.readers.Put(reader)
		for o, err := range reader.Objects(u, want) {
			if h.repo.largeUnwanted(err, want) {
				continue
			}
			if err != nil && !standsForObject(err) {
				h.state.doubt()
			}
			if err != nil && !yield(object.Object{}, h.repo.damage(err)) {
				return
			}
			if err != nil && !errors.Is(err, object.ErrMismatch) {
				continue
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// standsForObject reports whether damage belongs to an object.
func standsForObject(err error) bool {
	var d *object.DamageError
	return errors.As(err, &d) && !d.ID.IsZero()
}

// takeDown adds the commits of a unit.
func (h *History) takeDown(c *commits, odd []error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commits = append(h.commits, *c)
	h.odd = append(h.odd, odd...)
}

// sort brings the commits into order while the trees are read.
func (h *History) sort() {
	h.sorted = make(chan commits, 1)
	go func() {
		var all commits
		defer func() { h.sorted <- all }()
		defer guard(func() string { return "history" }, func(err error) { h.odd = append(h.odd, err) })
		h.takeDownFormer()
		all = join(h.commits)
	}()
}

// takeDownFormer adds the commits that an earlier run has examined.
func (h *History) takeDownFormer() {
	var passing commits
	var odd []error
	for _, u := range h.former {
		if !u.Has(object.Commit) {
			continue
		}
		for o, err := range h.objects(u, isCommit) {
			if err == nil && (h.state == nil || h.state.knows(o.ID)) {
				err = passing.add(o.ID, o.Data)
			}
			if err != nil {
				odd = append(odd, err)
			}
		}
	}
	h.takeDown(&passing, odd)
}

func isCommit(t object.Type) bool { return t == object.Commit }

// gapID returns the id of the object that an error is about, zero if it is none.
func gapID(err error) object.ID {
	var g *Gap
	if errors.As(err, &g) {
		return g.id
	}
	return object.ID{}
}

// damage names the damaged object as a person can look it up.
func (r *Repository) damage(err error) error {
	var d *object.DamageError
	if !errors.As(err, &d) {
		return &Gap{Subject: "object store", Err: err}
	}
	where := r.inGit(d.Pack)
	if d.ID.IsZero() {
		return &Gap{Subject: fmt.Sprintf("%s at offset %d", where, d.Offset), Err: d.Err}
	}
	why := d.Err
	if errors.Is(why, object.ErrLimit) {
		why = fmt.Errorf("%w: %w", why, errTooLarge)
	}
	return &Gap{Subject: "object " + d.ID.String(), Err: fmt.Errorf("%w (%s, offset %d)", why, where, d.Offset), id: d.ID}
}

// gaps lists what of the repository is known not to be readable: files, refs,
// and what a shallow clone lacks.
func (r *Repository) gaps() []error {
	var all []error
	for _, p := range r.store.Problems() {
		all = append(all, r.problem(p))
	}
	all = append(all, r.problems...)
	r.tips() // looks at what the refs name
	all = append(all, r.tipProblems...)
	return append(all, r.shallow()...)
}

// shallow says what a shallow clone lacks.
func (r *Repository) shallow() []error {
	ids, err := object.Shallow(r.common)
	if err != nil {
		return []error{&Gap{Subject: r.own + "shallow", Err: plain(err)}}
	}
	if len(ids) == 0 {
		return nil
	}
	return []error{&Gap{Subject: "history", Err: fmt.Errorf("shallow clone: what lies before %d commit(s) is not here; %s", len(ids), deepen)}}
}

const deepen = "run git fetch --unshallow (in GitHub Actions: fetch-depth: 0)"

// Attribute implements Attributor. It is called once, after the source and its
// sequel were read.
func (h *History) Attribute(ctx context.Context, held []Held) (Attribution, error) {
	if h.state != nil && h.state.ready != nil {
		return *h.state.ready, nil
	}
	past := &historian{repo: h.repo, trees: h.trees.grown(), commits: <-h.sorted}
	if h.shard.Of > 0 {
		past.changes = map[spanKey][]report.StayChange{}
	}
	a, err := past.attribute(ctx, held)
	a.below(h.repo.at)
	return a, errors.Join(append(h.odd, err)...)
}

// GitFiles is the source of the repository's own files outside the object store:
// configuration, refs, reflogs, messages, hooks, LFS objects.
func (r *Repository) GitFiles() (*Files, error) {
	f, err := NewFiles(r.common, ".", nil)
	if err != nil {
		return nil, err
	}
	f.prefix = gitPrefix
	f.WithNested(r.set, r.memory)
	f.own = map[string]bool{"objects": true}
	for _, dir := range r.modules {
		f.own[dir+"/objects"] = true
	}
	return f, nil
}

// WorktreeFiles is the source of what Git keeps for this working tree alone, where
// that does not lie below what GitFiles reads; nil where it does.
func (r *Repository) WorktreeFiles() (*Files, error) {
	rel, err := filepath.Rel(r.common, r.gitDir)
	if err == nil && filepath.IsLocal(rel) {
		return nil, nil
	}
	f, err := NewFiles(r.gitDir, ".", nil)
	if err != nil {
		return nil, err
	}
	f.prefix = gitPrefix
	f.own = map[string]bool{"objects": true}
	return f, nil
}

// gitPrefix begins the paths of a repository's own files.
const gitPrefix = ".git/"
