package archive

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ulikunitz/xz"
)

// meter returns a Meter for a container of that size.
func meter(l Limits, size int) *Meter {
	return NewMeter(l, int64(size), NewRoom(1), func() error { return nil })
}

// look lists what is in a container as "name: text", or "name! error".
func look(t testing.TB, data []byte, m *Meter) (all []string) {
	t.Helper()
	return lookInto(Sniff(data), Content{At: bytes.NewReader(data), Size: int64(len(data))}, m)
}

func lookInto(k Kind, c Content, m *Meter) (all []string) {
	defer m.Close()
	for member, err := range Members(k, c, m) {
		if err != nil {
			all = append(all, fmt.Sprintf("%s! %v", member.Name, err))
			continue
		}
		text, err := io.ReadAll(member)
		line := fmt.Sprintf("%s: %s", member.Name, text)
		if err != nil {
			line += fmt.Sprintf("! %v", err)
		}
		all = append(all, line)
	}
	return all
}

const lines = "a line\nanother line\n"

func TestMembers(t *testing.T) {
	two := []file{{"a.txt", lines}, {"b/c.txt", strings.Repeat(lines, 1000)}}
	listed := []string{"a.txt: " + lines, "b/c.txt: " + strings.Repeat(lines, 1000)}
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
		want []string
	}{
		{"gzip", packGzip("a.txt", lines), Gzip, []string{"a.txt: " + lines}},
		{"gzip without a name", packGzip("", lines), Gzip, []string{"data: " + lines}},
		{"gzip twice", append(packGzip("", lines), packGzip("", lines)...), Gzip, []string{"data: " + lines + lines}},
		{"bzip2", packBzip2(), Bzip2, []string{"data: " + lines}},
		{"zstd", packZstd(lines), Zstd, []string{"data: " + lines}},
		{"xz", packXZ(lines, xz.WriterConfig{}), XZ, []string{"data: " + lines}},
		{"xz with CRC-32", packXZ(lines, xz.WriterConfig{CheckSum: xz.CRC32}), XZ, []string{"data: " + lines}},
		{"xz with SHA-256", packXZ(lines, xz.WriterConfig{CheckSum: xz.SHA256}), XZ, []string{"data: " + lines}},
		{"xz without a check", packXZ(lines, xz.WriterConfig{NoCheckSum: true}), XZ, []string{"data: " + lines}},
		{"xz of several blocks", packXZ(strings.Repeat(lines, 100), xz.WriterConfig{BlockSize: 300}), XZ, []string{"data: " + strings.Repeat(lines, 100)}},
		{"xz twice, with padding", slices.Concat(packXZ(lines, xz.WriterConfig{}), make([]byte, 8), packXZ(lines, xz.WriterConfig{})), XZ, []string{"data: " + lines + lines}},
		{"xz of nothing", packXZ("", xz.WriterConfig{}), XZ, []string{"data: "}},
		{"tar", packTar(two...), Tar, listed},
		{"zip", packZip(zipDeflate, two...), Zip, listed},
		{"zip, stored", packZip(zipStored, two...), Zip, listed},
		{"zip behind something", append([]byte("PK\x03\x04"), packZip(zipDeflate, two...)...), Zip, listed},
		{"zip behind another", slices.Concat(packZip(zipDeflate, two[0]), packZip(zipDeflate, two[1])), Zip, listed},
		{"zip with a member that its directory lacks", unlisted(packZip(zipDeflate, two...)), Zip, listed},
		{"tar behind another", slices.Concat(packTar(two[0]), packTar(two[1])), Tar, listed},
		{"tar with something behind", slices.Concat(packTar(two[0]), make([]byte, 600), []byte("more")), Tar, []string{listed[0], "data: " + strings.Repeat("\x00", 88) + "more"}},
		{"tar with links and comments", packHeaders(), Tar, []string{"note: comment=a long one\n", "d/: ", "l: where it leads\n", "f: SCHILY.xattr.user.x=a long one\n", "f: "}},
		{"zip without members", packZip(zipStored), Zip, nil},
		{"7z", pack7z(two...), SevenZip, listed},
		{"rar", packRAR(two...), RAR, listed},
		{"ar", []byte("!<arch>\n" + arHeader("a.txt/", 19) + lines[:19] + "\n" + arHeader("b.txt", 2) + "ok"), Ar, []string{"a.txt: " + lines[:19], "b.txt: ok"}},
		{"cpio, odc", []byte("070707" + strings.Repeat("0", 53) + "000006" + "00000000002" + "a.txt\x00ok" + "070707" + strings.Repeat("0", 53) + "000013" + "00000000000" + "TRAILER!!!\x00" + "\x00\x00and more"), CPIO, []string{"a.txt: ok", "data: and more"}},
		{"lz4", lz4Frame("\x00", "\x5fa lin\x05\x00\x00\x20ne"), LZ4, []string{"data: a lina lina lina lina line"}},
		{"lz4 of the old format", []byte(lz4Legacy + "\x07\x00\x00\x00\x60a lin\n"), LZ4, []string{"data: a lin\n"}},
		{"lz4 twice", append(lz4Frame("\x00", "\x20ok"), lz4Frame("\x00", "\x20no")...), LZ4, []string{"data: okno"}},
		{"lz4, stored, behind a skipped frame", append([]byte("\x51\x2a\x4d\x18\x01\x00\x00\x00x"), lz4Frame("\x80", "ok")...), LZ4, []string{"data: ok"}},
		{"PDF", packPDF("one line \\(or so\\)", "coded"), PDF, []string{"text: \none line (or so)\ncoded\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if k := Sniff(c.data); k != c.kind {
				t.Fatalf("sniffed %v", k)
			}
			if diff := cmp.Diff(c.want, look(t, c.data, meter(Defaults(), len(c.data)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A name that is cut shows no half of what stands where it is cut.
func TestLongNames(t *testing.T) {
	for name, want := range map[string]string{
		strings.Repeat("n", maxName):                  strings.Repeat("n", maxName),
		strings.Repeat("n", maxName+1):                "...",
		strings.Repeat("d/", 510) + "half-of-a-token": strings.Repeat("d/", 510) + "...",
		strings.Repeat("w ", 510) + "half-of-a-token": strings.Repeat("w ", 510) + "...",
	} {
		if got := cutName(name); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// unlisted takes the first of two members out of the directory of a zip file.
func unlisted(z []byte) []byte {
	first := bytes.Index(z, []byte(zipCentral))
	second := first + 4 + bytes.Index(z[first+4:], []byte(zipCentral))
	end := bytes.LastIndex(z, []byte(zipEnd))
	z[end+8], z[end+10] = 1, 1
	binary.LittleEndian.PutUint32(z[end+12:], uint32(end-second))
	return slices.Concat(z[:first], z[second:])
}

// packHeaders writes a tar archive that is headers only.
func packHeaders() []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "note", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "a long one"}},
		{Name: "d/", Typeflag: tar.TypeDir},
		{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "where it leads"},
		{Name: "f", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.user.x": "a long one"}},
	} {
		if err := t.WriteHeader(h); err != nil {
			panic(err)
		}
	}
	t.Close()
	return b.Bytes()
}

// arHeader writes the header of a member of ar.
func arHeader(name string, size int) string {
	return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, 0, 0, 0, "100644", size)
}

// lz4Frame writes a frame with one block; high is the upper byte of its size.
func lz4Frame(high, block string) []byte {
	return []byte(lz4Magic + "\x40\x40\x00" + string(byte(len(block))) + "\x00\x00" + high + block + "\x00\x00\x00\x00")
}

func TestSQLite(t *testing.T) {
	data := fixture(t, "tables.db")
	got := look(t, data, meter(Defaults(), len(data)))
	if len(got) != 4 || !strings.HasPrefix(got[0], "sqlite_schema: {\"type\": \"table\", \"name\": \"people\"") {
		t.Fatalf("%q", got)
	}
	want := `people: {"full name": "Ada \"A\" Lovelace", "age": 36.5, "note": "text in a blob"}
{"full name": "Bea", "age": -7}
{"full name": "` + strings.TrimSuffix(strings.Repeat("long ", 300), "\n") + `"}
`
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("setting: {\"name\": \"light\", \"value\": \"on\"}\n{\"name\": \"sound\", \"value\": \"off\"}\n", got[2]); diff != "" {
		t.Error(diff)
	}
	var many strings.Builder
	for i := 1; i <= 300; i++ {
		fmt.Fprintf(&many, "{\"n\": %d}\n", i*i*i*1000)
	}
	if diff := cmp.Diff("many: "+many.String(), got[3]); diff != "" {
		t.Error(diff)
	}
	data = fixture(t, "utf16.db")
	if got := look(t, data, meter(Defaults(), len(data))); len(got) != 2 || got[1] != "t: {\"a\": \"grüß dich\"}\n" {
		t.Errorf("%q", got)
	}
}

// Values of a database may be containers themselves.
func TestSQLiteValues(t *testing.T) {
	db := &database{}
	r := &rowReader{columns: []string{"name", "body"}}
	packed := packGzip("", lines)
	line := r.append(nil, []value{{kind: valueText, text: "x"}, {kind: valueBlob, blob: packed}, {kind: valueInt, number: 5}})
	if string(line) != `{"name": "x", "column3": 5}`+"\n" || !r.packed {
		t.Errorf("%s %v", line, r.packed)
	}
	if v := db.values([]byte{3, 0, 15, 'a'}); len(v) != 2 || v[1].text != "a" {
		t.Errorf("%v", v)
	}
}

func TestColumns(t *testing.T) {
	for sql, want := range map[string][]string{
		"CREATE TABLE t(a, b TEXT)":                                         {"a", "b"},
		"CREATE TABLE t (\n\"a b\" TEXT DEFAULT ('x, y'),\n[c d] int,`e` )": {"a b", "c d", "e"},
		"CREATE TABLE t(a decimal(10,2), check (a > 0), b)":                 {"a", "b"},
		"CREATE TABLE t(a, b PRIMARY KEY, c) WITHOUT ROWID":                 {"b", "a", "c"},
		"CREATE TABLE t(a, b, c, PRIMARY KEY (c, b)) without rowid":         {"c", "b", "a"},
		"CREATE TABLE t(a, b PRIMARY KEY)":                                  {"a", "b"},
		"CREATE TABLE":                                                      nil,
	} {
		if diff := cmp.Diff(want, columnsOf(sql)); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

// A zip file that cannot be held, or lost its end, is read from front to back.
func TestZipFromTheFront(t *testing.T) {
	two := []file{{"a.txt", lines}, {"b.txt", lines}}
	data := packZip(zipDeflate, two...)
	want := []string{"a.txt: " + lines, "b.txt: " + lines}
	got := lookInto(Zip, Content{Reader: bytes.NewReader(data)}, meter(Defaults(), len(data)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	cut := data[:len(data)-20]
	if diff := cmp.Diff(append(want, "! cut off"), look(t, cut, meter(Defaults(), len(cut)))); diff != "" {
		t.Error(diff)
	}
}

// What cannot be read costs itself only.
func TestDamage(t *testing.T) {
	stored := packZip(zipStored, file{"a", lines}, file{"b", lines}, file{"c", lines})
	at := bytes.Index(stored, []byte(lines))
	flipped := bytes.Clone(stored)
	flipped[at] ^= 1
	locked := bytes.Clone(stored)
	locked[bytes.Index(locked, []byte(zipCentral))+8] |= zipEncrypted
	strange := bytes.Clone(stored)
	strange[bytes.Index(strange, []byte(zipCentral))+10] = 14
	rar := packRAR(file{"a", lines}, file{"b", lines})
	rar[bytes.Index(rar, []byte(lines))] ^= 1
	seven := pack7z(file{"a", lines}, file{"b", lines})
	seven[sevenZipStart] ^= 1
	long := packGzip("", lines)
	changed := "`" + lines[1:]
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"zip, wrong checksum", flipped, []string{"a: " + changed + "! its checksum does not match", "b: " + lines, "c: " + lines}},
		{"zip, encrypted", locked, []string{"a! encrypted", "b: " + lines, "c: " + lines}},
		{"zip, method", strange, []string{"a! packed with a method that is not read here", "b: " + lines, "c: " + lines}},
		{"rar, wrong checksum", rar, []string{"a: " + changed + "! its checksum does not match", "b: " + lines}},
		{"7z, wrong checksum", seven, []string{"a: " + changed + "! its checksum does not match", "b: " + lines}},
		{"gzip, cut off", long[:len(long)-9], []string{"data: " + lines + "! cut off"}},
		{"xz, cut off", packXZ(lines, xz.WriterConfig{})[:40], []string{"data: a line\nanothe! cut off"}},
		{"PDF, encrypted", []byte("%PDF-1.4\ntrailer << /Encrypt 5 0 R >>"), []string{"! encrypted"}},
		{"SQLite, cut off", fixture(t, "utf16.db")[:600], []string{"sqlite_schema: {\"type\": \"table\", \"name\": \"t\", \"tbl_name\": \"t\", \"rootpage\": 2, \"sql\": \"CREATE TABLE t(a text)\"}\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, look(t, c.data, meter(Defaults(), len(c.data)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSniff(t *testing.T) {
	for text, want := range map[string]Kind{
		"":                          None,
		"PK":                        None,
		"BZh is a word":             None,
		"a plain text, and no more": None,
		"%PDF-1.7\n":                PDF,
		"PK\x05\x06":                Zip,
		"sqsh and more":             SquashFS,
		"MSCF\x00\x00\x00\x00":      Cabinet,
		"Po*M\x18 is a word":        None,
		"P*M\x18\x00\x00\x00\x00":   Zstd,
	} {
		if k := Sniff([]byte(text)); k != want {
			t.Errorf("%q is taken for %v", text, k)
		}
	}
	if k := Sniff(make([]byte, Head)); k != None {
		t.Errorf("zeros are taken for %v", k)
	}
	old := packTar(file{"a", lines})
	copy(old[257:], make([]byte, 255)) // as tar wrote it before it had a magic
	sum := 8 * int(' ')
	for i, c := range old[:512] {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(old[148:], fmt.Sprintf("%06o\x00 ", sum))
	if k := Sniff(old); k != Tar {
		t.Errorf("an old tar is taken for %v", k)
	}
}

func TestLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", Grace+1<<20)
	bomb := packGzip("", zeros)
	for _, c := range []struct {
		name   string
		data   []byte
		size   int
		limits func(*Limits)
		want   string
	}{
		{"ratio", bomb, len(bomb), func(*Limits) {}, "--max-archive-ratio"},
		{"ratio of one among many", bomb, 1 << 30, func(*Limits) {}, "--max-archive-ratio"},
		{"bytes", packGzip("", lines), 1 << 20, func(l *Limits) { l.Bytes = 5 }, "--max-archive-size"},
		{"members", packTar(file{"a", "x"}, file{"b", "x"}, file{"c", "x"}), 1 << 20, func(l *Limits) { l.Members = 2 }, "--max-archive-members"},
		{"time", bomb, 1 << 30, func(l *Limits) { l.Time = time.Nanosecond; l.Ratio = 1 << 20 }, "--archive-timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Defaults()
			c.limits(&l)
			m := meter(l, c.size)
			got := look(t, c.data, m)
			if last := got[len(got)-1]; !strings.Contains(last, c.want) {
				t.Errorf("ends with %.200q", last[max(0, len(last)-200):])
			}
			var limit *LimitError
			if ended := errors.As(m.Err(), &limit); ended != (c.name != "ratio of one among many") {
				t.Errorf("all ended: %v", m.Err())
			}
		})
	}
}

// What asks for much memory is refused, whatever it claims to need it for.
func TestMemory(t *testing.T) {
	data := packXZ(lines, xz.WriterConfig{DictCap: 256 << 20})
	if got := look(t, data, meter(Defaults(), len(data))); !strings.Contains(got[0], ErrMemory.Error()) {
		t.Errorf("%q", got)
	}
	m := meter(Defaults(), 1)
	defer m.Close()
	held, err := m.HoldAll(io.LimitReader(zeroReader{}, 1<<30))
	if !errors.Is(err, ErrMemory) || held.Size() > memory {
		t.Errorf("%d bytes are held, %v", held.Size(), err)
	}
	held.Release()
	if err := m.Hold(memory); err != nil {
		t.Error(err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }
