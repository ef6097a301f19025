package kit

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// resources are attacks on memory and time. In each a plant lies beside the attack,
// and is found.
func resources() []Case {
	var all []Case
	all = append(all, archiveBombs()...)
	all = append(all, archiveLies()...)
	all = append(all, storeBombs()...)
	all = append(all, graphBombs()...)
	all = append(all, listBombs()...)
	return append(all, textBombs()...)
}

// beside makes a case with a plant beside the attack.
func beside(name string, attack func(s *Site) Expect) Case {
	return Case{Name: "bomb-" + name, Promise: "P4", Build: func(s *Site) Expect {
		p := s.token()
		e := attack(s)
		s.write("zz-beside.env", p.line())
		e.Plants = append(e.Plants, p.at("zz-beside.env"))
		return e
	}}
}

// zeroStream is n megabytes of zeros, packed by pack.
func packedZeros(megabytes int, pack func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := pack(&b)
	zeros := make([]byte, 1<<20)
	for range megabytes {
		w.Write(zeros) // into memory
	}
	w.Close()
	return b.String()
}

// bombFile is a case of a container among the files.
func bombFile(name, path string, content func(s *Site) string) Case {
	return beside(name, func(s *Site) Expect {
		s.write(path, content(s))
		return Expect{Bounded: true}
	})
}

// bombInHistory is a case of a container in an old commit.
func bombInHistory(name string, content func(s *Site) string) Case {
	return beside(name+"-in-history", func(s *Site) Expect {
		r := s.repo()
		first := r.files("bomb", content(s))
		r.commit(r.tree(), first)
		return Expect{Bounded: true}
	})
}

func gzipBomb(s *Site) string { return packedZeros(s.scaled(40, 4_000), newGzip) }

// archiveBombs are containers that hold more than they seem to.
func archiveBombs() []Case {
	zstdBomb := func(s *Site) string { return packedZeros(s.scaled(40, 4_000), newZstd) }
	flat := func(s *Site) string {
		bomb := packedZeros(s.scaled(8, 400), newDeflate)
		return rawZip(s.scaled(5, 50), bomb, int64(s.scaled(8, 400))<<20, false)
	}
	overlapping := func(s *Site) string {
		bomb := packedZeros(s.scaled(8, 400), newDeflate)
		return rawZip(s.scaled(50, 60_000), bomb, int64(s.scaled(8, 400))<<20, true)
	}
	return []Case{
		bombFile("gzip", "a.gz", gzipBomb), bombInHistory("gzip", gzipBomb),
		bombFile("zstd", "a.zst", zstdBomb), bombInHistory("zstd", zstdBomb),
		bombFile("xz", "a.xz", func(s *Site) string { return packedZeros(s.scaled(4, 2_000), newXZ) }),
		bombFile("gzip-in-gzip", "a.gz", func(s *Site) string { return gzipped(gzipped(gzipped(gzipBomb(s)))) }),
		bombFile("zip-flat", "a.zip", flat), bombInHistory("zip-flat", flat),
		bombFile("zip-overlapping", "a.zip", overlapping), bombInHistory("zip-overlapping", overlapping),
		bombFile("zip-nested-wide", "a.zip", func(s *Site) string {
			inner := zipped("0", strings.Repeat("\x00", 1<<20))
			for range s.scaled(2, 6) {
				var pairs []string
				for i := range 16 {
					pairs = append(pairs, fmt.Sprint(i, ".zip"), inner)
				}
				inner = zipped(pairs...)
			}
			return inner
		}),
		bombFile("zip-nested-deep", "a.zip", func(s *Site) string {
			inner := zipped("a", "nothing\n")
			for range s.scaled(60, 2000) {
				inner = zipped("a.zip", inner)
			}
			return inner
		}),
		bombFile("zip-many-members", "a.zip", func(s *Site) string {
			var pairs []string
			for i := range s.scaled(2_000, 60_000) {
				pairs = append(pairs, fmt.Sprint("d/", i), "")
			}
			return zipped(pairs...)
		}),
	}
}

// archiveLies are containers that are not what they say.
func archiveLies() []Case {
	return []Case{
		bombFile("zip-lying-sizes", "a.zip", func(s *Site) string { return rawZip(3, deflatedRaw("hello\n"), 1<<40, false) }),
		bombFile("zip-cut", "a.zip", func(s *Site) string { return zipped("a", filler(50_000), "b", filler(50_000))[:9_000] }),
		bombFile("zip-directory-lies", "a.zip", func(s *Site) string {
			z := []byte(zipped("a", "b"))
			for i := len(z) - 12; i < len(z)-2; i++ {
				z[i] = 0xff
			}
			return string(z)
		}),
		bombFile("tar-claims", "a.tar", func(s *Site) string {
			t := []byte(tarred("a", "hello\n"))
			copy(t[124:136], "\x80\x00\x00\x00\x0f\xff\xff\xff\xff\xff\xff\xff")
			return string(resummed(t))
		}),
		bombFile("tar-negative", "a.tar", func(s *Site) string {
			t := []byte(tarred("a", "hello\n"))
			copy(t[124:136], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
			return string(resummed(t))
		}),
		bombFile("tar-long-name", "a.tar", func(s *Site) string { return tarred(strings.Repeat("n/", s.scaled(20_000, 400_000))+"a", "x") }),
		bombFile("tar-many", "a.tar", func(s *Site) string {
			one := tarred("a", "x")[:1024]
			return strings.Repeat(one, s.scaled(2_000, 300_000))
		}),
		bombFile("sqlite-lies", "a.db", func(s *Site) string {
			return "SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + strings.Repeat("\xff", 4096-24) + strings.Repeat("\x05\xff\xff\xff\xff\x00", 2000)
		}),
		bombFile("sqlite-zero-page", "a.db", func(s *Site) string { return "SQLite format 3\x00\x00\x00" + strings.Repeat("\x00", 8192) }),
		bombFile("pdf-lies", "a.pdf", func(s *Site) string {
			return "%PDF-1.7\n1 0 obj\n<</Length 99999999999/Filter[/FlateDecode/FlateDecode/FlateDecode]>>\nstream\n" + deflated(filler(1000)) + "\nendstream\nendobj\nstartxref\n-1\n%%EOF\n"
		}),
		bombFile("pdf-nested-dictionaries", "a.pdf", func(s *Site) string {
			return "%PDF-1.7\n1 0 obj\n" + strings.Repeat("<</A ", s.scaled(20_000, 2_000_000))
		}),
		bombFile("pdf-bomb", "a.pdf", func(s *Site) string {
			bomb := packedZeros(s.scaled(20, 1_000), newZlib)
			return fmt.Sprintf("%%PDF-1.7\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n", len(bomb), bomb)
		}),
		bombFile("7z-lies", "a.7z", func(s *Site) string {
			return "7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x00" + strings.Repeat("\xff", 500)
		}),
		bombFile("rar-lies", "a.rar", func(s *Site) string { return "Rar!\x1a\x07\x01\x00" + strings.Repeat("\xff\x7f\x80", 500) }),
		bombFile("xz-lies", "a.xz", func(s *Site) string { return xzText(filler(30_000))[:40] + strings.Repeat("\xff", 500) }),
		bombFile("zstd-window", "a.zst", func(s *Site) string { return "\x28\xb5\x2f\xfd\x00\xf8" + strings.Repeat("\x00", 100) }),
		bombFile("base64-of-gzip-bomb", "a.yaml", func(s *Site) string { return "data: " + base64Text(gzipBomb(s)) + "\n" }),
		bombFile("coats-deep", "a.txt", func(s *Site) string {
			text := "token"
			for range s.scaled(20, 40) {
				text = base64Text(text)
			}
			return text
		}),
		bombFile("image-of-lies", "a.tar", func(s *Site) string {
			return tarred("manifest.json", `[{"Config":"manifest.json","Layers":[`+strings.Repeat(`"manifest.json",`, 5000)+`"x"]}]`, "oci-layout", "{}", "index.json", strings.Repeat("[", 50_000))
		}),
	}
}

// resummed mends the checksum of the first header of a tar archive.
func resummed(t []byte) []byte {
	copy(t[148:156], "        ")
	sum := 0
	for _, c := range t[:512] {
		sum += int(c)
	}
	copy(t[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return t
}

// rawZip makes an archive whose members have the same packed content, each with a
// copy of its own or, overlapping, all with one.
func rawZip(members int, packed string, size int64, overlapping bool) string {
	var b bytes.Buffer
	if !overlapping {
		w := zip.NewWriter(&b)
		for i := range members {
			m, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(size)})
			if err == nil {
				_, err = io.WriteString(m, packed)
			}
			if err != nil {
				panic(failure{err})
			}
		}
		w.Close()
		return b.String()
	}
	le := binary.LittleEndian
	local := append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 12)...)
	le.PutUint32(local[18:], uint32(len(packed)))
	le.PutUint32(local[22:], uint32(size))
	le.PutUint16(local[26:], 1)
	b.Write(local)
	b.WriteString("a" + packed)
	start := b.Len()
	for range members {
		entry := append([]byte("PK\x01\x02\x14\x00\x14\x00\x00\x00\x08\x00"), make([]byte, 34)...)
		le.PutUint32(entry[20:], uint32(len(packed)))
		le.PutUint32(entry[24:], uint32(size))
		le.PutUint16(entry[28:], 1)
		b.Write(entry)
		b.WriteByte('a')
	}
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00"), make([]byte, 14)...)
	le.PutUint16(end[8:], uint16(members))
	le.PutUint16(end[10:], uint16(members))
	le.PutUint32(end[12:], uint32(b.Len()-start))
	le.PutUint32(end[16:], uint32(start))
	b.Write(end)
	return b.String()
}

// storeBomb is an attack by objects, with a plant in the pack that it fills.
func storeBomb(name string, attack func(s *Site, r *store, k *pack)) Case {
	return beside(name, func(s *Site) Expect {
		r, p := s.repo(), s.token()
		k := r.pack()
		k.object("blob", p.line())
		attack(s, r, k)
		k.write("1")
		return Expect{Plants: []Plant{p}, Bounded: true}
	})
}

// storeBombs are objects.
func storeBombs() []Case {
	return []Case{
		storeBomb("delta-chain", func(s *Site, r *store, k *pack) {
			text := filler(200)
			off, _ := k.object("blob", text)
			for i := range s.scaled(300, 10_050) {
				more := fmt.Sprint(i, "\n")
				next := text[:200] + more
				off = k.ofs(off, deltaOf(len(text), len(next), copied(0, 200), inserted(more)), next)
				text = next
			}
		}),
		storeBomb("delta-claims", func(s *Site, r *store, k *pack) {
			off, _ := k.object("blob", "short\n")
			k.entry(k.id("blob", "1"), packOfs, 20, ofsBase(k.body.Len()-off), deflated(varint(6)+varint(1<<50)+copied(0, 6)))
			k.entry(k.id("blob", "2"), packBlob, 1<<50, nil, deflated("x"))
		}),
		storeBomb("delta-doubling", func(s *Site, r *store, k *pack) {
			n := 1 << 10
			off, _ := k.object("blob", strings.Repeat("x", n))
			for i := range s.scaled(12, 21) {
				off = k.ofsAs(k.id("blob", fmt.Sprint(i)), off, varint(n)+varint(2*n)+bigCopies(n)+bigCopies(n))
				n *= 2
			}
		}),
		storeBomb("delta-fan", func(s *Site, r *store, k *pack) { // many large results of one base
			text := filler(s.scaled(100_000, 10_000_000))
			off, _ := k.object("blob", text)
			for i := range s.scaled(50, 2_000) {
				more := fmt.Sprint(i, "\n")
				k.ofsAs(k.id("blob", fmt.Sprint("fan", i)), off, varint(len(text))+varint(len(text)+len(more))+bigCopies(len(text))+inserted(more))
			}
		}),
		storeBomb("blob-of-zeros", func(s *Site, r *store, k *pack) {
			size := s.scaled(20, 1_000)
			k.entry(k.id("blob", "zeros"), packBlob, size<<20, nil, packedZeros(size, newZlib))
		}),
		storeBomb("tree-bomb", func(s *Site, r *store, k *pack) { // 10 to the power of 10 paths
			e := file("f", r.blob("nothing\n"))
			for range 10 {
				var all []entry
				for i := range 10 {
					e.name = fmt.Sprintf("d%d", i)
					all = append(all, e)
				}
				e = folder("d", r.tree(all...))
			}
			r.commit(r.tree(e))
		}),
		{Name: "bomb-tree-with-plant", Promise: "P4", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			e := file("f", r.blob(p.line()))
			for range s.scaled(5, 10) {
				var all []entry
				for i := range 10 {
					e.name = fmt.Sprintf("d%d", i)
					all = append(all, e)
				}
				e = folder("d", r.tree(all...))
			}
			r.commit(r.tree(e))
			return finds(p).bounded()
		}},
	}
}

// graphBombs are trees, commits and tags that name many others, or themselves.
func graphBombs() []Case {
	return []Case{
		storeBomb("tree-deep", func(s *Site, r *store, k *pack) {
			_, id := k.object("blob", "nothing\n")
			e := file("f", id)
			for range s.scaled(3_000, 100_000) {
				_, tree := k.object("tree", treeText(e))
				e = folder("d", tree)
			}
			_, tree := k.object("tree", treeText(e))
			_, commit := k.object("commit", commitText(tree, "deep", ""))
			r.ref("refs/heads/main", commit)
		}),
		storeBomb("tree-wide", func(s *Site, r *store, k *pack) {
			_, id := k.object("blob", "nothing\n")
			var all []entry
			for i := range s.scaled(5_000, 500_000) {
				all = append(all, file(fmt.Sprintf("f%07d", i), id))
			}
			k.object("tree", treeText(all...))
		}),
		storeBomb("tree-loop", func(s *Site, r *store, k *pack) { // under a forged id
			forged := strings.Repeat("5a", 20)
			text := treeText(folder("d", forged), file("f", r.blob("nothing\n")))
			k.entry(mustHex(forged), packTree, len(text), nil, deflated(text))
			r.commit(r.tree(folder("d", forged)))
		}),
		storeBomb("commit-loop", func(s *Site, r *store, k *pack) {
			forged := strings.Repeat("5b", 20)
			text := commitText(r.tree(), "loop", "", forged, forged)
			k.entry(mustHex(forged), packCommit, len(text), nil, deflated(text))
			r.ref("refs/heads/main", forged)
		}),
		storeBomb("tag-loop", func(s *Site, r *store, k *pack) {
			forged := strings.Repeat("5c", 20)
			text := tagText(forged, "tag", "loop")
			k.entry(mustHex(forged), packTag, len(text), nil, deflated(text))
			r.ref("refs/tags/x", forged)
		}),
		storeBomb("tag-chain", func(s *Site, r *store, k *pack) {
			id, kind := r.commit(r.tree()), "commit"
			for range s.scaled(200, 20_000) {
				_, id = k.object("tag", tagText(id, kind, "x"))
				kind = "tag"
			}
			r.ref("refs/tags/x", id)
		}),
		storeBomb("commit-parents", func(s *Site, r *store, k *pack) {
			first := r.commit(r.tree())
			var parents []string
			for range s.scaled(5_000, 500_000) {
				parents = append(parents, first)
			}
			r.ref("refs/heads/main", r.loose("commit", commitText(r.tree(), "many", "", parents...)))
		}),
		storeBomb("commit-message", func(s *Site, r *store, k *pack) {
			k.object("commit", commitText(r.tree(), strings.Repeat("word ", s.scaled(200_000, 10_000_000)), ""))
		}),
		storeBomb("commit-headers", func(s *Site, r *store, k *pack) {
			k.object("commit", commitText(r.tree(), "x", strings.Repeat("x y\n", s.scaled(50_000, 2_000_000))))
		}),
		storeBomb("commit-chain", func(s *Site, r *store, k *pack) {
			tree := r.tree()
			id := r.commit(tree)
			for i := range s.scaled(2_000, 200_000) {
				_, id = k.object("commit", commitText(tree, fmt.Sprint(i), "", id))
			}
			r.ref("refs/heads/main", id)
		}),
		storeBomb("loose-objects", func(s *Site, r *store, k *pack) {
			for i := range s.scaled(300, 50_000) {
				r.blob(fmt.Sprint(i))
			}
		}),
		storeBomb("packs", func(s *Site, r *store, k *pack) {
			for i := range s.scaled(60, 3_000) {
				more := r.pack()
				more.object("blob", fmt.Sprint(i))
				more.write(fmt.Sprint("m", i))
			}
		}),
		storeBomb("pack-count-lies", func(s *Site, r *store, k *pack) {
			r.save("objects/pack/pack-9.pack", "PACK\x00\x00\x00\x02\xff\xff\xff\xff"+filler(100))
			r.save("objects/pack/pack-8.idx", "\xfftOc\x00\x00\x00\x02"+strings.Repeat("\xff\xff\xff\xff", 256))
			r.save("objects/pack/pack-8.pack", "PACK\x00\x00\x00\x02\xff\xff\xff\xff")
		}),
	}
}

// bigCopies copies n bytes from the start of the base, in steps of 64 KiB.
func bigCopies(n int) string {
	var b strings.Builder
	for off := 0; off < n; off += 0xffff {
		m := min(0xffff, n-off)
		b.Write([]byte{0x80 | 0x3f, byte(off), byte(off >> 8), byte(off >> 16), byte(off >> 24), byte(m), byte(m >> 8)})
	}
	return b.String()
}

// ofsAs adds a delta under any id.
func (p *pack) ofsAs(id []byte, base int, delta string) int {
	return p.entry(id, packOfs, len(delta), ofsBase(p.body.Len()-base), deflated(delta))
}

func mustHex(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil {
		panic(failure{err})
	}
	return raw
}

// listBombs are long lists beside the objects.
func listBombs() []Case {
	lines := func(name, path string, small, full int, line func(i int, commit string) string) Case {
		return beside(name, func(s *Site) Expect {
			r, p := s.repo(), s.token()
			commit := r.files("a", p.line())
			var b strings.Builder
			for i := range s.scaled(small, full) {
				b.WriteString(line(i, commit))
			}
			r.save(path, b.String())
			return Expect{Plants: []Plant{p.at("a")}, Bounded: true}
		})
	}
	return []Case{
		lines("packed-refs", "packed-refs", 3_000, 1_000_000, func(i int, c string) string { return fmt.Sprintf("%s refs/heads/b%07d\n", c, i) }),
		lines("packed-refs-absent", "packed-refs", 500, 200_000, func(i int, c string) string { return fmt.Sprintf("%040x refs/heads/b%07d\n", i+1, i) }),
		lines("reflog", "logs/HEAD", 3_000, 500_000, func(i int, c string) string {
			return fmt.Sprintf("%s %s %s\tcommit: %d\n", c, c, person, i)
		}),
		lines("shallow", "shallow", 1_000, 500_000, func(i int, c string) string { return fmt.Sprintf("%040x\n", i+1) }),
		lines("alternates", "objects/info/alternates", 500, 10_000, func(i int, c string) string { return fmt.Sprintf("/nowhere/%d\n", i) }),
		lines("alternates-of-root", "objects/info/alternates", 3, 3, func(i int, c string) string { return []string{"/\n", "/proc\n", "/dev\n"}[i] }),
		lines("fetch-head", "FETCH_HEAD", 1_000, 100_000, func(i int, c string) string { return fmt.Sprintf("%s\tnot-for-merge\tbranch 'b%d' of x\n", c, i) }),
		lines("exclude", "info/exclude", 2_000, 200_000, func(i int, c string) string { return strings.Repeat("*/", 20) + "**\n" }),
		beside("loose-refs", func(s *Site) Expect {
			r, p := s.repo(), s.token()
			commit := r.files("a", p.line())
			for i := range s.scaled(300, 50_000) {
				r.ref(fmt.Sprintf("refs/heads/b%d", i), commit)
			}
			return Expect{Plants: []Plant{p.at("a")}}
		}),
		beside("worktrees", func(s *Site) Expect {
			r := s.repo()
			commit := r.files("a", "nothing\n")
			for i := range s.scaled(100, 5_000) {
				r.ref(fmt.Sprintf("worktrees/w%d/HEAD", i), commit)
			}
			return Expect{Bounded: true}
		}),
		beside("modules", func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			n := s.scaled(30, 1_500)
			for i := range n {
				r.bare(r.file(fmt.Sprint("modules/m", i)))
			}
			return Expect{Bounded: true}
		}),
		beside("modules-nested", func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			dir := r.dir
			for range s.scaled(30, 300) {
				dir += "/modules/m"
				r.bare(dir)
			}
			return Expect{Bounded: true}
		}),
		beside("index-claims", func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			r.save("index", string(r.sealed([]byte("DIRC\x00\x00\x00\x04\xff\xff\xff\xff"+strings.Repeat("\x00", 100)))))
			return Expect{Bounded: true}
		}),
		beside("index-growing-names", func(s *Site) Expect { // each name is the one before and one letter more
			r := s.repo()
			blob := r.blob("nothing\n")
			r.files("a", "nothing\n")
			n := s.scaled(3_000, 150_000)
			index := binary.BigEndian.AppendUint32([]byte("DIRC\x00\x00\x00\x04"), uint32(n))
			for range n {
				index = append(index, make([]byte, 24)...)
				index = binary.BigEndian.AppendUint32(index, 0o100644)
				index = append(index, make([]byte, 12)...)
				index = append(index, mustHex(blob)...)
				index = append(index, 0x0f, 0xff, 0, 'x', 0)
			}
			r.save("index", string(r.sealed(index)))
			return Expect{Bounded: true}
		}),
		beside("sparse-file", func(s *Site) Expect {
			p := s.token()
			s.write("hole", "")
			size := int64(s.scaled(16, 4_000)) << 20
			f, err := os.OpenFile(s.path("hole"), os.O_WRONLY, 0)
			s.must(err)
			_, err = f.WriteAt([]byte(p.line()), size)
			s.must(err)
			s.must(f.Close())
			return finds(p.at("hole"))
		}),
	}
}

// textBombs are texts that could cost a pattern or a list much.
func textBombs() []Case {
	var all []Case
	for name, unit := range map[string]string{
		"ghp": "ghp_", "akia": "AKIA", "head-of-jwt": "eyJ" + "hbGciOi", "jwt-dots": "eyJ.eyJ.", "pem": "-----BEGIN RSA PRIVATE KEY-----\n", "pem-open": "-----BEGIN ", "assignments": "password = ", "assignment-quotes": "password='", "urls": "https://a:", "url-at": "://@:@",
		"slack": "xoxb-1-", "sk": "sk-", "base64": "QUFBQUFB", "percent": "%25", "unicode-escapes": `\u005c`, "octal": `\101`, "entities": "&#38;#38;", "braces": "{{${", "parens": "((((", "quotes": `"'`, "backslashes": `\`, "equals": "=", "colons": ":",
		"xml": "<password>", "xml-close": "</password>", "json": `{"password":`, "yaml-indent": "a:\n ", "hex": "deadbeef", "uuid": "123e4567-e89b-12d3-a456-426614174000", "newlines": "\n", "carriage": "\r", "tabs": "\t", "nul": "\x00", "high": "\xff", "overlong": "\xc0\x80",
		"bearer": "Authorization: Bearer ", "basic": "Basic ", "curl": "curl -u a:", "connection": "Server=x;Password=", "allow": "# assay:allow ", "allow-next": "assay:allow-next-line\n", "keywords": "secret token key password api ", "gzip-base64": "H4sIAAAA", "key-id-pair": "aws_access_key_id aws_secret_access_key ",
	} {
		all = append(all, beside("text-"+name, func(s *Site) Expect {
			s.write("a.txt", strings.Repeat(unit, s.scaled(1<<16, 8<<20)/len(unit)))
			return Expect{Bounded: s.Scale == Full} // some have more places than are listed of one credential
		}))
	}
	sortCases(all)
	return append(all,
		beside("matches-same", func(s *Site) Expect {
			p := s.token()
			s.write("a.txt", strings.Repeat(p.line(), s.scaled(3_000, 500_000)))
			return Expect{Plants: []Plant{p.at("a.txt")}, Bounded: true}
		}),
		beside("matches-different", func(s *Site) Expect {
			var b strings.Builder
			var last Plant
			for range s.scaled(1_500, 300_000) {
				last = s.token()
				b.WriteString(last.line())
			}
			s.write("a.txt", b.String())
			return Expect{Plants: []Plant{last.at("a.txt")}, Bounded: true}
		}),
		beside("matches-in-one-line", func(s *Site) Expect {
			var b strings.Builder
			var last Plant
			for range s.scaled(1_000, 100_000) {
				last = s.token()
				b.WriteString(last.Value + " ")
			}
			s.write("a.txt", b.String())
			return Expect{Plants: []Plant{last.at("a.txt")}, Bounded: true}
		}),
		beside("matches-in-many-commits", func(s *Site) Expect {
			r, p := s.repo(), s.token()
			blob := r.blob(p.line())
			parent := r.commit(r.tree())
			k := r.pack()
			for i := range s.scaled(200, 20_000) {
				_, tree := k.object("tree", treeText(file(fmt.Sprint("f", i), blob)))
				_, parent = k.object("commit", commitText(tree, fmt.Sprint(i), "", parent))
			}
			r.ref("refs/heads/main", parent)
			k.write("1")
			return Expect{Plants: []Plant{p}, Bounded: true}
		}),
	)
}

// deflatedRaw packs as zip does.
func deflatedRaw(text string) string {
	var b bytes.Buffer
	w := newDeflate(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}
