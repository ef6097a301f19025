package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// build makes the repository in two halves, between which a state may be written.
func (k *soaked) build() error {
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return err
	}
	format := "sha1"
	if k.one(6) {
		format = "sha256"
	}
	if err := k.git("init", "-q", "-b", "main", "--object-format="+format); err != nil {
		return err
	}
	k.lines = []soakLine{{name: "main", files: map[string][]byte{}}}
	if err := k.history(1 + k.rng.IntN(12)); err != nil {
		return err
	}
	if k.state = k.one(2); k.state {
		if _, _, err := k.scan("--state", filepath.Join(k.room, "state")); err != nil {
			return err
		}
	}
	if err := k.history(1 + k.rng.IntN(12)); err != nil {
		return err
	}
	if err := k.git("reset", "-q", "--hard", "main"); err != nil {
		return err
	}
	steps := []func() error{k.tagged, k.noted, k.stashed, k.dangling, k.configured, k.staged, k.unsaved, k.linked, k.submodule, k.alternate, k.packed, k.collected, k.pickedUp}
	k.rng.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	for _, step := range steps[:k.rng.IntN(len(steps)+1)] {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// history imports n commits: edits, renames, removals, forks, merges of two and more.
func (k *soaked) history(n int) error {
	var s bytes.Buffer
	begun := map[string]bool{}
	for range n {
		l := &k.lines[k.rng.IntN(len(k.lines))]
		fork := len(k.lines) < 5 && k.commits > 0 && k.one(4)
		from := l.name
		if fork {
			k.lines = append(k.lines, soakLine{name: fmt.Sprint("line-", len(k.lines)), files: clone(l.files)})
			l = &k.lines[len(k.lines)-1]
		}
		message := "work"
		if k.one(8) {
			message += " with " + k.plant("a commit's message")
		}
		author := "Ada"
		if k.one(20) {
			author = k.plant("an author's name")
		}
		k.commits++
		date := 1_600_000_000 + 60*k.commits
		fmt.Fprintf(&s, "commit refs/heads/%s\nauthor %s <a@example.org> %d +0100\ncommitter C <c@example.org> %d +0000\ndata %d\n%s\n", l.name, author, date, date, len(message), message)
		if from != l.name || k.commits > 1 && !begun[l.name] {
			fmt.Fprintf(&s, "from %s\n", tipOf(from, begun))
		}
		if len(k.lines) > 1 && k.one(3) {
			k.merge(&s, l, begun)
		}
		begun[l.name] = true
		k.edit(l)
		s.WriteString("deleteall\n")
		for _, path := range l.sortedFiles() {
			fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", path, len(l.files[path]), l.files[path])
		}
	}
	_, err := k.gitWith(s.Bytes(), "fast-import", "--quiet")
	return err
}

// tipOf names the tip of a branch, which is in the repository or in the stream.
func tipOf(branch string, begun map[string]bool) string {
	if begun[branch] {
		return "refs/heads/" + branch
	}
	return "refs/heads/" + branch + "^0"
}

func clone(files map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	for path, text := range files {
		all[path] = text
	}
	return all
}

// merge takes other branches in. A credential can be born in a merge.
func (k *soaked) merge(s *bytes.Buffer, l *soakLine, begun map[string]bool) {
	for i := range k.lines {
		if other := &k.lines[i]; other.name != l.name && k.one(2) {
			fmt.Fprintf(s, "merge %s\n", tipOf(other.name, begun))
			for path, text := range other.files {
				l.files[path] = text
			}
		}
	}
}

// edit changes the files of a branch.
func (k *soaked) edit(l *soakLine) {
	for range 1 + k.rng.IntN(4) {
		paths := l.sortedFiles()
		path := fmt.Sprintf("dir%d/file%d.txt", k.rng.IntN(3), k.rng.IntN(30))
		switch {
		case len(paths) > 0 && k.one(6):
			delete(l.files, paths[k.rng.IntN(len(paths))])
		case len(paths) > 0 && k.one(6):
			old := paths[k.rng.IntN(len(paths))]
			l.files["moved/"+filepath.Base(old)] = l.files[old]
			delete(l.files, old)
		case len(paths) > 0 && k.one(3):
			old := paths[k.rng.IntN(len(paths))]
			if strings.HasSuffix(old, ".txt") {
				l.files[old] = append(bytes.Clone(l.files[old]), "another line\n"...)
			}
		default:
			l.files[path] = []byte(strings.Repeat("a line of text\n", 1+k.rng.IntN(200)))
		}
	}
	if k.one(20) {
		l.files["named/"+k.plant("a file's name")] = []byte("x\n")
	}
	if k.one(2) { // the last, so that it is committed
		name, text := k.form(fmt.Sprintf("dir%d/file%d", k.rng.IntN(3), k.rng.IntN(30)))
		l.files[name] = text
	}
}

// form is a file with a credential in one of the forms that it takes.
func (k *soaked) form(name string) (path string, content []byte) {
	const filler = "some words of no meaning\n"
	around := func(line string) []byte {
		return []byte(strings.Repeat(filler, k.rng.IntN(50)) + line + "\n" + strings.Repeat(filler, k.rng.IntN(50)))
	}
	switch k.rng.IntN(8) {
	case 0:
		return name + ".yaml", around("data: " + base64.StdEncoding.EncodeToString([]byte("user: "+k.plant("base64"))))
	case 1:
		return name + ".conf", around("value = " + hex.EncodeToString([]byte("key "+k.plant("hex"))))
	case 2:
		var b strings.Builder
		for _, c := range []byte(k.plant("escapes")) {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		return name + ".json", around(`{"key":"` + b.String() + `"}`)
	case 3:
		text := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune("key = " + k.plant("UTF-16") + "\r\n")) {
			text = binary.LittleEndian.AppendUint16(text, u)
		}
		return name + ".ps1", text
	case 4:
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.Create("inner/.env") // a Buffer takes everything
		fmt.Fprintln(w, "KEY="+k.plant("a zip archive"))
		z.Close()
		return name + ".zip", b.Bytes()
	case 5:
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		fmt.Fprintln(z, "KEY="+k.plant("gzip"))
		z.Close()
		return name + ".gz", b.Bytes()
	case 6:
		return name + ".bin", append([]byte("\x00\x01\x02"), around(" "+k.plant("a binary file")+" ")...)
	}
	return name + ".env", around("KEY=" + k.plant("text"))
}

func (k *soaked) write(name, text string) error {
	name = filepath.Join(k.dir, name)
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644))
}

func (k *soaked) tagged() error {
	return k.git("tag", "-a", "-m", "tag "+k.plant("a tag's message"), fmt.Sprint("v", k.rng.IntN(100)))
}

func (k *soaked) noted() error { return k.git("notes", "add", "-f", "-m", k.plant("a note"), "main") }

func (k *soaked) stashed() error {
	if err := k.write("stashed.txt", "KEY="+k.plant("a stash")+"\n"); err != nil {
		return err
	}
	return cmp.Or(k.git("stash", "push", "-q", "-u"), k.git("reset", "-q", "--hard", "main"))
}

// dangling leaves a commit that no ref leads to.
func (k *soaked) dangling() error {
	tree, err := k.gitWith(nil, "rev-parse", "main^{tree}")
	if err == nil {
		_, err = k.gitWith(nil, "commit-tree", "-m", "lost "+k.plant("a commit that nothing leads to"), tree)
	}
	return err
}

func (k *soaked) configured() error {
	return k.git("config", "remote.origin.url", "https://"+k.plant("the configuration")+"@example.org/x.git")
}

func (k *soaked) staged() error {
	if err := k.write("staged.txt", "KEY="+k.plant("the index alone")+"\n"); err != nil {
		return err
	}
	return cmp.Or(k.git("add", "staged.txt"), os.Remove(filepath.Join(k.dir, "staged.txt")))
}

func (k *soaked) unsaved() error {
	name, text := k.form("unsaved")
	return k.write(name, string(text))
}

// linked makes a second working tree with something staged in it.
func (k *soaked) linked() error {
	tree := filepath.Join(k.room, "linked")
	if err := k.git("worktree", "add", "-q", "--detach", tree, "main"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tree, "there.txt"), []byte("KEY="+k.plant("a linked working tree")+"\n"), 0o644); err != nil {
		return err
	}
	return k.git("-C", tree, "add", "there.txt")
}

// other makes a second repository with one commit.
func (k *soaked) other(name, place string) (string, error) {
	dir := filepath.Join(k.room, name)
	format, err := k.gitWith(nil, "rev-parse", "--show-object-format")
	if err != nil {
		return "", err
	}
	text := "KEY=" + k.plant(place) + "\n"
	return dir, errors.Join(k.git("init", "-q", "-b", "main", "--object-format="+format, dir), os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text), 0o644),
		k.git("-C", dir, "add", "."), k.git("-C", dir, "commit", "-q", "-m", "theirs"))
}

func (k *soaked) submodule() error {
	dir, err := k.other("module", "a submodule")
	return cmp.Or(err, k.git("submodule", "--quiet", "add", dir, "module"))
}

func (k *soaked) alternate() error {
	dir, err := k.other("alternate", "another repository's objects")
	return cmp.Or(err, k.write(".git/objects/info/alternates", filepath.Join(dir, ".git", "objects")+"\n"))
}

func (k *soaked) packed() error { return k.git("repack", "-q", "-a", "-d", "-f", "--depth=20") }

// collected lets Git tidy up, without the removal of what nothing leads to.
func (k *soaked) collected() error { return k.git("gc", "--quiet", "--no-prune") }

func (k *soaked) pickedUp() error { return k.git("pack-refs", "--all") }
