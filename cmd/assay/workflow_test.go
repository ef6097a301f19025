package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// workflows are those of this repository, by path.
func workflows(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "..", ".github", "workflows"))
	if err != nil || len(entries) < 2 {
		t.Fatal(len(entries), err)
	}
	for _, e := range entries {
		names = append(names, filepath.Join(".github", "workflows", e.Name()))
	}
	return names
}

func TestWorkflows(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, nil, dir, ".git", "HEAD")
	for _, name := range workflows(t) {
		writeFile(t, ours(t, name), dir, name)
	}
	for _, name := range workflows(t) {
		// action-validator does not know this permission yet; actionlint does.
		writeFile(t, bytes.Replace(ours(t, name), []byte("      attestations: write\n"), nil, 1), dir, name)
		if said, content := actionValidator.run(t, dir, name); !content {
			t.Errorf("%s: %s", name, said)
		}
		writeFile(t, ours(t, name), dir, name)
	}
	if said, content := actionlint.run(t, dir); !content {
		t.Errorf("actionlint: %s", said)
	}
	release := filepath.Join(".github", "workflows", "release.yml")
	for was, wrong := range map[string]string{"needs: build": "needs: built", "id-token: write": "id-tokens: write", "$GITHUB_REF_NAME\" dist": "${{ github.ref }}' dist", "matrix.system }}": "matrix.systems }}"} {
		text := string(ours(t, release))
		writeFile(t, []byte(strings.Replace(text, was, wrong, 1)), dir, release)
		if said, content := actionlint.run(t, dir); content || !strings.Contains(text, was) {
			t.Errorf("actionlint lets %q pass: %s", wrong, said)
		}
	}
}

var (
	usesLine   = regexp.MustCompile(`^\s*-? *uses: *(\S+)(.*)$`)
	pinnedUse  = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	versionOf  = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
	permission = regexp.MustCompile(`^      ([a-z-]+): write\b`)
)

// unpinned returns the lines that use what somebody else may change, or that do not say
// which version it is.
func unpinned(text string) (lines []string, uses int) {
	for line := range strings.Lines(text) {
		m := usesLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		uses++
		if !pinnedUse.MatchString(m[1]) || !versionOf.MatchString(m[2]) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines, uses
}

// What our workflows and action.yml use is a commit, which nobody can move.
func TestPinned(t *testing.T) {
	for _, name := range append(workflows(t), "action.yml") {
		lines, uses := unpinned(string(ours(t, name)))
		if len(lines) > 0 || uses < 2 {
			t.Errorf("%s: %d uses, and these are not pinned by a commit with its version behind it: %q", name, uses, lines)
		}
	}
	sha := strings.Repeat("a1", 20)
	for line, good := range map[string]bool{
		"  - uses: a/b@" + sha + " # v1.2.3": true, "    uses: a/b/c@" + sha + " # v1.2.3": true,
		"  - uses: a/b@v1": false, "  - uses: a/b@" + sha: false, "  - uses: a/b@" + sha[1:] + " # v1.2.3": false, "  - uses: docker://a": false, "  - uses: a/b@main # v1.2.3": false,
	} {
		if lines, uses := unpinned(line + "\n"); uses != 1 || (len(lines) == 0) != good {
			t.Errorf("%s passes: %v", line, !good)
		}
	}
}

// Nothing is allowed but where a job says so, and to write only what publishing needs.
func TestPermissions(t *testing.T) {
	for _, name := range workflows(t) {
		text := string(ours(t, name))
		if !strings.Contains(text, "\npermissions: {}\n") {
			t.Errorf("%s does not begin without permissions", name)
		}
		if jobs, own := strings.Count(text, "runs-on:"), strings.Count(text, "\n    permissions:\n"); jobs != own {
			t.Errorf("%s has %d jobs, and %d say what they may do", name, jobs, own)
		}
		var may []string
		for line := range strings.Lines(text) {
			if m := permission.FindStringSubmatch(line); m != nil {
				may = append(may, m[1])
			}
		}
		var want []string
		if filepath.Base(name) == "release.yml" {
			want = []string{"contents", "id-token", "attestations"}
		}
		if !slices.Equal(may, want) {
			t.Errorf("%s may write %v, not %v", name, may, want)
		}
		if n := strings.Count(text, "actions/checkout@"); n != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s leaves a token in a checkout", name)
		}
	}
}

// A shelf has a build of two archives, and programs that only say what they are asked.
type shelf struct{ dir, log string }

func newShelf(t *testing.T) *shelf {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: programs of this test are shell scripts")
	}
	s := &shelf{dir: t.TempDir()}
	s.log = filepath.Join(s.dir, "log")
	for _, build := range []string{"one", "two"} {
		writeFile(t, []byte("an archive\n"), s.dir, build, "assay_1.2.3_linux_amd64.tar.gz")
		writeFile(t, []byte("4cd36b3ca046f7c17e81e1aa31bf2dc6a91b98c94238810db57456b4904d3a22  assay_1.2.3_linux_amd64.tar.gz\n"), s.dir, build, "SHA256SUMS")
		writeFile(t, []byte("class Assay\n"), s.dir, build, "assay.rb")
		for _, version := range []string{"1.2.3", "1.2.3-rc.1"} {
			for _, name := range []string{"assayhq-assay", "assayhq-assay-linux-x64", "assayhq-assay-win32-arm64"} {
				writeFile(t, []byte("a package\n"), s.dir, build, "npm", name+"-"+version+".tgz")
			}
		}
	}
	for name, script := range map[string]string{
		"npm": `[ "$1" = publish ] || [ "$2" = "@assayhq/assay-win32-arm64@1.2.3" ]`,
		"gh":  `case "$*" in "release view"*) exit 1 ;; "release create"*) cat >/dev/null ;; *--jq*) echo abc ;; esac`,
		"go":  `echo notes`,
	} {
		file := filepath.Join(s.dir, "bin", name)
		writeFile(t, []byte("#!/bin/sh\necho "+name+" \"$@\" >>\"$SHELF_LOG\"\n"+script+"\n"), file)
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// publish runs a step and returns what was asked of other programs, and its message.
func (s *shelf) publish(t *testing.T, token string, args ...string) (asked, said string, err error) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("..", "..", ".release", "publish"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.log); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), script, args...)
	c.Dir, c.Env = s.dir, []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH"), "SHELF_LOG=" + s.log, "GH_TOKEN=" + token}
	out, err := c.CombinedOutput()
	log, _ := os.ReadFile(s.log)
	return string(log), string(out), err
}

func TestPublish(t *testing.T) {
	s := newShelf(t)
	for _, c := range []struct {
		token, args string
		asked       []string // in this order
		not         string
	}{
		{"", "compare one two", nil, "npm"},
		{"x", "github v1.2.3 one", []string{"gh release view v1.2.3", "gh release create v1.2.3 --verify-tag --draft", "gh release upload v1.2.3 --clobber one/SHA256SUMS one/assay_1.2.3", "gh release edit v1.2.3 --draft=false"}, "--prerelease"},
		{"x", "github v1.2.3-rc.1 one", []string{"--notes-file - --prerelease"}, ""},
		{"", "npm v1.2.3 one", []string{"npm publish ./one/npm/assayhq-assay-linux-x64-1.2.3.tgz --provenance --access public --tag latest", "npm publish ./one/npm/assayhq-assay-1.2.3.tgz"}, "publish ./one/npm/assayhq-assay-win32"},
		{"", "npm v1.2.3-rc.1 one", []string{"win32-arm64-1.2.3-rc.1.tgz --provenance --access public --tag next", "npm publish ./one/npm/assayhq-assay-1.2.3-rc.1.tgz"}, "--tag latest"},
		{"x", "formula v1.2.3 one", []string{"--jq .sha", "--method PUT repos/assayhq/homebrew-tap/contents/Formula/assay.rb -f message=assay 1.2.3 -f content=Y2xhc3MgQXNzYXkK -f sha=abc"}, ""},
		{"x", "formula v1.2.3-rc.1 one", nil, "gh"},
	} {
		asked, said, err := s.publish(t, c.token, strings.Fields(c.args)...)
		if err != nil {
			t.Errorf("%s: %v\n%s", c.args, err, said)
		}
		rest := asked
		for _, want := range c.asked {
			_, after, found := strings.Cut(rest, want)
			if rest = after; !found {
				t.Errorf("%s does not ask %q in its turn, but\n%s", c.args, want, asked)
			}
		}
		if c.not != "" && strings.Contains(asked, c.not) {
			t.Errorf("%s asks\n%s", c.args, asked)
		}
	}
}

// Nothing is published of builds that differ, that are damaged, or that are not there.
func TestPublishRefuses(t *testing.T) {
	s := newShelf(t)
	writeFile(t, []byte("another archive\n"), s.dir, "two", "assay_1.2.3_linux_amd64.tar.gz")
	for args, want := range map[string]string{
		"compare one two":      "the builds differ",
		"compare two two":      "assay_1.2.3_linux_amd64.tar.gz: FAILED",
		"compare none none":    "holds no build",
		"formula v1.2.3 one":   "set the secret TAP_TOKEN",
		"npm v9.9.9 one":       "is missing",
		"release v1.2.3 one":   "there is no step release",
		"npm v1.2.3 one again": "compare DIR OTHER",
	} {
		asked, said, err := s.publish(t, "", strings.Fields(args)...)
		if err == nil || asked != "" || !strings.Contains(said, want) {
			t.Errorf("%s: %v\n%s%s", args, err, said, asked)
		}
	}
}
