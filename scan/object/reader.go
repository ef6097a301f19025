package object

import (
	"fmt"
	"iter"
)

// An Object is one object as a Reader finds it.
type Object struct {
	ID   ID
	Type Type
	// Data is the whole content. It is valid until the next step.
	Data []byte
	// Depth is the object's place in the walk: under how many of the objects
	// that the iteration yielded before it stands. It rises by one at most. To
	// keep something of each object at hand for those that are built on it,
	// hold a stack, and at each object without an error cut it to Depth and
	// push: stack = append(stack[:o.Depth], x).
	Depth int
	// Base is the object that Data was built on by a delta, if it is of use to
	// know: if the same iteration yielded it, without an error, and with the
	// very bytes that Copies were taken from. It is then of the same type, and
	// the latest object whose Depth was one less. In all other cases Base is
	// zero: the object was stored whole or read from another place, or its base
	// was damaged, skipped, or belongs to another unit or store.
	Base ID
	// Copies are the parts of Data that are taken from Base, ascending and
	// apart from each other or at least from different places of the base. It
	// is empty where Base is zero. It is valid until the next step.
	Copies []Copy
	// Fresh are the other parts of Data, ascending and apart from each other:
	// one span over all of it where Base is zero. Empty spans are seams. It is
	// valid until the next step.
	Fresh []Span
}

// A Reader walks through units. Several Readers of a store may be at work at
// the same time, each in one goroutine.
type Reader struct {
	// Verify makes the Reader hash every object. Without it, packed bytes are
	// compared with the checksums of the pack's index, and hashed only where
	// these are wrong or absent. That reveals damage but not a forged index.
	Verify bool

	store *Store
	k     scratch
	free  [256][][]byte // buffers by the class of their capacity
	freed int64         // bytes of capacity in free
	held  int64         // bytes of capacity in stack
	stack []frame
	path  []int32 // scratch of restore
	plan  plan    // of what is visited next
	pick  *pick   // of the unit; nil if all of it is wanted
	spent int64   // bytes that the unit gave so far

	heavy   bool  // holds store.heavy
	current int32 // the entry that is being yielded
}

// A frame is an entry on the way from the start of a family to the present
// object.
type frame struct {
	id    ID
	crc   uint32 // of the packed bytes, as the index has it; valid with id
	entry int32
	child int32  // to be visited next
	level int    // Depth of what is built on the entry
	shown bool   // the entry was yielded, with this data
	data  []byte // nil if there is none, or if it was dropped
	own   bool   // data belongs to the Reader's buffers
	doubt bool   // a checksum was wrong on the way: what follows has to be hashed
	err   error  // why there is no data
}

// NewReader returns a Reader of the store.
func (s *Store) NewReader() *Reader {
	r := &Reader{store: s}
	r.k.opts = s.opts
	return r
}

// Objects yields the objects of a unit whose type is wanted, in a fixed order,
// bases before what is built on them. An error is always a DamageError about
// one object, and the iteration goes on after it; with ErrMismatch the Object
// is filled all the same, but no Base will point to it. Damage whose type cannot
// be told is always reported.
func (r *Reader) Objects(u Unit, want func(Type) bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		r.spent, r.pick = 0, u.pick
		defer r.unwind()
		for _, l := range u.loose {
			if !r.loose(l, want, yield) {
				return
			}
		}
		r.plan.begin()
		for i, e := range u.starts {
			r.plan.starts = u.starts[i:]
			if !r.family(u.pack, e, want, yield) {
				return
			}
		}
	}
}

// loose yields a loose object.
func (r *Reader) loose(l looseObject, want func(Type) bool, yield func(Object, error) bool) bool {
	s := r.store
	at := place{dir: l.dir}
	t, data, err := r.k.loose(s.loosePath(l.dir, l.id), want, r.alloc)
	if err == nil && data == nil {
		return true
	}
	o := Object{ID: l.id, Type: t, Data: data}
	switch {
	case err != nil:
		err = s.damage(l.id, at, err)
	case r.Verify && s.Hash(t, data) != l.id:
		err = s.damage(l.id, at, ErrMismatch)
	}
	if err != nil {
		if t, data, err1 := s.readExcept(l.id, at); err1 == nil {
			o, err = Object{ID: l.id, Type: t, Data: data}, nil
			if !want(t) {
				return true
			}
		}
	}
	r.whole(&o)
	ok := yield(o, err)
	r.recycle(data)
	return ok
}

// family visits the entry start and all that is built on it up to the cuts,
// depth-first.
func (r *Reader) family(p *pack, start int32, want func(Type) bool, yield func(Object, error) bool) bool {
	f := &p.forest
	if t := f.typ(start); t != 0 && !want(t) {
		return true
	}
	base, t := r.startBase(p, start)
	if t != 0 && !want(t) {
		return true
	}
	if !r.enter(p, start, t, &base, yield) {
		return false
	}
	for len(r.stack) > 0 {
		top := &r.stack[len(r.stack)-1]
		if top.data == nil && top.err == nil {
			r.restore(p)
		}
		c := top.child
		if top.child = f.visit(f.next[c], r.pick); top.child >= 0 {
			if !r.enter(p, c, t, top, yield) {
				return false
			}
			continue
		}
		// The last child: its base is not needed any longer than it is built.
		last := *top
		r.stack = r.stack[:len(r.stack)-1]
		r.held -= int64(cap(last.data))
		ok := r.enter(p, c, t, &last, yield)
		r.discard(&last)
		if !ok {
			return false
		}
	}
	return true
}

// visit returns the first of c and its later siblings that belongs to the same
// piece as their base and has to be visited, or noBase.
func (f *forest) visit(c int32, k *pick) int32 {
	for c >= 0 && (f.flags[c]&(flagCut|flagSkip|flagCycle) != 0 || !k.below(c)) {
		c = f.next[c]
	}
	return c
}

// startBase returns the base of a unit's entry as a frame that is not on the
// stack, and the family's type if it is known.
func (r *Reader) startBase(p *pack, e int32) (base frame, t Type) {
	f := &p.forest
	t = f.typ(e)
	switch {
	case f.flags[e]&flagCycle != 0:
		return frame{err: ErrCycle}, t
	case f.flags[e]&flagDamaged != 0 || f.base[e] == noBase:
		return frame{}, t
	case f.base[e] == outside:
		t = r.outside(p, e, &base)
		return base, t
	}
	b := f.base[e]
	base.id = p.id(b)
	k := r.store.spare.Get().(*scratch)
	defer r.store.spare.Put(k)
	_, base.data, base.err = r.store.readPacked(k, p, f.offs[b])
	base.doubt = true // nothing was compared on the way here
	if base.err != nil {
		_, base.data, base.err = r.store.readExcept(base.id, place{pack: p, off: f.offs[b]})
	}
	return base, t
}

// outside reads a base that is in another pack, or loose.
func (r *Reader) outside(p *pack, e int32, base *frame) (t Type) {
	base.id, base.err = r.k.safeBase(p, p.forest.offs[e], r.store.opts.HashSize)
	if base.err != nil {
		return 0
	}
	if t, base.data, base.err = r.store.Read(base.id); base.err != nil {
		base.err = fmt.Errorf("base %v: %w", base.id, base.err)
	}
	return t
}

// enter rebuilds an entry, yields it, and puts it onto the stack if something
// is built on it.
func (r *Reader) enter(p *pack, e int32, t Type, base *frame, yield func(Object, error) bool) bool {
	f := &p.forest
	// Here and below fields are set one by one: a composite literal is made
	// elsewhere and copied, which costs more than many an object.
	var fr frame
	fr.entry, fr.err, fr.doubt, fr.level = e, base.err, base.doubt, base.level
	gap := int64(0)
	if line := r.plan.take(p, e, r.pick); line != nil {
		fr.id, fr.crc = line.id, line.crc
	}
	if fr.err == nil {
		gap = r.build(p, &fr, base.data)
	}
	if fr.id.size == 0 {
		fr.id = p.id(e)
	}
	var o Object
	o.ID, o.Type = fr.id, t
	if fr.err == nil && base.shown && !r.k.edits.whole {
		o.Base = base.id
	}
	var report error
	if fr.err == nil && (r.Verify || fr.doubt) {
		fr.doubt = r.store.Hash(t, fr.data) != o.ID
		if fr.doubt {
			report = ErrMismatch
		}
	}
	if fr.err != nil || report != nil {
		report = r.rescue(p, &fr, &o, report)
	}
	if report != nil {
		report = &DamageError{o.ID, p.name, f.offs[e], report}
	}
	o.Data, o.Depth = fr.data, base.level
	if o.Base.IsZero() {
		r.whole(&o)
	} else {
		o.Copies, o.Fresh = r.k.edits.copies, r.k.edits.fresh
	}
	r.spent += int64(len(fr.data))
	r.current = e
	ok := true
	if f.flags[e]&flagCopy == 0 && r.pick.itself(e) {
		ok = yield(o, report)
		if fr.shown = report == nil; fr.shown {
			fr.level++
		}
	}
	if ok && gap > 0 {
		err := damagedf("%d bytes between entries belong to no object", gap)
		ok = yield(Object{}, &DamageError{Pack: p.name, Offset: f.offs[e], Err: err})
	}
	fr.child = f.visit(f.child[e], r.pick) // not earlier: naming a pack's entries adds children
	r.push(&fr)
	return ok
}

// whole makes an object fresh as a whole.
func (r *Reader) whole(o *Object) {
	r.k.edits.all(len(o.Data))
	o.Copies, o.Fresh = nil, r.k.edits.fresh
}

// rescue looks for another copy of an object that could not be read, or not
// well. It returns what remains to be reported.
func (r *Reader) rescue(p *pack, fr *frame, o *Object, report error) error {
	t, data, err := r.store.readExcept(o.ID, place{pack: p, off: p.forest.offs[fr.entry]})
	if err == nil {
		r.discard(fr)
		*o = Object{ID: o.ID, Type: t}
		fr.data, fr.err, fr.doubt = data, nil, false
		return nil
	}
	if fr.err != nil {
		return fr.err
	}
	return report
}
