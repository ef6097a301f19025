package object

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"path/filepath"
	"runtime/debug"
	"strings"
)

const packHead = 12 // "PACK", version, count

// A pack is one .pack file with its index.
type pack struct {
	name    string // file name
	content *content
	end     int64 // where the entries end and the trailer begins
	index   *index
	found   *index // instead of index for look-ups, while ids are being found out
	forest  forest
	// leftover: an interrupted write left the pack behind. It has no index, and
	// may have no trailer and end anywhere.
	leftover bool
}

// leftoverPack begins the names of packs that are being written.
const leftoverPack = "tmp_pack_"

// openPack opens a pack and its index. A pack whose index is missing or not
// fit for use comes back with a nil index; the problems say why.
func openPack(path string, opts Options) (*pack, []Problem) {
	c, err := openContent(path, opts)
	if err != nil {
		return nil, []Problem{{path, err}}
	}
	p := &pack{name: filepath.Base(path), content: c, end: c.size - int64(opts.HashSize)}
	if p.leftover = strings.HasPrefix(p.name, leftoverPack); p.leftover {
		p.end = c.size
	}
	if p.end < packHead {
		c.close()
		if p.leftover && c.size == 0 {
			return nil, nil
		}
		return nil, []Problem{{path, damagedf("pack of %d bytes", c.size)}}
	}
	var problems []Problem
	if !p.leftover {
		problems = p.readIndex(strings.TrimSuffix(path, ".pack")+".idx", opts)
	}
	if err := p.checkHead(opts.HashSize); err != nil {
		problems = append(problems, Problem{path, err})
	}
	return p, problems
}

// readIndex fills p.index if the file at path is sound.
func (p *pack) readIndex(path string, opts Options) []Problem {
	c, err := openContent(path, opts)
	if err != nil {
		return []Problem{{path, err}}
	}
	data, err := c.whole()
	if err == nil {
		p.index, err = guardedIndex(data, opts)
	}
	if err == nil && p.index.n > math.MaxInt32 {
		err = ErrLimit
	}
	if err != nil {
		p.index = nil
		c.close()
		return []Problem{{path, err}}
	}
	p.index.content = c
	return nil
}

func guardedIndex(data []byte, opts Options) (x *index, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	if opts.LookUp {
		return layIndex(data, opts.HashSize)
	}
	return parseIndex(data, opts.HashSize)
}

// checkHead compares the pack's head and trailer with the index. What it finds
// is worth a report but no reason not to read the entries.
func (p *pack) checkHead(hashSize int) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	var buf []byte
	head, err := p.content.at(0, packHead, &buf)
	if err != nil {
		return err
	}
	version := binary.BigEndian.Uint32(head[4:])
	if string(head[:4]) != "PACK" || version != 2 && version != 3 {
		return damagedf("head of the pack")
	}
	if p.index == nil {
		return nil
	}
	if count := binary.BigEndian.Uint32(head[8:]); int64(count) != int64(p.index.n) {
		err = damagedf("the pack counts %d objects, its index %d", count, p.index.n)
		p.dropUnfit(hashSize)
		return err
	}
	trailer, err := p.content.at(p.end, hashSize, &buf)
	if err != nil {
		return err
	}
	if string(trailer[:hashSize]) != string(p.index.packSum) {
		if !p.dropUnfit(hashSize) {
			p.end = p.content.size // cut short, perhaps within the last entry
		}
		return damagedf("the pack's trailer is not the one that its index names")
	}
	return nil
}

// dropUnfit does without the index where the pack is whole, so that it must be the
// index that is wrong. It reports whether it did.
func (p *pack) dropUnfit(hashSize int) bool {
	h := newHash(hashSize)
	var buf []byte
	for off := int64(0); off < p.end; off += trusted {
		n := int(min(trusted, p.end-off))
		b, err := p.content.at(off, n, &buf)
		if err != nil {
			return false
		}
		h.Write(b[:n])
	}
	trailer, err := p.content.at(p.end, hashSize, &buf)
	if err != nil || string(trailer[:hashSize]) != string(h.Sum(nil)) || p.index.content.close() != nil {
		return false
	}
	p.index = nil
	return true
}

func (p *pack) close() error {
	err := p.content.close()
	if p.index != nil && p.index.content != nil {
		err = errors.Join(err, p.index.content.close())
	}
	return err
}

// scratch is what one goroutine needs to decode entries.
type scratch struct {
	inflater
	win   []byte // bytes of an unmapped file
	delta []byte
	edits edits // of the last delta
	opts  Options
}

// slack allocates n bytes with the spare capacity that the inflater demands.
func slack(n int) []byte { return make([]byte, n, n+dstPad) }

// maxRatio is the highest compression that deflate can reach: 258 bytes by two
// bits, rounded up.
const maxRatio = 1032

// trusted is how much is allocated on an entry's word alone when it is not
// known where the entry ends.
const trusted = 1 << 20

// head reads the beginning of the entry at off.
func (k *scratch) head(p *pack, off int64, hashSize int) (entryHead, error) {
	if off < packHead || off >= p.end {
		return entryHead{}, damagedf("offset %d is outside the pack", off)
	}
	n := int(min(maxEntryHead, p.end-off))
	b, err := p.content.at(off, n, &k.win)
	if err != nil {
		return entryHead{}, err
	}
	h, err := parseEntry(b[:n], hashSize)
	if err == nil && h.size > k.opts.MaxSize {
		err = ErrLimit
	}
	return h, err
}

// safeHead is head for callers that are not prepared for a fault.
func (k *scratch) safeHead(p *pack, off int64, hashSize int) (h entryHead, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	return k.head(p, off, hashSize)
}

// baseID reads which base the entry at off names. h is its head, of kindRef.
func (k *scratch) baseID(p *pack, off int64, h entryHead, hashSize int) (ID, error) {
	b, err := p.content.at(off+int64(h.len-hashSize), hashSize, &k.win)
	if err != nil {
		return ID{}, err
	}
	return idFrom(b, hashSize), nil
}

// safeBase returns the id by which the entry at off names its base.
func (k *scratch) safeBase(p *pack, off int64, hashSize int) (id ID, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	h, err := k.head(p, off, hashSize)
	if err != nil {
		return ID{}, err
	}
	if h.kind != kindRef {
		return ID{}, damagedf("the entry names no base")
	}
	return k.baseID(p, off, h, hashSize)
}

// inflateAt decodes the data of an entry whose end is not known, and returns
// where it ends. The buffer begins small and grows only while data comes.
func (k *scratch) inflateAt(p *pack, off int64, h entryHead) (data []byte, end int64, err error) {
	at := off + int64(h.len)
	rest := p.end - at
	// Enough for content that does not compress at all: content.at may have to
	// copy what it is asked for.
	window := min(rest, h.size+h.size>>8+256)
	size := min(h.size, trusted)
	for {
		src, err := p.content.at(at, int(window), &k.win)
		if err != nil {
			return nil, 0, err
		}
		data = slack(int(size))
		used, err := k.exact(data, src, int(window), checkSum)
		switch {
		case err == nil && size == h.size:
			return data, at + int64(used), nil
		case err == nil:
			return nil, 0, errShort
		case errors.Is(err, errFull) && size < h.size:
			size = min(h.size, size*8)
		case errors.Is(err, errInput) && window < rest:
			window = min(rest, window*2)
		default:
			return nil, 0, damaged(err)
		}
	}
}

// damaged marks a decoder's error as damage.
func damaged(err error) error {
	if err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrLimit) {
		return err
	}
	return damagedf("%v", err)
}

// patch applies a delta to base. The result lies in a buffer of alloc's.
func (k *scratch) patch(base, delta []byte, alloc func(int) []byte) ([]byte, error) {
	baseSize, size, ops, err := deltaSizes(delta)
	if err != nil {
		return nil, err
	}
	if baseSize != int64(len(base)) {
		return nil, damagedf("delta for a base of %d bytes, the base has %d", baseSize, len(base))
	}
	if size > k.opts.MaxSize {
		return nil, ErrLimit
	}
	if size > trusted && size > 4*int64(len(base)+len(delta)) && deltaLength(ops) != size {
		return nil, damagedf("delta declares a wrong size")
	}
	data := alloc(int(size))
	return data, applyDelta(data, base, ops, &k.edits)
}

// crcState tells what the checksum of an index says about an entry.
type crcState uint8

const (
	crcAbsent crcState = iota
	crcRight
	crcWrong
)

// checkCRC compares the bytes of an entry with what the index wants.
func (x *index) checkCRC(want uint32, entry []byte) crcState {
	switch {
	case x.crcs == nil:
		return crcAbsent
	case crc32.ChecksumIEEE(entry) == want:
		return crcRight
	}
	return crcWrong
}
