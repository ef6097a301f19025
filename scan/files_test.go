package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// link makes a symbolic link in a folder.
func link(t *testing.T, dir, target, name string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
		t.Skip(err)
	}
}

// Symbolic links are counted and not followed, whatever they name.
func TestFilesSymlinks(t *testing.T) {
	outside := folderOf(t, "secret", token(t, 1))
	dir := folderOf(t, "a", "a", "folder/b", "b")
	link(t, dir, filepath.Join(outside, "secret"), "to-file")
	link(t, dir, outside, "to-folder")
	link(t, dir, "a", "to-itself")
	link(t, dir, "nowhere", "to-nothing")
	link(t, filepath.Join(dir, "folder"), "..", "up")
	link(t, dir, outside, ".git")
	got := run(t, Options{}, files(t, dir, ".")).complete(t)
	if n := got.summary.Skipped["symlink"]; n != 6 || len(got.findings) > 0 || got.summary.Files != 2 {
		t.Errorf("%d links, %+v", n, got.summary)
	}
}

// A root that is a symbolic link is followed, for the user named it. A file below
// it that is one is not.
func TestFilesRootSymlink(t *testing.T) {
	dir := folderOf(t, "real/secret", token(t, 1))
	link(t, dir, "real", "root")
	link(t, dir, "real/secret", "file")
	got := run(t, Options{}, files(t, filepath.Join(dir, "root"), ".")).complete(t)
	if !slices.Equal(got.places(), []string{"secret:1:1"}) {
		t.Errorf("found %v", got.places())
	}
	got = run(t, Options{}, files(t, dir, "file"))
	got.noticed(t, "file", errNotRegular.Error())
	got = run(t, Options{}, files(t, dir, "root/secret"))
	got.noticed(t, "root/secret", "")
	if len(got.findings) > 0 {
		t.Errorf("followed: %v", got.places())
	}
}

// What is no file and no folder is counted and not opened; named by the user it
// is a gap.
func TestFilesSpecial(t *testing.T) {
	dir := folderOf(t, "a", "a")
	fifo := filepath.Join(dir, "fifo")
	if err := makeFIFO(fifo); err != nil {
		t.Skip(err)
	}
	// A path to a socket may have no more than some hundred bytes.
	t.Chdir(dir)
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Skip(err)
	}
	defer socket.Close()
	got := run(t, Options{}, files(t, dir, ".")).complete(t)
	if diff := cmp.Diff(map[string]int{"fifo": 1, "socket": 1}, got.summary.Skipped); diff != "" || got.summary.Files != 1 {
		t.Errorf("%+v\n%s", got.summary, diff)
	}
	for _, name := range []string{"fifo", "socket"} {
		run(t, Options{}, files(t, dir, name)).noticed(t, name, errNotRegular.Error())
	}
	run(t, Options{}, files(t, "/dev", "null")).noticed(t, "null", errNotRegular.Error())
}

func TestSpecialKind(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0: "", fs.ModeDir: "", fs.ModeSymlink: "symlink", fs.ModeNamedPipe: "fifo", fs.ModeSocket: "socket",
		fs.ModeDevice: "device", fs.ModeDevice | fs.ModeCharDevice: "device", fs.ModeIrregular: "irregular file",
	} {
		if got := specialKind(mode); got != want {
			t.Errorf("%v: %q, want %q", mode, got, want)
		}
	}
}

// Whoever swaps a folder or file for a symbolic link after it was listed does not
// lead the scan outside, whichever way files are opened.
func TestFilesSwapped(t *testing.T) {
	outside := folderOf(t, "f", token(t, 1), "sub/f", token(t, 2))
	dir := folderOf(t, "d/f", "inside", "d/sub/f", "inside", "f", "inside")
	d, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ways := map[string]func(string) (*os.File, error){"one call": d.openBeneath, "step by step": d.openRooted}
	for way, open := range ways {
		for _, name := range []string{"d/f", "d/sub/f", "f", "d"} {
			f, err := open(name)
			if err != nil {
				t.Errorf("%s: %s: %v", way, name, err)
				continue
			}
			f.Close()
		}
	}
	for _, name := range []string{"d", "f"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link(t, dir, outside, "d")
	link(t, dir, filepath.Join(outside, "f"), "f")
	for way, open := range ways {
		for _, name := range []string{"d/f", "d/sub/f", "f", "d", "../" + filepath.Base(outside) + "/f", filepath.Join(outside, "f")} {
			if f, err := open(name); err == nil {
				t.Errorf("%s: %s was opened", way, name)
				f.Close()
			}
		}
	}
}

// A name may hold any byte but the slash and the zero byte.
func TestFilesNames(t *testing.T) {
	names := []string{"a\nb", `quo"te`, "it's", "tab\t", "\xff\xfe", "back\\slash", " blank ", "-", "...", "é", "a:b", "*?[x]"}
	var all []string
	for i, n := range names {
		all = append(all, "dir "+n+"/"+n, token(t, uint64(i)))
	}
	dir := folderOf(t, all...)
	got := run(t, Options{}, files(t, dir, ".")).complete(t)
	var want []string
	for _, n := range names {
		want = append(want, "dir "+n+"/"+n+":1:1")
	}
	slices.Sort(want)
	found := got.places()
	slices.Sort(found)
	if !slices.Equal(want, found) {
		t.Errorf("found %q\nwant  %q", found, want)
	}
}

// No depth of folders is too much, not even where the path is longer than a
// system call takes.
func TestFilesDeep(t *testing.T) {
	for name, depth := range map[string]int{"d": 2000, "folder": 700} {
		dir := t.TempDir()
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		for range depth {
			if err := root.Mkdir(name, 0o777); err != nil {
				t.Fatal(err)
			}
			next, err := root.OpenRoot(name)
			if err != nil {
				t.Fatal(err)
			}
			root.Close()
			root = next
		}
		if err := root.WriteFile("f", []byte(token(t, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
		root.Close()
		got := run(t, Options{}, files(t, dir, ".")).complete(t)
		if want := strings.Repeat(name+"/", depth) + "f:1:1"; !slices.Equal(got.places(), []string{want}) {
			t.Errorf("%s: found %d places", name, len(got.places()))
		}
		removeDeep(t, dir, name)
	}
}

// removeDeep takes apart what os.RemoveAll may find too deep.
func removeDeep(t *testing.T, dir, name string) {
	t.Helper()
	for {
		inner := filepath.Join(dir, name, name)
		if _, err := os.Lstat(inner); err != nil {
			return
		}
		if err := errors.Join(os.Rename(inner, filepath.Join(dir, "next")), os.Remove(filepath.Join(dir, name)), os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
}

// Files of all lengths around the size of the buffer come whole, also where they
// are longer or shorter than their folder says.
func TestFill(t *testing.T) {
	content := make([]byte, chunk+chunk/2)
	for i := range content {
		content[i] = byte(i / 251)
	}
	readers := []func(io.Reader) io.Reader{
		func(r io.Reader) io.Reader { return r }, iotest.DataErrReader,
		func(r io.Reader) io.Reader { return &stutter{r: r} },
	}
	var buf fileBuffer
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.OneOf(rapid.IntRange(0, 64), rapid.IntRange(chunk-64, chunk+64), rapid.IntRange(0, len(content)))
		length := lengths.Draw(t, "length")
		claimed := length
		if rapid.Bool().Draw(t, "changed") {
			claimed = lengths.Draw(t, "claimed")
		}
		reader := rapid.SampledFrom(readers).Draw(t, "reader")(bytes.NewReader(content[:length]))
		data, more, err := buf.fill(reader, int64(claimed))
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Clone(data)
		if more {
			rest, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, rest...)
		} else if length > claimed && len(got) == claimed {
			return // it grew after its end was read
		}
		if !bytes.Equal(got, content[:length]) {
			t.Fatalf("%d bytes claimed to be %d: read %d", length, claimed, len(got))
		}
	})
	if _, _, err := buf.fill(iotest.ErrReader(io.ErrUnexpectedEOF), 10); err != io.ErrUnexpectedEOF {
		t.Errorf("error %v", err)
	}
}

// stutter reads a little at a time, and nothing every other time, as files of
// /proc and of networks may.
type stutter struct {
	r     io.Reader
	pause bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.pause = !s.pause; s.pause {
		return 0, nil
	}
	return s.r.Read(p[:min(len(p), 100<<10)])
}

// A file that claims to be empty, as those of /proc do, is read.
func TestFilesProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip(err)
	}
	got := run(t, Options{}, files(t, "/proc/self", "stat")).complete(t)
	if got.summary.Files != 1 || got.summary.Bytes == 0 {
		t.Errorf("%+v", got.summary)
	}
}

// What the user leaves out is counted, a folder once.
func TestFilesExcluded(t *testing.T) {
	dir := folderOf(t, "a", token(t, 1), "vendor/b", token(t, 2), "vendor/c/d", token(t, 3), "e/vendor", token(t, 4))
	f, err := NewFiles(dir, ".", func(name string, folder bool) bool { return path.Base(name) == "vendor" })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := run(t, Options{}, f).complete(t)
	if !slices.Equal(got.places(), []string{"a:1:1"}) || got.summary.Excluded != 2 {
		t.Errorf("found %v, %+v", got.places(), got.summary)
	}
}

// In a folder that holds repositories their own files are examined, and their
// object stores counted.
func TestFilesNestedRepositories(t *testing.T) {
	r := newRepo(t)
	r.commit("a", token(t, 1))
	parent := filepath.Dir(r.dir)
	r.write(".git/config", "[remote \"origin\"]\n\turl = https://deploy:"+token(t, 2)+"@example.org/x.git\n")
	if err := os.WriteFile(filepath.Join(parent, ".git"), []byte("not what Git writes"), 0o666); err != nil {
		t.Fatal(err)
	}
	got := run(t, Options{}, files(t, parent, ".")).complete(t)
	want := []string{"repo/.git/config:2:23", "repo/a:1:1"}
	if !slices.Equal(got.places(), want) || got.summary.Skipped["object store of another repository"] != 1 {
		t.Errorf("found %v, want %v; %v", got.places(), want, got.summary.Skipped)
	}
	// At the root the repository's own directory is left to other sources.
	got = run(t, Options{}, files(t, r.dir, ".")).complete(t)
	if !slices.Equal(got.places(), []string{"a:1:1"}) || len(got.summary.Skipped) > 0 {
		t.Errorf("found %v; %v", got.places(), got.summary.Skipped)
	}
}

// Nothing is hidden in a folder that is just called like one of Git's.
func TestFilesFalseRepositories(t *testing.T) {
	dir := folderOf(t, ".git/a", token(t, 1), ".git/objects/b", token(t, 2), "sub/.git/c", token(t, 3), "objects/d", token(t, 4))
	got := run(t, Options{}, files(t, dir, ".")).complete(t)
	// What Git would keep for itself comes last.
	if want := []string{"objects/d:1:1", "sub/.git/c:1:1", ".git/a:1:1", ".git/objects/b:1:1"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
}

// A name in a folder is examined like a text.
func TestFilesNameHolds(t *testing.T) {
	dir := folderOf(t, "backup/"+token(t, 1)+".sql", "clean")
	got := run(t, Options{}, files(t, dir, ".")).complete(t)
	if want := []string{"backup/ghp_<36 characters>.sql:0:0"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
}

func TestNewFilesNowhere(t *testing.T) {
	if _, err := NewFiles(filepath.Join(t.TempDir(), "nowhere"), ".", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	got := run(t, Options{}, files(t, t.TempDir(), "nowhere"))
	got.noticed(t, "nowhere", "no such file")
}

func BenchmarkFiles(b *testing.B) {
	var all []string
	for i := range 2000 {
		all = append(all, fmt.Sprintf("d%d/f%d.go", i%40, i), strings.Repeat("func name(argument int) string { return \"text\" }\n", 60))
	}
	dir := folderOf(b, all...)
	set := builtin()
	for b.Loop() {
		f, err := NewFiles(dir, ".", nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Run(b.Context(), []Source{f}, set, &record{}, Options{Workers: 1}); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// The token that a CI checkout keeps in .git/config is reported with little
// confidence; a person's token in the same place, or a password in the address of a
// remote, is not.
func TestCheckoutToken(t *testing.T) {
	job, k := expand(t, "github-app-installation-token", "ghs_{base62:30}{seal}", 1), token(t, 1)
	for content, want := range map[string]report.Confidence{
		"[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: bearer " + job + "\n": report.ConfidenceLow,
		"[http]\n\tExtraHeader = X-Token: " + job + "\n":                                      report.ConfidenceLow,
		"[http]\n\tExtraHeader = X-Token: " + k + "\n":                                        report.ConfidenceHigh,
		"[remote \"origin\"]\n\turl = https://" + k + "@example.org/extra\n":                  report.ConfidenceHigh,
		"[http]\n\textraheader = none\n[x]\n\ty = " + k + "\n":                                report.ConfidenceHigh,
	} {
		for _, path := range []string{"sub/.git/config", "sub/.git/modules/a/b/config"} {
			dir := folderOf(t, path, content, "sub/.git/HEAD", "x", "sub/.git/refs/x", "x")
			got := run(t, Options{}, files(t, dir, ".")).complete(t)
			if len(got.findings) != 1 || got.findings[0].Confidence != want {
				t.Errorf("%s: %q: %+v", path, content, got.findings)
			}
		}
	}
}
