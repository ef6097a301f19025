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
	deltas  int // objects with a Base
}

// collect visits every unit and checks what must hold for any store.
func collect(t testing.TB, s *Store, verify bool) collected {
	t.Helper()
	return collectUnits(t, s, s.Units(), verify)
}

func collectUnits(t testing.TB, s *Store, units []Unit, verify bool) collected {
	t.Helper()
	c := collected{objects: make(map[string]Object)}
	r := s.NewReader()
	r.Verify = verify
	for _, u := range units {
		var w walk
		for o, err := range r.Objects(u, anyType) {
			if err != nil {
				c.damage = append(c.damage, err.(*DamageError))
				continue
			}
			c.deltas += w.step(t, o)
			if !u.Has(o.Type) {
				t.Errorf("a unit gave a %v that it does not announce", o.Type)
			}
			if _, ok := c.objects[o.ID.String()]; ok {
				t.Errorf("%v was visited twice", o.ID)
			}
			o.Data, o.Fresh, o.Copies = bytes.Clone(o.Data), nil, nil
			c.objects[o.ID.String()] = o
		}
	}
	return c
}

// A walk is the stack that a consumer holds of what it was given.
type walk []Object

// step takes the next object, checks that its base is where Depth says and that
// copies and fresh parts make up the object, and returns 1 if it has a base.
func (w *walk) step(t testing.TB, o Object) int {
	t.Helper()
	if o.Depth > len(*w) {
		t.Fatalf("%v: depth %d under %d objects", o.ID, o.Depth, len(*w))
	}
	kept := o
	kept.Data = bytes.Clone(o.Data)
	*w = append((*w)[:o.Depth], kept)
	if o.Base.IsZero() {
		if len(o.Copies) > 0 || !slices.Equal(o.Fresh, []Span{{0, len(o.Data)}}) {
			t.Fatalf("%v has no base, but copies %v, spans %v", o.ID, o.Copies, o.Fresh)
		}
		return 0
	}
	if o.Depth == 0 {
		t.Fatalf("%v: a base above the first", o.ID)
	}
	base := (*w)[o.Depth-1]
	if base.ID != o.Base || base.Type != o.Type {
		t.Fatalf("%v: base %v, want %v", o.ID, base.ID, o.Base)
	}
	checkEdits(t, o.Data, base.Data, o.Copies, o.Fresh)
	return 1
}

// checkEdits puts data together from copies and fresh parts, which must take
// turns without a gap, with empty spans exactly at the seams.
func checkEdits(t testing.TB, data, base []byte, copies []Copy, fresh []Span) {
	t.Helper()
	built := make([]byte, 0, len(data))
	follows := 0
	for len(copies)+len(fresh) > 0 {
		at := len(built)
		switch {
		case len(fresh) > 0 && fresh[0].Start == at:
			s := fresh[0]
			if seam := follows >= 0 && (len(copies) == 0 && follows != len(base) || len(copies) > 0 && copies[0].From != follows); s.End == s.Start && !seam {
				t.Fatalf("empty span at %d, where there is no seam", at)
			}
			built = append(built, data[s.Start:s.End]...)
			follows, fresh = -1, fresh[1:]
		case len(copies) > 0 && copies[0].To == at && copies[0].Len > 0:
			c := copies[0]
			if follows >= 0 && c.From != follows || follows > 0 && c.From == follows {
				t.Fatalf("copy %v behind %d: a seam without a span, or a copy in two", c, follows)
			}
			built = append(built, base[c.From:c.From+c.Len]...)
			follows, copies = c.From+c.Len, copies[1:]
		default:
			t.Fatalf("nothing for offset %d: copies %v, fresh %v", at, copies, fresh)
		}
	}
	if follows >= 0 && follows != len(base) {
		t.Fatalf("the end is a seam without a span")
	}
	if !bytes.Equal(built, data) {
		t.Fatalf("copies and fresh parts give other content")
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
