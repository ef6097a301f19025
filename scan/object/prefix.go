package object

import (
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
)

// minPrefix is how many digits a shortened id needs, as in Git.
const minPrefix = 4

// Prefix returns the ids of all objects that begin with the given hexadecimal
// digits, sorted. There must be at least four.
func (s *Store) Prefix(digits string) []ID {
	digits = strings.ToLower(digits)
	first, err := hex.DecodeString(digits[:min(2, len(digits))])
	if err != nil || len(digits) < minPrefix {
		return nil
	}
	var found []ID
	keep := func(id ID) {
		if strings.HasPrefix(id.String(), digits) {
			found = append(found, id)
		}
	}
	for _, p := range s.packs {
		if p.index == nil {
			continue
		}
		for i, hi := p.index.bucket(first[0]); i < hi; i++ {
			keep(p.index.id(i))
		}
	}
	for _, dir := range s.dirs {
		entries, err := readDir(filepath.Join(dir, digits[:2]))
		if err != nil {
			continue // not there, or reported by Units
		}
		for _, e := range entries {
			if id, err := ParseID(digits[:2] + e.Name()); err == nil {
				keep(id)
			}
		}
	}
	slices.SortFunc(found, ID.Compare)
	return slices.Compact(found)
}

// FromBytes returns the id of 20 or 32 bytes.
func FromBytes(b []byte) (ID, error) {
	if !validHashSize(len(b)) {
		return ID{}, damagedf("object id of %d bytes", len(b))
	}
	return idFrom(b, len(b)), nil
}
