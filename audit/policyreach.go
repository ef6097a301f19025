package audit

import (
	"slices"
	"strings"
)

// What follows answers one question of a policy: who outside the owner's account
// may do something. It errs to one side. What could let somebody in counts,
// unless a condition keeps them out that we know and that has a fixed value.

// A question is about one action on one resource.
type question struct {
	action   string // "secretsmanager:GetSecretValue"
	resource string // ARN
	owner    string // account of twelve digits
}

// An access is what a policy allows somebody outside the owner's account.
type access struct {
	scope scope
	// who is everyone, an account, an ARN, or what a condition says of them, for
	// use in a sentence.
	who string
	// accounts are those that it comes from, sorted, as far as they are known.
	accounts []string
	// through is the use that conditions limit it to: "Secrets Manager", "" for any.
	through   string
	statement int // its number in the policy
}

// A scope says how far an access goes.
type scope uint8

const (
	public   scope = iota // everyone with an AWS account
	bounded               // everyone within something that has no list of accounts, such as an organization
	accounts              // accounts, or users and roles of them
	service               // an AWS service, on behalf of an account of its own choosing
)

// outside lists the accesses that p allows outside the owner's account, in the
// order of its statements.
func (p *policy) outside(q question) []access {
	denied := p.denials(q)
	if denied.everyone {
		return nil
	}
	var list []access
	for _, s := range p.statements {
		if !s.allow || !s.covers(q) {
			continue
		}
		who, use := limitsOf(s.conditions, q.owner)
		who, use = append(who, denied.who...), append(use, denied.use...)
		for _, named := range s.named() {
			if denied.names(named) {
				continue
			}
			if a, ok := reach(named, who, q.owner); ok {
				a.statement, a.through = s.number, usage(use)
				list = append(list, a)
			}
		}
	}
	return list
}

// named are the principals that an Allow is about; everyone but some is everyone.
func (s *statement) named() []principal {
	if s.notPrincipal {
		return []principal{{kind: anyone}}
	}
	return s.principals
}

// covers reports whether s is about the action and resource of q. A resource
// with a policy variable may be any.
func (s *statement) covers(q question) bool {
	action := slices.ContainsFunc(s.actions, func(pattern string) bool {
		return matchWild(strings.ToLower(pattern), strings.ToLower(q.action))
	})
	resource := slices.ContainsFunc(s.resources, func(pattern string) bool {
		return matchWild(pattern, q.resource) || s.allow && !s.notResource && strings.Contains(pattern, "${")
	})
	return action != s.notAction && resource != s.notResource
}

// reach says what naming a principal allows within limits. ok is false where
// nobody outside the owner's account is allowed anything.
func reach(p principal, who []limit, owner string) (a access, ok bool) {
	known, within := intersect(who)
	switch p.kind {
	case anyone:
		return everyone(who, known, within, owner)
	case "Service":
		a := access{scope: service, who: shown(p.value), accounts: without(within, owner)}
		// A service that acts for the owner's account alone is the owner, and one
		// within an organization or network is bounded by that.
		whole := slices.ContainsFunc(who, func(l limit) bool { return l.accounts == nil })
		return a, len(who) == 0 || !whole && len(a.accounts) > 0
	}
	account := accountOf(p.value)
	if account == "" && p.kind == "AWS" {
		return access{}, false // the id of a user or role that is gone
	}
	if account == owner || known && account != "" && !slices.Contains(within, account) {
		return access{}, false
	}
	a = access{scope: accounts, who: shown(p.value)}
	if account != "" {
		a.accounts = []string{account}
	}
	return a, true
}

func everyone(who []limit, known bool, within []string, owner string) (access, bool) {
	if len(who) == 0 {
		return access{scope: public, who: "everyone"}, true
	}
	if known {
		others := without(within, owner)
		return access{scope: accounts, who: "account " + listed(others), accounts: others}, len(others) > 0
	}
	const most = 3 // each of them holds, so that fewer are as true
	var texts []string
	for _, l := range who[:min(len(who), most)] {
		texts = append(texts, l.text)
	}
	return access{scope: bounded, who: "everyone within " + strings.Join(texts, " and ")}, true
}

// intersect returns the accounts that all limits leave, known only if one of
// them has a list of accounts.
func intersect(list []limit) (known bool, within []string) {
	for _, l := range list {
		switch {
		case l.accounts == nil:
		case !known:
			known, within = true, slices.Clone(l.accounts)
		default:
			within = slices.DeleteFunc(within, func(a string) bool { return !slices.Contains(l.accounts, a) })
		}
	}
	return known, within
}

func without(list []string, one string) []string {
	var others []string
	for _, a := range list {
		if a != one {
			others = append(others, a)
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// accountOf returns the account of a principal as policies name it, "" if it has
// none.
func accountOf(name string) string {
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		name = parts[4]
	}
	if !isAccount(name) {
		return ""
	}
	return name
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// denials are what the Deny statements of a policy take away from everyone.
type denials struct {
	everyone bool
	named    map[principal]bool
	accounts map[principal]bool // whole accounts, by kind and number
	who, use []limit
}

func (p *policy) denials(q question) denials {
	d := denials{named: map[principal]bool{}, accounts: map[principal]bool{}}
	for _, s := range p.statements {
		if s.allow || !s.covers(q) {
			continue
		}
		all := slices.ContainsFunc(s.principals, func(p principal) bool { return p.kind == anyone })
		switch {
		case s.notPrincipal && len(s.conditions) == 0:
			d.who = append(d.who, allBut(s.principals, all)...)
		case s.notPrincipal:
		case all && len(s.conditions) == 0:
			d.everyone = true
		case all:
			who, use := exceptions(s.conditions, q.owner)
			d.who, d.use = append(d.who, who...), append(d.use, use...)
		case len(s.conditions) == 0:
			d.name(s.principals)
		}
	}
	return d
}

// allBut is the limit that denying all others sets.
func allBut(exempt []principal, all bool) []limit {
	if all {
		return nil
	}
	l := limit{accounts: []string{}, text: "the principals that are exempt from a Deny"}
	for _, p := range exempt {
		if a := accountOf(p.value); a != "" {
			l.accounts = append(l.accounts, a)
		}
	}
	return []limit{l}
}

// name takes in principals that are denied without a condition.
func (d denials) name(list []principal) {
	for _, p := range list {
		d.named[p] = true
		if account := accountOf(p.value); account == p.value || strings.HasSuffix(p.value, ":root") {
			d.accounts[principal{p.kind, account}] = true
		}
	}
}

// names reports whether a principal is denied by name, or with its account.
func (d denials) names(p principal) bool {
	if p.kind == anyone {
		return false
	}
	account := accountOf(p.value)
	return d.named[p] || account != "" && d.accounts[principal{p.kind, account}]
}

// matchWild reports whether text matches a pattern in which * stands for any
// characters and ? for one. It takes time in proportion to the product of their
// lengths at most.
func matchWild(pattern, text string) bool {
	p, t := 0, 0
	star, from := -1, 0 // where the last * stands, and what it has taken up to
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
