package kit

import (
	"fmt"
	"os"
	"slices"
)

// places are the places where Git keeps data.
func places() []Case {
	var all []Case
	all = append(all, objectPlaces()...)
	all = append(all, apartPlaces()...)
	all = append(all, packPlaces()...)
	all = append(all, namePlaces()...)
	all = append(all, slices.Concat(seamPlaces(), indexPlaces(), storePlaces(), leftPlaces(), treePlaces(), commitPlaces(), mergePlaces(), otherWork(), packedAway(), headers())...)
	all = append(all, filePlaces()...)
	return append(all, historyPlaces()...)
}

// objectPlaces are parts of commits and tags.
func objectPlaces() []Case {
	inCommit := func(name, format string) Case {
		return Case{Name: "commit-" + name, Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			tree := r.tree(file("a", r.blob("nothing\n")))
			id := r.loose("commit", "tree "+tree+"\n"+fmt.Sprintf(format, p.Value))
			r.ref("refs/heads/main", id)
			return finds(p)
		}}
	}
	const who = "author " + person + "\ncommitter " + person + "\n"
	all := []Case{
		inCommit("message", who+"\nfix %s\n"),
		inCommit("message-without-newline", who+"\n%s"),
		inCommit("author-name", "author %s <a@example.org> 1700000000 +0000\ncommitter "+person+"\n\nx\n"),
		inCommit("author-email", "author Ada <%s> 1700000000 +0000\ncommitter "+person+"\n\nx\n"),
		inCommit("committer-name", "author "+person+"\ncommitter %s <a@example.org> 1700000000 +0000\n\nx\n"),
		inCommit("gpgsig", who+"gpgsig -----BEGIN PGP SIGNATURE-----\n \n %s\n -----END PGP SIGNATURE-----\n\nx\n"),
		inCommit("encoding", who+"encoding %s\n\nx\n"),
		inCommit("header-unknown", who+"HG:extra branch:%s\n\nx\n"),
		inCommit("mergetag", who+"mergetag object 1111111111111111111111111111111111111111\n type commit\n tag v1\n tagger "+person+"\n \n %s\n\nx\n"),
		inCommit("after-nul", who+"\nx\x00 %s\n"),
		inCommit("trailer", who+"\nx\n\nSigned-off-by: %s\n"),
	}
	for _, kind := range []string{"blob", "tree", "commit", "tag"} {
		all = append(all, Case{Name: "tag-of-" + kind, Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			blob := r.blob("nothing\n")
			tree := r.tree(file("a", blob))
			commit := r.commit(tree)
			tag := r.loose("tag", tagText(commit, "commit", "inner"))
			id := map[string]string{"blob": blob, "tree": tree, "commit": commit, "tag": tag}[kind]
			r.ref("refs/tags/v1", r.loose("tag", tagText(id, kind, "release "+p.Value)))
			return finds(p)
		}})
	}
	return all
}

// apartPlaces are objects that no commit leads to, and what trees say beside files.
func apartPlaces() []Case {
	return []Case{
		{Name: "blob-unreachable", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.blob(p.line())
			return finds(p)
		}},
		{Name: "blob-behind-tag", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.ref("refs/tags/key", r.loose("tag", tagText(r.blob(p.line()), "blob", "a key")))
			return finds(p)
		}},
		{Name: "tree-behind-tag", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.ref("refs/tags/t", r.loose("tag", tagText(r.tree(file("a.env", r.blob(p.line()))), "tree", "a tree")))
			return finds(p)
		}},
		{Name: "tag-unreachable", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.loose("tag", tagText(r.files("a", "nothing\n"), "commit", p.Value))
			return finds(p)
		}},
		{Name: "tag-nested-64", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			id, kind := r.files("a", "nothing\n"), "commit"
			for range 60 {
				id, kind = r.loose("tag", tagText(id, kind, "x")), "tag"
			}
			r.ref("refs/tags/v1", r.loose("tag", tagText(id, kind, p.Value)))
			return finds(p)
		}},
		{Name: "commit-unreachable", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			id := r.files("a", p.line())
			r.loose("commit", commitText(r.tree(), q.Value, "", id))
			r.files("a", "nothing\n")
			return finds(p.at("a"), q)
		}},
		{Name: "tree-unreachable-name", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.tree(file(p.Value, r.blob("nothing\n")))
			return finds(p)
		}},
		{Name: "folder-name", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.commit(r.tree(folder(p.Value, r.tree(file("a", r.blob("nothing\n"))))))
			r.files("a", "nothing\n")
			return finds(p)
		}},
		{Name: "symlink-target", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.commit(r.tree(entry{"120000", "link", r.blob("/srv/" + p.Value)}))
			r.files("a", "nothing\n")
			return finds(p.at("link"))
		}},
		{Name: "gitlink-name", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.commit(r.tree(entry{"160000", p.Value, "1111111111111111111111111111111111111111"}))
			return finds(p)
		}},
		{Name: "unborn-branch", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.blob(p.line())
			return finds(p)
		}},
		{Name: "sha256", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q := s.repo256(), s.token(), s.token()
			r.files("a", p.line())
			k := r.pack()
			k.object("blob", q.line())
			k.write("1")
			return finds(p.at("a"), q)
		}},
		{Name: "bare", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.bare(s.Dir), s.token()
			r.files("a", p.line())
			r.files("a", "nothing\n")
			return finds(p.at("a"))
		}},
	}
}

// packCase is a case of a store with a pack that build fills.
func packCase(name string, build func(*Site, *store, *pack) Expect) Case {
	return Case{Name: "pack-" + name, Promise: "P5", Build: func(s *Site) Expect {
		r := s.repo()
		return build(s, r, r.pack())
	}}
}

// repackedCase is a history that git packs in some way.
func repackedCase(name string, commands ...[]string) Case {
	return Case{Name: "pack-" + name, Promise: "P5", Build: func(s *Site) Expect {
		base := filler(2000)
		s.git("init", "-q")
		var plants []Plant
		for range 3 {
			p := s.token()
			plants = append(plants, p.at("a"))
			s.write("a", base+p.line())
			s.commitAll("work")
		}
		s.write("a", base)
		s.commitAll("tidied up")
		for _, args := range commands {
			s.git(args...)
		}
		return finds(plants...)
	}}
}

// packPlaces are ways to pack.
func packPlaces() []Case {
	base := filler(2000)
	return []Case{
		packCase("whole", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.object("blob", p.line())
			k.write("1")
			return finds(p)
		}),
		packCase("many", func(s *Site, r *store, k *pack) Expect {
			var all []Plant
			for i := range 12 {
				k, p := r.pack(), s.token()
				k.object("blob", p.line())
				k.write(fmt.Sprint(i))
				all = append(all, p)
			}
			return finds(all...)
		}),
		packCase("ofs-delta", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			off, _ := k.object("blob", base)
			k.ofs(off, deltaOf(len(base), len(base)+len(p.line()), copied(0, 1000), inserted(p.line()), copied(1000, 1000)), base[:1000]+p.line()+base[1000:])
			k.write("1")
			return finds(p)
		}),
		packCase("ref-delta-forward", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			result := base[:500] + p.line()
			id := r.id("blob", base)
			k.onRef(fmt.Sprintf("%x", id), deltaOf(len(base), len(result), copied(0, 500), inserted(p.line())), result)
			k.object("blob", base)
			k.write("1")
			return finds(p)
		}),
		packCase("thin", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			result := base[:500] + p.line()
			k.onRef(r.blob(base), deltaOf(len(base), len(result), copied(0, 500), inserted(p.line())), result)
			k.write("1")
			return finds(p)
		}),
		packCase("base-in-other-pack", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			_, id := k.object("blob", base)
			k.write("1")
			result := base[:500] + p.line()
			other := r.pack()
			other.onRef(id, deltaOf(len(base), len(result), copied(0, 500), inserted(p.line())), result)
			other.write("2")
			return finds(p)
		}),
	}
}

// seamPlaces are deltas that put a credential together from parts.
func seamPlaces() []Case {
	base := filler(2000)
	return []Case{
		packCase("joined-by-copies", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			text := p.line()
			halves := text[20:] + base + text[:20] // nothing in it is a credential
			off, _ := k.object("blob", halves)
			k.ofs(off, deltaOf(len(halves), len(text), copied(len(halves)-20, 20), copied(0, len(text)-20)), text)
			k.write("1")
			return finds(p)
		}),
		packCase("joined-byte-by-byte", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			text := p.line()
			alphabet := "\n =0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz" + base
			off, _ := k.object("blob", alphabet)
			var steps []string
			for _, c := range []byte(text) {
				for i := range alphabet {
					if alphabet[i] == c {
						steps = append(steps, copied(i, 1))
						break
					}
				}
			}
			k.ofs(off, deltaOf(len(alphabet), len(text), steps...), text)
			k.write("1")
			return finds(p)
		}),
		packCase("seam-in-token", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			whole := base + p.line()
			half := whole[:len(whole)-25]
			off, _ := k.object("blob", half)
			k.ofs(off, deltaOf(len(half), len(whole), copied(0, len(half)), inserted(whole[len(half):])), whole)
			k.write("1")
			return finds(p)
		}),
		packCase("removed-between", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			apart := base + p.line()[:20] + "-- cut here --" + p.line()[20:]
			whole := base + p.line()
			off, _ := k.object("blob", apart)
			k.ofs(off, deltaOf(len(apart), len(whole), copied(0, len(base)+20), copied(len(base)+34, len(p.line())-20)), whole)
			k.write("1")
			return finds(p)
		}),
		packCase("pem-over-seams", func(s *Site, r *store, k *pack) Expect {
			key := s.expand("", "{pem:RSA PRIVATE KEY}") + "\n"
			whole := base + key
			mid := len(base) + len(key)/2
			half := whole[:mid] + "!!\n" + whole[mid+1:]
			off, _ := k.object("blob", half)
			k.ofs(off, deltaOf(len(half), len(whole), copied(0, mid), inserted(whole[mid:mid+1]), copied(mid+3, len(whole)-mid-1)), whole)
			k.write("1")
			r.commit(r.tree(file("key.txt", fmt.Sprintf("%x", r.id("blob", whole)))))
			return finds(Plant{Path: "key.txt"})
		}),
		packCase("chain-60", func(s *Site, r *store, k *pack) Expect {
			var all []Plant
			text := base
			off, _ := k.object("blob", text)
			for range 60 {
				p := s.token()
				next := text + p.line()
				off = k.ofs(off, deltaOf(len(text), len(next), copied(0, len(text)), inserted(p.line())), next)
				text = next
				all = append(all, p)
			}
			k.write("1")
			return finds(all...)
		}),
	}
}

// indexPlaces are packs with an index that is missing, or with other files beside it, and packs that git makes.
func indexPlaces() []Case {
	return []Case{
		packCase("index-missing", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.object("blob", p.line())
			r.save("objects/pack/pack-1.pack", string(k.bytes()))
			return finds(p).names("pack-1.idx")
		}),
		packCase("index-lists-less", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.object("blob", "nothing\n")
			k.object("blob", p.line())
			other := *k
			other.entries = k.entries[:1]
			r.save("objects/pack/pack-1.pack", string(k.bytes()))
			index := other.index()
			n, sum := r.new().Size(), k.bytes()
			copy(index[len(index)-2*n:], sum[len(sum)-n:])
			r.save("objects/pack/pack-1.idx", string(r.sealed(index[:len(index)-n])))
			return Expect{Plants: []Plant{p}, Bounded: true}
		}),
		packCase("object-type-twice", func(s *Site, r *store, k *pack) Expect { // the same id, loose and packed
			p := s.token()
			k.object("blob", p.line())
			k.write("1")
			r.blob(p.line())
			return finds(p)
		}),
		packCase("keep", func(s *Site, r *store, k *pack) Expect {
			p, q := s.token(), s.token()
			k.object("blob", p.line())
			k.write("1")
			r.save("objects/pack/pack-1.keep", "because of "+q.Value+"\n")
			return finds(p, q)
		}),
		packCase("promisor", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.object("blob", p.line())
			k.write("1")
			r.save("objects/pack/pack-1.promisor", "")
			return finds(p).names("partial clone")
		}),
		packCase("interrupted-write", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.object("blob", p.line())
			r.save("objects/pack/tmp_pack_Ab12cd", string(k.bytes()))
			return finds(p)
		}),
		packCase("empty", func(s *Site, r *store, k *pack) Expect {
			p := s.token()
			k.write("1")
			r.blob(p.line())
			return finds(p)
		}),
		repackedCase("git-gc", []string{"gc", "-q"}),
		repackedCase("git-ref-deltas", []string{"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"}),
		repackedCase("git-multi-pack-index", []string{"repack", "-q"}, []string{"multi-pack-index", "write"}),
		repackedCase("git-bitmap", []string{"repack", "-adbq"}),
		repackedCase("git-midx-bitmap", []string{"repack", "-q"}, []string{"multi-pack-index", "write", "--bitmap"}),
		repackedCase("git-cruft", []string{"update-ref", "-d", "refs/heads/main"}, []string{"reflog", "expire", "--expire=now", "--all"}, []string{"repack", "--cruft", "-dq"}),
		repackedCase("git-unreachable-kept", []string{"update-ref", "-d", "refs/heads/main"}, []string{"repack", "-adkq"}),
		repackedCase("git-commit-graph", []string{"commit-graph", "write", "--reachable", "--changed-paths"}, []string{"repack", "-adq"}),
		repackedCase("git-rev-index", []string{"-c", "pack.writeReverseIndex=true", "repack", "-adfq"}),
		repackedCase("git-index-v1", []string{"-c", "pack.indexVersion=1", "repack", "-adfq"}),
		repackedCase("git-no-compression", []string{"-c", "core.compression=0", "repack", "-adFq"}),
	}
}

// namePlaces are refs and reflogs.
func namePlaces() []Case {
	var all []Case
	for _, name := range []string{"refs/heads/a/b/c", "refs/tags/v1", "refs/remotes/origin/x", "refs/notes/review", "refs/stash", "refs/pull/1/head", "refs/changes/34/1234/1",
		"refs/original/refs/heads/main", "refs/bisect/bad", "refs/keep-around/x", "refs/weird namespace/x", "refs/replace/1111111111111111111111111111111111111111", "ORIG_HEAD", "CHERRY_PICK_HEAD", "AUTO_MERGE"} {
		all = append(all, Case{Name: "ref-" + name, Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			id := r.files("a.env", p.line())
			r.files("a", "nothing\n")
			r.ref(name, id)
			return finds(p.at("a.env"))
		}})
	}
	return append(all,
		Case{Name: "ref-name-loose", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.ref("refs/heads/"+p.Value, r.files("a", "nothing\n"))
			return finds(p)
		}},
		Case{Name: "ref-name-packed", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.save("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n"+r.files("a", "nothing\n")+" refs/heads/"+p.Value+"\n")
			return finds(p)
		}},
		Case{Name: "ref-symbolic", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.save("refs/heads/alias", "ref: refs/heads/"+p.Value+"\n")
			return finds(p)
		}},
		Case{Name: "ref-head-detached", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.save("HEAD", r.files("a", p.line())+"\n")
			return finds(p.at("a"))
		}},
		Case{Name: "reflog-message", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			id := r.files("a", "nothing\n")
			r.save("logs/HEAD", "0000000000000000000000000000000000000000 "+id+" "+person+"\tclone: from https://ada:"+p.Value+"@example.org/x\n")
			return finds(p)
		}},
		Case{Name: "reflog-identity", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			id := r.files("a", "nothing\n")
			r.save("logs/refs/heads/gone", "0000000000000000000000000000000000000000 "+id+" "+p.Value+" <a@example.org> 1700000000 +0000\tcommit: x\n")
			return finds(p)
		}},
		Case{Name: "reftable", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", p.line())
			s.must(os.RemoveAll(r.file("refs")))
			r.save("config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n")
			r.save("HEAD", "ref: refs/heads/.invalid\n")
			r.save("refs/heads", "this repository uses the reftable format\n")
			r.save("reftable/tables.list", "0x000000000001-0x000000000002-abcdef01.ref\n")
			r.save("reftable/0x000000000001-0x000000000002-abcdef01.ref", "REFT\x01")
			return finds(p).names("reftable")
		}},
		Case{Name: "packed-refs-of-deleted", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			id := r.files("a.env", p.line())
			r.files("a", "nothing\n")
			r.save("packed-refs", id+" refs/heads/old\n^"+id+"\n")
			return finds(p.at("a.env"))
		}},
	)
}
