package audit

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// A pair is a member of a mapping of YAML.
type pair struct {
	name       string
	key, value *yaml.Node
	again      bool // the key stands there again below, and what stands there counts
}

// Bounds on what is read: the members and items in all, for aliases can name each a
// million times over, and how deep mappings may be merged into each other.
const (
	maxNodes  = 500_000
	maxMerges = 20
)

// A yamlReader reads nodes as PyYAML does, up to a number of them.
type yamlReader struct {
	left int // members and items that may still be read
}

// take counts members and items.
func (r *yamlReader) take(of *yaml.Node, n int) error {
	if r.left -= n; r.left < 0 {
		return at(of, fmt.Sprintf("more than %d keys and items, counting what aliases stand for", maxNodes))
	}
	return nil
}

// mapping returns the members of a node in their order, before them those that "<<"
// merges into it. None at all are no error where the node is empty.
func (r *yamlReader) mapping(n *yaml.Node) ([]pair, error) {
	n = target(n)
	if isNull(n) {
		return nil, nil
	}
	merged, own, err := r.members(n, 0)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, p := range own {
		count[p.name]++
	}
	var list []pair
	last := map[string]int{} // places in merged
	for i, p := range merged {
		last[p.name] = i
	}
	for i, p := range merged { // what is overruled is so on purpose
		if count[p.name] == 0 && last[p.name] == i {
			list = append(list, p)
		}
	}
	for _, p := range own {
		count[p.name]--
		p.again = count[p.name] > 0
		list = append(list, p)
	}
	return list, nil
}

// members returns what "<<" merges into a mapping, of which the last counts, and its
// own members.
func (r *yamlReader) members(n *yaml.Node, depth int) (merged, own []pair, err error) {
	if n.Kind != yaml.MappingNode {
		return nil, nil, at(n, "it should be a mapping, KEY: VALUE")
	}
	if depth > maxMerges {
		return nil, nil, at(n, fmt.Sprintf("mappings are merged more than %d deep", maxMerges))
	}
	if err := r.take(n, len(n.Content)/2); err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, nil, at(key, "a key should be a text")
		case key.Tag == "!!merge":
			more, err := r.merge(target(value), depth)
			if err != nil {
				return nil, nil, err
			}
			merged = append(merged, more...)
		default:
			own = append(own, pair{name: key.Value, key: key, value: value})
		}
	}
	return merged, own, nil
}

// merge returns the members of the value of "<<": a mapping, or a list of them of which
// the first counts.
func (r *yamlReader) merge(n *yaml.Node, depth int) ([]pair, error) {
	sources := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		sources = n.Content
	}
	var all []pair
	for i := len(sources) - 1; i >= 0; i-- {
		merged, own, err := r.members(target(sources[i]), depth+1)
		if err != nil {
			return nil, err
		}
		all = append(append(all, merged...), own...)
	}
	return all, nil
}

// sequence returns the texts of a list; an empty node is an empty list.
func (r *yamlReader) sequence(n *yaml.Node) ([]string, error) {
	n = target(n)
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, at(n, "it should be a list")
	}
	if err := r.take(n, len(n.Content)); err != nil {
		return nil, err
	}
	var list []string
	for _, item := range n.Content {
		text, err := scalar(item)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

func scalar(n *yaml.Node) (string, error) {
	if n = target(n); n.Kind != yaml.ScalarNode {
		return "", at(n, "it should be a text")
	}
	return n.Value, nil
}

// target is what an alias stands for. No alias stands for another.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
