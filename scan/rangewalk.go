package scan

import (
	"container/heap"
	"errors"
	"slices"

	"github.com/assayhq/assay/scan/object"
)

// Marks of commits on the way through a range.
const (
	known  = 1 << iota // reachable from the first revision
	wanted             // reachable from the second
)

// A rangeWalk finds the commits of a range, the youngest first, and stops when
// all that is left is known. Where dates run backwards it may take for wanted
// what is known over a detour, and examine a little too much.
type rangeWalk struct {
	repo    *Repository
	marks   map[object.ID]uint8
	queue   walkQueue
	open    int // commits in queue that are not known
	gaps    []error
	shallow map[object.ID]bool
}

func newRangeWalk(r *Repository) *rangeWalk {
	w := &rangeWalk{repo: r, marks: map[object.ID]uint8{}, shallow: map[object.ID]bool{}}
	ids, _ := object.Shallow(r.common) // only used to give a reason
	for _, id := range ids {
		w.shallow[id] = true
	}
	return w
}

// push marks a commit. One that is new or was passed already is looked at (again).
func (w *rangeWalk) push(id object.ID, mark uint8) {
	if w.marks[id]|mark == w.marks[id] {
		return
	}
	w.marks[id] |= mark
	open := w.marks[id]&known == 0
	c, err := w.repo.readCommit(id)
	if err != nil {
		if open {
			w.gaps = append(w.gaps, &Gap{Subject: "commit " + id.String(), Err: err})
			w.marks[id] |= known // not to be read again
		}
		return
	}
	heap.Push(&w.queue, queued{id, c.Parents, c.Committer.When.Unix(), open})
	if open {
		w.open++
	}
}

// run marks what is reachable, as far as it matters.
func (w *rangeWalk) run() {
	for w.open > 0 {
		c := heap.Pop(&w.queue).(queued)
		if c.open {
			w.open--
		}
		for _, p := range c.parents {
			n := len(w.gaps)
			w.push(p, w.marks[c.id])
			if len(w.gaps) > n && w.shallow[c.id] {
				w.gaps[n] = &Gap{Subject: "commit " + p.String(), Err: errors.New("a shallow clone, it is not here; " + deepen)}
			}
		}
	}
}

// found returns the commits of the range, sorted by id.
func (w *rangeWalk) found() []object.ID {
	var ids []object.ID
	for id, mark := range w.marks {
		if mark == wanted {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, object.ID.Compare)
	return ids
}

// A queued commit waits for its parents to be looked at.
type queued struct {
	id      object.ID
	parents []object.ID
	when    int64
	open    bool // it was not known when it was put here
}

// walkQueue is a heap with the youngest commit on top.
type walkQueue []queued

func (q walkQueue) Len() int           { return len(q) }
func (q walkQueue) Less(i, j int) bool { return q[i].when > q[j].when }
func (q walkQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *walkQueue) Push(x any)        { *q = append(*q, x.(queued)) }
func (q *walkQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
