package scan

import (
	"sync"

	"github.com/assayhq/assay/scan/object"
)

// A numbering numbers objects as they come by and keeps something for each, for
// several goroutines at a time. Maps would take twice the time and the memory.
type numbering[T any] struct {
	shards [1 << shardBits]shard[T]
}

const shardBits = 8

// A shard is the objects whose id begins with the same byte: a hash table with
// linear probing. Ids are hashes, so their own bytes tell where to look.
type shard[T any] struct {
	mu    sync.Mutex
	slots []uint32 // 1 + index in known, 0 where nothing is
	known []numbered[T]
}

// A numbered is an object and what is kept for it.
type numbered[T any] struct {
	id   object.ID
	kept T
}

// expect makes room for about so many objects. Ids are spread evenly.
func (n *numbering[T]) expect(objects int) {
	each := objects >> shardBits
	each += each/8 + 16
	size := 64
	for 3*size < 4*each {
		size *= 2
	}
	for i := range n.shards {
		n.shards[i].slots = make([]uint32, size)
		n.shards[i].known = make([]numbered[T], 0, each)
	}
}

// number returns the number of an object.
func (n *numbering[T]) number(id object.ID) uint32 {
	s := &n.shards[id.First()]
	s.mu.Lock()
	i := s.add(id)
	s.mu.Unlock()
	return i<<shardBits | uint32(id.First())
}

// keep sets what is kept for an object and returns its number.
func (n *numbering[T]) keep(id object.ID, x T) uint32 {
	s := &n.shards[id.First()]
	s.mu.Lock()
	i := s.add(id)
	s.known[i].kept = x
	s.mu.Unlock()
	return i<<shardBits | uint32(id.First())
}

// lookup returns the number of an object, if it has one.
func (n *numbering[T]) lookup(id object.ID) (number uint32, ok bool) {
	s := &n.shards[id.First()]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.slots) == 0 {
		return 0, false
	}
	slot := s.slots[s.slot(id)]
	return (slot-1)<<shardBits | uint32(id.First()), slot != 0
}

// at returns what is kept under a number. Nothing may be added meanwhile.
func (n *numbering[T]) at(number uint32) *T {
	return &n.shards[number&(1<<shardBits-1)].known[number>>shardBits].kept
}

// slot returns where id is, or where it is to be put.
func (s *shard[T]) slot(id object.ID) int {
	mask := len(s.slots) - 1
	i := int(id.Tail()) & mask
	for s.slots[i] != 0 && s.known[s.slots[i]-1].id != id {
		i = (i + 1) & mask
	}
	return i
}

// add returns the index of an id.
func (s *shard[T]) add(id object.ID) uint32 {
	if 4*len(s.known) >= 3*len(s.slots) {
		s.grow()
	}
	i := s.slot(id)
	if s.slots[i] == 0 {
		s.known = append(s.known, numbered[T]{id: id})
		s.slots[i] = uint32(len(s.known))
	}
	return s.slots[i] - 1
}

func (s *shard[T]) grow() {
	s.slots = make([]uint32, max(64, 2*len(s.slots)))
	for i := range s.known {
		s.slots[s.slot(s.known[i].id)] = uint32(i + 1)
	}
}
