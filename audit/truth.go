package audit

import "slices"

// A truth is what can be said of a statement when not everything is known.
type truth uint8

const (
	no truth = iota
	maybe
	yes
)

func truthOf(known bool) truth {
	if known {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// A claim is a truth with what it rests on.
type claim struct {
	truth
	by *clause // that makes it true, nil for none
	// doubts say what it depends on where it is maybe.
	doubts []doubt
}

// A doubt is something that a claim depends on.
type doubt struct {
	text string // "only if aws:SourceIp is one of 10.0.0.0/8"
	// unread says that it could be told from what was asked for and not had; other
	// doubts remain whatever is read.
	unread bool
}

func certain(t truth) claim { return claim{truth: t} }

func doubtful(d doubt) claim { return claim{truth: maybe, doubts: []doubt{d}} }

// both is the claim that all of some claims hold.
func both(claims ...claim) claim {
	all := certain(yes)
	for _, c := range claims {
		if c.truth == no {
			return c
		}
		all.truth = min(all.truth, c.truth)
		all.doubts = slices.Concat(all.doubts, c.doubts)
		if all.by == nil {
			all.by = c.by
		}
	}
	return all
}

// either is the claim that any of some claims holds.
func either(claims ...claim) claim {
	var any claim
	for _, c := range claims {
		if c.truth == yes {
			return c
		}
		if c.truth == maybe {
			any.truth = maybe
			any.doubts = slices.Concat(any.doubts, c.doubts)
			if any.by == nil {
				any.by = c.by
			}
		}
	}
	return any
}

// not is the claim that c does not hold.
func (c claim) not() claim {
	c.truth = c.truth.not()
	return c
}
