package scan

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/assayhq/assay/scan/archive"
)

// broken returns the notice of a panic, which a run survives and a test must not.
func (r *record) broken() string {
	for _, n := range r.notices {
		if strings.Contains(n.Err.Error(), "internal error") {
			return n.Err.Error()
		}
	}
	return ""
}

// FuzzContent examines any bytes under any name, with all that may be in them:
// credentials, containers, UTF-16, comments that suppress.
func FuzzContent(f *testing.F) {
	f.Add("a.txt", []byte("key = "+token(f, 1)+" # assay:allow[other] why\n// assay:allow-next-line\r\nx\n"))
	f.Add(".env", utf16Of("\ufeffpassword = \""+strings.Repeat("x!7", 5)+"\"\r\n"))
	f.Add("a.zip", []byte(zipped(f, zip.Deflate, "inner.txt", "key = "+token(f, 2))))
	f.Add("-", []byte("YTogYg== \\u0061 &#97; %61 0x61"))
	limits := archive.Defaults()
	limits.Bytes, limits.Members = 1<<20, 100
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		r := run(t, Options{Workers: 1, LineHashes: true, Archives: &limits}, Stream{Name: name, Reader: bytes.NewReader(content)})
		if why := r.broken(); why != "" {
			t.Fatal(why)
		}
		for _, found := range r.findings {
			for _, l := range found.Occurrences {
				if at := l.Region; at.StartLine < 1 || at.StartColumn < 1 || at.EndLine < at.StartLine {
					t.Fatalf("a match at %+v", at)
				}
			}
			if !utf8.ValidString(found.Excerpt) || strings.ContainsAny(found.Excerpt, "\n\r\x00\x1b") {
				t.Fatalf("excerpt %q", found.Excerpt)
			}
		}
	})
}

// FuzzUTF16 reads text byte by byte and compares with Go's own decoder.
func FuzzUTF16(f *testing.F) {
	f.Add(utf16Of("\ufeffa line\r\n\U0001F600"), false)
	f.Add([]byte{0xd8, 0x00, 0xd8, 0x3d, 0xde, 0x00}, true)
	f.Fuzz(func(t *testing.T, text []byte, big bool) {
		var order binary.ByteOrder = binary.LittleEndian
		if big {
			order = binary.BigEndian
		}
		var units []uint16
		for i := 0; i+1 < len(text); i += 2 {
			units = append(units, order.Uint16(text[i:]))
		}
		want := strings.TrimPrefix(string(utf16.Decode(units)), string(byteOrderMark))
		r := newUTF16Reader(&Blob{Content: text[:len(text)/2], Rest: iotest.OneByteReader(bytes.NewReader(text[len(text)/2:]))}, order)
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		// A half of a pair at the end is cut off, not replaced.
		if string(got) != want && string(got)+string(utf8.RuneError) != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// FuzzPatterns matches any path by any ignore file. Lines that say nothing change
// nothing, and the lines of a folder count nowhere else.
func FuzzPatterns(f *testing.F) {
	f.Add("*.txt\n!a.txt\n/b/**/c\n[a-z]/\n", "b/x/c")
	f.Add("**/**/**/a\n"+strings.Repeat("*a", 20)+"b\n", strings.Repeat("a", 40))
	f.Add("\\!a\n[[:alpha:]-\\]]\n[!]a]", "a/]")
	f.Fuzz(func(t *testing.T, text, path string) {
		ignored := ParsePatterns(text, "").Match(path, false)
		if again := ParsePatterns(text+"\n# x\n\n", "").Match(path, false); again != ignored {
			t.Errorf("ignored %v, with a comment more %v", ignored, again)
		}
		below := ParsePatterns(text, "folder")
		if below.Match(path, false) && !strings.HasPrefix(path, "folder/") {
			t.Errorf("patterns of a folder match %q", path)
		}
	})
}

// fuzzedFiles are those of a repository that are read before any object is.
var fuzzedFiles = [...]string{
	".git/config", ".git/HEAD", ".git/packed-refs", ".git/shallow", ".git/index", ".git/objects/info/alternates", ".git/info/exclude", ".gitignore",
	".git/logs/HEAD", ".git/refs/heads/main", ".git/commondir", ".git/worktrees/w/gitdir", ".git/modules/m/HEAD", ".gitmodules", ".gitattributes", ".git/FETCH_HEAD",
}

// FuzzRepositoryFiles writes any bytes into one of the files that lead to all else. The
// credential in the working tree is found whatever they say, or the run is not clean.
func FuzzRepositoryFiles(f *testing.F) {
	for i, text := range []string{
		"[core]\n\tworktree = ../..\n[extensions]\n\tobjectFormat = sha256\n\trefStorage = reftable\n", "ref: refs/heads/main\n", "# pack-refs with: peeled\n",
		strings.Repeat("1", 40), "DIRC", "/\n../../..\n", "*\n", "a.txt\n",
	} {
		f.Add(byte(i), []byte(text))
	}
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		dir := t.TempDir()
		name := fuzzedFiles[int(which)%len(fuzzedFiles)]
		for file, content := range map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/keep": "", ".git/objects/keep": "", "a.txt": "key = " + token(t, 1), name: string(text)} {
			file = filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		repo, err := OpenRepository(dir, builtin())
		if err != nil {
			return // the command says so and ends with an error
		}
		defer repo.Close()
		own, err := repo.GitFiles()
		if err != nil {
			return
		}
		defer own.Close()
		r := run(t, Options{Workers: 1}, files(t, dir, "."), repo.History(), own)
		if why := r.broken(); why != "" {
			t.Fatalf("%s: %s", name, why)
		}
		if len(r.findings) == 0 && len(r.notices) == 0 {
			t.Fatalf("%s: nothing is found, and nothing is said", name)
		}
	})
}
