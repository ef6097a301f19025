package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A policy is the policy of a resource: who may do what with it. It is read
// strictly, because a document that is understood in part would make a resource
// look private that is not: what makes no sense to us is an error.
type policy struct {
	statements []statement
	variables  bool // its version has policy variables
}

// A statement allows or denies actions to principals.
type statement struct {
	number int // from 1
	allow  bool
	// principals are those named; with notPrincipal the statement is about
	// everyone else. The same holds for actions and resources.
	principals   []principal
	notPrincipal bool
	actions      []string
	notAction    bool
	resources    []string
	notResource  bool
	conditions   []condition // all must hold
}

// A principal is one that a statement names.
type principal struct {
	kind  string // AWS, Service, Federated, CanonicalUser, or anyone
	value string
}

// anyone is the kind of the principal "*", which AWS writes in two ways that
// mean the same.
const anyone = "*"

// A condition compares one key of a request with values.
type condition struct {
	operator string // as in conditionOperators
	set      string // ForAnyValue, ForAllValues or ""
	ifExists bool   // it holds too where the request lacks the key
	key      string // in lower case, as IAM compares keys without regard to it
	values   []string
}

// conditionOperators are those of IAM's grammar, without set prefix and suffix
// IfExists.
var conditionOperators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
}

// A grammar says of what a policy is.
type grammar uint8

const (
	ofResource grammar = iota // it names principals
	ofIdentity                // it names resources: also boundaries and policies of organizations
)

// parsePolicy reads the policy of a resource.
func parsePolicy(text string) (*policy, error) { return parseDocument(text, ofResource) }

func parseDocument(text string, g grammar) (*policy, error) {
	if len(text) > maxPolicy {
		return nil, fmt.Errorf("it is longer than %d bytes", maxPolicy)
	}
	root, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	document, ok := root.(object)
	if !ok {
		return nil, errors.New("it is no JSON object")
	}
	p := &policy{}
	for _, m := range document {
		switch m.name {
		case "Version":
			p.variables = m.value == "2012-10-17"
			if m.value != "2012-10-17" && m.value != "2008-10-17" {
				err = errors.New("its Version is none that IAM knows")
			}
		case "Id":
			_, err = oneString(m)
		case "Statement":
			err = p.addStatements(m.value, g)
		default:
			err = fmt.Errorf("IAM knows no element %s", shown(m.name))
		}
		if err != nil {
			return nil, err
		}
	}
	if !document.has("Statement") {
		return nil, errors.New("it has no Statement")
	}
	return p, nil
}

func (p *policy) addStatements(v any, g grammar) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, item := range list {
		o, ok := item.(object)
		if !ok {
			return fmt.Errorf("statement %d is no JSON object", i+1)
		}
		s, err := parseStatement(o, g)
		if err != nil {
			return fmt.Errorf("statement %d: %w", i+1, err)
		}
		s.number = i + 1
		p.statements = append(p.statements, s)
	}
	return nil
}

func parseStatement(o object, g grammar) (s statement, err error) {
	for _, m := range o {
		if err := s.set(m); err != nil {
			return s, err
		}
	}
	pairs := [][2]string{{"Principal", "NotPrincipal"}, {"Action", "NotAction"}}
	if g == ofIdentity {
		pairs[0] = [2]string{"Resource", "NotResource"}
		if o.has("Principal") || o.has("NotPrincipal") {
			return s, errors.New("it names a principal, which the policy of an identity cannot")
		}
	}
	for _, pair := range pairs {
		if o.has(pair[0]) == o.has(pair[1]) {
			return s, fmt.Errorf("it must have one of %s and %s", pair[0], pair[1])
		}
	}
	if o.has("Resource") && o.has("NotResource") {
		return s, errors.New("it has both Resource and NotResource")
	}
	if !o.has("Resource") && !o.has("NotResource") {
		s.resources = []string{"*"} // KMS: the key that the policy is attached to
	}
	if !o.has("Effect") {
		return s, errors.New("it has no Effect")
	}
	return s, nil
}

func (s *statement) set(m member) (err error) {
	switch m.name {
	case "Sid":
		_, err = oneString(m)
	case "Effect":
		s.allow = m.value == "Allow"
		if !s.allow && m.value != "Deny" {
			err = errors.New("its Effect is neither Allow nor Deny")
		}
	case "Principal", "NotPrincipal":
		s.notPrincipal = m.name == "NotPrincipal"
		s.principals, err = parsePrincipals(m)
	case "Action", "NotAction":
		s.notAction = m.name == "NotAction"
		s.actions, err = someStrings(m)
	case "Resource", "NotResource":
		s.notResource = m.name == "NotResource"
		s.resources, err = someStrings(m)
	case "Condition":
		s.conditions, err = parseConditions(m.value)
	default:
		err = fmt.Errorf("IAM knows no element %s", shown(m.name))
	}
	return err
}

func parsePrincipals(m member) ([]principal, error) {
	if m.value == "*" {
		return []principal{{kind: anyone}}, nil
	}
	kinds, ok := m.value.(object)
	if !ok {
		return nil, fmt.Errorf("its %s is neither * nor a JSON object", m.name)
	}
	var list []principal
	for _, kind := range kinds {
		values, err := someStrings(kind)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			p, err := newPrincipal(kind.name, v)
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
	}
	return list, nil
}

func newPrincipal(kind, value string) (principal, error) {
	switch kind {
	case "AWS", "Federated", "CanonicalUser":
		if value == "*" {
			return principal{kind: anyone}, nil
		}
	case "Service":
		if value == "*" {
			return principal{kind: kind, value: value}, nil
		}
	default:
		return principal{}, fmt.Errorf("IAM knows no kind of principal %s", shown(kind))
	}
	if value == "" || strings.ContainsAny(value, "*?") {
		return principal{}, fmt.Errorf("the principal %s is empty or has a wildcard within, which IAM does not know", shown(value))
	}
	return principal{kind: kind, value: value}, nil
}

func parseConditions(v any) ([]condition, error) {
	operators, ok := v.(object)
	if !ok {
		return nil, errors.New("its Condition is no JSON object")
	}
	var list []condition
	for _, operator := range operators {
		head, err := parseOperator(operator.name)
		if err != nil {
			return nil, err
		}
		keys, ok := operator.value.(object)
		if !ok {
			return nil, fmt.Errorf("its condition %s is no JSON object", shown(operator.name))
		}
		for _, key := range keys {
			c := head
			c.key = strings.ToLower(key.name)
			if c.values, err = someScalars(key); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func parseOperator(name string) (c condition, err error) {
	rest := name
	for _, set := range []string{"ForAnyValue", "ForAllValues"} {
		if after, ok := cutPrefixFold(rest, set+":"); ok {
			c.set, rest = set, after
		}
	}
	if before, ok := cutSuffixFold(rest, "IfExists"); ok {
		c.ifExists, rest = true, before
	}
	i := slices.IndexFunc(conditionOperators, func(o string) bool { return strings.EqualFold(o, rest) })
	if i < 0 {
		return c, fmt.Errorf("IAM knows no condition operator %s", shown(name))
	}
	c.operator = conditionOperators[i]
	return c, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func cutSuffixFold(s, suffix string) (string, bool) {
	cut := len(s) - len(suffix)
	if cut < 0 || !strings.EqualFold(s[cut:], suffix) {
		return s, false
	}
	return s[:cut], true
}
