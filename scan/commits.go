package scan

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// commits is the commits of a history. Once sorted they stand in an order in
// which every parent comes before its children and, apart from that, the older
// before the younger.
type commits struct {
	list    []commit
	numbers *idTable          // index in list, once it is sorted
	authors map[string]string // each name once: most commits are by few people
	name    []byte            // scratch of once
}

type commit struct {
	id      object.ID
	tree    object.ID
	parents []object.ID
	at      []int  // of the parents in the list, none where they are not in it; set by sort
	author  string // "Name <address>", not masked
	date    time.Time
	when    int64 // committer date, seconds since 1970
}

func (c *commits) add(id object.ID, data []byte) error {
	parsed, err := object.ParseCommit(data, id.Size())
	if err != nil {
		return &Gap{Subject: "commit " + id.String(), Err: err}
	}
	if c.authors == nil {
		c.authors = map[string]string{}
	}
	c.list = append(c.list, commit{
		id: id, tree: parsed.Tree, parents: parsed.Parents,
		author: c.once(appendName(c.name[:0], parsed.Author)), date: parsed.Author.When, when: parsed.Committer.When.Unix(),
	})
	return nil
}

// join returns the commits of all parts, sorted. It takes them away from the parts.
func join(parts []commits) (all commits) {
	n := 0
	for i := range parts {
		n += len(parts[i].list)
	}
	order := make([]dated, 0, n)
	for i := range parts {
		for k := range parts[i].list {
			order = append(order, dated{parts[i].list[k].when, &parts[i].list[k]})
		}
	}
	slices.SortFunc(order, dated.compare)
	all.list = make([]commit, len(order))
	for i, c := range order {
		all.list[i] = *c.commit
	}
	for i := range parts {
		parts[i].list = nil
	}
	all.arrange()
	return all
}

// A dated commit is one that is yet to be put into order. The date stands beside it
// because a list of commits fills no cache.
type dated struct {
	when   int64
	commit *commit
}

func (c dated) compare(d dated) int {
	return cmp.Or(cmp.Compare(c.when, d.when), c.commit.id.Compare(d.commit.id))
}

// once returns a name that equals author and is held once.
func (c *commits) once(author []byte) string {
	c.name = author
	known, ok := c.authors[string(author)]
	if !ok {
		known = string(author)
		c.authors[known] = known
	}
	return known
}

// maxWho bounds a name and an address, in bytes: all commits' are held, and each
// place of a report repeats them. People's are shorter.
const maxWho = 512

// cutWords bounds a text. The word that is cut in two is left out: half of a
// credential would not be known as one where the text is printed.
func cutWords(text []byte) []byte {
	if len(text) <= maxWho {
		return text
	}
	end := maxWho
	for end > 0 && text[end-1] > ' ' {
		end--
	}
	return slices.Concat(bytes.TrimSpace(text[:end]), []byte("..."))
}

// appendName appends "Name <address>".
func appendName(dst []byte, who object.Signature) []byte {
	who.Name, who.Email = cutWords(who.Name), cutWords(who.Email)
	dst = append(dst, who.Name...)
	if len(who.Email) == 0 {
		return dst
	}
	dst = append(dst, " <"...)
	return append(append(dst, who.Email...), '>')
}

// sort brings the list into its order.
func (c *commits) sort() {
	if c.numbers == nil {
		*c = join([]commits{*c})
	}
}

// arrange brings a list that is sorted by date into its order (Kahn's algorithm
// with a heap by date). A cycle, which only forged ids could make, is cut at its
// oldest commit.
func (c *commits) arrange() {
	c.file()
	c.relate()
	if c.inOrder() {
		return
	}
	order := c.topological()
	sorted, now := make([]commit, len(order)), make([]int, len(order))
	for at, i := range order {
		sorted[at], now[i] = c.list[i], at
	}
	c.list = sorted
	c.file()
	for i := range c.list {
		for k, at := range c.list[i].at {
			if at != none {
				c.list[i].at[k] = now[at]
			}
		}
	}
}

// file makes numbers anew.
func (c *commits) file() {
	list := c.list
	c.numbers = newIDTable(len(list), func(n uint32) object.ID { return list[n].id })
	for i := range list {
		c.numbers.add(list[i].id, uint32(i))
	}
}

// number returns the index of a commit in a sorted list.
func (c *commits) number(id object.ID) (at int, ok bool) {
	if c.numbers == nil {
		return 0, false
	}
	n, ok := c.numbers.number(id)
	return int(n), ok
}

// relate finds the parents of all commits.
func (c *commits) relate() {
	n := 0
	for i := range c.list {
		n += len(c.list[i].parents)
	}
	all := make([]int, 0, n)
	for i := range c.list {
		first := len(all)
		for _, p := range c.list[i].parents {
			at, ok := c.number(p)
			if !ok {
				at = none
			}
			all = append(all, at)
		}
		c.list[i].at = all[first:len(all):len(all)]
	}
}

// inOrder reports whether every parent already comes before its children, as it
// does where no clock was wrong.
func (c *commits) inOrder() bool {
	for i := range c.list {
		for _, at := range c.list[i].at {
			if at > i {
				return false
			}
		}
	}
	return true
}

// topological returns the indices of a list that is sorted by date in the order
// in which they shall stand.
func (c *commits) topological() []int {
	waits, children := c.family()
	ready := &intHeap{}
	for i, n := range waits {
		if n == 0 {
			ready.list = append(ready.list, i) // ascending, so it is a heap
		}
	}
	order := make([]int, 0, len(c.list))
	done := make([]bool, len(c.list))
	for oldest := 0; len(order) < len(c.list); {
		if ready.Len() == 0 {
			for done[oldest] {
				oldest++
			}
			heap.Push(ready, oldest)
		}
		i := heap.Pop(ready).(int)
		if done[i] {
			continue
		}
		done[i] = true
		order = append(order, i)
		for _, child := range children[i] {
			if waits[child]--; waits[child] == 0 {
				heap.Push(ready, child)
			}
		}
	}
	return order
}

// family returns for each commit how many parents it has here, and its children.
func (c *commits) family() (waits []int, children [][]int) {
	waits = make([]int, len(c.list))
	children = make([][]int, len(c.list))
	for i := range c.list {
		for _, at := range c.list[i].at {
			if at != none && at != i {
				waits[i]++
				children[at] = append(children[at], i)
			}
		}
	}
	return waits, children
}

// intHeap is a heap of indices into a list that is sorted by age.
type intHeap struct{ list []int }

func (h *intHeap) Len() int           { return len(h.list) }
func (h *intHeap) Less(i, j int) bool { return h.list[i] < h.list[j] }
func (h *intHeap) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *intHeap) Push(x any)         { h.list = append(h.list, x.(int)) }
func (h *intHeap) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}

// describe returns what a report says of a commit; names that match a rule are
// masked.
func (c *commit) describe(set *rules.Set) *report.Commit {
	return &report.Commit{ID: c.id.String(), Author: set.Mask(c.author), Date: c.date, Root: len(c.parents) == 0}
}
