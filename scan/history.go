package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/assayhq/assay/scan/object"
)

// History is the source of everything in a repository's object store: every
// object once, reachable or not, and the small files beside it. It is also the
// Attributor of what is found in them.
type History struct {
	repo    *Repository
	readers sync.Pool // *object.Reader
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
		for _, p := range append(h.repo.problems, h.repo.shallow()...) {
			if !yield(nil, p) {
				return
			}
		}
		for _, u := range h.repo.store.Units() {
			if !yield(h.unit(u, everyType), nil) {
				return
			}
		}
	}
}

func everyType(object.Type) bool { return true }

// unit yields the objects of one unit of the store.
func (h *History) unit(u object.Unit, want func(object.Type) bool) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			reader := h.readers.Get().(*object.Reader)
			defer h.readers.Put(reader)
			for o, err := range reader.Objects(u, want) {
				if err != nil {
					if !yield(Blob{}, h.gap(err)) {
						return
					}
					continue
				}
				if !yield(Blob{ID: o.ID, Type: o.Type, Content: o.Data}, nil) {
					return
				}
			}
		}
	}
}

// gap names the damaged object as a person can look it up.
func (h *History) gap(err error) error {
	var d *object.DamageError
	if !errors.As(err, &d) {
		return &Gap{Subject: "object store", Err: err}
	}
	where := strings.TrimPrefix(d.Pack, h.repo.common+"/")
	if d.ID.IsZero() {
		return &Gap{Subject: fmt.Sprintf(".git/%s at offset %d", where, d.Offset), Err: d.Err}
	}
	return &Gap{Subject: "object " + d.ID.String(), Err: fmt.Errorf("%w (.git/%s, offset %d)", d.Err, where, d.Offset)}
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
	return []error{&Gap{Subject: "history", Err: fmt.Errorf("shallow clone: what lies before %d commit(s) is not here; run git fetch --unshallow (in GitHub Actions: fetch-depth: 0)", len(ids))}}
}

// Attribute implements Attributor. Trees and commits are visited once more, this
// time knowing what to look for.
func (h *History) Attribute(ctx context.Context, held []Held) (Attribution, error) {
	past := &historian{repo: h.repo, trees: newTrees()}
	for _, o := range held {
		if o.Type == object.Blob {
			past.trees.announce(o.ID)
		}
	}
	var gaps []error
	want := func(t object.Type) bool { return t == object.Tree || t == object.Commit }
	for _, u := range h.repo.store.Units() {
		if ctx.Err() != nil {
			return Attribution{}, nil
		}
		if !u.Has(object.Tree) && !u.Has(object.Commit) {
			continue
		}
		for b, err := range h.unit(u, want)() {
			switch {
			case err != nil: // the scan has said so
			case b.Type == object.Tree:
				past.trees.add(b.ID, b.Content)
			case b.Type == object.Commit:
				if err := past.commits.add(b.ID, b.Content); err != nil {
					gaps = append(gaps, err)
				}
			}
		}
	}
	past.trees.prune()
	a, err := past.attribute(ctx, held)
	return a, errors.Join(append(gaps, err)...)
}

// asJoined makes one error of gaps.
func asJoined(gaps []error) error { return errors.Join(gaps...) }

// GitFiles is the source of the repository's own files outside the object store:
// configuration, refs, reflogs, messages, hooks, LFS objects.
func (r *Repository) GitFiles() (*Files, error) {
	f, err := NewFiles(r.common, ".", func(path string, folder bool) bool { return folder && isObjectFolder(path) })
	if err != nil {
		return nil, err
	}
	f.prefix = gitPrefix
	f.silent = true
	return f, nil
}

// gitPrefix begins the paths of a repository's own files.
const gitPrefix = ".git/"

// isObjectFolder reports whether path, below a Git directory, is an object store.
func isObjectFolder(path string) bool {
	return path == "objects" || strings.HasPrefix(path, "modules/") && strings.HasSuffix(path, "/objects")
}
