package rules

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/assayhq/assay/report"
)

// A Model decides about candidates from their traits: an ensemble of small
// decision trees, whose sum is the logarithm of the odds that a value is a
// credential. All numbers are whole, so that every machine decides alike. It is
// safe for concurrent use.
type Model struct {
	bias        int32 // what every sum starts with
	medium, low int32 // the sums from which a confidence is given
	chances     []chance
	nodes       []node
	roots       []int32  // of the trees, in nodes
	rest        []bounds // what the trees from each one on can add, for the same index
	text        string   // that it was read from
}

// bounds are the least and the most that something can be.
type bounds struct{ least, most int32 }

// A chance says what share of the values with a sum turned out to be credentials,
// in repositories that the trees had not seen. Between two of them, and beyond, it
// changes in a straight line or not at all.
type chance struct {
	sum       int32
	thousands int32
}

// A node of a tree. Its left branch is the next node.
type node struct {
	trait Trait // TraitCount in a leaf
	most  int16 // the greatest value of the trait that leads to the left
	value int32 // the mean of what lies below it, in thousandths; what a leaf adds
	right int32
}

//go:embed model.txt
var modelText string

// builtinModel reads the model that assay brings along when it is first needed:
// most files of a hook's run have no candidate.
var builtinModel = sync.OnceValue(func() *Model {
	m, err := ParseModel(modelText)
	if err != nil {
		panic(err) // the tests read it
	}
	return m
})

// score sums up what the traits say, in thousandths of the natural logarithm of
// the odds.
func (m *Model) score(t *Traits) int32 {
	sum, nodes := m.bias, m.nodes
	for _, i := range m.roots {
		sum += leaf(nodes, i, t)
	}
	return sum
}

// leaf returns what the tree at i adds.
func leaf(nodes []node, i int32, t *Traits) int32 {
	for {
		n := &nodes[i]
		if n.trait >= TraitCount {
			return n.value
		}
		i = n.next(i, t)
	}
}

// judge returns what the score of the traits is worth, and false for too little. It
// asks no more trees than can change that.
func (m *Model) judge(t *Traits) (report.Confidence, bool) {
	sum, nodes := m.bias, m.nodes
	for k, i := range m.roots {
		switch r := m.rest[k]; {
		case sum+r.most < m.low:
			return 0, false
		case sum+r.least >= m.medium, sum+r.least >= m.low && sum+r.most < m.medium:
			return m.confidence(sum + r.least)
		}
		sum += leaf(nodes, i, t)
	}
	return m.confidence(sum)
}

// Probability returns how likely a value with these traits is a credential, as far
// as what the model was trained on is like what it is asked about.
func (m *Model) Probability(t *Traits) float64 { return m.probability(m.score(t)) }

func (m *Model) probability(score int32) float64 {
	i, exact := slices.BinarySearchFunc(m.chances, score, func(c chance, score int32) int { return cmp.Compare(c.sum, score) })
	switch {
	case len(m.chances) == 0: // never compared with what it had not seen
		return 1 / (1 + math.Exp(-float64(score)/1000))
	case exact, i == 0:
		return float64(m.chances[i].thousands) / 1000
	case i == len(m.chances):
		return float64(m.chances[i-1].thousands) / 1000
	}
	a, b := m.chances[i-1], m.chances[i]
	part := float64(score-a.sum) / float64(b.sum-a.sum)
	return (float64(a.thousands) + part*float64(b.thousands-a.thousands)) / 1000
}

// next returns the node after n, which stands at i.
func (n *node) next(i int32, t *Traits) int32 {
	if t[n.trait] <= n.most {
		return i + 1
	}
	return n.right
}

// confidence returns what a score is worth, and false for too little.
func (m *Model) confidence(score int32) (report.Confidence, bool) {
	switch {
	case score >= m.medium:
		return report.ConfidenceMedium, true
	case score >= m.low:
		return report.ConfidenceLow, true
	}
	return 0, false
}

var errModel = errors.New("not a model")

// ParseModel reads a model as assay-bench train writes it, line by line:
//
//	# a comment
//	bias N     what every sum starts with
//	medium N   the sum from which a value has medium confidence, and low the same
//	chance N P what share of the values with the sum N were credentials, in
//	           thousandths; N and P grow from line to line
//	tree       the start of a tree, whose nodes follow, each before its branches
//	TRAIT MOST MEAN   asks whether a trait is at most MOST; the branch for yes
//	                  comes first. MEAN is what the node would add as a leaf.
//	N          a leaf, and what it adds
//
// Sums are thousandths of the natural logarithm of the odds.
func ParseModel(text string) (*Model, error) {
	m := &Model{text: text}
	traits := map[string]Trait{}
	for i, d := range traitTexts {
		traits[d.name] = Trait(i)
	}
	number := 0
	var open []int32 // inner nodes whose right branch is to come
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		key, rest, _ := strings.Cut(line, " ")
		var err error
		switch key {
		case "", "#": // a comment
		case "bias":
			m.bias, err = number32(rest)
		case "medium":
			m.medium, err = number32(rest)
		case "low":
			m.low, err = number32(rest)
		case "chance":
			err = m.readChance(rest)
		case "tree":
			if len(open) > 0 || len(m.roots) > 0 && int(m.roots[len(m.roots)-1]) == len(m.nodes) {
				err = errModel
			}
			m.roots = append(m.roots, int32(len(m.nodes)))
		default:
			open, err = m.readNode(line, traits, open)
		}
		if err != nil {
			return nil, fmt.Errorf("model, line %d: %w", number, err)
		}
	}
	if len(open) > 0 || len(m.roots) == 0 || int(m.roots[len(m.roots)-1]) == len(m.nodes) {
		return nil, fmt.Errorf("model: it ends too early: %w", errModel)
	}
	m.bound()
	return m, nil
}

// bound notes what the trees from each one on can add.
func (m *Model) bound() {
	m.rest = make([]bounds, len(m.roots))
	after, end := bounds{}, len(m.nodes)
	for k := len(m.roots) - 1; k >= 0; k-- {
		var all []int32
		for _, n := range m.nodes[m.roots[k]:end] {
			if n.trait == TraitCount {
				all = append(all, n.value)
			}
		}
		after.least += slices.Min(all)
		after.most += slices.Max(all)
		m.rest[k], end = after, int(m.roots[k])
	}
}

func number32(text string) (int32, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int32(n), err
}

// readChance reads a chance, which is greater than the one before it.
func (m *Model) readChance(text string) error {
	a, b, _ := strings.Cut(text, " ")
	sum, err1 := number32(a)
	thousands, err2 := number32(b)
	if n := len(m.chances); thousands < 0 || thousands > 1000 || n > 0 && (sum <= m.chances[n-1].sum || thousands < m.chances[n-1].thousands) {
		return errModel
	}
	m.chances = append(m.chances, chance{sum, thousands})
	return errors.Join(err1, err2)
}

// readNode reads a leaf, a number, or an inner node: the trait, the greatest
// value that leads to the node after it, and the mean of what lies below. open
// holds the inner nodes whose right branch is to come.
func (m *Model) readNode(line string, traits map[string]Trait, open []int32) ([]int32, error) {
	if len(m.roots) == 0 || len(open) == 0 && len(m.nodes) > int(m.roots[len(m.roots)-1]) {
		return nil, errModel
	}
	at := int32(len(m.nodes))
	if at > 0 && len(open) > 0 && m.nodes[at-1].trait == TraitCount {
		m.nodes[open[len(open)-1]].right = at
		open = open[:len(open)-1]
	}
	name, rest, inner := strings.Cut(line, " ")
	if !inner {
		v, err := number32(line)
		m.nodes = append(m.nodes, node{trait: TraitCount, value: v})
		return open, err
	}
	most, mean, _ := strings.Cut(rest, " ")
	t, ok := traits[name]
	if !ok {
		return nil, fmt.Errorf("no trait %q", name)
	}
	limit, err1 := strconv.ParseInt(most, 10, 16)
	v, err2 := number32(mean)
	m.nodes = append(m.nodes, node{trait: t, most: int16(limit), value: v})
	return append(open, at), errors.Join(err1, err2)
}
