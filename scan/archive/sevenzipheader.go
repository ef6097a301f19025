package archive

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"
)

// What the parts of a header begin with.
const (
	id7zEnd          = 0x00
	id7zHeader       = 0x01
	id7zProperties   = 0x02
	id7zMoreStreams  = 0x03
	id7zStreams      = 0x04
	id7zFiles        = 0x05
	id7zPackInfo     = 0x06
	id7zFolders      = 0x07
	id7zParts        = 0x08
	id7zSize         = 0x09
	id7zSums         = 0x0a
	id7zFolder       = 0x0b
	id7zFolderSizes  = 0x0c
	id7zPartCounts   = 0x0d
	id7zEmpty        = 0x0e
	id7zNames        = 0x11
	id7zPacked       = 0x17
	maxCoders7z      = 32
	maxProperties7z  = 1 << 10
	complexCoder7z   = 0x10
	propertiesOf7z   = 0x20
	reservedCoder7z  = 0x80
	longestMethod7z  = 15
	bytesOfNumber7z  = 8
	firstBitOfByte7z = 0x80
)

// A coder7z is one step of unpacking.
type coder7z struct {
	method     string
	properties []byte
	size       int64 // of what comes out
}

// A folder7z is files that are packed as one.
type folder7z struct {
	coders   []coder7z // once sorted, the first one reads what is in the file
	from     []int64   // by input of a coder: the output that it takes, -1 for what is in the file
	outputs  int64     // of all coders
	streams  int64     // in the file
	total    int64     // bytes that come out
	err      error     // why it is not unpacked here
	filtered bool      // what comes out is not quite what went in: no checksum fits
	offset   int64     // behind the first header
	packed   int64
	parts    []part7z
	sum      uint32
	summed   bool
}

// A part7z is one file of a folder.
type part7z struct {
	size   int64
	sum    uint32
	summed bool
}

type streams7z struct {
	offset  int64
	packed  []int64
	folders []folder7z
}

// A cursor7z reads a header. After the first fault everything is zero.
type cursor7z struct {
	b   []byte
	err error
}

func (c *cursor7z) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.b = nil
}

func (c *cursor7z) byte() byte {
	if len(c.b) == 0 {
		c.fail(errDamaged)
		return 0
	}
	x := c.b[0]
	c.b = c.b[1:]
	return x
}

func (c *cursor7z) bytes(n int64) []byte {
	if n < 0 || n > int64(len(c.b)) {
		c.fail(errDamaged)
		return nil
	}
	x := c.b[:n:n]
	c.b = c.b[n:]
	return x
}

// number reads a number: the ones at the top of the first byte count the bytes that
// follow, its other bits are the highest.
func (c *cursor7z) number() int64 {
	first := c.byte()
	var x uint64
	mask := byte(firstBitOfByte7z)
	for i := range bytesOfNumber7z {
		if first&mask == 0 {
			x |= uint64(first&(mask-1)) << (8 * i)
			break
		}
		x |= uint64(c.byte()) << (8 * i)
		mask >>= 1
	}
	if int64(x) < 0 {
		c.fail(errDamaged)
		return 0
	}
	return int64(x)
}

// each calls do so many times, until there is a fault.
func (c *cursor7z) each(n int64, do func()) {
	for ; n > 0 && c.err == nil; n-- {
		do()
	}
}

// bits reads n bits, or one byte that says that all are set. It returns no more of
// them than the header has room for.
func (c *cursor7z) bits(n int64, all bool) func(int64) bool {
	if all && c.byte() != 0 {
		return func(int64) bool { return true }
	}
	set := c.bytes(n/8 + min(n%8, 1))
	return func(i int64) bool { return i/8 < int64(len(set)) && set[i/8]&(firstBitOfByte7z>>(i%8)) != 0 }
}

// sums reads checksums of n things.
func (c *cursor7z) sums(n int64, take func(i int64, sum uint32)) {
	defined := c.bits(n, true)
	for i := int64(0); i < n && c.err == nil; i++ {
		if defined(i) {
			if b := c.bytes(4); b != nil {
				take(i, binary.LittleEndian.Uint32(b))
			}
		}
	}
}

// parse7z reads the header: the folders, and the names of the files that have
// content, in their order; then those that have none.
func parse7z(header []byte) (s streams7z, files []string, err error) {
	c := &cursor7z{b: header}
	if c.byte() != id7zHeader {
		return s, nil, errDamaged
	}
	for c.err == nil {
		switch c.byte() {
		case id7zEnd:
			return s, files, c.err
		case id7zProperties:
			for c.byte() != id7zEnd && c.err == nil {
				c.bytes(c.number())
			}
		case id7zStreams:
			s = c.streams()
		case id7zFiles:
			files = c.files()
		default:
			c.fail(errDamaged)
		}
	}
	return s, files, c.err
}

func parseStreams7z(b []byte) (streams7z, error) {
	c := &cursor7z{b: b}
	s := c.streams()
	return s, c.err
}

func (c *cursor7z) streams() (s streams7z) {
	counted := false
	for c.err == nil {
		switch c.byte() {
		case id7zEnd:
			if !counted {
				s.wholes()
			}
			s.place()
			return s
		case id7zPackInfo:
			c.packInfo(&s)
		case id7zFolders:
			c.folders(&s)
		case id7zParts:
			counted = true
			c.parts(&s)
		default:
			c.fail(errDamaged)
		}
	}
	return streams7z{}
}

// place says where the folders lie: one after the other.
func (s *streams7z) place() {
	at, next := s.offset, int64(0)
	for i := range s.folders {
		f := &s.folders[i]
		if next+f.streams > int64(len(s.packed)) {
			f.err = errDamaged // the header says nothing of it
			continue
		}
		f.offset, f.packed = at, s.packed[next]
		for _, size := range s.packed[next : next+f.streams] {
			if at += size; at < 0 {
				at = math.MaxInt64 / 2 // and beyond the end of any file
			}
		}
		next += f.streams
	}
}

// wholes makes each folder one file.
func (s *streams7z) wholes() {
	for i := range s.folders {
		f := &s.folders[i]
		f.parts = []part7z{{f.total, f.sum, f.summed}}
	}
}

func (c *cursor7z) packInfo(s *streams7z) {
	s.offset = c.number()
	n := c.number()
	for c.err == nil {
		switch c.byte() {
		case id7zEnd:
			return
		case id7zSize:
			c.each(n, func() { s.packed = append(s.packed, c.number()) })
		case id7zSums:
			c.sums(n, func(int64, uint32) {})
		default:
			c.fail(errDamaged)
		}
	}
}

func (c *cursor7z) folders(s *streams7z) {
	if c.byte() != id7zFolder {
		c.fail(errDamaged)
	}
	n := c.number()
	if c.byte() != 0 { // the list lies elsewhere, which nothing writes
		c.fail(errMethod)
	}
	c.each(n, func() { s.folders = append(s.folders, c.folder()) })
	for c.err == nil {
		switch c.byte() {
		case id7zEnd:
			return
		case id7zFolderSizes:
			for i := range s.folders {
				c.sizes(&s.folders[i])
			}
		case id7zSums:
			c.sums(int64(len(s.folders)), func(i int64, sum uint32) { s.folders[i].sum, s.folders[i].summed = sum, true })
		default:
			c.fail(errDamaged)
		}
	}
}

// folder reads the coders of a folder and how they are joined. One with several
// inputs or outputs is not unpacked here, but counted.
func (c *cursor7z) folder() (f folder7z) {
	n := c.number()
	if n < 1 || n > maxCoders7z {
		c.fail(errDamaged)
		return f
	}
	f.outputs = 0
	inputs := int64(0)
	c.each(n, func() {
		one, in, out := c.coder()
		inputs, f.outputs = inputs+in, f.outputs+out
		if in != 1 || out != 1 {
			f.err = errMethod
		}
		f.coders = append(f.coders, one)
		f.filtered = f.filtered || slices.Contains(branchFilters[:], one.method)
	})
	if inputs > maxCoders7z || f.outputs > maxCoders7z || f.outputs < 1 || inputs < f.outputs-1 {
		c.fail(errDamaged)
		return f
	}
	f.from = slices.Repeat([]int64{-1}, int(inputs))
	c.each(f.outputs-1, func() {
		in, out := c.number(), c.number()
		if in >= inputs || out >= f.outputs {
			c.fail(errDamaged)
			return
		}
		f.from[in] = out
	})
	if f.streams = inputs - (f.outputs - 1); f.streams > 1 {
		f.err = errMethod
		c.each(f.streams, func() { c.number() })
	}
	return f
}

// coder reads one coder, and how many inputs and outputs it has.
func (c *cursor7z) coder() (one coder7z, in, out int64) {
	flags := c.byte()
	one.method, in, out = string(c.bytes(int64(flags&longestMethod7z))), 1, 1
	if flags&reservedCoder7z != 0 {
		c.fail(errDamaged)
	}
	if flags&complexCoder7z != 0 {
		in, out = min(c.number(), maxCoders7z+1), min(c.number(), maxCoders7z+1)
	}
	if flags&propertiesOf7z != 0 {
		one.properties = c.bytes(min(c.number(), maxProperties7z))
	}
	return one, in, out
}

// sizes reads what comes out of each coder.
func (c *cursor7z) sizes(f *folder7z) {
	for k := range f.outputs {
		size := c.number()
		f.total = size // that of a folder not unpacked here may be another one
		if f.err == nil {
			f.coders[k].size = size
		}
	}
	if f.err == nil {
		f.sort()
	}
}

// sort puts the coders in the order in which they unpack.
func (f *folder7z) sort() {
	bound := map[int64]bool{}
	for _, out := range f.from {
		bound[out] = true
	}
	last := int64(0) // the coder whose output nothing takes
	for bound[last] {
		last++
	}
	var chain []coder7z
	for k := last; k >= 0 && k < int64(len(f.coders)) && len(chain) <= len(f.coders); k = f.from[k] {
		chain = append(chain, f.coders[k])
	}
	if len(chain) != len(f.coders) {
		f.err = errDamaged
		return
	}
	f.total = chain[0].size
	slices.Reverse(chain)
	f.coders = chain
}

// parts reads how folders divide into files.
func (c *cursor7z) parts(s *streams7z) {
	counts := make([]int64, len(s.folders))
	for i := range counts {
		counts[i] = 1
	}
	id := c.byte()
	if id == id7zPartCounts {
		for i := range counts {
			counts[i] = c.number()
		}
		id = c.byte()
	}
	for i := range s.folders {
		rest := s.folders[i].total
		for k := int64(0); k < counts[i] && c.err == nil; k++ {
			size := rest
			if k < counts[i]-1 {
				if id != id7zSize {
					c.fail(errDamaged)
					return
				}
				size = c.number()
			}
			if rest -= size; rest < 0 {
				c.fail(errDamaged)
				return
			}
			s.folders[i].parts = append(s.folders[i].parts, part7z{size: size})
		}
	}
	if id == id7zSize {
		id = c.byte()
	}
	c.partSums(s, id)
}

// partSums reads the checksums of the files whose folder has none, or has others.
func (c *cursor7z) partSums(s *streams7z, id byte) {
	var open []*part7z
	for i := range s.folders {
		f := &s.folders[i]
		if len(f.parts) == 1 && f.summed {
			f.parts[0].sum, f.parts[0].summed = f.sum, true
			continue
		}
		for k := range f.parts {
			open = append(open, &f.parts[k])
		}
	}
	for ; id != id7zEnd && c.err == nil; id = c.byte() {
		if id != id7zSums {
			c.fail(errDamaged)
			return
		}
		c.sums(int64(len(open)), func(i int64, sum uint32) { open[i].sum, open[i].summed = sum, true })
	}
}

// files reads the names, those of files without content last.
func (c *cursor7z) files() []string {
	n := c.number()
	empty := func(int64) bool { return false }
	var names []string
	for c.err == nil {
		id := c.byte()
		if id == id7zEnd {
			break
		}
		own := &cursor7z{b: c.bytes(c.number())}
		switch id {
		case id7zEmpty:
			empty = own.bits(n, false)
		case id7zNames:
			if own.byte() == 0 {
				names = names7z(own.b)
			}
		}
	}
	var full, hollow []string
	for i, name := range names {
		if empty(int64(i)) {
			hollow = append(hollow, name)
		} else {
			full = append(full, name)
		}
	}
	return append(full, hollow...)
}

// names7z splits names, in UTF-16 and each with a zero behind it.
func names7z(b []byte) (names []string) {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u != 0 {
			units = append(units, u)
			continue
		}
		names = append(names, string(utf16.Decode(units)))
		units = units[:0]
	}
	return names
}
