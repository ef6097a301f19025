package kit

import (
	"fmt"
	"os"
	"strings"
)

// layouts are names and shapes of trees.
func layouts() []Case { return append(oddNames(), oddTrees()...) }

// oddNames are names of files.
func oddNames() []Case {
	var all []Case
	for name, path := range map[string]string{
		"newline": "a\nb.env", "quotes": "a\"b'c`.env", "tab": "a\tb.env", "backslash": "a\\b\\n.env", "not-utf8": "a\xff\xfe\xc3b.env", "dash": "-rf", "option": "--no-history",
		"space-end": "a.env ", "only-space": " ", "emoji": "🔑.env", "right-to-left": "a\u202ebne.txt", "decomposed": "u\u0308.env", "longest": strings.Repeat("n", 255),
		"percent": "%s%n%2e.env", "dollar": "$(touch x);`id`.env", "glob": "*?[a-z].env", "colon": "C:file.env", "at": "@args", "stdin": "./-", "escape": "\x1b[2Jx.env", "hidden": ".hidden/.env",
		"node-modules": "node_modules/x/index.js", "vendor": "vendor/x/a.go", "lock-file": "package-lock.json", "image-name": "a.png", "minified": "a.min.js", "dot-git-like": ".git-stuff/a", "dot-git-file": "sub/.git",
		"upper-git": ".GIT/config", "short-git": "git~1/config", "bar": "a|b.env", "nul-device": "nul.env", "bom-name": "\ufeffa.env",
	} {
		all = append(all,
			Case{Name: "name-" + name, Promise: "layout", Build: func(s *Site) Expect {
				p := s.token()
				s.write(path, p.line())
				return finds(p)
			}},
			Case{Name: "name-" + name + "-in-history", Promise: "layout", Build: func(s *Site) Expect {
				p := s.token()
				r := s.repo()
				parts := strings.Split(strings.TrimPrefix(path, "./"), "/")
				id := file(parts[len(parts)-1], r.blob(p.line()))
				for i := len(parts) - 2; i >= 0; i-- {
					id = folder(parts[i], r.tree(id))
				}
				r.commit(r.tree(), r.commit(r.tree(id)))
				return finds(p)
			}})
	}
	sortCases(all)
	return all
}

// oddTrees are shapes of trees.
func oddTrees() []Case {
	return []Case{
		{Name: "deep-folders", Promise: "layout", Build: func(s *Site) Expect {
			p := s.token()
			s.deep(s.scaled(300, 2000), "d", p.line())
			return finds(p)
		}},
		{Name: "deep-long-path", Promise: "layout", Build: func(s *Site) Expect { // longer than a path may be in one call
			p := s.token()
			s.deep(40, strings.Repeat("d", 200), p.line())
			return finds(p)
		}},
		{Name: "deep-in-history", Promise: "layout", Build: func(s *Site) Expect {
			p := s.token()
			r := s.repo()
			e := file("a.env", r.blob(p.line()))
			for range s.scaled(300, 2000) {
				e = folder("d", r.tree(e))
			}
			r.commit(r.tree(e))
			return finds(p.at(strings.Repeat("d/", s.scaled(300, 2000)) + "a.env"))
		}},
		{Name: "many-files", Promise: "layout", Build: func(s *Site) Expect {
			n := s.scaled(500, 100_000)
			for i := range n {
				s.write(fmt.Sprintf("d%d/f%d", i/1000, i), "nothing\n")
			}
			p, q := s.token(), s.token()
			s.write("d0/last", p.line())
			s.write("zz", q.line())
			return finds(p.at("d0/last"), q.at("zz"))
		}},
		{Name: "case-collision-in-history", Promise: "layout", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.repo().files("Key.env", p.line(), "key.env", q.line())
			return finds(p.at("Key.env"), q.at("key.env"))
		}},
		{Name: "empty-git-folder", Promise: "layout", Build: func(s *Site) Expect {
			p := s.token()
			s.must(os.MkdirAll(s.path(".git"), 0o777))
			s.write("a", p.line())
			return finds(p.at("a"))
		}},
		{Name: "files-in-git-like-folder", Promise: "layout", Build: func(s *Site) Expect {
			p := s.token()
			s.repo().files("a", "nothing\n")
			s.write("sub/.git/config", "[remote \"o\"]\n\turl = https://ada:"+p.Value+"@example.org\n")
			return finds(p)
		}},
		{Name: "hard-links", Promise: "layout", Build: func(s *Site) Expect {
			p := s.token()
			s.write("a", p.line())
			s.must(os.Link(s.path("a"), s.path("b")))
			return finds(p.at("a"), p.at("b"))
		}},
		{Name: "tree-odd-entries", Promise: "layout", Build: func(s *Site) Expect {
			p, q, o, w := s.token(), s.token(), s.token(), s.token()
			r := s.repo()
			r.commit(r.tree(file("..", r.blob(p.line())), file("a/b", r.blob(q.line())), file(".git", r.blob(o.line())), entry{"0", "", r.blob(w.line())}))
			return Expect{Plants: []Plant{p, q, o, w}, Bounded: true}
		}},
		{Name: "tree-twice-the-name", Promise: "layout", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			r := s.repo()
			r.commit(r.tree(file("a", r.blob(p.line())), file("a", r.blob(q.line()))))
			return finds(p.at("a"), q.at("a"))
		}},
		{Name: "tree-unsorted", Promise: "layout", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			r := s.repo()
			r.commit(r.tree(file("z", r.blob(p.line())), file("a", r.blob(q.line()))))
			return finds(p.at("z"), q.at("a"))
		}},
		{Name: "several-paths", Promise: "layout", Build: func(s *Site) Expect {
			p, q := s.token(), s.token()
			s.write("-x/a", p.line())
			s.write("b/c", q.line())
			return finds(p, q).scanning("--", "{}/-x", "{}/b", "{}/b")
		}},
	}
}

// deep makes folders in each other, with a file in the last one. No call takes a
// path that is longer than one name.
func (s *Site) deep(levels int, name, content string) {
	root, err := os.OpenRoot(s.Dir)
	s.must(err)
	for range levels {
		s.must(root.Mkdir(name, 0o777))
		next, err := root.OpenRoot(name)
		s.must(err)
		root.Close()
		root = next
	}
	defer root.Close()
	s.must(root.WriteFile("a.env", []byte(content), 0o666))
}
