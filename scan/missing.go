package scan

import (
	"errors"

	"github.com/assayhq/assay/scan/object"
)

// errMissing is about an object that another one names. A repository that shows what
// it has not got is damaged, or made to look as if there were nothing.
var errMissing = errors.New("missing: the repository names it, but does not have it; git fsck --full says where")

// present returns what tells which objects there are, nil where nobody can say.
func (h *History) present() *object.Presence {
	h.listed.Do(func() {
		h.presence = h.repo.store.Presence()
		if ids, err := object.Shallow(h.repo.common); err == nil && len(ids) == 0 {
			h.deep = true
		}
	})
	return h.presence
}

// tellMissing yields gaps for the objects that a commit names and the store lacks. It
// returns what yield does.
func (h *History) tellMissing(c *commit, learned *pupil, yield func(Blob, error) bool) bool {
	present := h.present()
	if present == nil {
		return true
	}
	names := []object.ID{c.tree}
	if h.deep {
		names = append(names, c.parents...)
	}
	for _, id := range names {
		if present.Has(id) {
			continue
		}
		learned.doubt()
		if !yield(Blob{}, missingObject(id)) {
			return false
		}
	}
	return true
}

func missingObject(id object.ID) error {
	return &Gap{Subject: "object " + id.String(), Err: errMissing}
}
