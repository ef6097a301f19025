package kit

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// A wreck is a repository before it is damaged: a pack and loose objects, some of
// which the damage is about, and plants that it has nothing to do with.
type wreck struct {
	*store
	pack                    *pack
	base, ofs, ref          int // entries of the pack: a plant, and deltas on it that bring one each
	kept, lost              []Plant
	loose, tree, commit     string // ids
	looseTwo                string
	packFile, index, object string // paths
}

// damages are damaged stores, each the same wreck with other bytes changed.
func damages() []Case {
	var all []Case
	all = append(all, packDamages()...)
	all = append(all, entryDamages()...)
	all = append(all, indexDamages()...)
	all = append(all, looseDamages()...)
	return append(all, otherDamages()...)
}

// wrecked makes a case of what is done to a wreck.
func wrecked(name string, damage func(*wreck)) Case {
	return Case{Name: "damaged-" + name, Promise: "P3", Build: func(s *Site) Expect {
		w := s.wreck()
		damage(w)
		return Expect{Plants: w.kept, Lost: w.lost, Bounded: true}
	}}
}

func (s *Site) wreck() *wreck {
	r := s.repo()
	w := &wreck{store: r, pack: r.pack()}
	keep := func() Plant {
		p := s.token()
		w.kept = append(w.kept, p)
		return p
	}
	lose := func() Plant {
		p := s.token()
		w.lost = append(w.lost, p)
		return p
	}
	w.pack.object("blob", filler(3000)+keep().line())
	base := filler(2000) + lose().line()
	w.base, _ = w.pack.object("blob", base)
	more, text := lose().line(), ""
	text = base + more
	w.ofs = w.pack.ofs(w.base, deltaOf(len(base), len(text), copied(0, len(base)), inserted(more)), text)
	more = lose().line()
	text = base + more
	w.ref = w.pack.onRef(hex.EncodeToString(r.id("blob", base)), deltaOf(len(base), len(text), copied(0, len(base)), inserted(more)), text)
	w.pack.object("blob", keep().line()+filler(3000))
	w.pack.write("1")
	other := r.pack() // nothing happens to it
	other.object("blob", keep().line())
	other.write("2")
	w.loose, w.looseTwo = r.blob(lose().line()+filler(1000)), r.blob(keep().line())
	w.tree = r.tree(file("a", w.loose), file("b", w.looseTwo))
	w.commit = r.commit(w.tree)
	w.packFile, w.index, w.object = r.file("objects/pack/pack-1.pack"), r.file("objects/pack/pack-1.idx"), r.file(loosePath(w.loose))
	return w
}

// flip inverts a byte of a file, from the end where at is negative.
func (w *wreck) flip(path string, at int) {
	raw := []byte(w.read(path))
	if at < 0 {
		at += len(raw)
	}
	raw[at] ^= 0xff
	w.put(path, string(raw))
}

// change replaces a file's content by what f makes of it.
func (w *wreck) change(path string, f func(string) string) { w.put(path, f(w.read(path))) }

// zeros writes n zero bytes, as a disk does that lost power.
func zeros(at, n int) func(string) string {
	return func(s string) string {
		if at < 0 {
			at += len(s)
		}
		n = min(n, len(s)-at)
		return s[:at] + strings.Repeat("\x00", n) + s[at+n:]
	}
}

func cutTo(part, of int) func(string) string {
	return func(s string) string { return s[:len(s)*part/of] }
}

// packDamages are damages of the bytes of a pack.
func packDamages() []Case {
	at := func(name string, where func(w *wreck) int) Case {
		return wrecked("pack-"+name, func(w *wreck) { w.flip(w.packFile, where(w)) })
	}
	change := func(name string, f func(string) string) Case {
		return wrecked("pack-"+name, func(w *wreck) {
			w.change(w.packFile, f)
			w.lost, w.kept = append(w.lost, w.kept[:2]...), w.kept[2:] // of the first pack
		})
	}
	header := func(w *wreck, entry int) int { return entry + len(entrySize(packBlob, 2000)) }
	return []Case{
		at("magic", func(w *wreck) int { return 0 }),
		at("version", func(w *wreck) int { return 7 }),
		at("count", func(w *wreck) int { return 11 }),
		at("count-huge", func(w *wreck) int { return 8 }),
		at("entry-type", func(w *wreck) int { return w.base }),
		at("entry-size", func(w *wreck) int { return w.base + 1 }),
		at("zlib-head", func(w *wreck) int { return header(w, w.base) }),
		at("zlib-middle", func(w *wreck) int { return (w.base + w.ofs) / 2 }),
		at("zlib-sum", func(w *wreck) int { return w.ofs - 1 }),
		at("delta-entry-type", func(w *wreck) int { return w.ofs }),
		at("delta-distance", func(w *wreck) int { return w.ofs + 2 }),
		at("delta-content", func(w *wreck) int { return (w.ofs + w.ref) / 2 }),
		at("delta-base-id", func(w *wreck) int { return w.ref + 5 }),
		at("trailer", func(w *wreck) int { return -1 }),
		change("cut-half", cutTo(1, 2)),
		change("cut-trailer", func(s string) string { return s[:len(s)-20] }),
		change("cut-head", func(s string) string { return s[:12] }),
		change("empty", func(string) string { return "" }),
		change("zero-tail", func(s string) string { return zeros(-len(s)/3, len(s))(s) }),
		change("zero-head", zeros(0, 64)),
		change("zero-all", func(s string) string { return zeros(0, len(s))(s) }),
		change("garbage-behind", func(s string) string { return s + filler(500) }),
		change("garbage-before", func(s string) string { return filler(500) + s }),
		change("text-instead", func(string) string { return "this is no pack\n" }),
		wrecked("pack-removed", func(w *wreck) {
			w.must(os.Remove(w.packFile))
			w.lost, w.kept = append(w.lost, w.kept[:2]...), w.kept[2:]
		}),
	}
}

// entryDamages are packs whose entries lie, with sums that are right.
func entryDamages() []Case {
	return []Case{
		wrecked("delta-copies-beyond", func(w *wreck) {
			k := w.store.pack()
			off, _ := k.object("blob", "short\n")
			k.ofs(off, deltaOf(6, 100, copied(0, 100)), strings.Repeat("x", 100))
			k.write("3")
		}),
		wrecked("delta-wrong-sizes", func(w *wreck) {
			k := w.store.pack()
			off, _ := k.object("blob", "short\n")
			k.ofs(off, deltaOf(7, 6, copied(0, 6)), "short\n")
			k.ofs(off, deltaOf(6, 1<<40, copied(0, 6)), "short\n")
			k.write("3")
		}),
		wrecked("delta-reserved-step", func(w *wreck) {
			k := w.store.pack()
			off, _ := k.object("blob", "short\n")
			k.ofs(off, deltaOf(6, 6, "\x00", copied(0, 6)), "other\n")
			k.write("3")
		}),
		wrecked("delta-on-itself", func(w *wreck) {
			k := w.store.pack()
			id := w.id("blob", "itself")
			k.entry(id, packRef, 10, id, deflated("0123456789"))
			k.entry(w.id("blob", "itself 2"), packOfs, 10, ofsBase(0), deflated("0123456789"))
			k.write("3")
		}),
		wrecked("deltas-in-a-ring", func(w *wreck) {
			k := w.store.pack()
			one, two := w.id("blob", "one"), w.id("blob", "two")
			k.entry(one, packRef, 4, two, deflated(deltaOf(3, 3, copied(0, 3))))
			k.entry(two, packRef, 4, one, deflated(deltaOf(3, 3, copied(0, 3))))
			k.write("3")
		}),
		wrecked("delta-base-absent", func(w *wreck) {
			k := w.store.pack()
			k.onRef(strings.Repeat("12", 20), deltaOf(3, 3, copied(0, 3)), "one")
			k.write("3")
		}),
		wrecked("delta-base-outside", func(w *wreck) {
			k := w.store.pack()
			k.entry(w.id("blob", "x"), packOfs, 4, ofsBase(1<<30), deflated(deltaOf(3, 3, copied(0, 3))))
			k.write("3")
		}),
		wrecked("entry-type-five", func(w *wreck) {
			k := w.store.pack()
			k.entry(w.id("blob", "x"), 5, 1, nil, deflated("x"))
			k.entry(w.id("blob", "y"), 0, 1, nil, deflated("y"))
			k.write("3")
		}),
		wrecked("wrong-id", func(w *wreck) { // an object under another's name is scanned all the same
			p := w.token()
			k := w.store.pack()
			k.entry(w.id("blob", "something else"), packBlob, len(p.line()), nil, deflated(p.line()))
			k.write("3")
			w.kept = append(w.kept, p)
		}),
		wrecked("size-too-small", func(w *wreck) {
			p := w.token()
			k := w.store.pack()
			k.entry(w.id("blob", p.line()), packBlob, 5, nil, deflated(p.line()))
			k.write("3")
			w.lost = append(w.lost, p)
		}),
		wrecked("size-too-large", func(w *wreck) {
			p := w.token()
			k := w.store.pack()
			k.entry(w.id("blob", p.line()), packBlob, 1<<40, nil, deflated(p.line()))
			k.write("3")
			w.lost = append(w.lost, p)
		}),
	}
}

func indexDamages() []Case {
	const head, fanout = 8, 1024
	at := func(name string, where int) Case {
		return wrecked("idx-"+name, func(w *wreck) { w.flip(w.index, where) })
	}
	change := func(name string, f func(string) string) Case {
		return wrecked("idx-"+name, func(w *wreck) { w.change(w.index, f) })
	}
	ids := head + fanout
	sums := ids + 5*20
	offsets := sums + 5*4
	return []Case{
		at("magic", 1), at("version", 7), at("fanout-first", head+3), at("fanout-last", head+fanout-1), at("fanout-huge", head+fanout-4),
		at("id", ids+3), at("id-last", ids+4*20), at("crc", sums+1), at("offset", offsets+3), at("offset-large", offsets), at("pack-sum", offsets+5*4+2), at("own-sum", -1),
		change("cut-half", cutTo(1, 2)), change("cut-end", func(s string) string { return s[:len(s)-1] }), change("empty", func(string) string { return "" }),
		change("zero-all", func(s string) string { return zeros(0, len(s))(s) }), change("zero-tail", zeros(-100, 100)), change("of-other-pack", func(string) string { return "\xfftOc\x00\x00\x00\x02" + strings.Repeat("\x00", 1024+40) }),
		wrecked("idx-swapped", func(w *wreck) {
			two := w.file("objects/pack/pack-2.idx")
			one := w.read(w.index)
			w.put(w.index, w.read(two))
			w.put(two, one)
		}),
	}
}

func looseDamages() []Case {
	change := func(name string, f func(string) string) Case {
		return wrecked("loose-"+name, func(w *wreck) { w.change(w.object, f) })
	}
	forged := func(name, head string) Case {
		return wrecked("loose-"+name, func(w *wreck) {
			w.change(w.object, func(string) string { return deflated(head + w.lost[len(w.lost)-1].line()) })
		})
	}
	missing := func(name string, id func(*wreck) string) Case {
		return wrecked("missing-"+name, func(w *wreck) { w.must(os.Remove(w.file(loosePath(id(w))))) })
	}
	return []Case{
		change("head", func(s string) string { return "\xff" + s[1:] }), change("middle", func(s string) string { return zeros(len(s)/2, 3)(s) }), change("sum", func(s string) string { return zeros(-1, 1)(s) }),
		change("cut", cutTo(2, 3)), change("cut-early", func(s string) string { return s[:8] }), change("empty", func(string) string { return "" }), change("zero-all", func(s string) string { return zeros(0, len(s))(s) }),
		change("zero-tail", zeros(-40, 40)), change("garbage-behind", func(s string) string { return s + "garbage" }), change("text-instead", func(string) string { return "no object\n" }),
		forged("type-unknown", "bolb 50\x00"), forged("type-other", "tree 50\x00"), forged("size-small", "blob 5\x00"), forged("size-large", "blob 99999\x00"), forged("size-huge", "blob 99999999999999999999\x00"),
		forged("size-negative", "blob -1\x00"), forged("size-none", "blob \x00"), forged("no-nul", "blob 50 "), forged("wrong-content", "blob 52\x00"),
		missing("blob", func(w *wreck) string { return w.loose }), missing("tree", func(w *wreck) string { return w.tree }), missing("commit", func(w *wreck) string { return w.commit }),
		wrecked("loose-under-other-name", func(w *wreck) {
			w.must(os.Rename(w.object, w.file("objects/"+w.loose[:2]+"/"+strings.Repeat("0", 38))))
			w.kept, w.lost = append(w.kept, w.lost[3]), w.lost[:3]
		}),
		wrecked("loose-folder-name", func(w *wreck) {
			w.must(os.Mkdir(w.file("objects/"+w.loose[:2]+"/"+strings.Repeat("1", 38)), 0o777))
		}),
	}
}

// otherDamages are about what is no object: nothing that was planted is lost.
func otherDamages() []Case {
	file := func(name, path, text string) Case {
		return wrecked(name, func(w *wreck) {
			w.kept, w.lost = append(w.kept, w.lost...), nil
			w.save(path, strings.ReplaceAll(text, "{commit}", w.commit))
		})
	}
	odd := func(name, kind, text string) Case {
		return wrecked(name, func(w *wreck) {
			w.kept, w.lost = append(w.kept, w.lost...), nil
			p := w.token()
			w.store.loose(kind, text+p.Value)
			w.kept = append(w.kept, p)
		})
	}
	const nothing = "0000000000000000000000000000000000000000"
	return []Case{
		file("head", "HEAD", "\x00\x00\x00"), file("head-empty", "HEAD", ""), file("head-nowhere", "HEAD", "ref: refs/heads/none\n"), file("head-itself", "HEAD", "ref: HEAD\n"), file("head-absent-object", "HEAD", strings.Repeat("1", 40)+"\n"),
		file("ref-text", "refs/heads/x", "nonsense\n"), file("ref-zeros", "refs/heads/x", strings.Repeat("\x00", 41)), file("ref-null-id", "refs/heads/x", nothing+"\n"), file("ref-short", "refs/heads/x", "{commit}"[:8]+"\n"),
		file("ref-ring", "refs/heads/x", "ref: refs/heads/x\n"), file("ref-absent-object", "refs/heads/x", strings.Repeat("2", 40)+"\n"), file("ref-of-blob", "refs/heads/x", "ref: ../../../etc/passwd\n"),
		file("packed-refs", "packed-refs", "nonsense\n{commit} refs/heads/good\n^zz\n"), file("packed-refs-zeros", "packed-refs", strings.Repeat("\x00", 4096)), file("packed-refs-cut", "packed-refs", "{commit} refs/he"),
		file("packed-refs-long-line", "packed-refs", "{commit} refs/heads/"+strings.Repeat("x", 2<<20)+"\n"), file("reflog", "logs/HEAD", "nonsense\n"+nothing+" zz\n"), file("reflog-zeros", "logs/HEAD", strings.Repeat("\x00", 4096)),
		file("index", "index", "DIRC\x00\x00\x00\x02\xff\xff\xff\xff"), file("index-empty", "index", ""), file("index-version", "index", "DIRC\x00\x00\x00\x09\x00\x00\x00\x00"), file("index-zeros", "index", strings.Repeat("\x00", 4096)),
		file("commit-graph", "objects/info/commit-graph", "CGPH\x01\x01\x05\x00nonsense"), file("midx", "objects/pack/multi-pack-index", "MIDX\x01\x01\xff\x00\xff\xff\xff\xff"), file("bitmap", "objects/pack/pack-1.bitmap", "BITM\xff"),
		file("rev", "objects/pack/pack-1.rev", "RIDX\xff"), file("shallow", "shallow", "nonsense\n"), file("alternates", "objects/info/alternates", "\x00\n\xff\xfe\n//\n"), file("config", "config", "[[[nonsense\n=\n\x00"),
		file("worktree-of-nothing", "worktrees/x/gitdir", "/nowhere\n"), file("worktree-commondir", "worktrees/x/commondir", "../../../../..\n"), file("lfs-pointer", "lfs/objects/aa/bb/"+strings.Repeat("a", 64), "short"),
		file("module-empty", "modules/x/config", "[core]\n"), file("module-half", "modules/x/HEAD", "ref: refs/heads/main\n"), file("gitfile-in-modules", "modules/x/objects/info/alternates", "../../../../objects\n"),
		odd("commit-without-tree", "commit", "author nobody\n\n"), odd("commit-empty-lines", "commit", "\n\n\n"), odd("commit-tree-of-zeros", "commit", "tree "+nothing+"\nauthor "+person+"\ncommitter "+person+"\n\n"),
		odd("commit-dates", "commit", "tree "+nothing+"\nauthor A <a> 99999999999999999999 +9999\ncommitter A <a> -1 x\n\n"), odd("commit-parents-odd", "commit", "tree "+nothing+"\nparent zz\nparent "+nothing+"\n\n"),
		odd("tag-of-itself", "tag", "object "+nothing+"\ntype tag\ntag x\n\n"), odd("tag-unknown-type", "tag", "object "+nothing+"\ntype soup\ntag x\n\n"), odd("tag-empty", "tag", ""), odd("tree-nonsense", "tree", "100644 "),
		odd("tree-cut", "tree", "100644 name\x00short "), odd("tree-mode-letters", "tree", "rwxrwx "),
		{Name: "damaged-many", Promise: "P3", Build: func(s *Site) Expect { // each object of many is bad, one is good
			r, p := s.repo(), s.token()
			for i := range s.scaled(200, 20_000) {
				id := fmt.Sprintf("%040x", i*7919+1)
				r.save(loosePath(id), "bad")
			}
			r.blob(p.line())
			return Expect{Plants: []Plant{p}, Bounded: true, Notices: []string{"object"}}
		}},
	}
}
