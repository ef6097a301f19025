package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxPolicyDepth is more than the grammar's: document, list, statement, condition,
// operator, key, list.
const maxPolicyDepth = 16

// An object is a JSON object in its order, without duplicate names: of two
// elements with one name AWS heeds one, and we could not say which.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool, nil
}

func (o object) has(name string) bool {
	return slices.ContainsFunc(o, func(m member) bool { return m.name == name })
}

func parseJSON(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, errors.New("it is no valid JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return parseJSONValue(d, 0)
}

func parseJSONValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxPolicyDepth {
		return nil, errors.New("it is nested deeper than any policy")
	}
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("it is no valid JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		return parseJSONObject(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseJSONValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

func parseJSONObject(d *json.Decoder, depth int) (any, error) {
	o := object{}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		folded := strings.ToLower(name) // IAM compares condition keys so
		if seen[folded] {
			return nil, fmt.Errorf("it has the element %s twice", shown(name))
		}
		seen[folded] = true
		v, err := parseJSONValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name, v})
	}
	_, err := d.Token()
	return o, err
}

func oneString(m member) (string, error) {
	s, ok := m.value.(string)
	if !ok {
		return "", fmt.Errorf("its %s is no string", m.name)
	}
	return s, nil
}

// someStrings reads a string or a list of strings, which IAM takes for the same.
func someStrings(m member) ([]string, error) {
	list, ok := m.value.([]any)
	if !ok {
		list = []any{m.value}
	}
	var texts []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("its %s holds what is no string", m.name)
		}
		texts = append(texts, s)
	}
	return texts, nil
}

// someScalars reads what a condition compares with: IAM takes booleans and
// numbers for the strings that they are written as.
func someScalars(m member) ([]string, error) {
	list, ok := m.value.([]any)
	if !ok {
		list = []any{m.value}
	}
	var texts []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case bool, json.Number:
			texts = append(texts, fmt.Sprint(v))
		default:
			return nil, fmt.Errorf("its condition on %s compares with neither string, number nor boolean", shown(m.name))
		}
	}
	return texts, nil
}
