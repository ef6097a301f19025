package object

import (
	"fmt"
	"iter"
	"runtime/debug"
)

// An Object is one object as a Reader finds it.
type Object struct {
	ID   ID
	Type Type
	// Data is the whole content. It is valid until the next step.
	Data []byte
	// Base is the object that Data was built on by a delta. It is of the same
	// type and is visited as well, in this unit or in another. Zero if the
	// object was stored whole, or had to be read from another place.
	Base ID
	// Fresh are the parts of Data that are not copied from Base, ascending and
	// apart from each other; empty spans are seams between copies. It means
	// nothing where Base is zero. It is valid until the next step.
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
	spent int64   // bytes that the unit gave so far

	current int32 // the entry that is being yielded
}

// A frame is an entry on the way from the start of a family to the present
// object.
type frame struct {
	id    ID
	entry int32
	child int32  // to be visited next
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
// is filled all the same. Damage whose type cannot be told is always reported.
func (r *Reader) Objects(u Unit, want func(Type) bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		r.spent = 0
		defer r.unwind()
		for _, l := range u.loose {
			if !r.loose(l, want, yield) {
				return
			}
		}
		for _, e := range u.starts {
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
	t, data, err := r.k.loose(loosePath(s.dirs[l.dir], l.id), want, r.alloc)
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
		if top.child = f.visit(f.next[c]); top.child >= 0 {
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
func (f *forest) visit(c int32) int32 {
	for c >= 0 && f.flags[c]&(flagCut|flagSkip|flagCycle) != 0 {
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
	var h entryHead
	h, base.err = r.k.safeHead(p, p.forest.offs[e], r.store.opts.HashSize)
	if base.err != nil {
		return 0
	}
	base.id = h.base
	if t, base.data, base.err = r.store.Read(h.base); base.err != nil {
		base.err = fmt.Errorf("base %v: %w", h.base, base.err)
	}
	return t
}

// id returns the id of an entry; zero where the index cannot be read.
func (p *pack) id(e int32) (id ID) {
	var err error
	defer unguard(debug.SetPanicOnFault(true), &err)
	return p.index.id(int(p.forest.pos[e]))
}

// enter rebuilds an entry, yields it, and puts it onto the stack if something
// is built on it.
func (r *Reader) enter(p *pack, e int32, t Type, base *frame, yield func(Object, error) bool) bool {
	f := &p.forest
	fr := frame{entry: e, err: base.err, doubt: base.doubt}
	gap := int64(0)
	if fr.err == nil {
		gap = r.build(p, &fr, base.data)
	}
	if fr.id.size == 0 {
		fr.id = p.id(e)
	}
	o := Object{ID: fr.id, Type: t}
	if fr.err == nil && f.base[e] != noBase {
		o.Base, o.Fresh = base.id, r.k.fresh
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
	o.Data = fr.data
	r.spent += int64(len(fr.data))
	r.current = e
	ok := f.flags[e]&flagCopy != 0 || yield(o, report)
	if ok && gap > 0 {
		err := damagedf("%d bytes between entries belong to no object", gap)
		ok = yield(Object{}, &DamageError{Pack: p.name, Offset: f.offs[e], Err: err})
	}
	fr.child = f.visit(f.child[e]) // not earlier: naming a pack's entries adds children
	r.push(fr)
	return ok
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

// build rebuilds the entry of fr from the data of its base, and sets data or
// err. It returns how many bytes lie between the entry and the next.
func (r *Reader) build(p *pack, fr *frame, base []byte) (gap int64) {
	fr.data, gap, fr.err = r.inflate(p, fr, base)
	if fr.err != nil {
		fr.data = nil
	}
	fr.own = fr.data != nil
	return gap
}

func (r *Reader) inflate(p *pack, fr *frame, base []byte) (data []byte, gap int64, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	if r.spent > r.store.opts.MaxUnit {
		return nil, 0, ErrLimit
	}
	fr.id = p.index.id(int(p.forest.pos[fr.entry]))
	h, err := r.k.head(p, p.forest.offs[fr.entry], r.store.opts.HashSize)
	if err != nil {
		return nil, 0, err
	}
	off, end := p.forest.extent(fr.entry)
	n := int(min(end, p.end) - off)
	src, err := p.content.at(off, n, &r.k.win)
	if err != nil {
		return nil, 0, err
	}
	if h.kind >= kindOffset && p.forest.base[fr.entry] == noBase {
		return nil, 0, damagedf("no entry where the base should be")
	}
	if n <= h.len || h.size > maxRatio*int64(n) {
		return nil, 0, damagedf("%d bytes cannot hold an entry of %d", n, h.size)
	}
	sum := checkSum
	switch p.checkCRC(int(p.forest.pos[fr.entry]), src[:n]) {
	case crcRight:
		sum = skipSum
	case crcWrong:
		fr.doubt = true
	case crcAbsent: // an index of version 1, or one made from the pack itself
		fr.doubt = fr.doubt || p.index.version1
	}
	var used int
	if h.kind < kindOffset {
		data = r.alloc(int(h.size))
		used, err = r.k.exact(data, src[h.len:], n-h.len, sum)
	} else {
		delta := r.deltaBuffer(int(h.size))
		if used, err = r.k.exact(delta, src[h.len:], n-h.len, sum); err == nil {
			data, err = r.k.patch(base, delta, r.alloc)
		}
	}
	if err != nil {
		r.recycle(data)
		return nil, 0, damaged(err)
	}
	if p.index.made == nil { // else gaps are known already
		gap = int64(n - h.len - used)
	}
	return data, gap, nil
}

// push puts fr onto the stack, and drops the bases farthest up if too much is
// held; or gives its buffer back at once if nothing is built on it.
func (r *Reader) push(fr frame) {
	if fr.child < 0 {
		r.discard(&fr)
		return
	}
	r.stack = append(r.stack, fr)
	r.held += int64(cap(fr.data))
	for i := 0; r.held > r.store.opts.Held && i < len(r.stack)-1; i++ {
		if r.stack[i].own { // else it could not be rebuilt
			r.held -= int64(cap(r.stack[i].data))
			r.discard(&r.stack[i])
		}
	}
}

// unwind empties the stack when an iteration ends early.
func (r *Reader) unwind() {
	for i := range r.stack {
		r.discard(&r.stack[i])
	}
	r.stack, r.held = r.stack[:0], 0
}

// discard drops the data of a frame.
func (r *Reader) discard(fr *frame) {
	if fr.own {
		r.recycle(fr.data)
	}
	fr.data, fr.own = nil, false
}

// restore rebuilds the dropped data of the frame on top, from the nearest base
// that is still held.
func (r *Reader) restore(p *pack) {
	f := &p.forest
	top := &r.stack[len(r.stack)-1]
	base := frame{err: top.err}
	below := len(r.stack) - 2
	path := r.path[:0]
	for e := top.entry; ; e = f.base[e] {
		path = append(path, e)
		if f.base[e] < 0 || f.flags[e]&flagCut != 0 {
			base, _ = r.startBase(p, e)
			break
		}
		if below < 0 || r.stack[below].entry != f.base[e] {
			continue
		}
		if base.data = r.stack[below].data; base.data != nil {
			break
		}
		below--
	}
	r.path = path
	for i := len(path) - 1; i >= 0 && base.err == nil; i-- {
		next := frame{entry: path[i]}
		r.build(p, &next, base.data)
		if next.err != nil {
			_, next.data, next.err = r.store.readExcept(p.id(path[i]), place{pack: p, off: f.offs[path[i]]})
		}
		r.spent += int64(len(next.data))
		r.discard(&base)
		base = next
	}
	top.data, top.own, top.err = base.data, base.own, base.err
	r.held += int64(cap(top.data))
}
