package kit

import (
	"fmt"
	"os"
	"strings"
)

// evasions are settings of the scanned repository that could narrow the scan.
func evasions() []Case {
	var all []Case
	for name, text := range map[string]string{
		"binary": "* binary\n", "no-diff": "* -diff -text -merge\n", "export-ignore": "* export-ignore\n", "utf16": "* working-tree-encoding=UTF-16LE-BOM\n", "filter": "* filter=hide\n",
		"generated": "* linguist-generated=true linguist-vendored=true\n", "macro": "[attr]hidden -diff -text\n* hidden\n", "ident-crlf": "* ident eol=crlf\n",
	} {
		all = append(all, Case{Name: "attributes-" + name, Promise: "P6", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.files(".gitattributes", text, "old.env", q.line())
			r.files(".gitattributes", text)
			r.save("info/attributes", text)
			s.write(".gitattributes", text)
			s.write("a.env", p.line())
			return finds(p.at("a.env"), q.at("old.env"))
		}})
	}
	for name, path := range map[string]string{"gitignore": ".gitignore", "info-exclude": ".git/info/exclude", "ignore-file": ".ignore", "dockerignore": ".dockerignore", "mailmap": ".mailmap", "npmignore": ".npmignore", "trufflehogignore": ".trufflehogignore", "semgrepignore": ".semgrepignore"} {
		all = append(all, Case{Name: "ignored-by-" + name, Promise: "P6", Build: func(s *Site) Expect {
			s.repo().files("x", "nothing\n")
			p := s.token()
			s.write(path, "*\n")
			s.write("a.env", p.line())
			return finds(p.at("a.env"))
		}})
	}
	sortCases(all)
	all = append(all, gateEvasions()...)
	all = append(all, replaceEvasions()...)
	return append(all, configEvasions()...)
}

// gateEvasions are suppressions that the tree brings, against the flags of a gate.
func gateEvasions() []Case {
	gate := func(name, file, text string) Case {
		return Case{Name: "gate-" + name, Promise: "P6", Build: func(s *Site) Expect {
			p := s.token()
			s.repo().files("x", "nothing\n")
			s.write(file, text)
			s.write("a.env", p.line())
			return finds(p.at("a.env")).scanning("--no-tree-suppressions", "--no-config", "{}")
		}}
	}
	comment := func(name, text string) Case {
		return Case{Name: "comment-" + name, Promise: "P6", Build: func(s *Site) Expect {
			p := s.token()
			s.write("a.env", strings.ReplaceAll(text, "%", strings.TrimSpace(p.line()))+"\n")
			return finds(p.at("a.env")).scanning("--no-inline-allow", "{}")
		}}
	}
	return []Case{
		gate("assayignore", ".assayignore", "path=* reason=\"all of it\"\n"),
		gate("config-disable", ".assay.toml", "[rules]\ndisable = [\""+githubRule+"\"]\n"),
		gate("config-exclude", ".assay.toml", "[scan]\nexclude = [\"*\"]\n"),
		gate("config-replace", ".assay.toml", "[rules]\nextend-builtin = false\n"),
		gate("config-broken", ".assay.toml", "[scan\nnonsense"),
		gate("gitleaks-config", ".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n"),
		gate("gitleaksignore", ".gitleaksignore", "a.env:"+githubRule+":1\n"),
		gate("secrets-baseline", ".secrets.baseline", "{\"results\": {}}\n"),
		gate("gitguardian", ".gitguardian.yaml", "version: 2\nsecret:\n  ignored_paths: ['**']\n"),
		comment("assay", "% # assay:allow"),
		comment("assay-next", "# assay:allow-next-line\n%"),
		comment("gitleaks", "% # gitleaks:allow"),
		comment("pragma", "% # pragma: allowlist secret"),
		comment("trufflehog", "% # trufflehog:ignore"),
		comment("nosec", "% # nosec # noqa # NOLINT"),
		{Name: "unknown-comment", Promise: "P6", Build: func(s *Site) Expect {
			p := s.token()
			s.write("a.env", strings.TrimSpace(p.line())+" # ignore this, it is EXAMPLE, a test, fake, dummy, placeholder, changeme\n")
			return finds(p.at("a.env"))
		}},
	}
}

// replaceEvasions make Git itself see another history.
func replaceEvasions() []Case {
	hidden := func(name string, hide func(s *Site, r *store, blob, commit, clean string)) Case {
		return Case{Name: name, Promise: "P6", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			blob := r.blob(p.line())
			leak := r.commit(r.tree(file("a.env", blob)))
			clean := r.commit(r.tree(file("a.env", r.blob("nothing\n"))), leak)
			hide(s, r, blob, leak, clean)
			return finds(p.at("a.env"))
		}}
	}
	return []Case{
		hidden("replace-blob", func(s *Site, r *store, blob, _, _ string) { r.ref("refs/replace/"+blob, r.blob("nothing\n")) }),
		hidden("replace-commit", func(s *Site, r *store, _, leak, clean string) {
			r.ref("refs/replace/"+leak, r.loose("commit", commitText(r.tree(), "nothing", "")))
			r.ref("refs/heads/main", clean)
		}),
		hidden("replace-in-packed-refs", func(s *Site, r *store, blob, _, _ string) {
			r.save("packed-refs", r.blob("nothing\n")+" refs/replace/"+blob+"\n")
		}),
		hidden("graft", func(s *Site, r *store, _, _, clean string) { r.save("info/grafts", clean+"\n") }),
		hidden("notes-of-nothing", func(s *Site, r *store, _, _, clean string) { r.ref("refs/notes/commits", clean) }),
		{Name: "shallow-forged", Promise: "P6", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			leak := r.files("a.env", p.line())
			r.save("shallow", r.commit(r.tree(), leak)+"\n")
			return finds(p.at("a.env")).names("shallow")
		}},
		{Name: "commit-graph-lies", Promise: "P6", Build: func(s *Site) Expect {
			s.git("init", "-q")
			p := s.token()
			s.write("a.env", p.line())
			s.commitAll("leak")
			s.git("rm", "-q", "a.env")
			s.commitAll("tidy")
			s.git("commit-graph", "write", "--reachable")
			graph := []byte(s.read(s.path(".git/objects/info/commit-graph")))
			for i := len(graph) / 2; i < len(graph)-20; i++ {
				graph[i] = 0
			}
			s.write(".git/objects/info/commit-graph", string(graph))
			return Expect{Plants: []Plant{p.at("a.env")}, Bounded: true}
		}},
		{Name: "disguised-as-store", Promise: "P6", Build: func(s *Site) Expect { // a folder that looks like a repository, whose objects are files
			p, q := s.token(), s.token()
			s.write("data/HEAD", "x\n")
			s.write("data/refs/x", "x\n")
			s.write("data/objects/key.env", p.line())
			s.write("data/objects/ab/cdef", q.line())
			return finds(p, q).bounded()
		}},
		{Name: "disguised-in-repository", Promise: "P6", Build: func(s *Site) Expect {
			s.repo().files("a", "nothing\n")
			p := s.token()
			s.write("data/HEAD", "ref: refs/heads/main\n")
			s.write("data/commondir", "..\n")
			s.write("data/objects/key.env", p.line())
			return finds(p)
		}},
	}
}

// configEvasions are settings in .git/config and files like it.
func configEvasions() []Case {
	with := func(name, config string, notices ...string) Case {
		return Case{Name: "config-" + name, Promise: "P6", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.files("old.env", p.line())
			s.write("a.env", q.line())
			r.save("config", strings.ReplaceAll(config, "{side}", s.Side))
			return finds(p.at("old.env"), q.at("a.env")).names(notices...)
		}}
	}
	const core = "[core]\n\trepositoryformatversion = 0\n"
	return []Case{
		with("bare", core+"\tbare = true\n"),
		with("worktree-elsewhere", core+"\tworktree = {side}\n"),
		with("excludes-file", core+"\texcludesFile = {side}/x\n\tattributesFile = {side}/y\n"),
		with("include", core+"[include]\n\tpath = {side}/x\n\tpath = /dev/zero\n[includeIf \"gitdir:/\"]\n\tpath = /dev/zero\n"),
		with("include-itself", core+"[include]\n\tpath = config\n"),
		with("case-insensitive", core+"\tignoreCase = true\n\tprecomposeUnicode = true\n\tprotectNTFS = true\n"),
		with("sparse", core+"\tsparseCheckout = true\n\tsparseCheckoutCone = true\n"),
		with("hide-refs", core+"[transfer]\n\thideRefs = refs\n[log]\n\texcludeDecoration = *\n[diff]\n\torderFile = /dev/zero\n"),
		with("replace-base", core+"\tuseReplaceRefs = true\n"),
		with("empty", ""),
		with("nul", core+"\x00\x00\x00[x]\n"),
		with("long-line", core+"[x]\n\ty = "+strings.Repeat("z", 1<<20)+"\n", "limit reached"),
		with("many-sections", core+strings.Repeat("[a \"b\"]\n\tc = d\n", 20_000)),
		with("continued", core+"[x]\n\ty = "+strings.Repeat("z\\\n", 20_000)+"\n"),
		with("unknown-version", "[core]\n\trepositoryformatversion = 7\n", "repository format"),
		with("unknown-extension", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectstore = elsewhere\n", "objectstore"),
		{Name: "config-bomb", Promise: "P4", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("old.env", p.line())
			r.save("config", core+strings.Repeat("# "+strings.Repeat("x", 998)+"\n", s.scaled(3_000, 200_000)))
			return finds(p.at("old.env")).bounded()
		}},
		{Name: "config-other-hash", Promise: "P2", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("old.env", p.line())
			r.save("config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n")
			return Expect{Lost: []Plant{p}, Bounded: true}
		}},
		{Name: "commondir-forged", Promise: "P6", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("old.env", p.line())
			s.bare(s.Side+"/decoy").files("x", "nothing\n")
			r.save("commondir", s.Side+"/decoy\n")
			return finds(p)
		}},
		{Name: "gitfile-beside-store", Promise: "P6", Build: func(s *Site) Expect { // .git points away, the store lies in the tree
			p := s.token()
			s.bare(s.path("real.git")).files("old.env", p.line())
			s.bare(s.Side+"/decoy").files("x", "nothing\n")
			s.write(".git", "gitdir: "+s.Side+"/decoy\n")
			return finds(p)
		}},
		{Name: "head-missing", Promise: "P2", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("old.env", s.token().line())
			s.must(os.Remove(r.file("HEAD")))
			return Expect{Refused: "damaged"}
		}},
		{Name: "refs-missing", Promise: "P2", Build: func(s *Site) Expect {
			r := s.repo()
			r.files("old.env", s.token().line())
			s.must(os.RemoveAll(r.file("refs")))
			return Expect{Refused: "damaged"}
		}},
		{Name: "worktree-bits", Promise: "P6", Build: func(s *Site) Expect {
			s.git("init", "-q")
			s.write("a.env", "nothing\n")
			s.write("b.env", "nothing\n")
			s.commitAll("start")
			s.git("update-index", "--assume-unchanged", "a.env")
			s.git("update-index", "--skip-worktree", "b.env")
			p, q := s.token(), s.token()
			s.write("a.env", p.line())
			s.write("b.env", q.line())
			return finds(p.at("a.env"), q.at("b.env"))
		}},
		{Name: "sparse-checkout", Promise: "P6", Build: func(s *Site) Expect {
			s.git("init", "-q")
			p := s.token()
			s.write("hidden/a.env", p.line())
			s.write("shown/b", "nothing\n")
			s.commitAll("start")
			s.git("sparse-checkout", "set", "shown")
			return finds(p.at("hidden/a.env"))
		}},
		{Name: "environment-of-git", Promise: "P6", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("old.env", p.line())
			s.bare(s.Side+"/decoy").files("x", "nothing\n")
			e := finds(p.at("old.env"))
			for _, name := range []string{"GIT_DIR", "GIT_COMMON_DIR"} {
				e.Env = append(e.Env, fmt.Sprintf("%s=%s/decoy", name, s.Side))
			}
			return e
		}},
	}
}
