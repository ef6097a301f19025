package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// A state file is
//
//	stateMagic, the version of this layout in its last byte
//	32 bytes of key, see stateKey
//	the lengths of the four sections, 8 bytes each, the lowest byte first
//	marks: the objects that were examined, ascending
//	core: what the report needs where nothing is new
//	past: the attribution
//	rest: the places that only a new attribution needs
//	the SHA-256 of all that
//
// No section holds text of a credential that stands in a file: places are places,
// excerpts are masked, and credentials go by their fingerprint. Paths of files are what
// they are, for the next run knows the files by them: one whose own name is a credential
// stands there. Nobody but the user may read the file.
const (
	stateMagic   = "assay state\x00\x00\x00\x00\x02"
	stateVersion = 1 // bytes of the magic that are the version, at its end
	stateHead    = len(stateMagic) + sha256.Size + 8*sections
	sections     = 4
)

// maxState bounds a state file: 16 bytes an object, and the places, which
// maxPlaces bounds.
const maxState = 2 << 30

var (
	errOtherKey = errors.New("made with other rules, other options or another version of assay")
	errNotState = errors.New("no state file of assay")
)

// A saved is a state file in memory.
type saved struct {
	marks      markList
	core       core
	past, rest []byte // sections to be unpacked when they are needed
}

// A core is what the report needs where nothing is new.
type core struct {
	tips       [sha256.Size]byte // see Repository.tipsDigest
	listing    [sha256.Size]byte // see object.Store.Listing; zero unless the marks are all that it stands for
	attributed bool              // the attribution is known, for these objects and tips
	suppressed int
	places     []placesOf
}

// placesOf is a credential and places where it stands.
type placesOf struct {
	print  [sha256.Size]byte
	places []place
}

// readState reads a state file that was made under key. ok is false where there
// is none.
func readState(name string, key [sha256.Size]byte, set *rules.Set) (s *saved, err error) {
	data, err := readStateFile(name)
	if err != nil || data == nil {
		return nil, err
	}
	sum := len(data) - sha256.Size
	switch {
	case !ours(data):
		return nil, errNotState
	case sum < stateHead:
		return nil, errState
	case !bytes.Equal(data[:len(stateMagic)], []byte(stateMagic)):
		return nil, errOtherKey
	case sha256.Sum256(data[:sum]) != [sha256.Size]byte(data[sum:]):
		return nil, errState
	case [sha256.Size]byte(data[len(stateMagic):]) != key:
		return nil, errOtherKey
	}
	return parseState(data[:sum], set)
}

// ours reports whether a file begins as a state does, of whatever version.
func ours(data []byte) bool {
	return bytes.HasPrefix(data, []byte(stateMagic[:len(stateMagic)-stateVersion]))
}

// readStateFile returns the bytes of a state file, nil if it is absent or empty.
func readStateFile(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, plain(err)
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	case info.Size() > maxState:
		return nil, fmt.Errorf("more than %d bytes", maxState)
	case info.Size() == 0:
		return nil, nil
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, plain(err)
}

// parseState takes a state apart whose sum was right.
func parseState(data []byte, set *rules.Set) (*saved, error) {
	var parts [sections][]byte
	rest := data[stateHead:]
	for i := range parts {
		n := binary.LittleEndian.Uint64(data[stateHead-8*(sections-i):])
		if n > uint64(len(rest)) {
			return nil, errState
		}
		parts[i], rest = rest[:n], rest[n:]
	}
	s := &saved{marks: markList(parts[0]), past: parts[2], rest: parts[3]}
	if len(rest) > 0 || len(s.marks)%markSize != 0 {
		return nil, errState
	}
	u := unpack(parts[1], set)
	s.core.tips, s.core.listing = u.sum(), u.sum()
	s.core.attributed = u.bool()
	s.core.suppressed = u.int()
	s.core.places = u.places()
	return s, u.end()
}

// end returns the first fault, or that something is left over.
func (u *unpacker) end() error {
	if u.err == nil && len(u.rest) > 0 {
		u.fail()
	}
	return u.err
}

// places writes credentials with their places.
func (p *packer) places(all []placesOf) {
	p.uint(uint64(len(all)))
	for i := range all {
		p.raw(all[i].print[:])
		p.uint(uint64(len(all[i].places)))
		for k := range all[i].places {
			p.place(&all[i].places[k])
		}
	}
}

func (u *unpacker) places() (all []placesOf) {
	u.each(func() {
		g := placesOf{print: u.sum()}
		var last *sight
		u.each(func() {
			p := u.place(g.print)
			if last == nil || last.match != p.match || last.excerpt != p.excerpt || last.beside != p.beside {
				last = p.sight
			}
			p.sight = last
			g.places = append(g.places, p)
		})
		all = append(all, g)
	})
	return all
}

func (p *packer) place(at *place) {
	p.object(objectOf{at.id, at.kind})
	p.match(at.match)
	p.text(at.excerpt)
	p.text(at.lineHash)
	p.text(at.inner)
	p.region(at.region)
	if c := at.companion(); c != nil {
		p.region(c.Region)
	}
}

func (p *packer) region(r report.Region) {
	p.int(r.StartLine)
	p.int(r.StartColumn)
	p.int(r.EndLine)
	p.int(r.EndColumn)
}

func (u *unpacker) place(print [sha256.Size]byte) place {
	o := u.object()
	at := place{
		id: o.id, kind: o.kind, sight: &sight{print: print, match: u.match(), excerpt: u.text()}, lineHash: u.text(), inner: u.text(),
		region: u.region(),
	}
	if at.match != nil && at.match.Beside.Title != "" {
		at.beside = offsetOf(at.region, u.region())
	}
	return at
}

func (u *unpacker) region() report.Region {
	return report.Region{StartLine: u.int(), StartColumn: u.int(), EndLine: u.int(), EndColumn: u.int()}
}

// A silence is how many places in an object comments suppress.
type silence struct {
	objectOf
	places int
}

func (p *packer) silences(all []silence) {
	p.uint(uint64(len(all)))
	for _, s := range all {
		p.object(s.objectOf)
		p.int(s.places)
	}
}

func (u *unpacker) silences() (all []silence) {
	u.each(func() { all = append(all, silence{u.object(), u.int()}) })
	return all
}

// An attributionOf is an Attribution by fingerprints.
type attributionOf struct {
	spans   map[[sha256.Size]byte][]Span
	commits map[object.ID]*report.Commit
	placed  map[object.ID]bool
}

func (p *packer) attribution(a *attributionOf) {
	p.uint(uint64(len(a.spans)))
	for _, print := range slices.SortedFunc(maps.Keys(a.spans), func(x, y [sha256.Size]byte) int { return bytes.Compare(x[:], y[:]) }) {
		p.raw(print[:])
		p.uint(uint64(len(a.spans[print])))
		for _, s := range a.spans[print] {
			p.span(&s)
		}
	}
	p.uint(uint64(len(a.commits)))
	for _, id := range slices.SortedFunc(maps.Keys(a.commits), object.ID.Compare) {
		p.object(objectOf{id, object.Commit}) // or a tag, which says nothing here
		p.commit(a.commits[id])
	}
	p.uint(uint64(len(a.placed)))
	for _, id := range slices.SortedFunc(maps.Keys(a.placed), object.ID.Compare) {
		p.object(objectOf{id, object.Blob})
	}
}

func (u *unpacker) attribution() *attributionOf {
	a := &attributionOf{map[[sha256.Size]byte][]Span{}, map[object.ID]*report.Commit{}, map[object.ID]bool{}}
	u.each(func() {
		print := u.sum()
		var spans []Span
		u.each(func() { spans = append(spans, u.span()) })
		a.spans[print] = spans
	})
	u.each(func() {
		id := u.object().id
		a.commits[id] = u.commit()
	})
	u.each(func() { a.placed[u.object().id] = true })
	return a
}

func (p *packer) span(s *Span) {
	p.text(s.Path)
	p.object(objectOf{s.Blob, object.Blob})
	p.commit(s.Introduced)
	p.commit(s.Removed)
	p.int(s.Age)
	p.bool(s.AtHead)
	p.uint(uint64(len(s.Refs)))
	for _, r := range s.Refs {
		p.text(r)
	}
	p.int(s.RefsMore)
}

func (u *unpacker) span() Span {
	s := Span{Path: u.text(), Blob: u.object().id, Introduced: u.commit(), Removed: u.commit(), Age: u.int(), AtHead: u.bool()}
	u.each(func() { s.Refs = append(s.Refs, u.text()) })
	s.RefsMore = u.int()
	return s
}

// writeState replaces a state file. Whoever reads it meanwhile, or comes after a
// run that was killed here, finds the old one or the new one whole. Two runs at
// once write one after the other, and the last one stays: the work of the other
// is done once more some day, and nothing else is lost.
func writeState(name string, key [sha256.Size]byte, parts [sections][]byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+tempMark+"*") // mode 0600
	if err != nil {
		return plain(err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	head := append([]byte(stateMagic), key[:]...)
	for _, p := range parts {
		head = binary.LittleEndian.AppendUint64(head, uint64(len(p)))
	}
	sum := sha256.New()
	w := io.MultiWriter(f, sum)
	for _, p := range append([][]byte{head}, parts[:]...) {
		if _, err := w.Write(p); err != nil {
			return plain(err)
		}
	}
	if _, err := f.Write(sum.Sum(nil)); err != nil {
		return plain(err)
	}
	if err := f.Close(); err != nil {
		return plain(err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return plain(err)
	}
	sweep(name)
	return nil
}

// tempMark stands between the name of a state file and what makes the name of its
// next version, while that is being written, one of its own.
const tempMark = ".new-"

// staleAfter is how old a file is that nobody is still writing.
const staleAfter = time.Hour

// sweep removes what runs left behind that were killed while they wrote.
func sweep(name string) {
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), filepath.Base(name)+tempMark) && time.Since(info.ModTime()) > staleAfter {
			os.Remove(filepath.Join(filepath.Dir(name), e.Name()))
		}
	}
}
