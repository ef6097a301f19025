package kit

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// storePlaces are stores that belong to a repository and lie elsewhere in it.
func storePlaces() []Case {
	return []Case{
		{Name: "alternate", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			other := s.bare(s.Side + "/other")
			other.files("a", p.line())
			s.repo().save("objects/info/alternates", other.file("objects")+"\n")
			return finds(p)
		}},
		{Name: "alternate-relative-quoted", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			s.bare(s.Side+"/other").files("a", p.line())
			s.repo().save("objects/info/alternates", "# where\n\n\"../../../side/other/objects\"\n")
			return finds(p)
		}},
		{Name: "alternate-chain", Promise: "P5", Build: func(s *Site) Expect {
			r := s.repo()
			var all []Plant
			for i := range 5 {
				other, p := s.bare(fmt.Sprintf("%s/%d", s.Side, i)), s.token()
				other.files("a", p.line())
				all = append(all, p)
				r.save("objects/info/alternates", other.file("objects")+"\n")
				r = other
			}
			return finds(all...)
		}},
		{Name: "alternate-chain-too-long", Promise: "P4", Build: func(s *Site) Expect {
			r := s.repo()
			for i := range 9 {
				other := s.bare(fmt.Sprintf("%s/%d", s.Side, i))
				r.save("objects/info/alternates", other.file("objects")+"\n")
				r = other
			}
			p := s.token()
			r.files("a", p.line())
			return Expect{Lost: []Plant{p}}.names("follow one another")
		}},
		{Name: "alternate-loop", Promise: "P4", Build: func(s *Site) Expect {
			r, other, p := s.repo(), s.bare(s.Side+"/other"), s.token()
			other.files("a", p.line())
			r.save("objects/info/alternates", other.file("objects")+"\n"+r.file("objects")+"\n")
			other.save("objects/info/alternates", r.file("objects")+"\n"+other.file("objects")+"\n")
			return finds(p)
		}},
		{Name: "alternate-absent", Promise: "P2", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", p.line())
			r.save("objects/info/alternates", s.Side+"/nowhere\n")
			return finds(p).names("nowhere")
		}},
		{Name: "alternate-remote", Promise: "P2", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.save("objects/info/http-alternates", "https://ada:"+p.Value+"@example.org/objects\n")
			return finds(p).names("another host")
		}},
	}
}

// leftPlaces are what lies in a store, or below a repository, without being Git's own.
func leftPlaces() []Case {
	return []Case{
		{Name: "quarantine", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			id := fmt.Sprintf("%x", r.id("blob", p.line()))
			r.save("objects/tmp_objdir-incoming-Ab12cd/"+loosePath(id)[len("objects/"):], deflated(fmt.Sprintf("blob %d\x00%s", len(p.line()), p.line())))
			return finds(p)
		}},
		{Name: "interrupted-object", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.save("objects/ab/tmp_obj_Ab12cd", deflated(fmt.Sprintf("blob %d\x00%s", len(p.line()), p.line())))
			return finds(p)
		}},
		{Name: "no-object-among-objects", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q, o := s.repo(), s.token(), s.token(), s.token()
			r.files("a", "nothing\n")
			r.save("objects/notes.txt", p.line())
			r.save("objects/ab/notes.txt", q.line())
			r.save("objects/pack/notes.txt", o.line())
			return finds(p, q, o)
		}},
		{Name: "no-object-in-info", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.files("a", "nothing\n")
			r.save("objects/info/notes", p.line())
			r.save("objects/some/deep/folder/notes", q.line())
			return finds(p, q)
		}},
		{Name: "submodule-absorbed", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.files("a", "nothing\n")
			m := s.bare(r.file("modules/lib/deep"))
			m.files("key", p.line())
			m.save("config", "[core]\n\tworktree = ../../../../vendor/lib\n[remote \"origin\"]\n\turl = https://ada:"+q.Value+"@example.org/x\n")
			return finds(p, q)
		}},
		{Name: "submodule-old-style", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			m := s.bare(s.path("lib/.git"))
			id := m.files("key", p.line())
			m.files("key", "nothing\n")
			s.write("lib/key", "nothing\n")
			s.write(".gitmodules", "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib\n")
			r.commit(r.tree(entry{"160000", "lib", id}))
			return finds(p)
		}},
		{Name: "nested-clone", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			m := s.bare(s.path("third/party/clone/.git"))
			m.files("key", p.line())
			m.files("key", "nothing\n")
			return finds(p)
		}},
		{Name: "nested-bare", Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			m := s.bare(s.path("backup/x.git"))
			m.files("key", p.line())
			m.files("key", "nothing\n")
			return finds(p)
		}},
		{Name: "nested-in-folder", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			m := s.bare(s.path("clone/.git"))
			m.files("key", p.line())
			m.files("key", "nothing\n")
			return finds(p)
		}},
	}
}

// treePlaces are working trees, files that lead to a repository, and what lies outside a store.
func treePlaces() []Case {
	return []Case{
		{Name: "linked-worktree", Promise: "P5", Build: func(s *Site) Expect {
			s.git("init", "-q")
			s.commitAll("start")
			s.git("worktree", "add", "-q", "--detach", s.Side+"/tree")
			p, q, o := s.token(), s.token(), s.token()
			s.put(s.Side+"/tree/a", p.line())
			s.gitIn(s.Side+"/tree", "", "add", "a")
			s.gitIn(s.Side+"/tree", "", "commit", "-q", "-m", "detached")
			s.gitIn(s.Side+"/tree", "", "update-ref", "refs/worktree/mine", "HEAD")
			s.put(s.path(".git/worktrees/tree/COMMIT_EDITMSG"), q.Value+"\n")
			s.put(s.Side+"/tree/"+o.Value, "staged\n")
			s.gitIn(s.Side+"/tree", "", "add", "-A")
			return finds(p.at("a"), q, o)
		}},
		{Name: "linked-worktree-itself", Promise: "P5", Build: func(s *Site) Expect {
			main := s.Side + "/main"
			s.must(os.MkdirAll(main, 0o777))
			s.gitIn(main, "", "init", "-q")
			s.gitIn(main, "", "commit", "-q", "--allow-empty", "-m", "start")
			s.must(os.Remove(s.Dir))
			s.gitIn(main, "", "worktree", "add", "-q", "--detach", s.Dir)
			p, q := s.token(), s.token()
			s.write("a", p.line())
			s.commitAll("work")
			s.write("b", q.line())
			return finds(p.at("a"), q.at("b"))
		}},
		{Name: "gitfile", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			s.bare(s.Side+"/elsewhere.git").files("a", p.line())
			s.write(".git", "gitdir: ../side/elsewhere.git\n")
			return finds(p.at("a"))
		}},
		{Name: "git-link", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			s.bare(s.Side+"/elsewhere.git").files("a", p.line())
			s.link("../side/elsewhere.git", ".git")
			return finds(p.at("a"))
		}},
		{Name: "gitfile-lost", Promise: "P2", Build: func(s *Site) Expect {
			s.write(".git", "gitdir: ../side/nowhere.git\n")
			return Expect{Refused: "names a repository which is not there"}
		}},
		{Name: "lfs-store", Promise: "P5", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			content := p.line()
			hash := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
			r.files("big.bin", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", hash, len(content)))
			r.save("lfs/objects/"+hash[:2]+"/"+hash[2:4]+"/"+hash, content)
			r.save("lfs/tmp/unfinished", q.line())
			return finds(p, q)
		}},
		{Name: "lfs-absent", Promise: "P2", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("big.bin", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%064x\nsize 5\n", 7), "a", p.line())
			return finds(p).names("Git LFS")
		}},
		{Name: "bundle-file", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			side := s.bare(s.Side + "/x.git")
			side.files("key", p.line())
			s.write("README", "nothing\n")
			s.gitIn(side.dir, "", "bundle", "create", "-q", s.path("backup.bundle"), "--all")
			return Expect{Plants: []Plant{p}}
		}},
		{Name: "bundle-in-history", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			side := s.bare(s.Side + "/x.git")
			side.files("key", p.line())
			s.gitIn(side.dir, "", "bundle", "create", "-q", s.Side+"/backup.bundle", "--all")
			s.repo().files("backup.bundle", s.read(s.Side+"/backup.bundle"))
			return Expect{Plants: []Plant{p}}
		}},
		{Name: "pack-as-file", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			side := s.bare(s.Side + "/x.git")
			k := side.pack()
			base := filler(500)
			off, _ := k.object("blob", base)
			k.ofs(off, deltaOf(len(base), len(base)+len(p.line()), copied(0, len(base)), inserted(p.line())), base+p.line())
			s.write("saved.pack", string(k.bytes()))
			return Expect{Plants: []Plant{p}}
		}},
		{Name: "loose-object-as-file", Promise: "P5", Build: func(s *Site) Expect {
			p := s.token()
			s.write("dump/5f/0123456789", deflated(fmt.Sprintf("blob %d\x00%s", len(p.line()), p.line())))
			return finds(p)
		}},
	}
}

// filePlaces are files beside the objects.
func filePlaces() []Case {
	var all []Case
	for name, format := range map[string]string{
		"config": "[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = https://ada:%s@example.org/x.git\n", "config.worktree": "[user]\n\ttoken = %s\n",
		"hooks/post-commit": "#!/bin/sh\ncurl -H 'Authorization: token %s' https://example.org\n", "description": "%s\n", "FETCH_HEAD": "1111111111111111111111111111111111111111\t\tbranch 'main' of https://ada:%s@example.org/x\n",
		"MERGE_MSG": "%s\n", "COMMIT_EDITMSG": "%s\n", "SQUASH_MSG": "%s\n", "TAG_EDITMSG": "%s\n", "NOTES_EDITMSG": "%s\n", "PULLREQ_EDITMSG": "%s\n",
		"rebase-merge/git-rebase-todo": "exec curl -u x:%s https://example.org\n", "rebase-merge/author-script": "GIT_AUTHOR_NAME='%s'\n", "rebase-apply/patch": "+token = %s\n",
		"sequencer/todo": "pick 1111111 %s\n", "BISECT_LOG": "# bad: [1111] %s\n", "info/exclude": "%s\n", "info/attributes": "# %s\n", "info/sparse-checkout": "/%s\n", "info/refs": "1111111111111111111111111111111111111111\trefs/heads/%s\n",
		"rr-cache/ab/preimage": "token = %s\n", "gc.log": "%s\n", "lost-found/other/ab": "token = %s\n", "svn/.metadata": "[svn-remote \"svn\"]\n\turl = https://ada:%s@example.org\n",
		"branches/origin": "https://ada:%s@example.org/x#main\n", "remotes/origin": "URL: https://ada:%s@example.org/x\n", "credentials": "https://ada:%s@example.org\n", "index.lock": "token %s\n", "some/program/of/others": "token = %s\n",
	} {
		all = append(all, Case{Name: "file-" + name, Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.save(name, fmt.Sprintf(format, p.Value))
			e := finds(p.at(".git/" + name))
			if name == "FETCH_HEAD" {
				e = e.names("FETCH_HEAD") // it names an object that is not there
			}
			return e
		}})
	}
	sortCases(all)
	return all
}

// workCase is a case of what a user did after a first commit.
func workCase(name string, build func(*Site) Expect) Case {
	return Case{Name: name, Promise: "P5", Build: func(s *Site) Expect {
		s.git("init", "-q")
		s.write("a", filler(300))
		s.commitAll("start")
		return build(s)
	}}
}

// indexCase is a case of what is only staged, in an index of some kind.
func indexCase(name string, args ...string) Case {
	return workCase("index-"+name, func(s *Site) Expect {
		p, q := s.token(), s.token()
		s.write("staged.env", p.line())
		s.write(q.Value, "x\n")
		s.git("add", "-A")
		s.git(args...)
		s.must(os.Remove(s.path("staged.env")))
		s.must(os.Remove(s.path(q.Value)))
		if name == "split" { // what is staged is found among the objects
			return finds(p, q).names("a split index is not read")
		}
		return finds(p, q)
	})
}

// historyPlaces are places that only the work of a user makes.
func historyPlaces() []Case {
	return []Case{
		indexCase("v2", "update-index", "--index-version", "2"),
		indexCase("v3", "update-index", "--skip-worktree", "staged.env"),
		indexCase("v4", "update-index", "--index-version", "4"),
		indexCase("split", "update-index", "--split-index"),
		indexCase("untracked-cache", "update-index", "--force-untracked-cache"),
		indexCase("fsmonitor-valid", "-c", "core.fsmonitor=false", "update-index", "--refresh"),
		indexCase("assume-unchanged", "update-index", "--assume-unchanged", "staged.env"),
		workCase("index-conflict", func(s *Site) Expect {
			var all []Plant
			info := ""
			for stage := 1; stage <= 3; stage++ {
				p := s.token()
				info += fmt.Sprintf("100644 %s %d\tboth\n", s.feed(p.line(), "hash-object", "-w", "--stdin"), stage)
				all = append(all, p)
			}
			s.feed(info, "update-index", "--index-info")
			return finds(all...)
		}),
		workCase("index-intent-to-add", func(s *Site) Expect {
			p := s.token()
			s.write(p.Value, "x")
			s.git("add", "-N", p.Value)
			s.must(os.Remove(s.path(p.Value)))
			return finds(p)
		}),
		workCase("index-damaged-name", func(s *Site) Expect {
			p := s.token()
			s.write(p.Value, "x")
			s.git("add", "-A")
			s.must(os.Remove(s.path(p.Value)))
			raw := []byte(s.read(s.path(".git/index")))
			raw[11]++ // one entry more than there is
			s.write(".git/index", string(raw))
			return Expect{Lost: []Plant{p}}
		}),
	}
}

// commitPlaces are what commits bring and take away.
func commitPlaces() []Case {
	return []Case{
		workCase("stash", func(s *Site) Expect {
			p, q, o := s.token(), s.token(), s.token()
			s.write("a", p.line())
			s.git("add", "a")
			s.write("a", q.line())
			s.write("untracked", o.line())
			s.git("stash", "-q", "-u")
			return finds(p, q, o)
		}),
		workCase("stash-dropped", func(s *Site) Expect {
			p := s.token()
			s.write("a", p.line())
			s.git("stash", "-q", "-m", "later")
			s.git("stash", "drop", "-q")
			return finds(p)
		}),
		workCase("notes", func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.git("notes", "add", "-m", p.Value)
			s.git("notes", "--ref", "odd", "add", "-m", q.Value)
			s.must(os.RemoveAll(s.path(".git/NOTES_EDITMSG")))
			return finds(p, q)
		}),
		workCase("amended-away", func(s *Site) Expect {
			p := s.token()
			s.write("a", p.line())
			s.commitAll("oops")
			s.write("a", "clean\n")
			s.git("commit", "-qa", "--amend", "-m", "fine")
			return finds(p.at("a"))
		}),
		workCase("deleted-file", func(s *Site) Expect {
			p := s.token()
			s.write("old/key.env", p.line())
			s.commitAll("add")
			s.git("rm", "-q", "old/key.env")
			s.commitAll("remove")
			return finds(p.at("old/key.env"))
		}),
		workCase("renamed", func(s *Site) Expect {
			p := s.token()
			s.write("one", p.line()+filler(500))
			s.commitAll("add")
			s.git("mv", "one", "two")
			s.commitAll("move")
			return finds(p.at("one"), p.at("two"))
		}),
		workCase("mode-change", func(s *Site) Expect {
			p := s.token()
			s.write("tool", "#!/bin/sh\n"+p.line())
			s.commitAll("add")
			s.git("update-index", "--chmod=+x", "tool")
			s.git("commit", "-q", "-m", "mode")
			return finds(p.at("tool"))
		}),
		workCase("file-becomes-link", func(s *Site) Expect {
			p := s.token()
			s.write("x", p.line())
			s.commitAll("add")
			s.must(os.Remove(s.path("x")))
			s.link("a", "x")
			s.commitAll("link")
			return finds(p.at("x"))
		}),
	}
}

// mergePlaces are what merges bring and take away.
func mergePlaces() []Case {
	return []Case{
		workCase("born-in-merge", func(s *Site) Expect {
			p := s.token()
			s.git("checkout", "-q", "-b", "side")
			s.write("b", "side\n")
			s.commitAll("side")
			s.git("checkout", "-q", "main")
			s.write("c", "main\n")
			s.commitAll("main")
			s.git("merge", "-q", "--no-commit", "--no-ff", "side")
			s.write("born.env", p.line())
			s.commitAll("merge")
			s.git("rm", "-q", "born.env")
			s.commitAll("tidy")
			return finds(p.at("born.env"))
		}),
		workCase("born-in-octopus", func(s *Site) Expect {
			p := s.token()
			for i := range 3 {
				s.git("checkout", "-q", "-b", fmt.Sprint("side", i), "main")
				s.write(fmt.Sprint("f", i), "x\n")
				s.commitAll("side")
			}
			s.git("checkout", "-q", "main")
			s.git("merge", "-q", "--no-commit", "--no-ff", "side0", "side1", "side2")
			s.write("born.env", p.line())
			s.commitAll("octopus")
			s.write("born.env", "")
			s.commitAll("tidy")
			return finds(p.at("born.env"))
		}),
		workCase("lost-in-merge", func(s *Site) Expect { // of the side, never on the first parents
			p := s.token()
			s.git("checkout", "-q", "-b", "side")
			s.write("gone.env", p.line())
			s.commitAll("side")
			s.git("checkout", "-q", "main")
			s.git("merge", "-q", "-s", "ours", "--no-ff", "-m", "ours", "side")
			s.git("branch", "-qD", "side")
			return finds(p.at("gone.env"))
		}),
	}
}

// otherWork is what is not in commits, or not all of it.
func otherWork() []Case {
	return []Case{
		workCase("working-tree-link-target", func(s *Site) Expect {
			p := s.token()
			s.link("/srv/"+p.Value, "link")
			return finds(p.at("link"))
		}),
		workCase("working-tree-file-name", func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.write(p.Value, "x")
			s.write(q.Value+"/x", "x")
			return finds(p, q)
		}),
		workCase("shallow-clone", func(s *Site) Expect {
			p := s.token()
			s.write("a", p.line())
			s.commitAll("key")
			clone := filepath.Join(s.Side, "clone")
			s.git("clone", "-q", "--depth=1", "file://"+s.Dir, clone)
			return finds(p).scanning(clone).names("shallow")
		}),
		workCase("partial-clone", func(s *Site) Expect {
			s.git("config", "uploadpack.allowFilter", "true")
			p, q := s.token(), s.token()
			s.write("a", p.line())
			s.commitAll(q.Value)
			clone := filepath.Join(s.Side, "clone")
			s.git("clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+s.Dir, clone)
			return Expect{Plants: []Plant{q}, Lost: []Plant{p}}.scanning(clone).names("partial clone")
		}),
		workCase("staged-range", func(s *Site) Expect {
			p := s.token()
			s.write("a", p.line())
			s.commitAll("key")
			return finds(p.at("a")).scanning("--range", "HEAD~1..HEAD", "{}")
		}),
		workCase("staged", func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.write("a", p.line())
			s.git("add", "a")
			s.write("a", "clean\n")
			s.write("b", q.line())
			e := finds(p.at("a")).scanning("--staged", "{}")
			e.Outside = []Plant{q}
			return e
		}),
	}
}

// sortCases orders cases that come from a map.
func sortCases(all []Case) {
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
}
