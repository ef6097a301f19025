package report

import (
	"path"
	"slices"
	"strings"
)

// A commentForm is how a kind of file writes a comment that is a line of its own.
type commentForm struct {
	open, shut string
	names      string // extensions and whole names in lower case, apart by blanks
}

// commentForms lists the kinds of files. What is not here has no comments (JSON,
// CSV), or more than one kind of them in a file (Vue, JSP).
var commentForms = [...]commentForm{
	{"# ", "", ` .py .pyi .rb .rake .gemspec .sh .bash .zsh .ksh .fish .yaml .yml .toml .tf .tfvars .hcl .pl .pm .r .jl .ps1 .psm1 .psd1
		.properties .env .envrc .conf .cfg .cnf .mk .cmake .ex .exs .nim .tcl .awk .nix .bzl .bazel .graphql .gql .service .desktop
		.npmrc .netrc .bashrc .zshrc .profile .bash_profile .gitconfig .gitmodules .pypirc .editorconfig .dockerignore .gitignore
		dockerfile containerfile makefile gnumakefile vagrantfile gemfile rakefile podfile fastfile build workspace
		requirements.txt cmakelists.txt `},
	{"// ", "", ` .js .jsx .mjs .cjs .ts .tsx .mts .cts .java .kt .kts .scala .sc .go .c .h .cc .cpp .cxx .hh .hpp .hxx .cs .swift .rs .php
		.dart .groovy .gradle .m .mm .proto .zig .sol .jsonc .json5 .less .scss .sass .fs .fsx .fsi .prisma .hjson .bicep .v .sv jenkinsfile `},
	{"-- ", "", " .sql .psql .pgsql .ddl .lua .hs .elm .ada .adb .ads .vhd .vhdl "},
	{"; ", "", " .ini .clj .cljs .cljc .edn .lisp .el .scm .asm .reg "},
	{"% ", "", " .tex .sty .erl .hrl "},
	{"' ", "", " .vb .vbs .bas "},
	{"rem ", "", " .bat .cmd "},
	{`" `, "", " .vim .vimrc "},
	{"/* ", " */", " .css "},
	{"<!-- ", " -->", ` .html .htm .xhtml .xml .xsl .xslt .svg .md .markdown .csproj .vbproj .fsproj .props .targets .config .plist .xaml
		.resx .pom .wsdl .nuspec `},
}

// maxCommented is the longest line, in columns up to the finding, over which a
// comment is proposed. It is well below what a scan looks around for one.
const maxCommented = 2000

// allowLine returns the line that, put above a place, suppresses the rule there, as
// a comment of that kind of file. It returns "" where a comment cannot stand: in a
// file without comments, inside a container, above a text of several lines, which
// it could become part of.
func allowLine(l Location, rule string) string {
	r := l.Region
	if r.StartLine == 0 || r.EndLine > r.StartLine || r.StartColumn > maxCommented || l.Inner != "" || l.isObject() {
		return ""
	}
	form := commentOf(l.Path)
	if form == nil {
		return ""
	}
	return form.open + "assay:allow-next-line[" + rule + "] WHY" + form.shut
}

// commentOf knows the kinds of files by their names.
func commentOf(name string) *commentForm {
	base := strings.ToLower(path.Base(name))
	if strings.HasPrefix(base, ".env.") || strings.HasPrefix(base, "dockerfile.") {
		return &commentForms[0]
	}
	for i := range commentForms {
		names := strings.Fields(commentForms[i].names)
		if slices.Contains(names, base) || slices.Contains(names, path.Ext(base)) {
			return &commentForms[i]
		}
	}
	return nil
}
