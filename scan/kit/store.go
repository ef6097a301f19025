package kit

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A store is a Git directory that is written without git: faster, and also what git
// refuses to write.
type store struct {
	*Site
	dir string
	new func() hash.Hash
}

// bare makes an empty repository in a folder.
func (s *Site) bare(dir string) *store {
	r := &store{s, dir, sha1.New}
	for _, sub := range []string{"objects/pack", "objects/info", "refs/heads"} {
		s.must(os.MkdirAll(filepath.Join(dir, sub), 0o777))
	}
	s.put(filepath.Join(dir, "HEAD"), "ref: refs/heads/main\n")
	s.put(filepath.Join(dir, "config"), "[core]\n\trepositoryformatversion = 0\n")
	return r
}

// repo makes an empty repository with the site as its working tree.
func (s *Site) repo() *store { return s.bare(s.path(".git")) }

// repo256 is repo with SHA-256 ids.
func (s *Site) repo256() *store {
	r := s.repo()
	r.new = sha256.New
	s.put(r.file("config"), "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n")
	return r
}

// file returns a path in the Git directory.
func (r *store) file(name string) string { return filepath.Join(r.dir, name) }

// save writes a file in the Git directory.
func (r *store) save(name, content string) { r.put(r.file(name), content) }

// id returns the id of an object as bytes.
func (r *store) id(kind, data string) []byte {
	h := r.new()
	fmt.Fprintf(h, "%s %d\x00%s", kind, len(data), data)
	return h.Sum(nil)
}

// deflated packs as Git does.
func deflated(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	io.WriteString(w, data) // a Buffer takes everything
	w.Close()
	return b.String()
}

// loose writes an object and returns its id.
func (r *store) loose(kind, data string) string {
	id := hex.EncodeToString(r.id(kind, data))
	r.save(loosePath(id), deflated(fmt.Sprintf("%s %d\x00%s", kind, len(data), data)))
	return id
}

func loosePath(id string) string { return "objects/" + id[:2] + "/" + id[2:] }

// blob writes a blob.
func (r *store) blob(data string) string { return r.loose("blob", data) }

// An entry is one of a tree.
type entry struct{ mode, name, id string }

func file(name, id string) entry   { return entry{"100644", name, id} }
func folder(name, id string) entry { return entry{"40000", name, id} }

// treeText returns the content of a tree, in the order given.
func treeText(entries ...entry) string {
	var b strings.Builder
	for _, e := range entries {
		raw, err := hex.DecodeString(e.id)
		if err != nil {
			panic(failure{err})
		}
		fmt.Fprintf(&b, "%s %s\x00%s", e.mode, e.name, raw)
	}
	return b.String()
}

func (r *store) tree(entries ...entry) string { return r.loose("tree", treeText(entries...)) }

const person = "Ada <ada@example.org> 1700000000 +0000"

// commitText returns the content of a commit. headers are whole lines.
func commitText(tree, message, headers string, parents ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s\ncommitter %s\n%s\n%s\n", person, person, headers, message)
	return b.String()
}

// commit writes a commit and has main name it.
func (r *store) commit(tree string, parents ...string) string {
	id := r.loose("commit", commitText(tree, "a commit", "", parents...))
	r.ref("refs/heads/main", id)
	return id
}

// ref writes a ref.
func (r *store) ref(name, id string) { r.save(name, id+"\n") }

// files commits files, given as name and content in turn.
func (r *store) files(pairs ...string) string {
	var entries []entry
	for i := 0; i < len(pairs); i += 2 {
		entries = append(entries, file(pairs[i], r.blob(pairs[i+1])))
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return r.commit(r.tree(entries...))
}

// tagText returns the content of a tag object.
func tagText(id, kind, message string) string {
	return fmt.Sprintf("object %s\ntype %s\ntag v1\ntagger %s\n\n%s\n", id, kind, person, message)
}
