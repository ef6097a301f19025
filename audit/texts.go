package audit

import (
	"errors"
	"strings"
)

// A texts prepares text that came from AWS for the inventory: it makes it valid
// UTF-8, masks credentials in it, and bounds it.
type texts struct {
	mask, prose func(string) string
	match       Matcher // nil for none
}

// maxText bounds a text, in bytes. The longest that AWS allows anywhere here, an
// ARN, has 2048 characters.
const maxText = 4096

// maxPolicy bounds a policy, in bytes. AWS allows 32 kB for those of KMS keys and
// 20 kB for those of secrets and functions.
const maxPolicy = 256 << 10

// clean returns s as it may stand in the inventory. It masks before it cuts, so
// that no half of a credential slips through.
func (t texts) clean(s string) string { return cutText(t.masked(s), maxText) }

// sentence is clean for messages.
func (t texts) sentence(s string) string {
	if t.prose != nil {
		t.mask = t.prose
	}
	return t.clean(s)
}

func (t texts) masked(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if t.mask != nil && s != "" {
		s = strings.ToValidUTF8(t.mask(s), "\uFFFD")
	}
	return s
}

// cutText cuts valid UTF-8 to at most n bytes.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// of is clean for the pointers of the SDK; nil is "".
func (t texts) of(p *string) string {
	if p == nil {
		return ""
	}
	return t.clean(*p)
}

// list cleans each text of a list; an empty list is nil.
func (t texts) list(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	cleaned := make([]string, len(list))
	for i, s := range list {
		cleaned[i] = t.clean(s)
	}
	return cleaned
}

// policy returns a policy document whole, because half of one would mean
// something else, and the credentials found in it, or says what is wrong with it.
func (t texts) policy(p *string) (text string, found []Exposure, err error) {
	switch {
	case p == nil:
		return "", nil, nil
	case len(*p) > maxPolicy:
		return "", nil, errors.New("a policy longer than AWS allows")
	}
	return t.keptPolicy(*p)
}
