package main

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/assayhq/assay/rules"
)

// A forest is what training makes.
type forest struct {
	bias    int32
	trees   []*branch
	chances []chance
}

// text writes the model as rules.ParseModel reads it, with the figures of its
// training as a comment.
func (f forest) text(t *training, figures string) string {
	var out strings.Builder
	out.WriteString("# Made by assay-bench train; go doc rules.ParseModel says how to read it.\n")
	for line := range strings.Lines(figures) {
		out.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	fmt.Fprintf(&out, "bias %d\nmedium %d\nlow %d\n", f.bias, t.Medium, t.Low)
	for _, c := range f.chances {
		fmt.Fprintf(&out, "chance %d %d\n", c.score, c.thousandths())
	}
	for _, root := range f.trees {
		out.WriteString("tree\n")
		root.write(&out)
	}
	return out.String()
}

func (b *branch) write(out *strings.Builder) {
	if b.left == nil {
		fmt.Fprintf(out, "%d\n", b.value)
		return
	}
	fmt.Fprintf(out, "%s %d %d\n", b.trait, b.most, b.value)
	b.left.write(out)
	b.right.write(out)
}

// score sums up what the trees say of a value.
func (f forest) score(t *rules.Traits) int32 {
	sum := f.bias
	for _, b := range f.trees {
		for b.left != nil {
			if t[b.trait] <= b.most {
				b = b.left
			} else {
				b = b.right
			}
		}
		sum += b.value
	}
	return sum
}

// shares lists by how much each trait lessens the loss.
func (f forest) shares() table {
	gains := map[rules.Trait]float64{}
	total := 0.0
	var add func(b *branch)
	add = func(b *branch) {
		if b.left != nil {
			gains[b.trait] += b.split.gain
			total += b.split.gain
			add(b.left)
			add(b.right)
		}
	}
	for _, root := range f.trees {
		add(root)
	}
	var traits []rules.Trait
	for t := range gains {
		traits = append(traits, t)
	}
	slices.SortFunc(traits, func(a, b rules.Trait) int { return cmp.Or(cmp.Compare(gains[b], gains[a]), cmp.Compare(a, b)) })
	var out table
	out.add("trait", "share of the gain")
	for _, t := range traits {
		out.add(t.String(), fmt.Sprintf("%.1f %%", 100*gains[t]/total))
	}
	return out
}

// logRatio returns the natural logarithm of a/b in thousandths.
func logRatio(a, b int64) int64 {
	return (log2(a) - log2(b)) * 693147 / 1000 / 1024
}

// log2 returns the logarithm of n, which is greater than 0, to base 2 in units
// of 1/1024.
func log2(n int64) int64 {
	floor := bits.Len64(uint64(n)) - 1
	log := int64(floor) << 10
	x := uint64(n) << (62 - floor) >> 31
	for bit := int64(1 << 9); bit > 0; bit >>= 1 {
		if x = x * x >> 31; x >= 2<<31 {
			x >>= 1
			log += bit
		}
	}
	return log
}
