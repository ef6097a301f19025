package audit

import "slices"

// What follows decides as AWS documents it under "Policy evaluation logic": an
// explicit Deny anywhere ends it; then every kind of policy that is there has to
// allow, and within the account of a resource either its policy or one of the
// principal's own does.

// A resourcePolicy is what the owner of a secret or of a key says about it.
type resourcePolicy struct {
	documents []*document // none or one
	grants    []Grant     // of a key
	ungranted string      // why the grants are not known, "" if they are
	// delegates says that the owner's identities need its leave to be allowed by
	// policies of their own: so with keys, and not with secrets.
	delegates bool
}

// decide says whether a request is allowed. What allows it is looked for first:
// most principals have nothing to do with most secrets.
func (q *request) decide(of *resourcePolicy) claim {
	barred, named := q.resourcePolicy(of)
	if barred.truth == yes {
		return claim{}
	}
	allowed := q.allowed(of, named)
	if allowed.truth == no {
		return claim{}
	}
	denied := either(barred, q.search(denying, q.who.documents), q.search(denying, q.who.edge()))
	for _, levels := range q.guardrails() {
		for _, level := range levels {
			denied, allowed = either(denied, q.search(denying, level)), both(allowed, q.search(allowing, level))
		}
	}
	return both(allowed, denied.not())
}

// allowed weighs what the principal's policies and the resource's allow.
func (q *request) allowed(of *resourcePolicy, named [standings]claim) claim {
	switch q.who.kind {
	case aService:
		return either(named[asItself], named[asGrantee], named[asAnyone])
	case aProvider:
		return doubtful(doubt{text: "as far as AWS heeds a provider of identities here, which it documents for trust policies alone, and the roles of its sessions may", unread: true})
	}
	bound := certain(yes)
	if q.who.boundary != nil {
		bound = q.search(allowing, q.who.edge())
	}
	within := both(q.own(), bound)
	if q.who.account != q.owner { // it takes both sides
		return both(within, either(named[:]...))
	}
	if of.delegates {
		within = both(named[asAccount], within)
	}
	direct, granted := named[asItself], named[asGrantee]
	if q.who.kind == aRole { // a boundary limits what a role is given by name, and not a user
		direct = both(direct, bound)
		if bound.truth == no {
			bound = doubtful(doubt{text: "as far as a grant of the key counts for more than its boundary, of which AWS says nothing"})
		}
		granted = both(granted, bound)
	}
	return either(within, direct, granted, named[asAnyone], named[asSession])
}

// own says whether the principal's own policies allow q.
func (q *request) own() claim {
	switch {
	case q.who.known, q.who.kind == aFederatedUser:
		return q.search(allowing, q.who.documents)
	case q.who.account == "":
		return doubtful(doubt{text: "as far as its own account lets it"})
	}
	return doubtful(doubt{text: "as far as account " + q.who.account + " lets it, whose policies are not in the inventory"})
}

// edge is the permissions boundary, as a list of policies.
func (p *party) edge() []*document {
	if p.boundary == nil {
		return nil
	}
	return []*document{p.boundary}
}

// search says whether a statement of some documents that has an effect is about q.
func (q *request) search(effect effect, list []*document) claim {
	var found claim
	for _, d := range list {
		if d.unread != "" {
			found = either(found, d.doubt())
			continue
		}
		for _, c := range d.clauses[q.action][effect] {
			if found = either(found, c.applies(q)); found.truth == yes {
				return found
			}
		}
	}
	return found
}

// doubt is what a document that could not be read allows or denies.
func (d *document) doubt() claim {
	return doubtful(doubt{text: "as far as " + d.name + " lets it, which could not be read: " + d.unread, unread: true})
}

// resourcePolicy says whether the resource's policy denies q, and what it allows
// by each way of naming who asks.
func (q *request) resourcePolicy(of *resourcePolicy) (denied claim, named [standings]claim) {
	for _, d := range of.documents {
		if d.unread != "" {
			unknown := d.doubt()
			denied = either(denied, unknown)
			named[asItself], named[asAccount] = either(named[asItself], unknown), either(named[asAccount], unknown)
			continue
		}
		for _, c := range d.clauses[q.action][denying] {
			for _, about := range c.about(q.who) {
				if about.truth != no {
					denied = either(denied, both(about, c.applies(q)))
				}
			}
		}
		for _, c := range d.clauses[q.action][allowing] {
			for how, about := range c.about(q.who) {
				if about.truth != no {
					named[how] = either(named[how], both(about, c.applies(q)))
				}
			}
		}
	}
	for i := range of.grants {
		how, lets := of.grants[i].lets(q.who)
		named[how] = either(named[how], lets)
	}
	if of.ungranted != "" {
		named[asGrantee] = either(named[asGrantee], doubtful(doubt{text: "as far as a grant of the key lets it, which were not read: " + of.ungranted, unread: true}))
	}
	return denied, named
}

// lets says whether a grant lets a principal decrypt, and how it names it.
func (g *Grant) lets(p *party) (standing, claim) {
	kind := "AWS"
	if p.kind == aService {
		kind = "Service"
	}
	how, hit := p.namedBy(&principal{kind: kind, value: g.Grantee})
	if how == asItself {
		how = asGrantee
	}
	if !hit || !slices.Contains(g.Operations, "Decrypt") {
		return how, claim{}
	}
	lets := certain(yes)
	if how == asSession {
		lets = doubtful(doubt{text: "only if it is the session " + shown(g.Grantee) + " (a grant of the key)"})
	}
	if g.Constrained {
		lets = both(lets, doubtful(doubt{text: "only if the encryption context is that of a grant of the key"}))
	}
	return how, lets
}

// guardrails are the levels of the policies of organizations that bind q: those
// for the principal's account, and those for the resource's, which bind no key that AWS
// manages. Neither binds a role that only a service can take on.
func (q *request) guardrails() [][][]*document {
	var list [][][]*document
	if q.who.linked {
		return nil
	}
	if m := q.who.member; m != nil && !m.management && m.services != nil {
		list = append(list, m.services)
	}
	if m := q.owners; m != nil && !m.management && m.resources != nil && !q.managed {
		list = append(list, m.resources)
	}
	return list
}
