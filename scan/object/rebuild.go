package object

import "runtime/debug"

// id returns the id of an entry; zero where the index cannot be read.
func (p *pack) id(e int32) (id ID) {
	var err error
	defer unguard(debug.SetPanicOnFault(true), &err)
	return p.index.id(int(p.forest.pos[e]))
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
	if fr.id.size == 0 {
		at := p.forest.pos[fr.entry]
		fr.id = p.index.id(int(at))
		fr.crc, _ = p.index.crc(int(at))
	}
	off, end := p.forest.extent(fr.entry)
	if off < packHead || off >= p.end {
		return nil, 0, damagedf("offset %d is outside the pack", off)
	}
	n := int(min(end, p.end) - off)
	src, err := p.content.at(off, n, &r.k.win)
	if err != nil {
		return nil, 0, err
	}
	h, err := parseEntry(src[:min(n, maxEntryHead)], r.store.opts.HashSize)
	if err != nil {
		return nil, 0, err
	}
	if h.size > r.k.opts.MaxSize {
		return nil, 0, ErrLimit
	}
	if h.kind >= kindOffset && p.forest.base[fr.entry] == noBase {
		return nil, 0, damagedf("no entry where the base should be")
	}
	if n <= h.len || h.size > maxRatio*int64(n) {
		return nil, 0, damagedf("%d bytes cannot hold an entry of %d", n, h.size)
	}
	sum := checkSum
	switch p.index.checkCRC(fr.crc, src[:n]) {
	case crcRight:
		sum = skipSum
	case crcWrong:
		fr.doubt = true
	case crcAbsent: // an index of version 1, or one made from the pack itself
		fr.doubt = fr.doubt || p.index.version1
	}
	var used int
	if h.kind < kindOffset {
		r.k.edits.whole = true // even if the entry was a delta when heads were read
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
func (r *Reader) push(fr *frame) {
	if fr.child < 0 {
		r.discard(fr)
		return
	}
	r.stack = append(r.stack, *fr)
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
	if r.heavy {
		r.heavy = false
		r.store.heavy.Unlock()
	}
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
			top.shown = false // the file changed: what was yielded may be other bytes
		}
		r.spent += int64(len(next.data))
		r.discard(&base)
		base = next
	}
	top.data, top.own, top.err = base.data, base.own, base.err
	r.held += int64(cap(top.data))
}
