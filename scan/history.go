package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/assayhq/assay/scan/object"
)

// History is the source of everything in a repository's object store: every
// object once, reachable or not. It is also the Attributor of what is found there.
type History struct {
	repo    *Repository
	readers sync.Pool // *object.Reader

	mu      sync.Mutex
	commits commits // taken down as they pass by, for Attribute
	odd     []error // commits that do not parse
}

// History returns the repository's whole object store as a source.
func (r *Repository) History() *History {
	h := &History{repo: r}
	h.readers.New = func() any { return r.store.NewReader() }
	return h
}

// Units implements Source.
func (h *History) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		units := h.repo.store.Units() // first: it may add to the problems
		for _, p := range h.repo.gaps() {
			if !yield(nil, p) {
				return
			}
		}
		for _, u := range units {
			if ctx.Err() != nil || !yield(h.scanned(u), nil) {
				return
			}
		}
	}
}

// scanned yields the objects of one unit of the store and takes down its commits.
func (h *History) scanned(u object.Unit) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for b, err := range h.read(u, everyType) {
				if err == nil && b.Type == object.Commit {
					h.takeDown(b)
				}
				if !yield(b, err) {
					return
				}
			}
		}
	}
}

func everyType(object.Type) bool { return true }

// read yields the objects of one unit of the store. One whose content does not
// fit its id is yielded beside the gap: it is there to be read.
func (h *History) read(u object.Unit, want func(object.Type) bool) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		reader := h.readers.Get().(*object.Reader)
		defer h.readers.Put(reader)
		for o, err := range reader.Objects(u, want) {
			if err != nil && !yield(Blob{}, h.repo.damage(err)) {
				return
			}
			if err != nil && !errors.Is(err, object.ErrMismatch) {
				continue
			}
			if !yield(Blob{ID: o.ID, Type: o.Type, Content: o.Data}, nil) {
				return
			}
		}
	}
}

func (h *History) takeDown(b Blob) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.commits.add(b.ID, b.Content); err != nil {
		h.odd = append(h.odd, err)
	}
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
	return &Gap{Subject: "object " + d.ID.String(), Err: fmt.Errorf("%w (%s, offset %d)", d.Err, where, d.Offset)}
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
		return []error{&Gap{Subject: ".git/shallow", Err: plain(err)}}
	}
	if len(ids) == 0 {
		return nil
	}
	return []error{&Gap{Subject: "history", Err: fmt.Errorf("shallow clone: what lies before %d commit(s) is not here; %s", len(ids), deepen)}}
}

const deepen = "run git fetch --unshallow (in GitHub Actions: fetch-depth: 0)"

// Attribute implements Attributor. Trees are visited once more, this time
// knowing what to look for. It is called once, after the source was read.
func (h *History) Attribute(ctx context.Context, held []Held) (Attribution, error) {
	past := &historian{repo: h.repo, trees: newTrees(), commits: h.commits}
	for _, o := range held {
		if o.Type == object.Blob {
			past.trees.announce(o.ID)
		}
	}
	if len(past.trees.blobs) > 0 {
		h.plant(ctx, past.trees)
	}
	a, err := past.attribute(ctx, held)
	return a, errors.Join(append(h.odd, err)...)
}

// room is how many trees there may be at most.
func (h *History) room() (n int) {
	for _, u := range h.repo.store.Units() {
		if u.Has(object.Tree) {
			n += u.Objects()
		}
	}
	return n
}

// plant adds all trees of the store. Damage is not told again, the scan met it.
func (h *History) plant(ctx context.Context, t *trees) {
	t.number = make(map[object.ID]uint32, h.room())
	isTree := func(t object.Type) bool { return t == object.Tree }
	for _, u := range h.repo.store.Units() {
		if ctx.Err() != nil {
			return
		}
		if !u.Has(object.Tree) {
			continue
		}
		for b, err := range h.read(u, isTree) {
			if err == nil {
				t.add(b.ID, b.Content)
			}
		}
	}
	t.prune()
}

// GitFiles is the source of the repository's own files outside the object store:
// configuration, refs, reflogs, messages, hooks, LFS objects.
func (r *Repository) GitFiles() (*Files, error) {
	f, err := NewFiles(r.common, ".", nil)
	if err != nil {
		return nil, err
	}
	f.prefix = gitPrefix
	f.own = "objects"
	return f, nil
}

// gitPrefix begins the paths of a repository's own files.
const gitPrefix = ".git/"
