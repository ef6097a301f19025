package rules

import (
	"fmt"
	"slices"
)

// exampleRounds is how often each example is filled and tried: enough that a
// pattern which is a little too narrow for its own documentation shows.
const exampleRounds = 20

// A Failure is an example that its rule does not find, or a non-example in which it
// finds something that is not a placeholder.
type Failure struct {
	Rule       *Rule
	Template   string
	NonExample bool
	Broken     bool   // the template cannot be filled
	Reason     string // what decided
}

func (f Failure) Error() string {
	return fmt.Sprintf("%s: rule %q: %s", f.Rule.Origin, f.Rule.ID, f.says())
}

func (f Failure) says() string {
	kind, outcome := "example", " is not found"
	if f.NonExample {
		kind, outcome = "non-example", " is found"
	}
	if f.Broken {
		outcome = ""
	}
	return fmt.Sprintf("%s %q%s: %s", kind, f.Template, outcome, f.Reason)
}

// TestExamples fills the examples and non-examples of the rules with the ids, or of
// every rule where none is named, and returns what did not come out as it should.
func (s *Set) TestExamples(ids ...string) []Failure {
	var all []Failure
	for i := range s.rules {
		r := s.rules[i].Rule
		if len(ids) > 0 && !slices.Contains(ids, r.ID) {
			continue
		}
		for _, e := range r.Examples {
			all = s.testExample(all, Failure{Rule: r, Template: e})
		}
		for _, e := range r.NonExamples {
			all = s.testExample(all, Failure{Rule: r, Template: e, NonExample: true})
		}
	}
	return all
}

// testExample appends f if the example fails. It stops at the first round that
// does, which is enough to say.
func (s *Set) testExample(failed []Failure, f Failure) []Failure {
	for seed := range uint64(exampleRounds) {
		text, err := f.Rule.fill(f.Template, seed)
		if err != nil {
			f.Broken, f.Reason = true, err.Error()
			return append(failed, f)
		}
		if s.finds(f.Rule, text) == f.NonExample {
			f.Reason = s.reason(f.Rule, []byte(text), f.NonExample)
			return append(failed, f)
		}
	}
	return failed
}

// reason says what decided about a text: the first place where the rule finds
// something, or else the last place where it does not.
func (s *Set) reason(r *Rule, text []byte, found bool) string {
	reason := "none of its literals stands in it"
	if r.Grammar != "" {
		reason = "its grammar reads no such value, or it is judged to be none; assay rules explain --why says more"
		if found {
			reason = "it is judged to be a credential"
		}
	}
	steps, _ := s.Why(text, r.ID)
	for _, x := range steps {
		reason = x.Outcome
		if x.Found && found {
			break
		}
	}
	return reason
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
