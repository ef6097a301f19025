package scan

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// Content that Git LFS keeps elsewhere stands in history as a pointer: a text of
// less than 1,024 bytes that begins with the line "version" and has lines with the
// SHA-256 and size of the content. See docs/spec.md of git-lfs.
const maxPointer = 1024

var (
	pointerStart    = []byte("version https://")
	pointerVersions = []string{"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"}
)

// A pointers counts the pointers of a repository whose content is not at hand.
type pointers struct {
	common string // the directory that Git LFS keeps content below

	mu     sync.Mutex
	absent map[string]bool // by hash; only those are known that were asked for
	size   int64
}

// lacks reports whether an object is a pointer to content that is not at hand.
func (p *pointers) lacks(content []byte) bool {
	hash, size, ok := asPointer(content)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	absent, known := p.absent[hash]
	if !known {
		absent = !p.has(hash, size)
		if p.absent == nil {
			p.absent = map[string]bool{}
		}
		if p.absent[hash] = absent; absent {
			p.size += min(size, 1<<62-p.size)
		}
	}
	return absent
}

// has reports whether the content is there, and not behind a symbolic link, which
// the scan of files does not follow either.
func (p *pointers) has(hash string, size int64) bool {
	name := p.common
	for part := range strings.SplitSeq(path.Dir(pathOf(hash)), "/") {
		name = filepath.Join(name, part)
		if info, err := os.Lstat(name); err != nil || !info.IsDir() {
			return false
		}
	}
	info, err := os.Lstat(filepath.Join(name, hash))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// pathOf returns where below the common directory Git LFS keeps content.
func pathOf(hash string) string {
	return "lfs/objects/" + hash[:2] + "/" + hash[2:4] + "/" + hash
}

// asPointer returns what a pointer to content says; ok is false for anything else.
// That is decided by length and first bytes for nearly all blobs.
func asPointer(content []byte) (hash string, size int64, ok bool) {
	if len(content) >= maxPointer || !bytes.HasPrefix(content, pointerStart) {
		return "", 0, false
	}
	hash, size, ok = parsePointer(string(content))
	return hash, size, ok && size > 0
}

// kept yields the content of a blob that is a pointer, where the files of Git LFS
// are not examined for themselves. It has the place of the blob.
func (r *Repository) kept(subject string, b Blob, yield func(Blob, error) bool) bool {
	hash, size, ok := asPointer(b.Content)
	if b.Type != object.Blob || !ok {
		return true
	}
	gap := func(err error) bool { return yield(Blob{}, &Gap{Subject: subject, Err: err}) }
	dir, err := openFolder(r.common)
	if err != nil {
		return gap(plain(err))
	}
	defer dir.Close()
	file, have, err := dir.open(pathOf(hash))
	if err != nil {
		return gap(fmt.Errorf("%w: %w", errPointer, plain(err)))
	}
	defer file.Close()
	if have != size {
		return gap(errPointer)
	}
	data, more, err := new(fileBuffer).fill(file, size)
	if err != nil {
		return gap(err)
	}
	b.Content = data
	if more {
		b.Rest = file
	}
	return yield(b, nil)
}

var errPointer = errors.New("its content, which Git LFS keeps elsewhere, is not here and was not examined; run git lfs fetch")

// parsePointer returns the hash and the size of the content that a pointer stands
// for.
func parsePointer(text string) (hash string, size int64, ok bool) {
	size = -1
	for i, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r"), " ")
		switch {
		case i == 0 && (key != "version" || !slices.Contains(pointerVersions, value)):
			return "", 0, false
		case key == "oid":
			hash, _ = strings.CutPrefix(value, "sha256:")
		case key == "size":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				size = n
			}
		}
	}
	raw, err := hex.DecodeString(hash)
	return hash, size, err == nil && len(raw) == 32 && hash == strings.ToLower(hash) && size >= 0
}

// gap says what was not at hand, nil if nothing was asked for in vain.
func (p *pointers) gap() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, absent := range p.absent {
		if absent {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &Gap{Subject: "Git LFS", Err: report.Absent{Files: n, Bytes: p.size}}
}
