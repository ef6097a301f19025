package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const testVersion = "99.1.2"

// testTargets are this machine's and one that is packed in the other way. With
// ASSAY_RELEASE_ALL=1 they are all.
func testTargets() []target {
	if os.Getenv("ASSAY_RELEASE_ALL") == "1" {
		return allTargets()
	}
	return []target{{"linux", runtime.GOARCH}, {"windows", "amd64"}}
}

// built is a release in a folder, built once for all tests.
func built(t *testing.T) string {
	t.Helper()
	dir, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var temp string

var buildOnce = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	root, err := rootFolder(ctx)
	if err != nil {
		return "", err
	}
	return filepath.Join(temp, "first"), buildAt(ctx, root, filepath.Join(temp, "first"))
})

func buildAt(ctx context.Context, root, dir string) error {
	r, err := newRelease(root, testVersion)
	if err != nil {
		return err
	}
	return r.write(ctx, dir, testTargets(), io.Discard)
}

func TestMain(m *testing.M) {
	var err error
	if temp, err = os.MkdirTemp("", "assay-release-test"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(temp)
	os.Exit(code)
}

// Who builds the same source elsewhere, in another time zone, gets the same bytes.
func TestReproducible(t *testing.T) {
	dir := built(t)
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("GOFLAGS", "-race=false")
	t.Setenv("LANG", "de_DE.UTF-8")
	other := filepath.Join(t.TempDir(), "some where", "else")
	copySource(t, other)
	again := filepath.Join(t.TempDir(), "again")
	if err := buildAt(t.Context(), other, again); err != nil {
		t.Fatal(err)
	}
	names := filesBelow(t, dir)
	if got := filesBelow(t, again); !slices.Equal(got, names) || len(names) != 3*len(testTargets())+2 && os.Getenv("ASSAY_RELEASE_ALL") == "" {
		t.Fatalf("there are %v and %v", names, got)
	}
	for _, name := range names {
		if !bytes.Equal(read(t, dir, name), read(t, again, name)) {
			t.Errorf("%s is not the same in another folder", name)
		}
	}
}

// copySource copies what a build reads.
func copySource(t *testing.T, to string) {
	t.Helper()
	root, err := rootFolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum", "LICENSE", "README.md", "CHANGELOG.md", "audit", "cmd", "report", "rules", "scan"} {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			below, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			at := filepath.Join(to, below)
			if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
				return err
			}
			return os.WriteFile(at, text, 0o600) // with other modes than here
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func filesBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, name ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unpacked reads an archive of either form, without its first folder.
func unpacked(t *testing.T, name string) map[string][]byte {
	t.Helper()
	data, files := read(t, name), map[string][]byte{}
	keep := func(name string, r io.Reader) {
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, below, _ := strings.Cut(name, "/")
		files[below] = text
	}
	if strings.HasSuffix(name, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			keep(f.Name, r)
		}
		return files
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		keep(head.Name, r)
	}
}

func archiveOf(tg target) string {
	name := "assay_" + testVersion + "_" + tg.os + "_" + tg.arch
	if tg.os == "windows" {
		return name + ".zip"
	}
	return name + ".tar.gz"
}

// An archive holds what its users need, and nothing of the machine that made it.
func TestArchives(t *testing.T) {
	dir := built(t)
	root, err := rootFolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tg := range testTargets() {
		files := unpacked(t, filepath.Join(dir, archiveOf(tg)))
		for _, name := range []string{
			tg.program(), "LICENSE", "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES.txt", "man/man1/assay.1", "man/man1/assay-scan.1",
			"completions/assay.bash", "completions/_assay", "completions/assay.fish", "completions/assay.ps1",
		} {
			if len(files[name]) == 0 {
				t.Errorf("%v: %s is missing", tg, name)
			}
		}
		if !bytes.Contains(files["man/man1/assay.1"], []byte("assay "+testVersion)) {
			t.Errorf("%v: the manual is of another version", tg)
		}
		for name, text := range files {
			for _, of := range []string{root, temp, os.Getenv("HOME") + "/"} {
				if bytes.Contains(text, []byte(of)) {
					t.Errorf("%v: %s names %s", tg, name, of)
				}
			}
		}
	}
}

// The program says the version that it was built as.
func TestVersion(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: no target of this test runs here")
	}
	program := filepath.Join(t.TempDir(), "assay")
	files := unpacked(t, filepath.Join(built(t), archiveOf(testTargets()[0])))
	if err := os.WriteFile(program, files["assay"], 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "assay "+testVersion+" go") {
		t.Errorf("%q, %v", out, err)
	}
}

// The sums are those of the files, as another program reckons them.
func TestSums(t *testing.T) {
	sha256sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("SKIPPED: sha256sum is not here")
	}
	c := exec.CommandContext(t.Context(), sha256sum, "--check", "--strict", "SHA256SUMS")
	c.Dir = built(t)
	if out, err := c.CombinedOutput(); err != nil || strings.Count(string(out), ": OK\n") != 2*len(testTargets()) {
		t.Errorf("%s%v", out, err)
	}
}

// The bill of materials has the form that CycloneDX demands, and names what
// go version -m names.
func TestBill(t *testing.T) {
	dir := built(t)
	for _, tg := range testTargets() {
		archive := filepath.Join(dir, archiveOf(tg))
		text := read(t, archive+".cdx.json")
		var doc bill
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(t.TempDir(), tg.program())
		if err := os.WriteFile(program, unpacked(t, archive)[tg.program()], 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{goLibrary}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); f[0] == "dep" {
				want = append(want, f[1])
			}
		}
		var got []string
		for _, c := range doc.Components {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, want) || len(want) < 20 {
			t.Errorf("%v: the bill has %v, the binary %v", tg, got, want)
		}
		checkBill(t, text)
	}
}

// checkBill asks the schema, which .ci/run fetches.
func checkBill(t *testing.T, text []byte) {
	t.Helper()
	folder := os.Getenv("ASSAY_CYCLONEDX_SCHEMA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ASSAY_CYCLONEDX_SCHEMA is not set")
		}
		t.Skip("SKIPPED: the bill is not checked by the schema, for ASSAY_CYCLONEDX_SCHEMA does not name its folder")
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for name, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json", // a slip of the module
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, folder, file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("http://cyclonedx.org/schema/"+name, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", `"Apache-2.0"`, `"licenses"`} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.Replace(text, []byte(wrong), []byte(`"no such thing"`), min(len(wrong), 1))))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != (wrong == "") {
			t.Errorf("with %s broken the schema says %v", wrong, err)
		}
	}
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "usage"},
		{[]string{"build", "1.2"}, "usage"},
		{[]string{"build", "1.2", dir}, `"1.2" is not a version`},
		{[]string{"build", "1.2.3+build", dir}, "is not a version"},
		{[]string{"build", "1.2.3", dir, "plan9/mips"}, `"plan9/mips" is none of the targets`},
		{[]string{"build", "1.2.3", dir}, "is there already"},
		{[]string{"notes", "99.0.0"}, "no section"},
		{[]string{"notes", "x"}, "is not a version"},
	} {
		err := run(t.Context(), c.args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(err.Error(), "releases are built with") {
			t.Errorf("%v: %v, want %q", c.args, err, c.want)
		}
	}
}

// The formula names the four archives that Homebrew takes, by their sums.
func TestFormula(t *testing.T) {
	r := &release{version: testVersion}
	var all []archived
	for i, tg := range allTargets() {
		all = append(all, archived{tg, product{archiveOf(tg), []byte{byte(i)}}})
	}
	made, err := r.formula(all)
	if err != nil {
		t.Fatal(err)
	}
	text := string(made.data)
	for _, a := range all {
		want := "url \"" + home + "/releases/download/v" + testVersion + "/" + a.archive.name + "\"\n      sha256 \"" + a.archive.sum() + "\"\n"
		if got := strings.Contains(text, want); got != (a.target.os != "windows") {
			t.Errorf("%v is in the formula: %v", a.target, got)
		}
	}
	for _, want := range []string{"  on_macos do\n    on_intel do\n", "    on_arm do\n", "  on_linux do\n    on_intel do\n", "class Assay < Formula\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the formula has no %q", want)
		}
	}
	ruby, err := exec.LookPath("ruby")
	if err != nil {
		t.Skip("SKIPPED: the syntax of the formula is not checked, for ruby is not here")
	}
	check := func(text string) error {
		c := exec.CommandContext(t.Context(), ruby, "-wc")
		c.Stdin = strings.NewReader(text)
		out, err := c.CombinedOutput()
		if err == nil && string(out) != "Syntax OK\n" {
			t.Errorf("ruby: %s", out)
		}
		return err
	}
	if err := check(text); err != nil {
		t.Error(err)
	}
	if check(strings.Replace(text, "on_macos do", "on_macos", 1)) == nil {
		t.Error("a broken formula passes")
	}
}
