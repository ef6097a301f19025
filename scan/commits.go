package scan

import (
	"container/heap"
	"slices"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// commits is the commits of a history, in an order in which every parent stands
// before its children and, apart from that, the older before the younger.
type commits struct {
	list   []commit
	number map[object.ID]int // index in list
}

type commit struct {
	id      object.ID
	tree    object.ID
	parents []object.ID
	author  object.Signature
	when    int64 // committer date, seconds since 1970
}

func (c *commits) add(id object.ID, data []byte) error {
	parsed, err := object.ParseCommit(data, id.Size())
	if err != nil {
		return &Gap{Subject: "commit " + id.String(), Err: err}
	}
	c.list = append(c.list, commit{id: id, tree: parsed.Tree, parents: parsed.Parents, author: parsed.Author, when: parsed.Committer.When.Unix()})
	return nil
}

// sort brings the list into its order (Kahn's algorithm with a heap by date). A
// cycle, which only forged ids could make, is cut at its oldest commit.
func (c *commits) sort() {
	slices.SortFunc(c.list, func(a, b commit) int { return compareCommits(&a, &b) })
	index := make(map[object.ID]int, len(c.list))
	for i := range c.list {
		index[c.list[i].id] = i
	}
	waits := make([]int, len(c.list))
	children := make([][]int, len(c.list))
	for i := range c.list {
		for _, p := range c.list[i].parents {
			if j, ok := index[p]; ok && j != i {
				waits[i]++
				children[j] = append(children[j], i)
			}
		}
	}
	ready := &intHeap{}
	for i, n := range waits {
		if n == 0 {
			ready.add(i)
		}
	}
	sorted := make([]commit, 0, len(c.list))
	done := make([]bool, len(c.list))
	for oldest := 0; len(sorted) < len(c.list); {
		if ready.Len() == 0 {
			for done[oldest] {
				oldest++
			}
			ready.add(oldest)
		}
		i := heap.Pop(ready).(int)
		if done[i] {
			continue
		}
		done[i] = true
		sorted = append(sorted, c.list[i])
		for _, child := range children[i] {
			if waits[child]--; waits[child] == 0 {
				ready.add(child)
			}
		}
	}
	c.list = sorted
	c.number = index
	for i := range c.list {
		c.number[c.list[i].id] = i
	}
}

// intHeap is a heap of indices into a list that is sorted by age.
type intHeap struct{ list []int }

func (h *intHeap) add(i int) { heap.Push(h, i) }

func (h *intHeap) Len() int           { return len(h.list) }
func (h *intHeap) Less(i, j int) bool { return h.list[i] < h.list[j] }
func (h *intHeap) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *intHeap) Push(x any)         { h.list = append(h.list, x.(int)) }
func (h *intHeap) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}

func compareCommits(a, b *commit) int {
	switch {
	case a.when < b.when:
		return -1
	case a.when > b.when:
		return 1
	}
	return a.id.Compare(b.id)
}

// describe returns what a report says of a commit; names that match a rule are
// masked.
func (c *commit) describe(set *rules.Set) *report.Commit {
	return describe(set, c.id, c.author)
}

func describe(set *rules.Set, id object.ID, who object.Signature) *report.Commit {
	author := who.Name
	if who.Email != "" {
		author += " <" + who.Email + ">"
	}
	return &report.Commit{ID: id.String(), Author: set.Mask(author), Date: who.When}
}
