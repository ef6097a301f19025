package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// A file is a member to be packed.
type file struct{ name, text string }

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func packGzip(name, text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = name
	must(io.WriteString(z, text))
	z.Close()
	return b.Bytes()
}

func packZstd(text string) []byte {
	return must(zstd.NewWriter(nil)).EncodeAll([]byte(text), nil)
}

func packXZ(text string, c xz.WriterConfig) []byte {
	var b bytes.Buffer
	z := must(c.NewWriter(&b))
	must(io.WriteString(z, text))
	z.Close()
	return b.Bytes()
}

// twoLines is "a line\nanother line\n" as bzip2 packs it, which nothing in the
// standard library does.
const twoLines = "425a6839314159265359669138c10000025180001040002265940020003100d34d0254d303438a1cc2b51822e96f0bb9229c284833489c6080"

func packBzip2() []byte { return must(hex.DecodeString(twoLines)) }

func packTar(files ...file) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, f := range files {
		if err := t.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.text)), Mode: 0o644}); err != nil {
			panic(err)
		}
		must(io.WriteString(t, f.text))
	}
	t.Close()
	return b.Bytes()
}

func packZip(method uint16, files ...file) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		must(io.WriteString(must(z.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})), f.text))
	}
	z.Close()
	return b.Bytes()
}

// packRAR writes a RAR 5 archive whose members are stored.
func packRAR(files ...file) []byte {
	b := []byte("Rar!\x1a\x07\x01\x00")
	block := func(body []byte) {
		sized := append(binary.AppendUvarint(nil, uint64(len(body))), body...)
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(sized))
		b = append(b, sized...)
	}
	block([]byte{1, 0, 0}) // the archive
	for _, f := range files {
		h := []byte{2, 2} // a file, with data
		h = binary.AppendUvarint(h, uint64(len(f.text)))
		h = append(h, 4) // with a checksum
		h = binary.AppendUvarint(h, uint64(len(f.text)))
		h = append(h, 0)
		h = binary.LittleEndian.AppendUint32(h, crc32.ChecksumIEEE([]byte(f.text)))
		h = append(h, 0, 1)
		h = binary.AppendUvarint(h, uint64(len(f.name)))
		block(append(h, f.name...))
		b = append(b, f.text...)
	}
	block([]byte{5, 0, 0}) // the end
	return b
}

// pack7z writes a 7z archive whose members are one folder, stored.
func pack7z(files ...file) []byte {
	var data, names, sizes, sums []byte
	for i, f := range files {
		data = append(data, f.text...)
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, u)
		}
		if i < len(files)-1 {
			sizes = append(sizes, number7z(len(f.text))...)
		}
		sums = binary.LittleEndian.AppendUint32(sums, crc32.ChecksumIEEE([]byte(f.text)))
	}
	h := []byte{id7zHeader, id7zStreams, id7zPackInfo, 0, 1, id7zSize}
	h = append(append(h, number7z(len(data))...), id7zEnd)
	h = append(h, id7zFolders, id7zFolder, 1, 0, 1, 1, 0) // one folder, here, one coder, a method of one byte: stored
	h = append(append(h, id7zFolderSizes), number7z(len(data))...)
	h = append(h, id7zEnd, id7zParts, id7zPartCounts, byte(len(files)), id7zSize)
	h = append(append(h, sizes...), id7zSums, 1)
	h = append(append(h, sums...), id7zEnd, id7zEnd)
	h = append(h, id7zFiles, byte(len(files)), id7zNames)
	h = append(append(h, number7z(len(names)+1)...), 0)
	h = append(append(h, names...), id7zEnd, id7zEnd)

	start := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	start = binary.LittleEndian.AppendUint64(start, uint64(len(h)))
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(h))
	b := []byte("7z\xbc\xaf\x27\x1c\x00\x04")
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(start))
	return append(append(append(b, start...), data...), h...)
}

// number7z writes a number in nine bytes, or in one.
func number7z(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	return binary.LittleEndian.AppendUint64([]byte{0xff}, uint64(n))
}

// packPDF writes a document with one page: a line in a font with the codes of ASCII,
// and one in a font of two-byte codes, 1 for a, and so on, with a table for them.
func packPDF(plain, coded string) []byte {
	var glyphs strings.Builder
	for _, c := range coded {
		fmt.Fprintf(&glyphs, "%04x", c-'a'+1)
	}
	page := fmt.Sprintf("BT /F1 12 Tf 72 700 Td [(%s) -20 (%s)] TJ 0 -14 Td /F2 12 Tf <%s> Tj ET", plain[:2], plain[2:], glyphs.String())
	table := "1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <001a> <0061> endbfrange"
	packed := func(text string) string {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		must(io.WriteString(z, text))
		z.Close()
		return fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\r\n%s\nendstream", b.Len(), b.String())
	}
	return []byte("%PDF-1.5\n1 0 obj << /Type /Page /Contents 2 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >> endobj\n" +
		"2 0 obj " + packed(page) + " endobj\n3 0 obj << /Type /Font /Subtype /Type1 >> endobj\n" +
		"4 0 obj << /Type /Font /Subtype /Type0 /ToUnicode 5 0 R >> endobj\n5 0 obj " + packed(table) + " endobj\n%%EOF\n")
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
