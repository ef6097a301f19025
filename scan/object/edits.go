package object

// A Span is the part [Start, End) of an object's data. An empty span is a
// seam: a place where two copies meet that do not follow each other in the
// base, or where the base goes on before the first or behind the last copy.
type Span struct{ Start, End int }

// A Copy says that the bytes [From, From+Len) of the base stand at To in the
// object.
type Copy struct{ From, To, Len int }

// maxCopies is how many copies of one object are told. Real deltas have some
// dozens; one that is made to have millions would cost many times its size.
const maxCopies = 1 << 16

// edits is what a delta does to its base.
type edits struct {
	copies []Copy
	fresh  []Span
	whole  bool // copies would be too many: fresh is all there is
}

// all says that an object of n bytes is fresh as a whole.
func (d *edits) all(n int) {
	d.copies, d.fresh, d.whole = d.copies[:0], append(d.fresh[:0], Span{0, n}), true
}

// copied adds a copy that stands behind everything that was added so far, and
// the seam before it if there is one. follows is the offset in the base at
// which a copy would go on without a seam, or -1 behind an insert.
func (d *edits) copied(c Copy, follows int) {
	if c.From == follows && len(d.copies) > 0 {
		d.copies[len(d.copies)-1].Len += c.Len
		return
	}
	if len(d.copies) == maxCopies {
		d.whole = true
	}
	if d.whole {
		return
	}
	if follows >= 0 && c.From != follows {
		d.inserted(c.To, c.To)
	}
	d.copies = append(d.copies, c)
}

// inserted adds a fresh span. Spans that touch are joined.
func (d *edits) inserted(start, end int) {
	if d.whole {
		return
	}
	if n := len(d.fresh); n > 0 && d.fresh[n-1].End == start {
		d.fresh[n-1].End = end
		return
	}
	d.fresh = append(d.fresh, Span{start, end})
}

// applyDelta writes the result of the instructions to dst, which has exactly
// the declared size, and sets d.
func applyDelta(dst, base, ops []byte, d *edits) error {
	d.copies, d.fresh, d.whole = d.copies[:0], d.fresh[:0], false
	o := 0
	follows := 0
	for i := 0; i < len(ops); {
		c := ops[i]
		i++
		if c&0x80 == 0 {
			n := int(c)
			if n == 0 || n > len(ops)-i || n > len(dst)-o {
				return damagedf("insert of a delta")
			}
			copy(dst[o:o+n], ops[i:i+n])
			d.inserted(o, o+n)
			o, i, follows = o+n, i+n, -1
			continue
		}
		off, size, n := copyArgs(c, ops[i:])
		if n < 0 || off > len(base) || size > len(base)-off || size > len(dst)-o {
			return damagedf("copy of a delta")
		}
		copy(dst[o:o+size], base[off:off+size])
		d.copied(Copy{off, o, size}, follows)
		o, i, follows = o+size, i+n, off+size
	}
	if o != len(dst) {
		return damagedf("delta gives %d bytes, declares %d", o, len(dst))
	}
	if follows >= 0 && follows != len(base) {
		d.inserted(o, o)
	}
	if d.whole {
		d.all(o)
	}
	return nil
}
