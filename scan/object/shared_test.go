package object

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWorktree(t *testing.T) {
	for _, c := range []struct{ config, worktree, want string }{
		{"", "", ""},
		{"[core]\n\tworktree = ../../../sub\n", "", "../../../sub"},
		{"[core]\n\tworktree = \"../a \\\"b\\\" # c\"\n", "", `../a "b" # c`},
		{"[core \"x\"]\n\tworktree = ../x\n", "", ""},
		{"[core]\n\tworktree = a\n", "[core]\n\tworktree = b\n", "a"},
		{"[core]\n\tworktree = a\n[extensions]\n\tworktreeConfig = true\n", "[core]\n\tworktree = b\n", "b"},
		{"[extensions]\n\tworktreeConfig = true\n", "", ""},
	} {
		t.Run(fmt.Sprintf("%q", c.config), func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"config": c.config, "config.worktree": c.worktree} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if got := Worktree(dir); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if got := Worktree(t.TempDir()); got != "" {
		t.Errorf("%q where there is no config", got)
	}
}

// Has agrees with what the store gives, packed, loose and borrowed; Shares says
// which stores borrow from each other.
func TestShared(t *testing.T) {
	lender, own, apart := newRepo(t), newRepo(t), newRepo(t)
	lender.fill(20)
	lender.repack()
	own.run(strings.NewReader("its own"), "hash-object", "-w", "--stdin")
	apart.run(strings.NewReader("apart"), "hash-object", "-w", "--stdin")
	alternates := filepath.Join(own.dir, "objects/info/alternates")
	if err := os.WriteFile(alternates, []byte(filepath.Join(lender.dir, "objects")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, o, a := lender.open(Options{}), own.open(Options{}), apart.open(Options{})
	has := func(s *Store, id string) bool {
		parsed, err := ParseID(id)
		return err == nil && s.Has(parsed)
	}
	all, lent := own.objects(), lender.objects()
	if len(all) != len(lent)+1 {
		t.Fatalf("%d objects", len(all))
	}
	for id := range all {
		if _, ok := lent[id]; !has(o, id) || has(l, id) != ok || has(a, id) {
			t.Errorf("%s: has %t, the lender %t, another %t", id, has(o, id), has(l, id), has(a, id))
		}
	}
	if o.Has(ID{}) {
		t.Error("has the zero id")
	}
	if !l.Shares(o) || !o.Shares(l) || a.Shares(o) || a.Shares(l) {
		t.Error("shares what it must not, or does not what it must")
	}
}
