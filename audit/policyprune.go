package audit

import (
	"errors"
	"slices"
)

// judgedActions are those that a statement must be about to be kept of the policy
// of an identity or an organization: the others are nobody's business here.
var judgedActions = append(slices.Clone(guarded), "secretsmanager:BatchGetSecretValue", decryptSecret.String())

// keptStatements returns the statements of a policy that are about secrets and
// keys, masked as keptPolicy masks the policy of a resource, "" for none of them.
func (t texts) keptStatements(text string, g grammar) (string, error) {
	if len(text) > maxPolicy {
		return "", errors.New("a policy longer than AWS allows")
	}
	parsed, err := parseDocument(text, g)
	if err != nil {
		return "", err
	}
	kept := map[int]bool{}
	for _, s := range parsed.statements {
		if slices.ContainsFunc(judgedActions, s.coversAction) {
			kept[s.number] = true
		}
	}
	root, _ := parseJSON(text) // as parseDocument did
	document, ok := root.(object)
	if !ok || len(kept) == 0 {
		return "", nil
	}
	for i := range document {
		if list, ok := document[i].value.([]any); ok && document[i].name == "Statement" {
			document[i].value = numbered(list, kept)
		}
	}
	w := policyWriter{match: t.match}
	if err := w.value("", document); err != nil {
		return "", err
	}
	return t.masked(w.String()), nil
}

// numbered returns the statements with these numbers, which count from 1.
func numbered(list []any, kept map[int]bool) []any {
	var some []any
	for i, s := range list {
		if kept[i+1] {
			some = append(some, s)
		}
	}
	return some
}
