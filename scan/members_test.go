package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/archive"
)

// gzipped packs a text as gzip does, with the name of a file if it has one.
func gzipped(t testing.TB, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = name
	_, err := io.WriteString(z, content)
	return packed(t, &b, err, z.Close())
}

// tarred packs files, given as name and content in turn.
func tarred(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1]))})
		packed(t, &b, err)
		_, err = io.WriteString(w, files[i+1])
		packed(t, &b, err)
	}
	return packed(t, &b, w.Close())
}

// zipped packs files, given as name and content in turn.
func zipped(t testing.TB, method uint16, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		packed(t, &b, err)
		_, err = io.WriteString(w, files[i+1])
		packed(t, &b, err)
	}
	return packed(t, &b, z.Close())
}

func packed(t testing.TB, b *bytes.Buffer, errs ...error) string {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// spots lists the occurrences of all findings as path!inner:line:column.
func (r *record) spots() []string {
	var all []string
	for _, f := range r.findings {
		for _, l := range f.Occurrences {
			name := l.Path
			if name == "" {
				name = l.Type
			}
			if l.Inner != "" {
				name += "!" + l.Inner
			}
			all = append(all, fmt.Sprintf("%s:%d:%d", name, l.Region.StartLine, l.Region.StartColumn))
		}
	}
	slices.Sort(all)
	return all
}

func (r *record) wantSpots(t testing.TB, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, r.spots()); diff != "" {
		t.Error(diff)
	}
}

// A credential is found wherever containers hold each other, once for each place,
// and not again among the bytes of the container, where stored text is as it was.
func TestMembers(t *testing.T) {
	line := "a line\n  " + token(t, 1) + "\n"
	inner := zipped(t, zip.Deflate, "conf/.env", line)
	for _, c := range []struct {
		name, content string
		want          []string
	}{
		{"a.gz", gzipped(t, "", line), []string{"a.gz!data:2:3"}},
		{"a.gz", gzipped(t, "a.txt", line), []string{"a.gz!a.txt:2:3"}},
		{"a.bin", tarred(t, "b/c.txt", line), []string{"a.bin!b/c.txt:2:3"}},
		{"a.tgz", gzipped(t, "", tarred(t, "b/c.txt", line)), []string{"a.tgz!b/c.txt:2:3"}},
		{"a.zip", zipped(t, zip.Store, "x", line, "y", line), []string{"a.zip!x:2:3", "a.zip!y:2:3"}},
		{"a.tar", tarred(t, "in.zip", inner, "loose", line), []string{"a.tar!in.zip!conf/.env:2:3", "a.tar!loose:2:3"}},
		{"a.zip", zipped(t, zip.Store, "in.tgz", gzipped(t, "", tarred(t, "in.zip", inner))), []string{"a.zip!in.tgz!in.zip!conf/.env:2:3"}},
		{"a.gz", gzipped(t, "", line) + "x", []string{"a.gz!data:2:3"}},
		{"a.zip", zipped(t, zip.Deflate, "long", strings.Repeat(strings.Repeat("-", 99)+"\n", 60_000)+line), []string{"a.zip!long:60002:3"}},
		{"a.tar", tarred(t, "big.zip", zipped(t, zip.Store, "pad", strings.Repeat("\n", 5<<20), "last", line)), []string{"a.tar!big.zip!last:2:3"}},
		{"a.tgz", gzipped(t, "", tarred(t, "big.zip", zipped(t, zip.Store, "pad", noise(5<<20), "last", line))), []string{"a.tgz!big.zip!last:2:3"}},
	} {
		t.Run(strings.Join(c.want, " "), func(t *testing.T) {
			run(t, Options{}, files(t, folderOf(t, c.name, c.content), ".")).wantSpots(t, c.want...)
			text(t, c.name, c.content).wantSpots(t, c.want...)
		})
	}
}

// A member in UTF-16 is read as text, as a file is: a password is found there too, and
// its line is shown.
func TestMembersUTF16(t *testing.T) {
	line := "user = me\r\ndb_password = \"" + strings.Join([]string{"wz!Kq", "7Rt#", "vB2x"}, "") + "\"\r\n"
	for _, c := range []string{zipped(t, zip.Deflate, "a.ps1", string(utf16Of("\ufeff"+line))), gzipped(t, "a.ps1", string(utf16Of(line)))} {
		r := run(t, Options{}, files(t, folderOf(t, "a.bin", c), "."))
		if r.wantSpots(t, "a.bin!a.ps1:2:16"); r.findings[0].Excerpt != "db_password = \"<13 characters>\"" {
			t.Errorf("%+v", r.findings[0])
		}
	}
}

// noise is text that does not pack well.
func noise(n int) string {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

// In history the path of a container is known only once its commits were read.
func TestMembersInHistory(t *testing.T) {
	k := newKeeper(t)
	first := zipped(t, zip.Store, "conf/a.env", token(t, 1)+"\n", "b.txt", strings.Repeat("something\n", 500))
	second := zipped(t, zip.Store, "conf/a.env", token(t, 2)+"\n", "b.txt", strings.Repeat("something\n", 500))
	k.commit("lib/x.zip", first, "plain", token(t, 3)+"\n")
	last := k.commit("lib/x.zip", second)
	k.write("lib/y.zip", zipped(t, zip.Deflate, "loose", token(t, 4)))
	k.git("hash-object", "-w", "lib/y.zip")
	want := []string{"lib/x.zip!conf/a.env:1:1", "lib/x.zip!conf/a.env:1:1", "plain:1:1", "blob!loose:1:1"}
	r := k.full().complete(t)
	r.wantSpots(t, want...)
	if removed := r.findings[slices.IndexFunc(r.findings, func(f report.Finding) bool { return f.Occurrences[0].Removed != nil })].Occurrences[0]; removed.Removed.ID != last || removed.Inner != "conf/a.env" {
		t.Errorf("%+v", removed)
	}
	k.agree("first")
	k.idle("second")
	k.git("gc", "-q")
	k.full().wantSpots(t, want...)
	k.idle("packed")
}

// What could not be looked into is met again in each run with a state.
func TestMembersInState(t *testing.T) {
	k := newKeeper(t)
	k.commit("a.gz", gzipped(t, "", strings.Repeat("x", 5000))[:40], "plain", token(t, 3)+"\n")
	for _, what := range []string{"first", "second", "third"} {
		r := k.agree(what)
		r.noticed(t, "blob", "gzip: cut off")
	}
}

func TestMembersStaged(t *testing.T) {
	r := newRepo(t)
	r.commit("readme", "text\n")
	r.write("x.tgz", gzipped(t, "", tarred(t, "a/b", token(t, 1)+"\n")))
	r.git("add", "x.tgz")
	staged, err := r.open().Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	run(t, Options{}, staged).complete(t).wantSpots(t, "x.tgz!a/b:1:1")
	id := r.commit("readme", "more\n")
	brought, err := r.open().Range(id + "~1.." + id)
	if err != nil {
		t.Fatal(err)
	}
	run(t, Options{}, brought).complete(t).wantSpots(t, "x.tgz!a/b:1:1")
}

// A container that holds itself, or goes on for ever, ends at a limit, and says so.
func TestMembersWithoutEnd(t *testing.T) {
	deep := token(t, 1) + "\n"
	for range 9 {
		deep = gzipped(t, "", deep)
	}
	r := run(t, Options{}, files(t, folderOf(t, "deep", deep), "."))
	r.noticed(t, "deep!data!data!data!data!data!data!data!data", "more than 8 deep (--max-archive-depth)")
	r.wantSpots(t)

	limits := archive.Defaults()
	limits.Depth = 9
	run(t, Options{Archives: &limits}, files(t, folderOf(t, "deep", deep), ".")).complete(t).wantSpots(t, "deep"+strings.Repeat("!data", 9)+":1:1")

	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprint(i), gzipped(t, "", strings.Repeat("x", 5000))[:40])
	}
	r = run(t, Options{}, files(t, folderOf(t, "many.tar", tarred(t, append(many, "last", token(t, 1))...)), "."))
	r.noticed(t, "many.tar!7", "cut off")
	r.noticed(t, "many.tar", "10 more of what it holds could not be examined")
	r.wantSpots(t, "many.tar!last:1:1")
	if len(r.notices) != maxInnerGaps+1 {
		t.Errorf("%d notices", len(r.notices))
	}
}

// Members share bytes with each other, as those of a bomb do that needs no nesting.
func TestMembersOverlapping(t *testing.T) {
	one := zipped(t, zip.Deflate, "0", strings.Repeat("\x00", 2<<20))
	end := strings.LastIndex(one, "PK\x05\x06")
	dir := strings.Index(one, "PK\x01\x02")
	entry := one[dir:end]
	bomb := one[:dir] + strings.Repeat(entry, 60_000) + one[end:end+12]
	size := 60_000 * len(entry)
	bomb += string([]byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)}) + one[end+16:]
	limits := archive.Defaults()
	limits.Bytes = 256 << 20
	r := run(t, Options{Archives: &limits}, files(t, folderOf(t, "bomb.zip", bomb), "."))
	r.noticed(t, "bomb.zip", "--max-archive-size")
}

// The same, with archives that are read where they lie.
func TestMembersOverlappingArchives(t *testing.T) {
	one := zipped(t, zip.Store, "0", tarred(t, "pad", strings.Repeat("\n", 5<<20)))
	end, dir := strings.LastIndex(one, "PK\x05\x06"), strings.LastIndex(one, "PK\x01\x02")
	entry := one[dir:end]
	size := 1000 * len(entry)
	bomb := one[:dir] + strings.Repeat(entry, 1000) + one[end:end+12]
	bomb += string([]byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)}) + one[end+16:]
	limits := archive.Defaults()
	limits.Bytes = 64 << 20
	r := run(t, Options{Archives: &limits}, files(t, folderOf(t, "bomb.zip", bomb), "."))
	r.noticed(t, "bomb.zip", "--max-archive-size")
	if r.summary.Members > 40 {
		t.Errorf("%d members were examined", r.summary.Members)
	}
}

func TestMembersOptions(t *testing.T) {
	dir := folderOf(t, "a.zip", zipped(t, zip.Deflate, "vendor/x", token(t, 1), "y", token(t, 2)))
	r := run(t, Options{ExcludeMember: func(path string) bool { return strings.HasPrefix(path, "vendor/") }}, files(t, dir, "."))
	r.complete(t).wantSpots(t, "a.zip!y:1:1")
	if r.summary.Excluded != 1 || r.summary.Members != 1 {
		t.Errorf("%+v", r.summary)
	}
	r = run(t, Options{Archives: &archive.Limits{}}, files(t, dir, "."))
	r.complete(t).wantSpots(t)
	if r.summary.Skipped["archive"] != 1 {
		t.Errorf("%+v", r.summary)
	}
}

// Names of members are text: none leads anywhere, and credentials in them are found
// and masked.
func TestMemberNames(t *testing.T) {
	secret := token(t, 5)
	dir := folderOf(t, "sub/a.tar", tarred(t, "../../escaped", token(t, 1), "/etc/"+secret+".txt", "nothing\n", "b\x1b[2J\n!c", token(t, 2)))
	r := run(t, Options{}, files(t, dir, ".")).complete(t)
	if len(r.findings) != 3 {
		t.Errorf("%v", r.spots())
	}
	for _, spot := range r.spots() {
		if strings.Contains(spot, secret) {
			t.Error("a name is not masked")
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "..", "escaped")); err == nil {
		t.Error("something was written")
	}
}
