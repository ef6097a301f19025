package archive

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

// The targets below hand containers to the reader of one kind, whatever their first
// bytes say, so that no change of theirs is lost on what Sniff refuses. Nothing may
// panic, go on for ever, hold memory at the end, or yield more than the limits let out.

func FuzzCompressed(f *testing.F) {
	for i, seed := range [][]byte{packGzip("a.txt", lines), packBzip2(), packXZ(lines, xz.WriterConfig{}), packZstd(lines)} {
		f.Add(byte(i), seed)
	}
	f.Add(byte(0), append(packGzip("", lines), packGzip("b", lines)...))
	f.Fuzz(func(t *testing.T, kind byte, data []byte) { drain(t, Gzip+Kind(kind)%4, data) })
}

func FuzzTar(f *testing.F) {
	f.Add(packTar(file{"a.txt", lines}, file{"dir/b.txt", lines}))
	f.Add(packTar(file{"cut.txt", strings.Repeat(lines, 1000)})[:3<<10])
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, Tar, data) })
}

func FuzzZip(f *testing.F) {
	two := []file{{"a.txt", lines}, {"b.txt", lines}}
	f.Add(packZip(zipDeflate, two...))
	f.Add(packZip(zipStored, two...))
	f.Add(append([]byte("before"), packZip(zipDeflate, two[0])...))
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, Zip, data) })
}

func FuzzSevenZip(f *testing.F) {
	f.Add(pack7z(file{"a.txt", lines}, file{"b.txt", lines}))
	f.Add(pack7z())
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, SevenZip, data) })
}

func FuzzRAR(f *testing.F) {
	f.Add(packRAR(file{"a.txt", lines}, file{"b.txt", lines}))
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, RAR, data) })
}

// FuzzFlat hands anything to the readers of formats that are read from front to back and
// need no table of their own.
func FuzzFlat(f *testing.F) {
	kinds := []Kind{LZMA, LZIP, LZ4, Snappy, Ar, CPIO, RPM}
	f.Add(byte(2), lz4Frame("\x00", "\x5fa lin\x05\x00\x00\x20ne"))
	f.Add(byte(4), []byte("!<arch>\n"+arHeader("a", 2)+"ok"))
	f.Add(byte(5), []byte("070707"+strings.Repeat("0", 53)+"000006"+"00000000002"+"a.txt\x00ok"))
	f.Add(byte(0), []byte("\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x30"))
	f.Add(byte(1), []byte("LZIP\x01\x17\x00\x30"))
	f.Add(byte(6), []byte(rpmMagic+strings.Repeat("\x00", 92)+rpmHeader+strings.Repeat("\x00", 12)+rpmHeader+strings.Repeat("\x00", 12)+"ok"))
	f.Fuzz(func(t *testing.T, kind byte, data []byte) { drain(t, kinds[int(kind)%len(kinds)], data) })
}

func FuzzSQLite(f *testing.F) {
	for _, name := range []string{"tables.db", "utf16.db"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, SQLite, data) })
}

func FuzzPDF(f *testing.F) {
	f.Add(packPDF("one line", "coded"))
	f.Fuzz(func(t *testing.T, data []byte) { drain(t, PDF, data) })
}

// FuzzSniff names kinds of any first bytes. What it names a stream of has to be read.
func FuzzSniff(f *testing.F) {
	f.Add(packTar(file{"a.txt", lines}))
	f.Add(packBzip2())
	f.Fuzz(func(t *testing.T, data []byte) {
		kind := Sniff(data)
		if len(data) > Head && Sniff(data[:Head]) != kind {
			t.Errorf("%v, and %v of its first %d bytes", kind, Sniff(data[:Head]), Head)
		}
		drain(t, kind, data)
	})
}

var fuzzLimits = Limits{Depth: 1, Bytes: 1 << 20, Ratio: 200, Members: 1000, Time: time.Minute}

// drain reads all that a container holds, with random access and as a stream.
func drain(t *testing.T, kind Kind, data []byte) {
	t.Helper()
	drainOne(t, kind, Content{At: bytes.NewReader(data), Size: int64(len(data))}, len(data))
	if kind.Streams() || kind == Zip {
		drainOne(t, kind, Content{Reader: bytes.NewReader(data)}, len(data))
	}
}

func drainOne(t *testing.T, kind Kind, c Content, size int) {
	t.Helper()
	m := meter(fuzzLimits, size)
	members, total := 0, int64(0)
	for member, err := range Members(kind, c, m) {
		if members++; err != nil {
			continue
		}
		if len(member.Name) > maxName+len("...") {
			t.Errorf("a name of %d bytes", len(member.Name))
		}
		n, _ := io.Copy(io.Discard, member)
		total += n
		if member.Lying != nil && member.Lying.Size() > int64(size) {
			t.Errorf("a member of %d bytes lies in %d", member.Lying.Size(), size)
		}
	}
	m.Close()
	if m.held != 0 {
		t.Errorf("%d bytes of memory are still held", m.held)
	}
	if members > fuzzLimits.Members+1 || total > fuzzLimits.Bytes+int64(size)+1<<20 {
		t.Errorf("%d members of %d bytes came out", members, total)
	}
}

// FuzzGzipAsGo reads what Go's own reader takes whole.
func FuzzGzipAsGo(f *testing.F) {
	f.Add(packGzip("a.txt", lines))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := readGo(data)
		if err != nil || len(want) > 1<<19 || len(want) > 100*len(data) {
			return
		}
		m := meter(fuzzLimits, len(data))
		defer m.Close()
		var got []byte
		for member, err := range Members(Gzip, Content{Reader: bytes.NewReader(data)}, m) {
			if err != nil {
				t.Fatalf("error %v, Go's reader takes it", err)
			}
			text, err := io.ReadAll(member)
			if err != nil {
				t.Fatalf("error %v, Go's reader takes it", err)
			}
			got = append(got, text...)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d", len(got), len(want))
		}
	})
}

// readGo reads at most a mebibyte. Bits of a header that mean nothing yet are an error,
// as they are to gzip itself; Go's reader passes over them.
func readGo(data []byte) (all []byte, err error) {
	in := bytes.NewReader(data)
	r := new(gzip.Reader)
	if len(data) == 0 {
		return nil, io.EOF
	}
	for in.Len() > 0 && len(all) < 1<<20 {
		if rest := data[len(data)-in.Len():]; len(rest) > 3 && rest[3]>>5 != 0 {
			return nil, gzip.ErrHeader
		}
		if err := r.Reset(in); err != nil {
			return nil, err
		}
		r.Multistream(false)
		one, err := io.ReadAll(io.LimitReader(r, 1<<20))
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}
