package rules

import "fmt"

// addFree adds what the tables free and allow say.
func (r *Rule) addFree(t *ruleTable) error {
	for i := range t.Allow {
		a, err := t.Allow[i].list(r.Origin)
		if err != nil {
			return err
		}
		if len(a.Rules) > 0 {
			return fmt.Errorf("%s: rule %q: an allow table of a rule is about that rule; rules belongs into [[allow]] of the file", r.Origin, r.ID)
		}
		r.Allow = append(r.Allow, a)
	}
	if t.Free == nil {
		return nil
	}
	r.Free = &Free{Group: t.Free.Group, MinBits: t.Free.MinBits, Hidden: t.Free.Hidden}
	for _, n := range t.Free.Needs {
		r.Free.Needs = append(r.Free.Needs, Need(n))
	}
	return nil
}

// list returns the list that the table says.
func (t *allowTable) list(origin string) (Allow, error) {
	a := Allow{Rules: t.Rules, Paths: t.Paths, Commits: t.Commits, Values: t.Values, Words: t.Words, Origin: origin}
	target, ok := targets[t.Target]
	if !ok {
		return a, fmt.Errorf("%s: allow: target %q is unknown; use secret, match or line", origin, t.Target)
	}
	a.Target = target
	switch t.Condition {
	case "", "any":
	case "all":
		a.All = true
	default:
		return a, fmt.Errorf("%s: allow: condition %q is unknown; use any or all", origin, t.Condition)
	}
	return a, a.check()
}

// checkFree says what is wrong with a free rule.
func (r *Rule) checkFree(bad func(string, ...any)) {
	if len(r.Prefixes) > 0 || r.Grammar != "" || r.Before > 0 || r.Structure != "" || r.MinEntropy > 0 || !r.Companion.none() {
		bad("a free rule has keywords, pattern and paths, and neither prefixes, grammar, before, structure, min_entropy nor companion")
	}
	if r.Pattern == "" && len(r.Paths) == 0 {
		bad("pattern and paths are both missing, so the rule would find nothing")
	}
	for _, p := range r.Paths {
		r.checkRegexp("paths", p, bad)
	}
	if r.Pattern == "" {
		return
	}
	tree, err := parseExpression(r.Pattern)
	switch {
	case err != nil:
		bad("pattern: %s (RE2 has no look-around and no back-references)", err)
	case r.Free.Group < 0 || r.Free.Group > tree.MaxCap():
		bad("group %d is not in the pattern, which has %d", r.Free.Group, tree.MaxCap())
	}
}
