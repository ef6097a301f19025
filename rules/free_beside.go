package rules

import (
	"bytes"
	"cmp"
	"index/suffixarray"
	"slices"
	"sort"
	"strings"
)

// What free rules take is judged by what they take beside it. A text of a scanned tree
// may hold some hundred thousand matches on one line, so that no match is compared
// with each other one here.

// withoutOutdone leaves out the matches of rules that call themselves generic where
// another rule on the same line takes their value too.
func withoutOutdone(data []byte, all []taken) []taken {
	if !slices.ContainsFunc(all, taken.generic) || !slices.ContainsFunc(all, func(t taken) bool { return !t.generic() }) {
		return all
	}
	lines := map[int]*lineValues{} // by number
	at := placesOf(data, all)
	for i, t := range all {
		if t.generic() {
			continue
		}
		v := lines[at[i].line]
		if v == nil {
			v = &lineValues{}
			lines[at[i].line] = v
		}
		v.text = append(append(v.text, t.value...), valueEnd)
	}
	kept := all[:0]
	for i, t := range all {
		if v := lines[at[i].line]; v == nil || !t.generic() || !v.hold(t.value) {
			kept = append(kept, t)
		}
	}
	return kept
}

func (t taken) generic() bool { return strings.Contains(strings.ToLower(t.Rule.ID), "generic") }

// valueEnd stands between values: no text in UTF-8 holds it.
const valueEnd = 0xff

// lineValues are the values that rules take on a line.
type lineValues struct {
	text  []byte
	index *suffixarray.Index // of text, when it is first asked
}

// hold reports whether one of the values holds value.
func (v *lineValues) hold(value []byte) bool {
	if bytes.IndexByte(value, valueEnd) >= 0 {
		return false
	}
	if v.index == nil {
		v.index = suffixarray.New(v.text)
	}
	return len(v.index.Lookup(value, 1)) > 0
}

// maxColumns is more than any text that is read at once has bytes.
const maxColumns = 1 << 30

// A spotAt is where a match starts, from 0.
type spotAt struct{ line, column int }

// placesOf returns the places of matches, in their order.
func placesOf(data []byte, all []taken) []spotAt {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return all[a].start - all[b].start })
	list := make([]spotAt, len(all))
	from, begin, line := 0, 0, 0
	for _, i := range order {
		between := data[from:all[i].start]
		if last := bytes.LastIndexByte(between, '\n'); last >= 0 {
			begin = from + last + 1
			line += bytes.Count(between, []byte{'\n'})
		}
		from = all[i].start
		list[i] = spotAt{line, from - begin}
	}
	return list
}

// withNeeds returns the matches of r beside which stands what r needs.
func (f *freeRules) withNeeds(data []byte, r *compiled, matches []taken) []taken {
	for _, need := range r.Free.Needs {
		if len(matches) == 0 {
			return nil
		}
		var beside []taken
		if other := f.needed[need.Rule]; other != nil {
			beside = other.takeAll(data, []span{{0, len(data)}})
		}
		near := need.near(placesOf(data, matches), placesOf(data, beside))
		kept := matches[:0]
		for i, t := range matches {
			if near[i] {
				kept = append(kept, t)
			}
		}
		matches = kept
	}
	return matches
}

// near reports for each place whether one of the others is as near as the need asks.
// A window of the lines that are near moves over the others, whose columns are
// counted.
func (n Need) near(places, others []spotAt) []bool {
	byLine := func(list []spotAt) []int {
		order := make([]int, len(list))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(list[a].line, list[b].line) })
		return order
	}
	columns := make([]int, len(others))
	for i, o := range others {
		columns[i] = o.column
	}
	slices.Sort(columns)
	counts := make(tally, len(columns)+1)
	queue := byLine(others)
	in, out := 0, 0 // of queue, what came into the window and left it
	near := make([]bool, len(places))
	for _, i := range byLine(places) {
		p := places[i]
		for ; in < len(queue) && (n.Lines == nil || others[queue[in]].line-p.line <= *n.Lines); in++ {
			counts.add(sort.SearchInts(columns, others[queue[in]].column), 1)
		}
		for ; out < in && n.Lines != nil && p.line-others[queue[out]].line > *n.Lines; out++ {
			counts.add(sort.SearchInts(columns, others[queue[out]].column), -1)
		}
		low, high := 0, len(columns)
		if n.Columns != nil {
			apart := min(*n.Columns, maxColumns)
			low, high = sort.SearchInts(columns, p.column-apart), sort.SearchInts(columns, p.column+apart+1)
		}
		near[i] = counts.below(high) > counts.below(low)
	}
	return near
}

// A tally counts, and sums counts up, in logarithmic time: a Fenwick tree.
type tally []int

func (t tally) add(i, n int) {
	for i++; i < len(t); i += i & -i {
		t[i] += n
	}
}

// below is the sum of the counts of 0 to i-1.
func (t tally) below(i int) (sum int) {
	for ; i > 0; i -= i & -i {
		sum += t[i]
	}
	return sum
}
