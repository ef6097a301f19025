package kit

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"slices"
)

// The types of entries in a pack.
const (
	packCommit = 1
	packTree   = 2
	packBlob   = 3
	packTag    = 4
	packOfs    = 6
	packRef    = 7
)

var packTypes = map[string]int{"commit": packCommit, "tree": packTree, "blob": packBlob, "tag": packTag}

// A pack is written entry by entry. Nothing keeps an entry from being a lie.
type pack struct {
	*store
	body    bytes.Buffer
	entries []packed
}

type packed struct {
	id       []byte
	off, end int
}

func (r *store) pack() *pack {
	p := &pack{store: r}
	p.body.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	return p
}

// size encodes type and size of an entry.
func entrySize(kind, size int) []byte {
	c := byte(kind<<4 | size&15)
	var head []byte
	for size >>= 4; size > 0; size >>= 7 {
		head = append(head, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(head, c)
}

// entry adds what is given, whatever it means, and returns its offset. packed is
// the compressed content.
func (p *pack) entry(id []byte, kind, size int, base []byte, packedData string) int {
	off := p.body.Len()
	p.body.Write(entrySize(kind, size))
	p.body.Write(base)
	p.body.WriteString(packedData)
	p.entries = append(p.entries, packed{id, off, p.body.Len()})
	return off
}

// object adds an object whole and returns its offset and id.
func (p *pack) object(kind, data string) (off int, id string) {
	raw := p.id(kind, data)
	return p.entry(raw, packTypes[kind], len(data), nil, deflated(data)), hex.EncodeToString(raw)
}

// ofs adds a blob as a delta on the entry at an offset.
func (p *pack) ofs(base int, delta, result string) (off int) {
	return p.entry(p.id("blob", result), packOfs, len(delta), ofsBase(p.body.Len()-base), deflated(delta))
}

// onRef adds a blob as a delta on an object by its id.
func (p *pack) onRef(base, delta, result string) (off int) {
	raw, err := hex.DecodeString(base)
	p.must(err)
	return p.entry(p.id("blob", result), packRef, len(delta), raw, deflated(delta))
}

// ofsBase encodes the distance to a base.
func ofsBase(distance int) []byte {
	code := []byte{byte(distance & 0x7f)}
	for distance >>= 7; distance > 0; distance >>= 7 {
		distance--
		code = append(code, byte(0x80|distance&0x7f))
	}
	slices.Reverse(code)
	return code
}

// varint encodes a size of a delta.
func varint(n int) string {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return string(append(b, byte(n)))
}

// A step of a delta: a copy from the base, or an insert.
func copied(off, n int) string {
	return string([]byte{0x80 | 0x7f, byte(off), byte(off >> 8), byte(off >> 16), byte(off >> 24), byte(n), byte(n >> 8), byte(n >> 16)})
}

func inserted(text string) (steps string) {
	for chunk := range slices.Chunk([]byte(text), 127) {
		steps += string(byte(len(chunk))) + string(chunk)
	}
	return steps
}

// deltaOf puts the steps behind the sizes.
func deltaOf(base, result int, steps ...string) string {
	d := varint(base) + varint(result)
	for _, s := range steps {
		d += s
	}
	return d
}

// bytes returns the sealed pack.
func (p *pack) bytes() []byte {
	all := bytes.Clone(p.body.Bytes())
	binary.BigEndian.PutUint32(all[8:], uint32(len(p.entries)))
	h := p.new()
	h.Write(all)
	return h.Sum(all)
}

// index returns the index in version 2 that fits the pack.
func (p *pack) index() []byte {
	all := p.bytes()
	sorted := slices.SortedFunc(slices.Values(p.entries), func(a, b packed) int { return bytes.Compare(a.id, b.id) })
	out := []byte("\xfftOc\x00\x00\x00\x02")
	for first, n := 0, 0; first < 256; first++ {
		for n < len(sorted) && int(sorted[n].id[0]) <= first {
			n++
		}
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	for _, e := range sorted {
		out = append(out, e.id...)
	}
	for _, e := range sorted {
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(all[e.off:e.end]))
	}
	for _, e := range sorted {
		out = binary.BigEndian.AppendUint32(out, uint32(e.off))
	}
	out = append(out, all[len(all)-p.new().Size():]...)
	return p.sealed(out)
}

// sealed adds the checksum of what it follows.
func (r *store) sealed(data []byte) []byte {
	h := r.new()
	h.Write(data)
	return h.Sum(data)
}

// write puts pack and index into the store under a name.
func (p *pack) write(name string) {
	p.save("objects/pack/pack-"+name+".pack", string(p.bytes()))
	p.save("objects/pack/pack-"+name+".idx", string(p.index()))
}
