package kit

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/snappy"
	"github.com/ulikunitz/xz/lzma"
)

// packages are containers that systems and installers are delivered in.
func packages() []form {
	layer := func(l string) string { return gzipped(tarred("etc/app.env", filler(2000)+l)) }
	return []form{
		{name: "deb", file: "a.deb", text: asLine(func(l string) string {
			return arred("debian-binary", "2.0\n", "control.tar.gz", gzipped(tarred("control", "x")), "data.tar.gz", layer(l))
		})},
		{name: "ar-odd-sizes", file: "a.a", text: asLine(func(l string) string { return arred("one/", "123", "two.gz/", gzipped(filler(2000)+l)) })},
		{name: "cpio", file: "a.cpio", text: asLine(func(l string) string { return cpioed("a", "1", "b.gz", gzipped(filler(2000)+l)) })},
		{name: "initramfs", file: "initrd.img", text: asLine(func(l string) string {
			return cpioed("kernel/x", "microcode") + strings.Repeat("\x00", 512) + gzipped(cpioed("etc/app.env", filler(2000)+l))
		})},
		{name: "rpm", file: "a.rpm", text: asLine(func(l string) string { return rpmOf(gzipped(cpioed("./etc/app.env", filler(2000)+l))) })},
		{name: "lzma", file: "a.lzma", text: asLine(func(l string) string { return lzmaText(filler(2000)+l, 0) })},
		{name: "lzip", file: "a.lz", text: asLine(func(l string) string {
			return "LZIP\x01\x17" + lzmaText(filler(2000)+l, 0)[lzma.HeaderLen:] + strings.Repeat("\x00", 20)
		})},
		{name: "zlib", file: "a.zz", text: asLine(func(l string) string { return deflated(filler(2000) + l) })},
		{name: "snappy", file: "a.sz", text: asLine(snappyText)},
		{name: "zstd-behind-skipped", file: "a.zst", text: asLine(func(l string) string { return "\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstdText(filler(2000)+l) })},
		{name: "script-with-archive", file: "install.run", text: asLine(func(l string) string { return "#!/bin/sh\ntail -n +4 $0 | tar xz\nexit\n" + layer(l) })},
		{name: "zip-behind-picture", file: "a.jpg", text: asLine(func(l string) string {
			return "\xff\xd8\xff\xe0\x00\x10JFIF\x00" + strings.Repeat("\x07", 300) + "\xff\xd9" + zipped("a", filler(2000)+l)
		})},
		{name: "tar-gz-joined", file: "a.tgz", text: asLine(func(l string) string { return gzipped(tarred("a", "x") + tarred("b.env", filler(2000)+l)) })},
		{name: "tar-gz-text-behind", file: "a.tgz", text: asLine(func(l string) string { return gzipped(tarred("a", "x") + filler(2000) + l) })},
		{name: "tar-gz-folder-name", file: "a.tgz", text: func(s *Site, p Plant) string {
			return gzipped(headed(tar.Header{Name: p.Value + "/", Typeflag: tar.TypeDir}))
		}},
		{name: "tar-gz-link", file: "a.tgz", text: func(s *Site, p Plant) string {
			return gzipped(headed(tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/srv/" + p.Value}))
		}},
		{name: "tar-gz-comment", file: "a.tgz", text: func(s *Site, p Plant) string {
			return gzipped(headed(tar.Header{Name: "l", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": p.Value}}))
		}},
		{name: "zip-joined", file: "a.zip", text: asLine(func(l string) string { return zipped("a", filler(2000)+l) + zipped("b", "x") })},
		{name: "utf32le", file: "a.txt", text: asLine(func(l string) string { return utf32Text("\ufefffirst\r\n"+l, binary.LittleEndian) })},
		{name: "utf32be", file: "a.txt", text: asLine(func(l string) string { return utf32Text("first\r\n"+l, binary.BigEndian) })},
		{name: "zip-of-volumes", file: "a.zip", text: asLine(func(l string) string { return "PK\x07\x08" + zipped("a", filler(2000)+l) })},
	}
}

// headed is a tar archive of headers.
func headed(headers ...tar.Header) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			panic(failure{err})
		}
	}
	w.Close()
	return b.String()
}

func utf32Text(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, r := range text {
		b = order.AppendUint32(b, uint32(r))
	}
	return string(b)
}

// arred packs members as ar does, given as name and content in turn.
func arred(pairs ...string) string {
	var b strings.Builder
	b.WriteString("!<arch>\n")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", pairs[i], 0, 0, 0, "100644", len(pairs[i+1]), pairs[i+1])
		if len(pairs[i+1])%2 != 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// cpioed packs members as cpio does, given as name and content in turn.
func cpioed(pairs ...string) string {
	var b strings.Builder
	pad := func() { b.WriteString(strings.Repeat("\x00", -b.Len()&3)) }
	for i := 0; i <= len(pairs); i += 2 {
		name, text := "TRAILER!!!", ""
		if i < len(pairs) {
			name, text = pairs[i], pairs[i+1]
		}
		b.WriteString("070701")
		for _, n := range []int{0, 0o100644, 0, 0, 1, 0, len(text), 0, 0, 0, 0, len(name) + 1, 0} {
			fmt.Fprintf(&b, "%08x", n)
		}
		b.WriteString(name + "\x00")
		pad()
		b.WriteString(text)
		pad()
	}
	return b.String()
}

// rpmOf puts packed content behind the lead and the two headers of a package.
func rpmOf(packed string) string {
	header := "\x8e\xad\xe8\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x04\x65\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x01gzip\x00"
	return "\xed\xab\xee\xdb\x03\x00\x00\x00" + strings.Repeat("\x00", 88) + header + strings.Repeat("\x00", -len(header)&7) + header + packed
}

// lzmaText packs as lzma does, with an end that is marked where size is 0.
func lzmaText(text string, size int64) string {
	var b bytes.Buffer
	w, err := lzma.WriterConfig{SizeInHeader: size > 0, Size: size, EOSMarker: size == 0}.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(failure{err})
	}
	head := b.Bytes()
	binary.LittleEndian.PutUint32(head[1:], 1<<23) // what lzma itself writes
	return b.String()
}

func snappyText(text string) string {
	var b bytes.Buffer
	w := snappy.NewBufferedWriter(&b)
	io.WriteString(w, filler(2000)+text) // a Buffer takes everything
	w.Close()
	return b.String()
}

// packedAway are stores of Git in archives.
func packedAway() []Case {
	var all []Case
	for _, packed := range []bool{false, true} {
		for name, pack := range map[string]func(...string) string{
			"zip": zipped, "tar": tarred, "tgz": func(pairs ...string) string { return gzipped(tarred(pairs...)) },
		} {
			kind := map[bool]string{false: "loose", true: "packed"}[packed]
			all = append(all, Case{Name: "store-in-" + name + "-" + kind, Promise: "P5", Build: func(s *Site) Expect {
				r, p := s.bare(s.Side+"/x.git"), s.token()
				if text := filler(500) + p.line(); packed {
					k := r.pack()
					base := filler(500)
					off, _ := k.object("blob", base)
					k.ofs(off, deltaOf(len(base), len(text), copied(0, len(base)), inserted(p.line())), text)
					s.write("backup."+name, pack("x/.git/HEAD", "ref: refs/heads/main\n", "x/.git/objects/pack/pack-1.pack", string(k.bytes()), "x/.git/objects/pack/pack-1.idx", string(k.index())))
				} else {
					id := r.blob(text)
					s.write("backup."+name, pack("x/.git/HEAD", "ref: refs/heads/main\n", "x/.git/"+loosePath(id), s.read(r.file(loosePath(id)))))
				}
				return finds(p.at("backup." + name))
			}})
		}
	}
	sortCases(all)
	return all
}
