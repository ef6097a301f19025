package object

import (
	"errors"
	"os"
	"runtime/debug"
	"slices"
)

// A place is where a copy of an object lies: in a pack, or loose if pack is nil.
type place struct {
	pack *pack
	off  int64
	dir  int // as in looseObject
}

// Read returns the object id, in memory of the caller's own. The content is
// hashed: where no copy in the store is sound, the error is ErrNotFound or a
// DamageError, and with ErrMismatch the content comes along.
func (s *Store) Read(id ID) (Type, []byte, error) { return s.readExcept(id, place{dir: -1}) }

// readExcept tries every copy of an object but one.
func (s *Store) readExcept(id ID, not place) (t Type, data []byte, err error) {
	k := s.spare.Get().(*scratch)
	defer s.spare.Put(k)
	err = ErrNotFound
	for at := range s.places(id) {
		if at == not {
			continue
		}
		at1, data1, err1 := s.readPlace(k, id, at)
		if err1 == nil {
			if s.Hash(at1, data1) == id {
				return at1, data1, nil
			}
			t, data, err = at1, data1, s.damage(id, at, ErrMismatch)
		} else if data == nil && !errors.Is(err1, os.ErrNotExist) {
			err = s.damage(id, at, err1)
		}
	}
	return t, data, err
}

// Hash returns the id that data have in this store.
func (s *Store) Hash(t Type, data []byte) ID { return hashWith(newHash(s.opts.HashSize), t, data) }

func (s *Store) damage(id ID, at place, err error) *DamageError {
	if at.pack != nil {
		return &DamageError{id, at.pack.name, at.off, err}
	}
	return &DamageError{id, s.loosePath(max(0, at.dir), id), 0, err}
}

// places yields where copies of an object may lie: packs before loose objects,
// as Git searches.
func (s *Store) places(id ID) func(yield func(place) bool) {
	return func(yield func(place) bool) {
		if int(id.size) != s.opts.HashSize {
			return
		}
		for _, p := range s.packs {
			if off, ok := p.lookup(id); ok && !yield(place{pack: p, off: off}) {
				return
			}
		}
		for i := range s.dirs {
			if !yield(place{dir: i}) {
				return
			}
		}
		if !s.opened {
			return
		}
		s.listed.Do(s.listLoose)
		if i, ok := s.tempAt[id]; ok && !yield(place{dir: len(s.dirs) + i}) {
			return
		}
		for _, p := range s.latePacks() {
			if off, ok := p.lookup(id); ok && !yield(place{pack: p, off: off}) {
				return
			}
		}
	}
}

// lookup finds an object in the pack's index.
func (p *pack) lookup(id ID) (off int64, ok bool) {
	var err error
	defer unguard(debug.SetPanicOnFault(true), &err)
	x := p.index
	if p.found != nil {
		x = p.found
	}
	if x == nil {
		return 0, false
	}
	pos, ok := x.find(id)
	if !ok {
		return 0, false
	}
	return x.offset(pos), true
}

// readPlace reads one copy. The result is the caller's.
func (s *Store) readPlace(k *scratch, id ID, at place) (Type, []byte, error) {
	if at.pack == nil {
		return k.loose(s.loosePath(at.dir, id), anyType, slack)
	}
	t, data, err := s.readPacked(k, at.pack, at.off)
	return t, slices.Clone(data), err
}

func anyType(Type) bool { return true }

// readPacked rebuilds the entry at off. The result may lie in the cache and
// must not be changed.
func (s *Store) readPacked(k *scratch, p *pack, off int64) (t Type, data []byte, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	chain, t, data, err := s.descend(k, place{pack: p, off: off})
	if err != nil {
		return 0, nil, err
	}
	for _, at := range slices.Backward(chain) {
		h, err := k.head(at.pack, at.off, s.opts.HashSize)
		if err != nil {
			return 0, nil, err
		}
		delta, _, err := k.inflateAt(at.pack, at.off, h)
		if err != nil {
			return 0, nil, err
		}
		if data, err = k.patch(data, delta, slack); err != nil {
			return 0, nil, err
		}
		s.cache.put(at, t, data)
	}
	return t, data, nil
}

// descend follows the bases of an entry down to one that is whole. chain holds
// the deltas on the way, the asked one first.
func (s *Store) descend(k *scratch, at place) (chain []place, t Type, data []byte, err error) {
	for {
		if t, data, ok := s.cache.get(at); ok {
			return chain, t, data, nil
		}
		if len(chain) > s.opts.MaxDepth {
			if slices.Contains(chain[:len(chain)-1], chain[len(chain)-1]) {
				return nil, 0, nil, ErrCycle
			}
			return nil, 0, nil, ErrLimit
		}
		h, err := k.head(at.pack, at.off, s.opts.HashSize)
		if err != nil {
			return nil, 0, nil, err
		}
		switch h.kind {
		case kindOffset:
			chain = append(chain, at)
			at.off -= h.back
		case kindRef:
			chain = append(chain, at)
			id, err := k.baseID(at.pack, at.off, h, s.opts.HashSize)
			if err != nil {
				return nil, 0, nil, err
			}
			var ok bool
			if at, ok = s.basePlace(at.pack, id); !ok {
				return nil, 0, nil, damagedf("base %v is missing", id)
			}
			if at.pack == nil {
				t, data, err := k.loose(s.loosePath(at.dir, id), anyType, slack)
				return chain, t, data, err
			}
		default:
			data, _, err := k.inflateAt(at.pack, at.off, h)
			if err == nil {
				s.cache.put(at, Type(h.kind), data)
			}
			return chain, Type(h.kind), data, err
		}
	}
}

// basePlace finds the base of a delta, in the delta's own pack if it is there.
func (s *Store) basePlace(p *pack, id ID) (place, bool) {
	if off, ok := p.lookup(id); ok {
		return place{pack: p, off: off}, true
	}
	for at := range s.places(id) {
		if at.pack != nil {
			return at, true
		}
		if _, err := os.Lstat(s.loosePath(at.dir, id)); err == nil {
			return at, true
		}
	}
	return place{}, false
}
