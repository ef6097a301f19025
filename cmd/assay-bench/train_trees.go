package main

import (
	"cmp"
	"slices"

	"github.com/assayhq/assay/rules"
)

// Gradient boosting of small regression trees under the logistic loss. All sums
// are of whole numbers, so that the trees do not depend on the machine.

// A trainer holds the settings of training.
type trainer struct {
	trees, leaves int
	rate          int64    // the share of each step that is taken, in thousandths
	least         int64    // the least sum of curvature below a branch, in sixteenths
	damping       int64    // the curvature that is added to each leaf
	ignored       []string // traits that are not looked at
}

// whole is 1 in the sums of gradients and curvatures.
const whole = 1 << 20

// odds returns the probability for a logarithm of odds in thousandths.
type odds []int64

const widest = 12000

func newOdds() odds {
	const step = 0.999000499833375 // exp(-1/1000)
	t := make(odds, 2*widest+1)
	q := 1.0
	for k := 0; k <= widest; k++ {
		p := float64(whole) / float64(1+q)
		t[widest+k] = int64(p)
		t[widest-k] = whole - int64(p)
		q = float64(q * step)
	}
	return t
}

func (t odds) of(score int32) int64 { return t[widest+max(-widest, min(widest, int(score)))] }

// A branch is a node of a tree that is being made. Its left branch is taken where
// the trait is at most most; both are 0 in a leaf.
type branch struct {
	trait       rules.Trait
	most        int16
	left, right *branch
	value       int32

	of        []int32 // lessons
	gradient  int64
	curvature int64
	split     split
	depth     int
}

// A split is the best way to part a leaf.
type split struct {
	trait rules.Trait
	most  int16
	bin   uint8
	gain  float64
}

// A column is one trait of all lessons, put into bins.
type column struct {
	trait  rules.Trait
	limits []int16 // the greatest value of each bin but the last
	bins   []uint8
}

const maxBins = 128

func newColumns(all []lesson, ignored []string) []column {
	var columns []column
	values := make([]int16, len(all))
	for t := range rules.TraitCount {
		if slices.Contains(ignored, t.String()) {
			continue
		}
		for i := range all {
			values[i] = all[i].Traits[t]
		}
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		c := column{trait: t, bins: make([]uint8, len(all))}
		distinct := slices.Compact(slices.Clone(sorted))
		if len(distinct) <= maxBins {
			c.limits = distinct[:len(distinct)-1]
		} else {
			for k := 1; k < maxBins; k++ {
				if v := sorted[k*len(sorted)/maxBins]; (len(c.limits) == 0 || v > c.limits[len(c.limits)-1]) && v < distinct[len(distinct)-1] {
					c.limits = append(c.limits, v)
				}
			}
		}
		if len(c.limits) == 0 {
			continue
		}
		for i, v := range values {
			k, _ := slices.BinarySearch(c.limits, v)
			c.bins[i] = uint8(k)
		}
		columns = append(columns, c)
	}
	return columns
}

// grow trains a forest.
func (tr trainer) grow(all []lesson) forest {
	table, columns := newOdds(), newColumns(all, tr.ignored)
	scores := make([]int32, len(all))
	g, h := make([]int64, len(all)), make([]int64, len(all))
	var f forest
	f.bias = base(all)
	for i := range scores {
		scores[i] = f.bias
	}
	for n := range tr.trees {
		for i, s := range all {
			p := table.of(scores[i])
			g[i] = p * s.weight / 16
			if s.truth {
				g[i] = (p - whole) * s.weight / 16
			}
			h[i] = max(1, p*(whole-p)/whole*s.weight/16)
		}
		root := tr.tree(columns, g, h, n)
		root.apply(scores)
		f.trees = append(f.trees, root)
	}
	return f
}

// base returns the score to start with: the logarithm of the odds of all lessons.
func base(all []lesson) int32 {
	var t, f int64
	for _, s := range all {
		if s.truth {
			t += s.weight
		} else {
			f += s.weight
		}
	}
	return int32(logRatio(t+1, f+1))
}

// apply adds what the leaves below b say to the scores of their lessons.
func (b *branch) apply(scores []int32) {
	if b.left != nil {
		b.left.apply(scores)
		b.right.apply(scores)
		b.of = nil
		return
	}
	for _, i := range b.of {
		scores[i] += b.value
	}
	b.of = nil
}

// tree grows one tree, the best split first. Trees take turns with the traits.
func (tr trainer) tree(columns []column, g, h []int64, turn int) *branch {
	root := &branch{of: make([]int32, len(g))}
	for i := range root.of {
		root.of[i] = int32(i)
	}
	tr.study(root, columns, g, h, turn)
	leaves := []*branch{root}
	for len(leaves) < tr.leaves {
		best := slices.MaxFunc(leaves, func(a, b *branch) int { return cmp.Compare(a.split.gain, b.split.gain) })
		if best.split.gain <= 0 {
			break
		}
		best.part(columns)
		for _, b := range []*branch{best.left, best.right} {
			tr.study(b, columns, g, h, turn)
		}
		leaves = append(leaves, best.left, best.right)
		leaves = slices.DeleteFunc(leaves, func(b *branch) bool { return b == best })
	}
	return root
}

// part splits a leaf.
func (b *branch) part(columns []column) {
	b.trait, b.most = b.split.trait, b.split.most
	b.left, b.right = &branch{depth: b.depth + 1}, &branch{depth: b.depth + 1}
	i := slices.IndexFunc(columns, func(c column) bool { return c.trait == b.trait })
	for _, s := range b.of {
		if columns[i].bins[s] <= b.split.bin {
			b.left.of = append(b.left.of, s)
		} else {
			b.right.of = append(b.right.of, s)
		}
	}
	b.of = nil
}

// study sets the value of a leaf and its best split.
func (tr trainer) study(b *branch, columns []column, g, h []int64, turn int) {
	for _, i := range b.of {
		b.gradient += g[i]
		b.curvature += h[i]
	}
	b.value = int32(-b.gradient * tr.rate / (b.curvature + tr.damping*whole))
	if b.curvature < 2*tr.least*whole/16 || b.depth >= 6 {
		return
	}
	for k := range columns {
		if (k*7+turn*5)%10 >= 6 { // each tree sees six traits of ten
			continue
		}
		tr.best(b, &columns[k], g, h)
	}
}

// best looks for a better split of a leaf in one trait.
func (tr trainer) best(b *branch, c *column, g, h []int64) {
	var sums [maxBins]struct{ g, h int64 }
	for _, i := range b.of {
		s := &sums[c.bins[i]]
		s.g += g[i]
		s.h += h[i]
	}
	var left struct{ g, h int64 }
	all := tr.gain(b.gradient, b.curvature)
	for k, limit := range c.limits {
		left.g += sums[k].g
		left.h += sums[k].h
		if left.h < tr.least*whole/16 || b.curvature-left.h < tr.least*whole/16 {
			continue
		}
		gain := tr.gain(left.g, left.h) + tr.gain(b.gradient-left.g, b.curvature-left.h)
		gain -= all
		if gain > b.split.gain+1 {
			b.split = split{c.trait, limit, uint8(k), gain}
		}
	}
}

func (tr trainer) gain(g, h int64) float64 {
	x := float64(g)
	return float64(x*x) / float64(h+tr.damping*whole)
}
