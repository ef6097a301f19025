package scan

import (
	"context"
	"iter"
	"slices"
	"sort"
	"sync"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// Trees is the part of a History that is read last: all trees of the store. It
// yields the names in them, for these may hold credentials, and notes where the
// folders stand and the blobs that hold credentials. It is read once.
type Trees struct {
	history *History
	trees   *trees

	mu       sync.Mutex
	planters []*planter
	idle     []*planter
	names    map[string]uint32
	name     []string
}

// A rawTree is what matters of a tree as it was read: what it takes away from
// another tree and what it adds.
type rawTree struct {
	base    uint32 // the number of the other tree, noTree for the empty one
	removed int32  // how many of the edits are entries that base has and it has not
	edits   []treeEntry
	tree    uint32 // the number of what remains of it, once it is known
	state   rawState
}

// Rest implements Sequel.
func (h *History) Rest(held []Held) Source {
	t := &Trees{history: h, trees: newTrees(), names: map[string]uint32{}}
	t.trees.announceSets(held)
	if len(held) > 0 {
		h.again()
	}
	h.sort()
	h.trees = t
	return t
}

// Units implements Source.
func (t *Trees) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		if gap := t.history.lfs.gap(); gap != nil && !yield(nil, gap) {
			return
		}
		for _, u := range t.history.units {
			if u.Has(object.Tree) && (ctx.Err() != nil || !yield(t.plant(u), nil)) {
				return
			}
		}
		for _, u := range t.history.former {
			if len(t.history.others) > 0 && u.Has(object.Tree) && (ctx.Err() != nil || !yield(passingOver(t.plant(u)), nil)) {
				return
			}
		}
	}
}

// plant takes in the trees of a unit and yields what in them may matter to the
// rules.
func (t *Trees) plant(u object.Unit) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			p := t.planter()
			defer t.done(p)
			learned := t.history.pupil()
			defer learned.done()
			for o, err := range t.history.objects(u, isTree) {
				if err != nil {
					learned.doubt()
					if !yield(Blob{}, err) {
						return
					}
					continue
				}
				names, err := p.add(&o)
				if err != nil {
					learned.doubt()
					if !yield(Blob{}, &Gap{Subject: "tree " + o.ID.String(), Err: err}) {
						return
					}
				}
				for _, id := range p.missing {
					learned.doubt()
					if !yield(Blob{}, missingObject(id)) {
						return
					}
				}
				if t.history.state.knows(o.ID) {
					continue
				}
				b := Blob{ID: o.ID, Type: object.Tree, Content: names, Size: int64(len(o.Data))}
				if err != nil {
					b.Content, b.raw = o.Data, true
				}
				if !yield(b, nil) {
					return
				}
				learned.add(o.ID, object.Tree)
			}
		}
	}
}

// passingOver reads a unit for what it says of history and yields only what is wrong
// with it.
func passingOver(u Unit) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, err := range u() {
				if err != nil && !yield(Blob{}, err) {
					return
				}
			}
		}
	}
}

func isTree(t object.Type) bool { return t == object.Tree }

// planter returns an idle planter, or a new one.
func (t *Trees) planter() *planter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.idle); n > 0 {
		p := t.idle[n-1]
		t.idle = t.idle[:n-1]
		return p
	}
	p := &planter{to: t, present: t.history.present(), set: t.history.repo.set, names: map[string]metName{}, placed: make([]bool, len(t.trees.blobID))}
	t.planters = append(t.planters, p)
	return p
}

func (t *Trees) done(p *planter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.idle = append(t.idle, p)
}

func (t *Trees) intern(name []byte) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.names[string(name)]
	if !ok {
		n = uint32(len(t.name))
		t.name = append(t.name, string(name))
		t.names[t.name[n]] = n
	}
	return n
}

// A planter takes in trees, one unit after the other. Most trees are edits of
// another one: what they share with it is not parsed again.
type planter struct {
	to      *Trees
	set     *rules.Set
	levels  []treeLevel // by depth of edits
	taken   []bool      // of what the base keeps
	added   []treeEntry
	names   map[string]metName
	latest  []lastFolder // by number of name
	find    []rules.Match
	text    []byte // what add returns
	present *object.Presence
	missing []object.ID // that the tree names and the store lacks
	placed  []bool      // by blob number: whether a tree holds it
	// The trees that were taken in, their ids, and the ids of the folders in them,
	// by which treeEntry.child goes until all trees are known.
	raw     pieces[rawTree]
	ids     pieces[object.ID]
	folders pieces[object.ID]
	arena   []treeEntry
}

// A treeLevel is what is known of the last tree at a depth of edits.
type treeLevel struct {
	sound  bool
	number uint32 // noTree where nothing of it matters
	starts []int  // of the entries, and at the end the length of the tree
	kept   []keptEntry
	placed bool // some of kept are
}

// A keptEntry is an entry that matters: a folder, a blob that holds a credential,
// or one whose name does.
type keptEntry struct {
	start, end int
	named      bool // its name holds a credential
	placed     bool // entry is set
	entry      treeEntry
}

// add takes in a tree. It returns the entries whose names the rules have to see:
// those that are new to an edit, and those in which they saw something before.
// They are reduced to a tree with empty ids, valid until the next call.
func (p *planter) add(o *object.Object) (names []byte, err error) {
	for len(p.levels) <= o.Depth {
		p.levels = append(p.levels, treeLevel{})
	}
	at := &p.levels[o.Depth]
	at.sound, at.starts, at.kept, at.placed = false, at.starts[:0], at.kept[:0], false
	p.text, p.added, p.taken, p.missing = p.text[:0], p.added[:0], p.taken[:0], p.missing[:0]
	var base *treeLevel
	if len(o.Copies) > 0 && o.Depth > 0 && p.levels[o.Depth-1].sound {
		base = &p.levels[o.Depth-1]
		p.taken = append(p.taken, make([]bool, len(base.kept))...)
	}
	err = p.read(at, base, o)
	at.starts = append(at.starts, len(o.Data))
	at.sound = err == nil
	at.number = p.keep(at, base, o.ID)
	return p.text, err
}

// read reads the entries of a tree. Those that base, of which the tree is an edit,
// has too are taken over.
func (p *planter) read(at, base *treeLevel, o *object.Object) error {
	pos := 0
	if base != nil {
		for _, c := range o.Copies {
			for pos < c.To { // what begins before the copy
				n, err := p.entry(at, o, pos, nil)
				if err != nil {
					return err
				}
				pos += n
			}
			next, err := p.take(at, base, o, c, pos)
			if err != nil {
				return err
			}
			pos = next
		}
	}
	for pos < len(o.Data) {
		n, err := p.entry(at, o, pos, nil)
		if err != nil {
			return err
		}
		pos += n
	}
	return nil
}

// take takes over the entries of base that the copy c holds whole, from pos of the
// new tree on, and reads the one that the copy ends in. It returns where that ends.
// Nothing is taken where pos is in the midst of an entry of base.
func (p *planter) take(at, base *treeLevel, o *object.Object, c object.Copy, pos int) (int, error) {
	shift, limit := c.To-c.From, c.From+c.Len
	first, ok := slices.BinarySearch(base.starts, pos-shift)
	if !ok {
		return pos, nil
	}
	last := first
	for last+1 < len(base.starts) && base.starts[last+1] <= limit {
		last++
	}
	from, to := base.starts[first], base.starts[last]
	taken := len(at.starts)
	at.starts = append(at.starts, base.starts[first:last]...)
	if shift != 0 {
		for i := taken; i < len(at.starts); i++ {
			at.starts[i] += shift
		}
	}
	var cut *keptEntry // what base has where the copy ends
	i := sort.Search(len(base.kept), func(i int) bool { return base.kept[i].start >= from })
	for ; i < len(base.kept) && base.kept[i].end <= to; i++ {
		k := base.kept[i]
		if k.placed && p.taken[i] {
			p.added = append(p.added, k.entry) // a second time
		}
		p.taken[i] = true
		k.start, k.end = k.start+shift, k.end+shift
		at.kept = append(at.kept, k)
		at.placed = at.placed || k.placed
		if k.named {
			p.show(o.Data[k.start:k.end-o.ID.Size()], o.ID.Size())
		}
	}
	if i < len(base.kept) && base.kept[i].start == to {
		cut = &base.kept[i]
	}
	pos = to + shift
	if pos == limit+shift || last+1 == len(base.starts) {
		return pos, nil
	}
	nameEnd := base.starts[last+1] - o.ID.Size()
	if nameEnd > limit {
		return pos, nil // its name is not copied whole
	}
	if cut == nil {
		cut = &keptEntry{}
	}
	n, err := p.entry(at, o, pos, cut)
	return pos + n, err
}

// entry reads the entry at pos and returns its length. same is what base has
// under the same name, nil if the name is new.
func (p *planter) entry(at *treeLevel, o *object.Object, pos int, same *keptEntry) (int, error) {
	e, n, err := object.ParseTreeEntry(o.Data[pos:], o.ID.Size())
	if err != nil {
		return 0, err
	}
	at.starts = append(at.starts, pos)
	if p.present != nil && !p.present.Has(e.ID) && e.Mode&modeMask != modeGitlink {
		p.missing = append(p.missing, e.ID)
	}
	k := keptEntry{start: pos, end: pos + n}
	if same != nil {
		k.named = same.named
	} else {
		k.named = p.meet(e.Name).named
	}
	if k.named {
		p.show(o.Data[pos:pos+n-o.ID.Size()], o.ID.Size())
	}
	if k.entry, k.placed = p.place(&e, same); k.placed {
		p.added = append(p.added, k.entry)
		at.placed = true
	}
	if k.placed || k.named {
		at.kept = append(at.kept, k)
	}
	return n, nil
}

// place returns the entry with its numbers, if it is a folder or holds a
// credential.
func (p *planter) place(e *object.TreeEntry, same *keptEntry) (treeEntry, bool) {
	blobs := p.to.trees.blobs
	if blobs.filed == 0 {
		return treeEntry{}, false
	}
	folder := e.Mode&modeMask == modeFolder
	var entry treeEntry
	if !folder {
		child, ok := blobs.number(e.ID)
		if !ok || e.Mode&modeMask == modeGitlink {
			return treeEntry{}, false
		}
		entry.child, entry.blob = child, true
		p.placed[child] = true
	}
	if same != nil && same.placed {
		entry.name = same.entry.name
	} else {
		entry.name = p.name(e.Name)
	}
	if folder {
		entry.child = p.folder(entry.name, e.ID)
	}
	return entry, true
}

// folder returns the number of the id of a folder. The next tree that has the name
// mostly has the same folder there.
func (p *planter) folder(name uint32, id object.ID) uint32 {
	for int(name) >= len(p.latest) {
		p.latest = append(p.latest, lastFolder{})
	}
	last := &p.latest[name]
	if last.id != id {
		*last = lastFolder{id, uint32(p.folders.add(id))}
	}
	return last.number
}

// show adds the beginning of an entry, up to its id, to what the rules shall see.
func (p *planter) show(begin []byte, idSize int) {
	p.text = append(p.text, begin...)
	p.text = append(p.text, make([]byte, idSize)...)
}

// A metName is a name that was met before, as most are: a tree that is no edit of
// another one still has the names of many others.
type metName struct {
	named    bool // it holds a credential
	numbered bool
	number   uint32
}

// maxMet and maxMetName bound the names that a planter remembers, and each of them
// in bytes.
const (
	maxMet     = 1 << 16
	maxMetName = 128
)

// meet tells what is known of a name.
func (p *planter) meet(name []byte) metName {
	met, ok := p.names[string(name)]
	if !ok {
		p.find = p.set.Find(p.find[:0], name)
		if met.named = len(p.find) > 0; !met.named { // else it is not kept longer than it must be
			p.remember(name, met)
		}
	}
	return met
}

func (p *planter) remember(name []byte, met metName) {
	if len(name) > maxMetName {
		return
	}
	if len(p.names) >= maxMet {
		clear(p.names)
	}
	p.names[string(name)] = met
}

// name returns the number of a name.
func (p *planter) name(name []byte) uint32 {
	met := p.meet(name)
	if !met.numbered {
		met.numbered, met.number = true, p.to.intern(name)
		p.remember(name, met)
	}
	return met.number
}

// keep notes what matters of a tree that is an edit of base, or of nothing if base
// is nil, and returns its number.
func (p *planter) keep(at, base *treeLevel, id object.ID) uint32 {
	if !at.placed {
		return noTree
	}
	raw := rawTree{base: noTree}
	first := len(p.arena)
	if base != nil && base.number != noTree {
		raw.base = base.number
		for i := range base.kept {
			if k := &base.kept[i]; k.placed && !p.taken[i] {
				p.arena = append(p.arena, k.entry)
			}
		}
	}
	raw.removed = int32(len(p.arena) - first)
	p.arena = append(p.arena, p.added...)
	raw.edits = p.arena[first:len(p.arena):len(p.arena)]
	if cap(p.arena)-len(p.arena) < cap(p.arena)/8 {
		p.arena = make([]treeEntry, 0, nextArena(cap(p.arena)))
	}
	p.ids.add(id)
	return uint32(p.raw.add(raw))
}

// nextArena returns how many entries share the next piece of memory after one of
// a size: few at first, for most repositories are small.
func nextArena(size int) int { return min(max(1<<10, 4*size), 32<<10) }

// pieces is a list that grows without being copied.
type pieces[T any] struct {
	lists [][]T
	n     int
}

const (
	pieceBits = 10
	pieceSize = 1 << pieceBits
)

// add appends x and returns its index.
func (p *pieces[T]) add(x T) int {
	if p.n%pieceSize == 0 {
		p.lists = append(p.lists, make([]T, 0, pieceSize))
	}
	last := &p.lists[len(p.lists)-1]
	*last = append(*last, x)
	p.n++
	return p.n - 1
}

func (p *pieces[T]) at(i int) *T { return &p.lists[i>>pieceBits][i&(pieceSize-1)] }
