package rules

import (
	"bytes"
	"go/build"
	"os"
	"path/filepath"
	"testing"
)

// Real text has what no generator thinks of: the source of Go that deals with
// credentials, certificates and addresses, file by file.
func TestFindSource(t *testing.T) {
	set := slowBuiltin()
	limit := 1 << 20 // bytes
	if testing.Short() {
		limit = 128 << 10
	}
	files := 0
	for _, pattern := range []string{"net/url/*_test.go", "crypto/tls/*_test.go", "crypto/x509/*_test.go", "net/http/*_test.go", "cmd/go/internal/*/*.go", "encoding/*/*_test.go"} {
		names, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if limit -= len(text); limit < 0 {
				break
			}
			files++
			compareFind(t, set, text)
			compareFind(t, set, bytes.ToUpper(text))
		}
	}
	if files == 0 {
		t.Skip("the source of Go is not here")
	}
}

// Where the text is cut for the search of literals changes nothing: a match is found
// wherever it stands about a seam, and once.
func TestFindSeams(t *testing.T) {
	set := slowBuiltin()
	r := set.lookup("github-personal-access-token")
	token, err := r.Expand(r.Examples[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("\n" + token + "\npassword = \"tr0ub4dor&3x\"\n") // assay:allow made up for the test
	want := set.Find(nil, text)
	if len(want) < 2 {
		t.Fatalf("found %d matches", len(want))
	}
	for before := stretch - len(text) - 2; before < stretch+2; before++ {
		pad := bytes.Repeat([]byte("a line of text\n"), before/15+1)[:before]
		got := set.Find(nil, append(pad, text...))
		if len(got) != len(want) {
			t.Fatalf("%d bytes before: %d matches, want %d", before, len(got), len(want))
		}
		for i, m := range got {
			if m.Start-before != want[i].Start || m.End-before != want[i].End || m.Rule != want[i].Rule {
				t.Errorf("%d bytes before: %s at %d", before, m.Rule.ID, m.Start-before)
			}
		}
	}
}
