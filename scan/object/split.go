package object

// Split divides a unit in two: the objects of families of which mine reports true for
// the id of the one that the others are built on, and the rest. Families stay whole, so
// that what of an object is an edit of another one is not lost. They follow from how
// the store is packed: Listing tells stores apart that are packed otherwise.
func (u Unit) Split(mine func(ID) bool) (own, rest Unit) {
	own, rest = u, u
	own.starts, rest.starts, own.loose, rest.loose = nil, nil, nil, nil
	for _, e := range u.starts {
		if mine(u.pack.id(e)) {
			own.starts = append(own.starts, e)
		} else {
			rest.starts = append(rest.starts, e)
		}
	}
	for _, l := range u.loose {
		if mine(l.id) {
			own.loose = append(own.loose, l)
		} else {
			rest.loose = append(rest.loose, l)
		}
	}
	own.share(&u)
	rest.share(&u)
	return own, rest
}

// share estimates how much of a unit is left.
func (u *Unit) share(of *Unit) {
	n, all := len(u.starts)+len(u.loose), len(of.starts)+len(of.loose)
	u.objects, u.size = of.objects*n/all, of.size*int64(n)/int64(all)
}

// Empty reports whether nothing is in the unit.
func (u Unit) Empty() bool { return len(u.starts)+len(u.loose) == 0 }
