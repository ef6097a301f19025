package object

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A repo is a repository that a test builds with git.
type repo struct {
	t   testing.TB
	dir string // the Git directory
}

// newRepo makes a bare repository.
func newRepo(t testing.TB, args ...string) repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := repo{t, filepath.Join(t.TempDir(), "r.git")}
	r.run(nil, append([]string{"init", "-q", "--bare", "-b", "main"}, args...)...)
	return r
}

// run calls git in an environment of its own and returns its output.
func (r repo) run(stdin io.Reader, args ...string) []byte {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "core.fsync=none"}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.t.TempDir(), "GIT_DIR=" + r.dir,
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=1700000000 -0330",
	}
	cmd.Stdin = stdin
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

// fill imports a history of n commits over several files, the largest of
// which grows and changes in the middle.
func (r repo) fill(n int) {
	r.t.Helper()
	var s strings.Builder
	lines := make([]string, 300)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d of the file: %x", i, i*i*7919)
	}
	for c := range n {
		lines[c*37%len(lines)] = fmt.Sprintf("changed in %d", c)
		text := strings.Join(lines, "\n")
		message := fmt.Sprintf("commit %d", c)
		fmt.Fprintf(&s, "commit refs/heads/main\nauthor A <a@example.org> %d +0100\ncommitter C <c@example.org> %d +0000\ndata %d\n%s\n",
			1700000000+c, 1700000000+c, len(message), message)
		fmt.Fprintf(&s, "M 100644 inline big.txt\ndata %d\n%s\n", len(text), text)
		name := fmt.Sprintf("dir/sub%d/f%d", c%5, c%13)
		fmt.Fprintf(&s, "M 100755 inline %s\ndata %d\n%s\n", name, len(message), message)
	}
	s.WriteString("tag v1\nfrom refs/heads/main\ntagger T <t@example.org> 1700000000 +0200\ndata 3\ntag\n")
	r.run(strings.NewReader(s.String()), "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet")
}

// objects returns what git reads: content by id.
func (r repo) objects() map[string]Object {
	r.t.Helper()
	out := r.run(nil, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
	all := make(map[string]Object)
	for len(out) > 0 {
		head, rest, _ := bytes.Cut(out, []byte("\n"))
		f := strings.Fields(string(head))
		size, err := strconv.Atoi(f[2])
		if err != nil {
			r.t.Fatal(err)
		}
		all[f[0]] = Object{Type: parseType([]byte(f[1])), Data: rest[:size]}
		out = rest[size+1:]
	}
	return all
}

// open opens the repository's store.
func (r repo) open(opts Options) *Store {
	r.t.Helper()
	s, err := OpenWith(r.dir, opts)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	return s
}

// collected is what the units of a store give.
type collected struct {
	objects map[string]Object
	damage  []*DamageError
}

// collect visits every unit and checks what must hold for any store.
func collect(t testing.TB, s *Store, verify bool) collected {
	t.Helper()
	c := collected{objects: make(map[string]Object)}
	r := s.NewReader()
	r.Verify = verify
	for _, u := range s.Units() {
		for o, err := range r.Objects(u, anyType) {
			if err != nil {
				c.damage = append(c.damage, err.(*DamageError))
				continue
			}
			if !u.Has(o.Type) {
				t.Errorf("a unit gave a %v that it does not announce", o.Type)
			}
			if _, ok := c.objects[o.ID.String()]; ok {
				t.Errorf("%v was visited twice", o.ID)
			}
			checkFresh(t, o)
			o.Data, o.Fresh = bytes.Clone(o.Data), slices.Clone(o.Fresh)
			c.objects[o.ID.String()] = o
		}
	}
	return c
}

// checkFresh makes sure that spans ascend and stay within the data.
func checkFresh(t testing.TB, o Object) {
	t.Helper()
	if o.Base.IsZero() {
		return
	}
	last := -1
	for _, f := range o.Fresh {
		if f.Start <= last || f.End < f.Start || f.End > len(o.Data) {
			t.Errorf("%v: spans %v", o.ID, o.Fresh)
		}
		last = f.End
	}
}

// same compares what was collected with what git reads.
func (c collected) same(t testing.TB, want map[string]Object) {
	t.Helper()
	for _, d := range c.damage {
		t.Errorf("damage: %v", d)
	}
	for id, w := range want {
		g, ok := c.objects[id]
		if !ok {
			t.Errorf("%s %s was not visited", w.Type, id)
		} else if g.Type != w.Type || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%s %s: other content", w.Type, id)
		}
	}
	if len(c.objects) != len(want) {
		t.Errorf("%d objects, want %d", len(c.objects), len(want))
	}
}

// noProblems fails if the store had any.
func noProblems(t testing.TB, s *Store) {
	t.Helper()
	for _, p := range s.Problems() {
		t.Errorf("problem: %s: %v", p.Subject, p.Err)
	}
}
