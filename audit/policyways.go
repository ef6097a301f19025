package audit

import "slices"

// ways are what the resource policy of a secret allows outside its own account.
type ways struct {
	policy *policy
	list   []way
}

// A way is an access, with all actions of guarded that it allows.
type way struct {
	access
	actions []string
}

// waysInto reads the resource policy of a secret. Where it has none, or where it
// cannot be judged, ways is nil and the result says so.
func waysInto(s *Secret) (*ways, Result) {
	switch {
	case s.Deleted != nil:
		return nil, NotApplicable() // nobody can read it, and its policy is not asked for
	case s.Policy == "":
		return nil, Pass("it has no resource policy")
	}
	p, err := parsePolicy(s.Policy)
	if err != nil {
		return nil, NotEvaluated("its resource policy cannot be read: %v", err)
	}
	w := &ways{policy: p}
	for _, action := range guarded {
		for _, a := range p.outside(question{action: action, resource: s.ARN, owner: s.Account}) {
			w.add(a, action)
		}
	}
	return w, Result{}
}

func (w *ways) add(a access, action string) {
	i := slices.IndexFunc(w.list, func(known way) bool {
		return known.statement == a.statement && known.who == a.who && known.scope == a.scope
	})
	if i < 0 {
		i = len(w.list)
		w.list = append(w.list, way{access: a})
	}
	if !slices.Contains(w.list[i].actions, action) {
		w.list[i].actions = append(w.list[i].actions, action)
	}
}
