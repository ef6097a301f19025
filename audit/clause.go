package audit

import (
	"slices"
	"strings"
)

// A document is a policy prepared for many questions: the statements that are
// about each action.
type document struct {
	name    string // for use in a sentence: "the policy ReadSecrets"
	clauses [actions][effects][]*clause
	// unread says why it is not known what it says, "" if it is.
	unread string
}

// An effect is what a statement does.
type effect uint8

const (
	allowing effect = iota
	denying
	effects // how many there are
)

// A clause is a statement of a document.
type clause struct {
	*statement
	document  *document
	variables bool
	resources []pattern
}

// newDocument prepares a policy under a name.
func newDocument(name, text string, g grammar) *document {
	d := &document{name: name}
	p, err := parseDocument(text, g)
	if err != nil {
		d.unread = err.Error()
		return d
	}
	for i := range p.statements {
		s := &p.statements[i]
		c := &clause{statement: s, document: d, variables: p.variables}
		for _, r := range s.resources {
			c.resources = append(c.resources, newPattern(r, p.variables))
		}
		does := denying
		if s.allow {
			does = allowing
		}
		for a := range actions {
			if s.coversAction(a.String()) {
				d.clauses[a][does] = append(d.clauses[a][does], c)
			}
		}
	}
	return d
}

// unreadDocument stands for a policy that could not be had.
func unreadDocument(name, why string) *document { return &document{name: name, unread: why} }

// coversAction reports whether s is about an action, which IAM compares without
// regard to case.
func (s *statement) coversAction(action string) bool {
	action = strings.ToLower(action)
	named := slices.ContainsFunc(s.actions, func(pattern string) bool { return matchWild(strings.ToLower(pattern), action) })
	return named != s.notAction
}

// A pattern is a text with wildcards, prepared so that what does not match shows
// at once.
type pattern struct {
	text  string
	fixed string // what stands before the first wildcard or variable
	plain bool   // it has neither
	// variables says that the text has policy variables in it.
	variables bool
}

func newPattern(text string, variables bool) pattern {
	p := pattern{text: text, fixed: text, variables: variables && strings.Contains(text, "${")}
	end := strings.IndexAny(text, "*?")
	if i := strings.Index(text, "${"); p.variables && (end < 0 || i < end) {
		end = i
	}
	if p.plain = end < 0; !p.plain {
		p.fixed = text[:end]
	}
	return p
}

// matches says whether the resource of q is one of those that p names. A pattern with a
// variable that the request lacks names none; what is not such a one IAM does not say.
func (p *pattern) matches(q *request, negated bool) truth {
	switch {
	case p.text == "*":
		return yes
	case q.resource == "":
		return maybe
	case p.plain:
		return truthOf(p.text == q.resource)
	case !strings.HasPrefix(q.resource, p.fixed):
		return no
	case !p.variables:
		return truthOf(matchWild(p.text, q.resource))
	}
	text, t := q.expanded(p.text, true)
	switch {
	case t == yes:
		return truthOf(matchWild(text, q.resource))
	case negated:
		return maybe
	}
	return t
}

// applies says whether c is about q, whoever asks.
func (c *clause) applies(q *request) claim {
	named := no
	for i := range c.resources {
		if named = max(named, c.resources[i].matches(q, c.notResource)); named == yes {
			break
		}
	}
	if c.notResource {
		named = named.not()
	}
	if named == no {
		return claim{}
	}
	all := claim{truth: named, by: c}
	if named == maybe {
		all.doubts = []doubt{{text: "its resource cannot be told from what is known", unread: true}}
	}
	for i := range c.conditions {
		one := c.conditions[i].holds(q, c.variables)
		if one.truth == no {
			return claim{}
		}
		all.truth = min(all.truth, one.truth)
		all.doubts = append(all.doubts, one.doubts...)
	}
	for i := range all.doubts {
		all.doubts[i].text = c.word() + " " + all.doubts[i].text + " (" + c.document.name + ")"
	}
	return all
}

func (c *clause) word() string {
	if c.allow {
		return "only if"
	}
	return "unless a Deny applies: if"
}

// A standing is how the policy of a resource speaks of a principal. How far an Allow
// goes depends on it.
type standing uint8

const (
	asItself  standing = iota // the user or role itself
	asGrantee                 // the same, by a grant
	asSession                 // one session of a role
	asAccount                 // the account, which decides who of it may
	asAnyone                  // everyone
	standings
)

// about says whether the principals of c are those that ask, by each way of naming
// them.
func (c *clause) about(p *party) (named [standings]claim) {
	var hits [standings]bool
	var session string
	for i := range c.principals {
		how, hit := p.namedBy(&c.principals[i])
		if hits[how] = hits[how] || hit; hit && how == asSession {
			session = c.principals[i].value
		}
	}
	if c.notPrincipal {
		named[asAnyone] = c.aboutOthers(p, hits)
		return named
	}
	for how, hit := range hits {
		named[how] = certain(truthOf(hit))
	}
	if hits[asSession] {
		named[asSession] = doubtful(doubt{text: c.word() + " it is the session " + shown(session) + " (" + c.document.name + ")"})
	}
	return named
}

// aboutOthers is about for a statement for all but some. Who is exempt from a Deny
// must be so together with the account, and a role with its session, or AWS denies
// it all the same.
func (c *clause) aboutOthers(p *party, hits [standings]bool) claim {
	switch {
	case p.kind == aProvider && !hits[asAnyone]: // one of its sessions may be of a role that is exempt
	case hits == [standings]bool{}:
		return certain(yes)
	case hits[asAnyone], p.kind == aService, p.kind == anAccount, c.allow && !hits[asSession]:
		return claim{}
	case !c.allow && !hits[asItself] && !hits[asSession]: // its account alone is exempt
		return certain(yes)
	case p.kind == aUser && hits[asItself] && hits[asAccount]:
		return claim{}
	}
	return doubtful(doubt{text: c.word() + " NotPrincipal, from which only one that is named with its account and its session is exempt (" + c.document.name + ")"})
}

// namedBy says whether a principal of a policy is p.
func (p *party) namedBy(named *principal) (standing, bool) {
	switch {
	case named.kind == anyone:
		return asAnyone, true
	case p.kind == aService:
		return asItself, named.kind == "Service" && (named.value == "*" || named.value == p.arn)
	case named.kind != "AWS", p.kind == aProvider:
		return asItself, named.kind == "Federated" && p.kind == aProvider && named.value == p.arn
	case named.value == p.arn || p.id != "" && named.value == p.id:
		return asItself, true
	}
	account := accountOf(named.value)
	if account == "" || account != p.account {
		return asItself, false
	}
	if named.value == account || strings.HasSuffix(named.value, ":root") {
		return asAccount, true
	}
	return asSession, p.kind == aRole && strings.Contains(named.value, ":assumed-role/") && withoutSession(named.value) == withoutPath(p.arn)
}

// withoutPath is the ARN of a user or role without its path, as sessions name a role.
func withoutPath(arn string) string {
	head, rest, found := strings.Cut(arn, "/")
	if !found {
		return arn
	}
	return head + "/" + rest[strings.LastIndexByte(rest, '/')+1:]
}
