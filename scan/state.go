package scan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// A State remembers between runs which objects of a store were examined and what
// they hold, so that a run examines only those that are new. It is a cache and no
// more: a report made with it says what one made without it says, but for
// Summary.Remembered and the counts of what was examined, and a file that is
// damaged, or was made with other rules or options, costs time only.
//
// Where objects, HEAD and refs are what they were, the attribution is remembered
// too, and nothing is read but the indexes of packs. Otherwise the commits and
// trees are all read once more, for the history of a credential depends on every
// one of them, but only what is new is examined.
//
// Objects that are damaged, or were not examined for another reason, are not
// remembered: they are met in each run. An object that rots after it was examined
// is not met again.
type State struct {
	name, version string
	key           [sha256.Size]byte
	set           *rules.Set
	problem       error

	old       *saved // what the file says, nil if it is of no use
	rest      []placesOf
	silent    []silence
	repo      *Repository // set by plan
	listing   [sha256.Size]byte
	planned   bool
	unchanged bool   // what old says is all that there is to say
	seen      []bool // by index in old.marks: the object is there
	tips      [sha256.Size]byte
	past      *attributionOf
	ready     *Attribution // past, where nothing changed

	mu      sync.Mutex
	learned [][]mark // what this run examined
	vague   bool     // something was not examined, and no object stands for it
}

// NewState returns a State that is kept in the named file; its folder must be
// there. version is that of the program: one does not believe another.
//
// A State is good for one Run.
func NewState(name, version string) *State { return &State{name: name, version: version} }

// Problem says after a run why the file was not used or could not be written; nil
// if it was, or if there was none yet.
func (s *State) Problem() error { return s.problem }

// Remember makes the history keep a State. It must be called before it is read.
func (h *History) Remember(s *State) { h.state = s }

// Folders returns where the repository lies: its working tree, if it has one, and
// its own directories, that with the objects last.
func (r *Repository) Folders() []string {
	if r.Worktree == "" {
		return []string{r.gitDir, r.common}
	}
	return []string{r.Worktree, r.gitDir, r.common}
}

// A rememberer is a Source that may keep a State.
type rememberer interface {
	Source
	memory() *State
}

func (h *History) memory() *State { return h.state }

// memories returns the states of the sources, opened, nil where there is none.
func memories(sources []Source, set *rules.Set, opt Options) []*State {
	all := make([]*State, len(sources))
	for i, s := range sources {
		if r, ok := s.(rememberer); ok && r.memory() != nil {
			all[i] = r.memory()
			all[i].open(set, opt)
		}
	}
	return all
}

// open reads the file.
func (s *State) open(set *rules.Set, opt Options) {
	s.set, s.key = set, stateKey(s.version, set, opt)
	var err error
	if s.old, err = readState(s.name, s.key, set); err != nil {
		s.old, s.problem = nil, fmt.Errorf("%w: it was not used", err)
	}
}

// stateKey is a hash, under the salt, of all that findings depend on apart from
// what is examined.
func stateKey(version string, set *rules.Set, opt Options) (key [sha256.Size]byte) {
	salt := opt.Salt
	if salt == nil {
		salt = []byte(DefaultSalt)
	}
	h := hmac.New(sha256.New, salt)
	digest := set.Digest()
	h.Write(digest[:])
	limits := archive.Defaults()
	if opt.Archives != nil {
		limits = *opt.Archives
	}
	fmt.Fprintf(h, "%d %t %t %q %+v %d", rules.Revision, opt.IgnoreInlineAllow, opt.LineHashes, version, limits, archive.Revision)
	h.Sum(key[:0])
	return key
}

// plan finds out what of a repository is new and returns the units that hold it.
func (s *State) plan(r *Repository) []object.Unit {
	s.planned, s.tips = true, r.tipsDigest()
	s.repo = r
	s.listing = r.listing()
	same := s.look()
	listed := len(r.store.Problems())
	if s.old != nil {
		s.unchanged = same && s.old.core.attributed && s.old.core.tips == s.tips
		if err := s.unpack(); err != nil {
			s.old, s.seen, s.unchanged = nil, nil, false
			s.problem = fmt.Errorf("%w: it was not used", err)
		}
	}
	if s.unchanged {
		return nil
	}
	units := s.units(r, object.Commit, object.Tree, object.Blob, object.Tag)
	s.vague = len(r.store.Problems()) > listed // seen on the way to the units
	return units
}

// unpack unpacks the sections that are needed.
func (s *State) unpack() error {
	u := unpack(s.old.rest, s.set)
	if s.unchanged {
		u = unpack(s.old.past, s.set)
		s.past = u.attribution()
	} else {
		s.rest, s.silent = u.places(), u.silences()
	}
	return u.end()
}

// units returns the units of a repository without what is remembered and of the
// types.
func (s *State) units(r *Repository, types ...object.Type) []object.Unit {
	if s.old == nil {
		return r.newUnits()
	}
	at := cursor{list: s.old.marks}
	return r.store.UnitsExcept(func(id object.ID) bool {
		i, ok := at.find(id)
		return ok && slices.Contains(types, s.old.marks.at(i).object()) || r.shared(id)
	})
}

// tipsDigest is a hash of HEAD, all refs and where the working tree of a submodule
// is: what an attribution depends on apart from the objects.
func (r *Repository) tipsDigest() (sum [sha256.Size]byte) {
	h := sha256.New()
	put := func(b []byte) {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
		h.Write(b)
	}
	put([]byte(r.at))
	put(r.head.Bytes())
	for _, ref := range r.refs {
		put([]byte(ref.Name))
		put(ref.ID.Bytes())
		put([]byte(ref.Target))
	}
	h.Sum(sum[:0])
	return sum
}

// listing identifies the list of objects in the store; zero where that is not known.
func (r *Repository) listing() (sum [sha256.Size]byte) {
	if len(r.elsewhere) > 0 {
		return sum
	}
	if listing, known := r.store.Listing(); known {
		sum = listing
	}
	return sum
}

// look notes which of the remembered objects are there, and reports whether these
// are all that were remembered, and all that are there.
func (s *State) look() (same bool) {
	switch {
	case s.old == nil:
		return false
	case s.listing == s.old.core.listing && s.listing != [sha256.Size]byte{}:
		s.seen = slices.Repeat([]bool{true}, s.old.marks.len())
		return true
	}
	s.seen, same = s.repo.compare(s.old.marks)
	return same
}

// compare reports which objects of a list are in the store, and whether these are
// all of the list and all of the store.
func (r *Repository) compare(list markList) (seen []bool, same bool) {
	seen, same = make([]bool, list.len()), true
	at := cursor{list: list}
	r.store.UnitsExcept(func(id object.ID) bool {
		i, ok := at.find(id)
		switch {
		case r.shared(id):
		case ok:
			seen[i] = true
		default:
			same = false
		}
		return true
	})
	return seen, same && !slices.Contains(seen, false)
}

// knows reports whether an object is remembered.
func (s *State) knows(id object.ID) bool {
	if s == nil || s.old == nil {
		return false
	}
	_, ok := s.old.marks.find(id)
	return ok
}

// there reports whether an object is remembered and still in the store.
func (s *State) there(id object.ID) bool {
	i, ok := s.old.marks.find(id)
	return ok && s.seen[i]
}

// A pupil notes which objects of a unit were examined.
type pupil struct {
	state   *State
	marks   []mark
	doubted bool // the object that comes next
}

func (h *History) pupil() *pupil { return &pupil{state: h.state} }

// doubt passes over the next object: the error before it may mean it.
func (p *pupil) doubt() { p.doubted = true }

func (p *pupil) add(id object.ID, t object.Type) {
	if p.state != nil && !p.doubted {
		p.marks = append(p.marks, markOf(id, t))
	}
	p.doubted = false
}

// done hands in the notes.
func (p *pupil) done() {
	if p.state == nil {
		return
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	p.state.learned = append(p.state.learned, p.marks)
}

// doubt notes that something was not examined which is no object. It would not be
// met again where the objects around it are not.
func (s *State) doubt() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vague = true
}

// recall hands what is remembered of objects that are not read again to the
// collector.
func (s *State) recall(c *collector, source int) {
	if !s.planned || s.old == nil {
		return
	}
	for _, there := range s.seen {
		if there {
			c.summary.Remembered++
		}
	}
	s.recallPlaces(c, source, s.old.core.places)
	if s.unchanged {
		c.summary.Suppressed += s.old.core.suppressed
		s.ready = s.past.numbered(c)
		return
	}
	s.recallPlaces(c, source, s.rest)
	for _, o := range s.silent {
		if s.there(o.id) {
			c.suppress(source, o.objectOf, o.places)
		}
	}
	s.rest, s.silent, s.old.core.places = nil, nil, nil // the collector has them
}

func (s *State) recallPlaces(c *collector, source int, all []placesOf) {
	for i := range all {
		for _, p := range all[i].places {
			if s.unchanged || s.there(p.id) {
				p.source = source
				c.place(&p)
			}
		}
	}
}

// numbered returns the attribution with the numbers that a run gives credentials.
func (a *attributionOf) numbered(c *collector) *Attribution {
	n := &Attribution{Spans: map[int][]Span{}, Commits: a.commits, Placed: a.placed}
	for print, spans := range a.spans {
		if g := c.byPrint[print]; g != nil {
			n.Spans[g.index] = spans
		}
	}
	return n
}
