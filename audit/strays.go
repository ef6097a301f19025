package audit

// strays tells the activities that name no secret of the inventory: those without
// a name, as when a whole batch was refused, and those of secrets that are gone
// or never were. Checks judge them with the region, for want of a secret.

// namedIDs returns the ids of activities that name a secret of the region.
func (inv *Inventory) namedIDs(at cell, activities map[string][]*Activity) map[string]bool {
	named := map[string]bool{}
	if len(activities) == 0 {
		return named
	}
	for e, err := range inv.cells[at].secrets.all() {
		if err != nil {
			break // whoever reads the secrets meets it again
		}
		for _, id := range secretIDs(string(e.key), nameOf(string(e.key))) {
			if activities[id] != nil {
				named[id] = true
			}
		}
	}
	return named
}

// Strays returns the activities that name no secret of the region, sorted by
// first time.
func (r *Region) Strays() []*Activity {
	var list []*Activity
	for id, some := range r.activities {
		if !r.named[id] {
			list = append(list, some...)
		}
	}
	return sortActivity(list)
}
