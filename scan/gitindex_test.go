package scan

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gitIn runs git in dir apart from any configuration of the machine.
func gitIn(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// indexRepository makes a repository with an index of a version and a hash.
func indexRepository(t testing.TB, version, hash string) string {
	t.Helper()
	dir := t.TempDir()
	gitIn(t, dir, "init", "-q", "--object-format="+hash)
	for _, name := range []string{"a.txt", "dir/b.txt", "dir/deep/c.txt", "dir.txt", "z with blank.txt", strings.Repeat("long", 50) + ".txt"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "update-index", "--index-version", version)
	return dir
}

// The entries are those that Git lists, in every version and hash.
func TestParseIndex(t *testing.T) {
	for _, hash := range []string{"sha1", "sha256"} {
		for _, version := range []string{"2", "3", "4"} {
			t.Run(hash+"/"+version, func(t *testing.T) {
				dir := indexRepository(t, version, hash)
				data, err := os.ReadFile(filepath.Join(dir, ".git/index"))
				if err != nil {
					t.Fatal(err)
				}
				size := map[string]int{"sha1": 20, "sha256": 32}[hash]
				idx, err := parseIndex(data, size)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, e := range idx.entries {
					got = append(got, fmt.Sprintf("%o %s 0\t%s", idx.mode(e), idx.id(e), idx.path(e)))
				}
				want := strings.FieldsFunc(gitIn(t, dir, "ls-files", "-s", "-z"), func(r rune) bool { return r == 0 })
				if !slices.Equal(got, want) {
					t.Errorf("entries:\n%q\nwant\n%q", got, want)
				}
			})
		}
	}
}

// What a file announced with --intent-to-add will hold is not known yet.
func TestParseIndexIntentToAdd(t *testing.T) {
	dir := indexRepository(t, "2", "sha1")
	if err := os.WriteFile(filepath.Join(dir, "later.txt"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "add", "-N", "later.txt")
	idx, err := readIndex(filepath.Join(dir, ".git/index"), 20)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(idx.entries, func(e indexEntry) bool { return string(idx.path(e)) == "later.txt" }) {
		t.Error("later.txt has no content and is listed")
	}
}

// The cached tree of a folder that was touched is gone, the others stand.
func TestCachedTree(t *testing.T) {
	dir := indexRepository(t, "2", "sha1")
	gitIn(t, dir, "commit", "-q", "-m", "all")
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("changed"), 0o666); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "add", "a.txt")
	idx, err := readIndex(filepath.Join(dir, ".git/index"), 20)
	if err != nil {
		t.Fatal(err)
	}
	if idx.cached == nil || !idx.cached.id.IsZero() {
		t.Errorf("the root was touched: %+v", idx.cached)
	}
	want := strings.TrimSpace(gitIn(t, dir, "rev-parse", "HEAD:dir"))
	if got := idx.cached.child([]byte("dir")); got == nil || got.id.String() != want {
		t.Errorf("dir: %+v, want tree %s", got, want)
	}
}

func TestParseIndexDamage(t *testing.T) {
	dir := indexRepository(t, "2", "sha1")
	file := filepath.Join(dir, ".git/index")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(data); at += 7 {
		bad := bytes.Clone(data)
		bad[at] ^= 0x20
		if err := os.WriteFile(file, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readIndex(file, 20); err == nil {
			t.Fatalf("byte %d changed, and nobody noticed", at)
		}
	}
}

// FuzzIndex feeds any bytes, with a checksum of zeros, which stands for none.
func FuzzIndex(f *testing.F) {
	for _, version := range []string{"2", "3", "4"} {
		data, err := os.ReadFile(filepath.Join(indexRepository(f, version, "sha1"), ".git/index"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:len(data)-20])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		idx, err := parseIndex(append(bytes.Clone(body), make([]byte, 20)...), 20)
		if err == nil && len(idx.entries) > len(body)/indexStat {
			t.Errorf("%d entries in %d bytes", len(idx.entries), len(body))
		}
	})
}
