package kit

import (
	"fmt"
	"os"
	"strings"
)

// programs are repositories that name a program in every way that Git, or a tool
// beside it, would start one. The program leaves Mark; none may be started.
func programs() []Case {
	canary := func(name string, plant func(s *Site, r *store, program string), args ...string) Case {
		return Case{Name: "program-" + name, Promise: "P1", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			first := r.files("a.env", p.line())
			r.commit(r.tree(file("x.bin", r.blob("nothing\n"))), first)
			s.write("b.env", q.line())
			plant(s, r, s.program())
			e := finds(p)
			if len(args) > 0 {
				return Expect{}.scanning(append(args, "{}")...).bounded()
			}
			e.Plants = append(e.Plants, q)
			return e
		}}
	}
	config := func(name, text string, args ...string) Case {
		return canary(name, func(s *Site, r *store, program string) {
			s.write(".gitattributes", "* filter=x diff=x merge=x\n")
			r.save("config", "[core]\n\trepositoryformatversion = 0\n"+strings.ReplaceAll(text, "{}", program))
		}, args...)
	}
	all := []Case{
		config("fsmonitor", "\tfsmonitor = {}\n"),
		config("fsmonitor-hook-v2", "\tfsmonitor = {}\n\tfsmonitorHookVersion = 2\n"),
		config("textconv", "[diff \"x\"]\n\ttextconv = {}\n\tcachetextconv = true\n"),
		config("diff-external", "[diff]\n\texternal = {}\n"),
		config("diff-driver", "[diff \"x\"]\n\tcommand = {}\n\ttrustExitCode = true\n"),
		config("filter", "[filter \"x\"]\n\tclean = {}\n\tsmudge = {}\n\trequired = true\n"),
		config("filter-process", "[filter \"x\"]\n\tprocess = {}\n"),
		config("merge-driver", "[merge \"x\"]\n\tdriver = {}\n"),
		config("ssh-command", "\tsshCommand = {}\n[remote \"origin\"]\n\turl = ssh://localhost/x\n\tpromisor = false\n\tuploadpack = {}\n"),
		config("ssh-variant", "[ssh]\n\tvariant = simple\n[core]\n\tgitProxy = {}\n[remote \"origin\"]\n\turl = git://localhost/x\n\tvcs = {}\n"),
		config("gpg", "[gpg]\n\tprogram = {}\n[gpg \"ssh\"]\n\tprogram = {}\n[log]\n\tshowSignature = true\n[user]\n\tsigningKey = x\n[commit]\n\tgpgSign = true\n"),
		config("credential", "[credential]\n\thelper = !{}\n\thelper = {}\n[core]\n\taskPass = {}\n"),
		config("pager", "\tpager = {}\n\teditor = {}\n[pager]\n\tlog = {}\n\tdiff = {}\n[sequence]\n\teditor = {}\n"),
		config("alias", "[alias]\n\tlog = !{}\n\tcat-file = !{}\n\trev-list = !{}\n"),
		config("include", "[include]\n\tpath = ../evil.config\n[includeIf \"onbranch:main\"]\n\tpath = {}\n"),
		config("hooks-path", "\thooksPath = ..\n"),
		config("alternate-refs", "\talternateRefsCommand = {}\n[uploadpack]\n\tpackObjectsHook = {}\n"),
		config("trailer", "[trailer \"x\"]\n\tcommand = {}\n\tcmd = {}\n"),
		config("tools", "[difftool \"x\"]\n\tcmd = {}\n[mergetool \"x\"]\n\tcmd = {}\n[browser \"x\"]\n\tcmd = {}\n[man \"x\"]\n\tcmd = {}\n[web]\n\tbrowser = x\n"),
		config("url-rewrite", "[url \"ext::{} \"]\n\tinsteadOf = https://\n[protocol]\n\tallow = always\n[remote \"origin\"]\n\turl = ext::{} %S\n"),
		config("partial-clone", "[remote \"origin\"]\n\turl = ext::{} %S\n\tpromisor = true\n\tpartialclonefilter = blob:none\n[extensions]\n\tpartialClone = origin\n", "--history-only"),
		config("staged", "\tfsmonitor = {}\n[filter \"x\"]\n\tclean = {}\n[diff]\n\texternal = {}\n", "--staged"),
		config("range", "\tfsmonitor = {}\n[diff]\n\texternal = {}\n[diff \"x\"]\n\ttextconv = {}\n", "--range", "main~1..main"),
		config("no-history", "\tfsmonitor = {}\n[filter \"x\"]\n\tclean = {}\n", "--no-history"),
		canary("submodule-url", func(s *Site, r *store, program string) {
			s.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::"+program+"\n\tupdate = !"+program+"\n[submodule \"--upload-pack="+program+"\"]\n\tpath = -u\n\turl = -u"+program+"\n")
			m := r.bare(r.file("modules/x"))
			m.save("config", "[core]\n\tworktree = ../../../x\n\tfsmonitor = "+program+"\n\tsshCommand = "+program+"\n")
		}),
		canary("worktree-config", func(s *Site, r *store, program string) {
			r.save("config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n")
			r.save("config.worktree", "[core]\n\tfsmonitor = "+program+"\n[diff]\n\texternal = "+program+"\n")
		}),
		canary("files-of-tools", func(s *Site, r *store, program string) {
			for _, name := range []string{".envrc", ".husky/pre-commit", ".pre-commit-config.yaml", "Makefile", ".vscode/tasks.json", ".assay/plugin", "package.json"} {
				s.write(name, "#!/bin/sh\n"+program+"\n")
				s.must(os.Chmod(s.path(name), 0o777))
			}
		}),
		canary("bare-in-tree", func(s *Site, r *store, program string) { // as Git would find it from a folder
			m := s.bare(s.path("inner"))
			m.save("config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = "+program+"\n")
		}),
	}
	for _, hook := range []string{"pre-commit", "post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction", "post-rewrite"} {
		all = append(all, canary("hook-"+hook, func(s *Site, r *store, program string) {
			r.save("hooks/"+hook, s.read(program))
			s.must(os.Chmod(r.file("hooks/"+hook), 0o777))
		}))
	}
	for _, name := range []string{"git", "sh", "gpg", "ssh", "file", "unzip"} {
		all = append(all, Case{Name: "program-in-path-" + name, Promise: "P1", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a.env", p.line())
			program := s.program()
			s.write(name, s.read(program))
			s.must(os.Chmod(s.path(name), 0o777))
			e := finds(p)
			e.Env = []string{"PATH=" + s.Dir + ":.:" + os.Getenv("PATH"), "GIT_EXTERNAL_DIFF=" + program, "GIT_SSH_COMMAND=" + program, "GIT_PAGER=" + program, "GIT_EDITOR=" + program, "GIT_ASKPASS=" + program}
			return e
		}})
	}
	return all
}

// program writes the program that leaves Mark beside the site.
func (s *Site) program() string {
	name := s.Side + "/canary"
	s.put(name, fmt.Sprintf("#!/bin/sh\necho started > '%s/%s'\n", s.Side, Mark))
	s.must(os.Chmod(name, 0o777))
	return name
}
