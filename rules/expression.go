package rules

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// An expression may come with the tree that is scanned, and a short one can ask for
// hundreds of megabytes and hours: a counted repetition stands for its many copies. So
// the steps that it is compiled to are bounded, of one expression and of all that
// count in a Set. The longest of gitleaks' default configuration has some thousand.
const (
	maxSteps    = 20_000
	maxAllSteps = 500_000
)

// parseExpression reads an expression. That it can be compiled is known then: nothing
// but its syntax is checked there.
func parseExpression(expr string) (*syntax.Regexp, error) {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if n := steps(tree); n > maxSteps {
		return nil, fmt.Errorf("repetitions make %d steps of the expression, and %d are allowed", n, maxSteps)
	}
	return tree, nil
}

// CheckExpression says what is wrong with an expression of a rule or a list: it is no
// RE2, or asks for more than one may.
func CheckExpression(expr string) error {
	_, err := parseExpression(expr)
	return err
}

// steps is about how many instructions an expression is compiled to.
func steps(re *syntax.Regexp) int {
	n := max(1, len(re.Sub))
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += steps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}

// checkSteps reports whether an expression of s asks for too much, or all of them do
// together. Those of built-in rules are not counted: that would take every run longer.
func (s *Set) checkSteps() error {
	total := 0
	var errs []error
	add := func(origin string, list ...string) {
		for _, expr := range list {
			tree, err := parseExpression(expr)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", origin, err))
				continue
			}
			total += steps(tree)
		}
	}
	lists := func(all []Allow) {
		for i := range all {
			add(all[i].Origin, all[i].Paths...)
			add(all[i].Origin, all[i].Values...)
		}
	}
	lists(s.allow)
	ours := builtin[:] // sorted by id, as the rules of s
	for i := range s.rules {
		r := s.rules[i].Rule
		lists(r.Allow)
		for len(ours) > 0 && ours[0].ID < r.ID {
			ours = ours[1:]
		}
		if len(ours) == 0 || !r.sameExpressions(&ours[0]) {
			add(r.Origin, r.Pattern, r.Companion.Pattern)
			add(r.Origin, r.Paths...)
			add(r.Origin, r.Allowed...)
		}
	}
	if total > maxAllSteps {
		errs = append(errs, fmt.Errorf("the expressions of rules and allowlists make %d steps together, and %d are allowed", total, maxAllSteps))
	}
	return errors.Join(errs...)
}

func (r *Rule) sameExpressions(o *Rule) bool {
	return r.ID == o.ID && r.Pattern == o.Pattern && r.Companion.Pattern == o.Companion.Pattern && slices.Equal(r.Paths, o.Paths) && slices.Equal(r.Allowed, o.Allowed)
}
