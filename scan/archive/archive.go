// Package archive looks into containers: compressed streams, archives, databases
// and documents that hold other content.
//
// What a content is, its first bytes say ([Sniff]); names are never asked. Members
// yields what it holds, piece by piece, so that nothing is unpacked into memory or
// onto a disk. A member may be a container itself; whoever reads it decides whether
// to look into it, and hands on the same Meter, which counts what has come out of
// the outermost container at all depths and ends the matter where that is too much.
//
// All of it comes from whoever made the container. Names are text and nothing else:
// no file is ever opened by them. No size that is claimed decides how much memory
// is taken, and an error costs the member that it belongs to.
package archive

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// Revision is raised with every change after which other members, or other bytes of
// them, come out of the same container.
const Revision = 2

// A Kind is a format of containers.
type Kind uint8

const (
	None Kind = iota
	Gzip
	Bzip2
	XZ
	Zstd
	Tar
	Zip // also jar, whl, docx, xlsx, pptx, odt, apk, nupkg, ...
	SevenZip
	RAR
	SQLite
	PDF
	Zlib // is not told by Sniff, but by IsZlib: two bytes say nothing
	LZMA // as lzma packs, without a magic
	LZIP
	LZ4
	Snappy // in frames
	Ar     // also packages of Debian
	CPIO
	RPM
	Cabinet // this and what follows is known, and not read
	SquashFS
	Compress
	LZOP
	XAR
	WIM
)

var kindNames = [...]string{
	"none", "gzip", "bzip2", "xz", "zstd", "tar", "zip", "7z", "rar", "SQLite", "PDF", "zlib", "lzma", "lzip", "lz4", "snappy", "ar", "cpio", "rpm",
	"cabinet", "SquashFS", "compress (.Z)", "lzop", "xar", "Windows image",
}

// String returns the name of the format.
func (k Kind) String() string { return kindNames[min(int(k), len(kindNames)-1)] }

// Streams reports whether a container of this kind is read from front to back. Of
// the others any part is wanted at any time.
func (k Kind) Streams() bool { return k >= Gzip && k <= Tar || k == RAR || k >= Zlib }

// Compressed reports whether the kind is one compressed content without a name.
func (k Kind) Compressed() bool {
	return k >= Gzip && k <= Zstd || k >= Zlib && k <= Snappy || k == RPM
}

// Flat reports whether the kind holds members as they are, one behind the other: what
// compresses one is no archive of its own.
func (k Kind) Flat() bool { return k == Tar || k == CPIO }

// Head is how many of the first bytes Sniff looks at.
const Head = 512

// magics are the first bytes of formats. Those of gzip end with the only method
// that there is.
var magics = [...]struct {
	text string
	kind Kind
}{
	{"\x1f\x8b\x08", Gzip},
	{"BZh", Bzip2},
	{"\xfd7zXZ\x00", XZ},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"PK\x03\x04", Zip},
	{"PK\x05\x06", Zip},           // without members
	{"PK\x07\x08PK\x03\x04", Zip}, // meant for several disks
	{"PK00PK\x03\x04", Zip},       // the same, and it went onto one
	{"7z\xbc\xaf\x27\x1c", SevenZip},
	{"Rar!\x1a\x07", RAR},
	{"SQLite format 3\x00", SQLite},
	{"%PDF-", PDF},
	{lzipMagic, LZIP},
	{lz4Magic, LZ4},
	{lz4Legacy, LZ4},
	{snappyMagic, Snappy},
	{arMagic, Ar},
	{cpioNew, CPIO},
	{cpioSummed, CPIO},
	{cpioOld, CPIO},
	{rpmMagic, RPM},
	{"MSCF\x00\x00\x00\x00", Cabinet},
	{"hsqs", SquashFS},
	{"sqsh", SquashFS},
	{"\x1f\x9d\x90", Compress}, // as compress and gzip know it, of 16 bits
	{"\x89LZO\x00\r\n\x1a\n", LZOP},
	{"xar!\x00\x1c\x00\x01", XAR},
	{"MSWIM\x00\x00\x00", WIM},
}

// Sniff tells by its first bytes which container a content is.
func Sniff(head []byte) Kind {
	if len(head) < 4 {
		return None
	}
	if firsts[head[0]] { // most content is none, and costs no more than this
		for i := range magics {
			if m := &magics[i]; len(head) >= len(m.text) && string(head[:len(m.text)]) == m.text {
				return confirmed(m.kind, head)
			}
		}
	}
	switch {
	case head[0]>>4 == 5 && string(head[1:4]) == skippable:
		return behindSkippable(head)
	case isLZMA(head):
		return LZMA
	}
	if len(head) >= Head && isTar(head[:Head]) {
		return Tar
	}
	return None
}

// firsts are the first bytes of magics.
var firsts = func() (t [256]bool) {
	for i := range magics {
		t[magics[i].text[0]] = true
	}
	return t
}()

// skippable is the rest of the magic of a frame that readers of zstd and lz4 step over.
const skippable = "\x2a\x4d\x18"

// behindSkippable tells what a stream is that begins with such a frame: zstd, unless
// a frame of the other follows.
func behindSkippable(head []byte) Kind {
	for len(head) >= 8 && head[0]>>4 == 5 && string(head[1:4]) == skippable {
		size := int64(le32(head[4:]))
		head = head[min(8+size, int64(len(head))):]
	}
	if len(head) >= 4 && string(head[:4]) == lz4Magic {
		return LZ4
	}
	return Zstd
}

// confirmed looks twice at what three letters could stand for.
func confirmed(k Kind, head []byte) Kind {
	const block, end = "\x31\x41\x59\x26\x53\x59", "\x17\x72\x45\x38\x50\x90"
	if k != Bzip2 {
		return k
	}
	if len(head) < 10 || head[3] < '1' || head[3] > '9' || string(head[4:10]) != block && string(head[4:10]) != end {
		return None
	}
	return k
}

// isTar reports whether a block is the header of a tar archive: it holds the sum of
// its own bytes, as octal digits.
func isTar(block []byte) bool {
	field := block[148:156]
	if last := field[7]; last != 0 && last != ' ' {
		return false
	}
	if block[0] == 0 {
		return false
	}
	want, digits := 0, 0
	for _, c := range bytes.Trim(field, " \x00") {
		if c < '0' || c > '7' {
			return false
		}
		want, digits = want<<3|int(c-'0'), digits+1
	}
	sum := 8 * int(' ') // what counts for the field itself
	for i, c := range block {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	return digits > 0 && sum == want
}

// A Content is a container to be read. A kind that streams is read from Reader,
// any other from At, which holds Size bytes.
type Content struct {
	Reader io.Reader
	At     io.ReaderAt
	Size   int64
}

// stream returns a reader of the whole content.
func (c Content) stream() io.Reader {
	if c.At != nil {
		return io.NewSectionReader(c.At, 0, c.Size)
	}
	return c.Reader
}

// A Member is a piece of what a container holds. It may be read until the next one
// is asked for.
type Member struct {
	Name string // as the container gives it, of any bytes; see Unnamed
	io.Reader
	// Lying is the member where it lies in the container as it is; nil where it
	// has to be unpacked, or is read from a stream.
	Lying *io.SectionReader
}

// Unnamed is the name of the content of a compressed stream that has none.
const Unnamed = "data"

// maxName bounds the name of a member, in bytes; longer ones are cut.
const maxName = 1024

// Members yields what a container holds, in its order. An error costs the member
// that comes with it; one that comes without a name is about the container. After
// a *LimitError nothing follows.
func Members(k Kind, c Content, m *Meter) iter.Seq2[Member, error] {
	read := map[Kind]func(Content, *Meter, yield){
		Gzip: readGzip, Bzip2: readBzip2, XZ: readXZ, Zstd: readZstd, Tar: readTar, Zip: readZip,
		SevenZip: readSevenZip, RAR: readRAR, SQLite: readSQLite, PDF: readPDF, Zlib: readZlib,
		LZMA: readLZMA, LZIP: readLZIP, LZ4: readLZ4, Snappy: readSnappy, Ar: readAr, CPIO: readCPIO, RPM: readRPM,
		Cabinet: readClosed, SquashFS: readClosed, Compress: readClosed, LZOP: readClosed, XAR: readClosed, WIM: readClosed,
	}[k]
	return func(next func(Member, error) bool) {
		if read == nil {
			return
		}
		read(c, m, func(member Member, err error) bool {
			member.Name = cutName(member.Name)
			if limit := m.member(); limit != nil {
				next(member, limit)
				return false
			}
			return next(member, err) && m.Err() == nil
		})
	}
}

// cutName bounds a name. What is cut in two is left out: half of a credential would
// not be known as one where names are printed.
func cutName(name string) string {
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for end > 0 && name[end-1] > ' ' && name[end-1] != '/' {
		end--
	}
	return name[:end] + "..."
}

// yield hands out one member; false ends the reading.
type yield func(Member, error) bool

// ErrEncrypted says that only a password opens a member.
var ErrEncrypted = errors.New("encrypted")

var (
	errDamaged   = errors.New("damaged")
	errTruncated = errors.New("cut off")
	errChecksum  = errors.New("its checksum does not match")
)
