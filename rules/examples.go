package rules

import "fmt"

// exampleRounds is how often each example is filled and tried: enough that a
// pattern which is a little too narrow for its own documentation shows.
const exampleRounds = 20

// TestExamples fills the examples and non-examples of every rule of the set and
// returns an error for each example that its rule does not find and each
// non-example in which it finds something that is not a placeholder.
func (s *Set) TestExamples() []error {
	var errs []error
	for i := range s.rules {
		r := s.rules[i].Rule
		for _, e := range r.Examples {
			errs = append(errs, s.testExample(r, e, true)...)
		}
		for _, e := range r.NonExamples {
			errs = append(errs, s.testExample(r, e, false)...)
		}
	}
	return errs
}

// testExample stops at the first round that fails, which is enough to say.
func (s *Set) testExample(r *Rule, template string, want bool) []error {
	for seed := range uint64(exampleRounds) {
		text, err := r.Expand(template, seed)
		if err != nil {
			return []error{err}
		}
		if s.finds(r, text) == want {
			continue
		}
		if want {
			return []error{fmt.Errorf("%s: rule %q: example %q: nothing found (round %d)", r.Origin, r.ID, template, seed)}
		}
		return []error{fmt.Errorf("%s: rule %q: non-example %q: found (round %d)", r.Origin, r.ID, template, seed)}
	}
	return nil
}

// finds reports whether r finds a credential in text that is at least as sure
// as the rule says, or low if the rule says low.
func (s *Set) finds(r *Rule, text string) bool {
	for _, m := range s.Find(nil, []byte(text)) {
		if m.Rule.ID == r.ID && m.Doubt == "" && m.Confidence > 0 {
			return true
		}
	}
	return false
}
