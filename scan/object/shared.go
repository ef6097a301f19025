package object

import (
	"bytes"
	"os"
	"slices"
)

// Shares reports whether both stores read the same object directory, for instance
// an alternate.
func (s *Store) Shares(other *Store) bool {
	return slices.ContainsFunc(s.infos, func(mine os.FileInfo) bool {
		return slices.ContainsFunc(other.infos, func(theirs os.FileInfo) bool { return os.SameFile(mine, theirs) })
	})
}

// Has reports whether the store lists an object. That does not say that it can be
// read.
func (s *Store) Has(id ID) bool {
	if int(id.size) != s.opts.HashSize {
		return false
	}
	if slices.ContainsFunc(s.packs, func(p *pack) bool { _, ok := p.lookup(id); return ok }) {
		return true
	}
	s.listed.Do(s.listLoose)
	if _, ok := s.tempAt[id]; ok {
		return true
	}
	_, ok := slices.BinarySearchFunc(s.loose, id, func(l looseObject, id ID) int { return bytes.Compare(l.id.hash[:], id.hash[:]) })
	return ok
}
