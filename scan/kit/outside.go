package kit

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// outsides lead out of the site, or to what is no regular file.
func outsides() []Case {
	return []Case{
		{Name: "link-to-file", Promise: "P8", Build: func(s *Site) Expect {
			s.put(s.Side+"/key", s.outer().line())
			s.link(s.Side+"/key", "link")
			s.link("../side/key", "relative")
			return s.within()
		}},
		{Name: "link-to-folder", Promise: "P8", Build: func(s *Site) Expect {
			s.put(s.Side+"/conf/key", s.outer().line())
			s.link(s.Side+"/conf", "link")
			s.link("../../side/conf", "sub/relative")
			return s.within()
		}},
		{Name: "link-chain", Promise: "P8", Build: func(s *Site) Expect {
			s.put(s.Side+"/key", s.outer().line())
			s.link("b", "a")
			s.link("c", "b")
			s.link(s.Side, "c")
			s.link("itself", "itself")
			s.link("/proc/self/root", "root")
			return s.within()
		}},
		{Name: "link-in-git-folder", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			s.put(s.Side+"/key", s.outer().line())
			s.link(s.Side+"/key", ".git/description")
			s.link(s.Side, ".git/hooks")
			s.link(s.Side+"/key", ".git/logs/HEAD")
			r.files("a", "nothing\n")
			return s.within()
		}},
		{Name: "link-pack", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			other := s.bare(s.Side + "/other")
			k := other.pack()
			k.object("blob", s.outer().line())
			k.write("1")
			s.link(other.file("objects/pack/pack-1.pack"), ".git/objects/pack/pack-1.pack")
			s.link(other.file("objects/pack/pack-1.idx"), ".git/objects/pack/pack-1.idx")
			r.files("a", "nothing\n")
			return s.within().bounded()
		}},
		{Name: "link-loose-folder", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			other := s.bare(s.Side + "/other")
			id := other.blob(s.outer().line())
			s.link(other.file("objects/"+id[:2]), ".git/objects/"+id[:2])
			r.commit(r.tree())
			return s.within().bounded()
		}},
		{Name: "link-refs", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			s.put(s.Side+"/refs/x", s.outer().line())
			s.link(s.Side+"/refs", ".git/refs/tags")
			s.link("/etc/passwd", ".git/refs/heads/passwd")
			return s.within().bounded()
		}},
		{Name: "link-lfs", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			s.put(s.Side+"/key", s.outer().line())
			hash := strings.Repeat("ab", 32)
			s.link(s.Side+"/key", ".git/lfs/objects/ab/ab/"+hash)
			r.files("big", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 48\n", hash))
			return s.within().names("Git LFS")
		}},
	}
}

// otherLinks are links that a user or a setting gives.
func otherLinks() []Case {
	return []Case{
		{Name: "link-settings", Promise: "P8", Build: func(s *Site) Expect {
			s.put(s.Side+"/conf", "[rules]\nextend-builtin = false\n")
			s.link(s.Side+"/conf", ".gitattributes")
			s.link(s.Side+"/conf", ".gitignore")
			return s.within()
		}},
		{Name: "config-link", Promise: "P8", Build: func(s *Site) Expect {
			s.put(s.Side+"/conf", "[scan]\nexclude = [\"*\"]\n")
			s.link(s.Side+"/conf", ".assay.toml")
			s.link("/dev/zero", ".assayignore")
			return s.within().scanning("--no-config", "--no-tree-suppressions", "{}")
		}},
		{Name: "link-given", Promise: "P8", Build: func(s *Site) Expect { // the user's own link is followed
			p := s.token()
			s.put(s.Side+"/conf/key", p.line())
			s.link(s.Side+"/conf", "link")
			return finds(p).scanning("{}/link")
		}},
	}
}

// fifos are pipes that nobody writes to.
func fifos() []Case {
	return []Case{
		{Name: "fifo", Promise: "P8", Build: func(s *Site) Expect {
			s.must(mkfifo(s.path("pipe"), 0o666))
			s.must(mkfifo(s.path(".env"), 0o666))
			return s.within()
		}},
		{Name: "fifo-settings", Promise: "P8", Build: func(s *Site) Expect {
			for _, name := range []string{".assay.toml", ".assayignore", ".gitleaks.toml", ".gitleaksignore", ".gitattributes", ".gitignore", ".gitmodules"} {
				s.must(mkfifo(s.path(name), 0o666))
			}
			return Expect{Refused: "not a regular file"}.scanning("--no-config", "--no-tree-suppressions", "{}")
		}},
		{Name: "fifo-in-git-folder", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			for _, name := range []string{"index", "packed-refs", "shallow", "config.worktree", "refs/heads/x", "logs", "objects/info/alternates", "objects/ab", "objects/pack/pack-1.pack", "info", "FETCH_HEAD", "modules"} {
				s.must(mkfifo(r.file(name)+"", 0o666))
			}
			return s.within().bounded()
		}},
		{Name: "fifo-for-object", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			id := r.files("a", "nothing\n")
			path := r.file(loosePath(id))
			s.must(os.Remove(path))
			s.must(mkfifo(path, 0o666))
			return s.within().bounded()
		}},
		{Name: "fifo-for-head", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			s.must(os.Remove(r.file("HEAD")))
			s.must(mkfifo(r.file("HEAD"), 0o666))
			return s.within().bounded()
		}},
		{Name: "fifo-for-config", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			s.must(os.Remove(r.file("config")))
			s.must(mkfifo(r.file("config"), 0o666))
			return s.within().bounded()
		}},
	}
}

// devices are other files that are none, and what may not be read.
func devices() []Case {
	return []Case{
		{Name: "socket", Promise: "P8", Build: func(s *Site) Expect {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.path("s"), Net: "unix"})
			if err != nil && len(s.path("s")) > 100 {
				return s.within() // the path of a socket is short, wherever we are
			}
			s.must(err)
			l.SetUnlinkOnClose(false)
			s.must(l.Close())
			return s.within()
		}},
		{Name: "devices", Promise: "P8", Build: func(s *Site) Expect {
			for _, name := range []string{"zero", "random", "full", "tty", "stdin", "fd/0"} {
				s.link("/dev/"+name, strings.ReplaceAll(name, "/", "-"))
			}
			s.link("/proc/kmsg", "kmsg")
			s.link("/proc/self/mem", "mem")
			return s.within()
		}},
		{Name: "device-in-git-folder", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			for _, name := range []string{"packed-refs", "index", "shallow", "objects/info/alternates", "refs/heads/zero", "ORIG_HEAD", "objects/pack/pack-1.pack"} {
				s.link("/dev/zero", ".git/"+name)
			}
			return s.within().bounded()
		}},
		{Name: "unreadable-file", Promise: "P2", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.write("a", p.line())
			s.write("b", q.line())
			s.must(os.Chmod(s.path("b"), 0))
			return s.closed(p, q, "b")
		}},
		{Name: "unreadable-folder", Promise: "P2", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.write("a", p.line())
			s.write("sub/b", q.line())
			s.must(os.Chmod(s.path("sub"), 0o111))
			return s.closed(p, q, "sub")
		}},
		{Name: "unreadable-object", Promise: "P2", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.files("a", p.line())
			s.must(os.Chmod(r.file(loosePath(r.blob(q.line()))), 0))
			return s.closed(p, q, "object")
		}},
		{Name: "worktree-outside", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			s.put(s.Side+"/tree/key", s.outer().line())
			r.save("config", "[core]\n\trepositoryformatversion = 0\n\tworktree = "+s.Side+"/tree\n")
			return s.within()
		}},
		{Name: "module-worktree-outside", Promise: "P8", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("a", "nothing\n")
			s.put(s.Side+"/tree/key", s.outer().line())
			m := r.bare(r.file("modules/x"))
			m.save("config", "[core]\n\tworktree = "+s.Side+"/tree\n")
			return s.within()
		}},
		{Name: "gitfile-of-nested", Promise: "P8", Build: func(s *Site) Expect { // a nested .git file leads to a store outside
			s.repo().files("a", "nothing\n")
			s.bare(s.Side+"/other").files("key", s.outer().line())
			s.write("sub/.git", "gitdir: "+s.Side+"/other\n")
			return s.within().bounded()
		}},
	}
}

// outer is the plant that lies outside; there is one at most.
func (s *Site) outer() Plant {
	first := *s
	return first.token()
}

// within plants something in the site, and expects that alone.
func (s *Site) within() Expect {
	outer := s.token()
	p := s.token()
	s.write("own/key", p.line())
	e := finds(p.at("own/key"))
	e.Outside = []Plant{outer}
	return e
}

// closed expects a plant that cannot be read, unless whoever runs this may read
// everything.
func (s *Site) closed(open, shut Plant, name string) Expect {
	if os.Geteuid() == 0 {
		return finds(open, shut)
	}
	return finds(open).names(name)
}
