package scan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

var (
	errNoTree    = errors.New("not a tree object")
	errNoCommit  = errors.New("not a commit object")
	errTooDeep   = errors.New("more than 64 tags in a row")
	errAmbiguous = errors.New("ambiguous: more than one object starts with it")
)

// readRefs lists all refs and finds out what HEAD is.
func (r *Repository) readRefs() {
	refs, problems := object.Refs(r.gitDir, r.common)
	for _, p := range problems {
		r.problems = append(r.problems, r.problem(p))
	}
	r.refs = refs
	r.setHead(r.ref("HEAD"))
}

// setHead notes the object that HEAD leads to.
func (r *Repository) setHead(id object.ID) {
	if id.IsZero() {
		return
	}
	commit, err := r.peel(id)
	if err != nil {
		r.lostHead = refGap("HEAD", id, err)
		r.problems = append(r.problems, r.lostHead)
		return
	}
	r.head = commit
}

func refGap(name string, id object.ID, err error) error {
	return &Gap{Subject: name, Err: fmt.Errorf("object %s: %w", id, err)}
}

// tips returns the refs besides HEAD that lead to a commit, sorted by name.
// Others become tipProblems, unless what they name is no commit.
func (r *Repository) tips() []tip {
	r.peeled.Do(func() {
		for _, ref := range r.refs {
			id := r.follow(ref)
			if ref.Name == "HEAD" || id.IsZero() {
				continue
			}
			commit, err := r.peel(id)
			switch {
			case errors.Is(err, errNoCommit): // a ref may name any object
			case err != nil:
				r.tipProblems = append(r.tipProblems, refGap(ref.Name, id, err))
			default:
				r.tipList = append(r.tipList, tip{ref.Name, commit})
			}
		}
	})
	return r.tipList
}

// cause is why an object could not be read, without saying again which.
func cause(err error) error {
	var d *object.DamageError
	if errors.As(err, &d) {
		return d.Err
	}
	return err
}

// ref returns the object that a full ref name stands for, zero if there is none.
func (r *Repository) ref(name string) object.ID {
	i, ok := slices.BinarySearchFunc(r.refs, name, func(ref object.Ref, name string) int { return cmp.Compare(ref.Name, name) })
	if !ok {
		return object.ID{}
	}
	return r.follow(r.refs[i])
}

// follow resolves a symbolic ref, as deep as Git does.
func (r *Repository) follow(ref object.Ref) object.ID {
	for range 5 {
		if ref.Target == "" {
			return ref.ID
		}
		i, ok := slices.BinarySearchFunc(r.refs, ref.Target, func(ref object.Ref, name string) int { return cmp.Compare(ref.Name, name) })
		if !ok {
			return object.ID{}
		}
		ref = r.refs[i]
	}
	return object.ID{}
}

// peel follows annotated tags to a commit.
func (r *Repository) peel(id object.ID) (object.ID, error) {
	for range 64 {
		kind, data, err := r.store.Read(id)
		switch {
		case err != nil:
			return object.ID{}, cause(err)
		case kind == object.Commit:
			return id, nil
		case kind != object.Tag:
			return object.ID{}, errNoCommit
		}
		tag, err := object.ParseTag(data, id.Size())
		if err != nil {
			return object.ID{}, err
		}
		id = tag.Target
	}
	return object.ID{}, errTooDeep
}

// Resolve finds the commit that a revision names: a full or shortened object id,
// or a ref as Git looks it up, followed by any number of ~N and ^N.
func (r *Repository) Resolve(revision string) (object.ID, error) {
	name, steps := revision, ""
	if i := strings.IndexAny(revision, "~^"); i >= 0 {
		name, steps = revision[:i], revision[i:]
	}
	id, err := r.resolveName(name)
	if err == nil {
		id, err = r.ancestor(id, steps)
	}
	if err != nil {
		return id, fmt.Errorf("revision %q: %w", revision, err)
	}
	return id, nil
}

func (r *Repository) resolveName(name string) (object.ID, error) {
	if name == "HEAD" || name == "@" || name == "" {
		if r.head.IsZero() {
			return r.head, errors.New("HEAD has no commit yet")
		}
		return r.head, nil
	}
	for _, form := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		if id := r.ref(fmt.Sprintf(form, name)); !id.IsZero() {
			return r.peel(id)
		}
	}
	if id, err := object.ParseID(name); err == nil {
		return r.peel(id)
	}
	ids := r.store.Prefix(name)
	var commits []object.ID
	for _, id := range ids {
		if c, err := r.peel(id); err == nil && !slices.Contains(commits, c) {
			commits = append(commits, c)
		}
	}
	switch len(commits) {
	case 0:
		return object.ID{}, errors.New("no such ref or commit here; in a shallow clone, fetch it first")
	case 1:
		return commits[0], nil
	}
	return object.ID{}, errAmbiguous
}

// ancestor applies ~N and ^N to a commit.
func (r *Repository) ancestor(id object.ID, steps string) (object.ID, error) {
	for steps != "" {
		op := steps[0]
		digits := len(steps[1:]) - len(strings.TrimLeft(steps[1:], "0123456789"))
		n := 1
		if digits > 0 {
			var err error
			if n, err = strconv.Atoi(steps[1 : 1+digits]); err != nil {
				return id, err
			}
		}
		steps = steps[1+digits:]
		hops, parent := n, 1
		if op == '^' {
			hops, parent = min(n, 1), n
		}
		for range hops {
			c, err := r.readCommit(id)
			if err != nil {
				return id, fmt.Errorf("commit %s: %w", id, err)
			}
			if parent > len(c.Parents) {
				return id, fmt.Errorf("commit %s has no parent %d", id, parent)
			}
			id = c.Parents[parent-1]
		}
		if len(steps) > 0 && steps[0] != '~' && steps[0] != '^' {
			return id, fmt.Errorf("%q is not understood; use ~N and ^N", steps)
		}
	}
	return id, nil
}

func (r *Repository) readCommit(id object.ID) (object.CommitObject, error) {
	kind, data, err := r.store.Read(id)
	switch {
	case err != nil:
		return object.CommitObject{}, cause(err)
	case kind != object.Commit:
		return object.CommitObject{}, errNoCommit
	}
	return object.ParseCommit(data, id.Size())
}
