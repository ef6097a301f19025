package audit

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// holds says whether a condition of a statement holds for q. variables says that
// its values may have policy variables in them.
func (c *condition) holds(q *request, variables bool) claim {
	f := q.fact(c.key)
	if c.operator == "Null" {
		return c.holdsNull(f)
	}
	switch {
	case f.there == no:
		return certain(truthOf(c.holdsWithout()))
	case f.why != "" || f.there == maybe || c.operator == "BinaryEquals":
		return doubtful(c.doubt(f))
	case c.set == "" && len(f.values) > 1:
		return doubtful(c.doubt(fact{why: "may have several values"}))
	}
	_, negated := negations[c.operator]
	negated = negated || c.operator == "NumericNotEquals" || c.operator == "DateNotEquals"
	all := truthOf(c.set == "ForAllValues")
	for _, value := range f.values {
		one := c.matches(q, value, f.begins, variables, negated)
		switch {
		case len(f.values) == 1:
			all = one
		case c.set == "ForAllValues":
			all = min(all, one)
		default:
			all = max(all, one)
		}
	}
	if all == maybe {
		return doubtful(c.doubt(fact{why: "cannot be told from what is known", unread: slices.ContainsFunc(c.values, hidden)}))
	}
	return certain(all)
}

// holdsWithout reports whether c holds for a request that lacks its key.
func (c *condition) holdsWithout() bool {
	switch {
	case c.set == "ForAnyValue":
		return c.ifExists
	case c.ifExists, c.set == "ForAllValues":
		return true
	}
	return strings.HasPrefix(c.operator, "Not") || strings.Contains(c.operator, "NotEquals") || strings.HasSuffix(c.operator, "NotLike")
}

func (c *condition) holdsNull(f fact) claim {
	if f.there == maybe {
		return doubtful(c.doubt(f))
	}
	wanted := slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, "true") == (f.there == no) })
	return certain(truthOf(wanted))
}

// doubt says that c depends on something: "aws:SourceIp IpAddress 10.0.0.0/8".
func (c *condition) doubt(f fact) doubt {
	operator := c.operator
	if c.ifExists {
		operator += "IfExists"
	}
	if c.set != "" {
		operator = c.set + ":" + operator
	}
	text := shownKey(c.key) + " " + operator + " " + listed(shownAll(c.values)) + ", where the key " + f.why
	return doubt{text: text, unread: f.unread}
}

// matches says whether a value of a request is as c wants it. With begins it is
// only known how the value begins.
func (c *condition) matches(q *request, value string, begins, variables, negated bool) truth {
	any := no
	for _, want := range c.values {
		if hidden(want) {
			any = max(any, maybe)
			continue
		}
		want, t := q.expanded(want, variables)
		if t != yes {
			if negated {
				t = maybe // IAM does not say what is unlike a variable that there is not
			}
			any = max(any, t)
			continue
		}
		if begins {
			any = max(any, c.matchesBeginning(value, want))
			continue
		}
		any = max(any, truthOf(c.compare(value, want)))
	}
	if negated {
		return any.not()
	}
	return any
}

// expanded puts the values of policy variables into a text. It is no where the
// request lacks one, and maybe where one is not known.
func (q *request) expanded(text string, variables bool) (string, truth) {
	if !variables || !strings.Contains(text, "${") {
		return text, yes
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), yes
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return text, maybe
		}
		value, t := q.variable(name)
		if t != yes {
			return "", t
		}
		b.WriteString(value)
		text = after
	}
}

// variable is what a policy variable stands for: a key, perhaps with a default in
// quotes after a comma.
func (q *request) variable(name string) (string, truth) {
	key, other, hasDefault := strings.Cut(name, ",")
	f := q.fact(strings.ToLower(strings.TrimSpace(key)))
	switch {
	case f.there == yes && f.why == "" && len(f.values) == 1 && !f.begins:
		return f.values[0], yes
	case f.there != no: // also the characters * ? and $ as such
		return "", maybe
	case hasDefault:
		return strings.Trim(strings.TrimSpace(other), "'"), yes
	}
	return "", no
}

// matchesBeginning is compare where only the beginning of the value is known.
func (c *condition) matchesBeginning(begin, want string) truth {
	if !strings.HasSuffix(c.operator, "Like") {
		return min(maybe, truthOf(strings.HasPrefix(want, begin)))
	}
	fixed := want
	if i := strings.IndexAny(want, "*?"); i >= 0 {
		fixed = want[:i]
	}
	switch {
	case strings.HasSuffix(want, "*") && matchWild(want, begin):
		return yes
	case strings.HasPrefix(fixed, begin), len(fixed) < len(want) && strings.HasPrefix(begin, fixed):
		return maybe
	}
	return no
}

// compare reports whether a value is the one that is wanted, by the operator
// without its negation.
func (c *condition) compare(value, want string) bool {
	positive, negated := negations[c.operator]
	if !negated {
		positive = c.operator
	}
	switch {
	case positive == "StringEquals":
		return value == want
	case positive == "StringEqualsIgnoreCase", positive == "Bool":
		return strings.EqualFold(value, want)
	case positive == "StringLike":
		return matchWild(want, value)
	case positive == "ArnEquals", positive == "ArnLike":
		return matchARN(want, value)
	case positive == "IpAddress":
		return inNetwork(want, value)
	case strings.HasPrefix(positive, "Numeric"):
		a, err1 := strconv.ParseFloat(value, 64)
		b, err2 := strconv.ParseFloat(want, 64)
		return err1 == nil && err2 == nil && ordered(strings.TrimPrefix(positive, "Numeric"), a, b)
	}
	a, err1 := parseMoment(value)
	b, err2 := parseMoment(want)
	return err1 == nil && err2 == nil && ordered(strings.TrimPrefix(positive, "Date"), a, b)
}

// ordered compares two numbers as the rest of an operator says.
func ordered[T float64 | int64](how string, a, b T) bool {
	switch how {
	case "Equals", "NotEquals":
		return a == b
	case "LessThan":
		return a < b
	case "LessThanEquals":
		return a <= b
	case "GreaterThan":
		return a > b
	case "GreaterThanEquals":
		return a >= b
	}
	return false
}

// parseMoment reads a date as IAM takes them, in milliseconds since 1970: one of
// the forms of ISO 8601 that the W3C allows, or seconds.
func parseMoment(text string) (int64, error) {
	if seconds, err := strconv.ParseInt(text, 10, 32+8); err == nil && len(text) > 4 { // four digits are a year
		return seconds * 1000, nil
	}
	var t time.Time
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err = time.Parse(layout, text); err == nil {
			break
		}
	}
	return t.UnixMilli(), err
}

func inNetwork(network, address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	if !strings.Contains(network, "/") {
		one, err := netip.ParseAddr(network)
		return err == nil && one.Unmap() == a.Unmap()
	}
	p, err := parseNetwork(network)
	return err == nil && p.Contains(a.Unmap())
}

// matchARN compares the six parts of two ARNs one by one, each with wildcards of
// its own. What is no ARN matches nothing.
func matchARN(pattern, arn string) bool {
	const parts = 6
	p, a := strings.SplitN(pattern, ":", parts), strings.SplitN(arn, ":", parts)
	if len(a) != parts {
		return false
	}
	if len(p) != parts {
		return pattern == "*"
	}
	for i := range parts {
		if !matchWild(p[i], a[i]) {
			return false
		}
	}
	return true
}
