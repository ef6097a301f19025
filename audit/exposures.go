package audit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// A Matcher finds credentials in a text of an account's configuration that has a
// name of its own, such as an environment variable; name is "" for one that has
// none. It returns them with no Field. It keeps nothing of the text, and may be
// used by any number of goroutines.
type Matcher func(name, text string) []Exposure

// NewMatcher returns a Matcher that uses set. salt keys the fingerprints: with
// the same one a scan gives the same credential the same fingerprint.
func NewMatcher(set *rules.Set, salt []byte) Matcher {
	return func(name, text string) []Exposure {
		m := &matching{set: set, salt: salt, name: lastName(name)}
		m.look(named(m.name, text), text)
		m.look(framed{value: text}, text)
		return m.found
	}
}

// A matching is one use of a Matcher.
type matching struct {
	set    *rules.Set
	salt   []byte
	name   string
	places [][2]int // in the text, of what was found
	found  []Exposure
}

// lastName returns the last part of a hierarchical name: of a parameter
// "/prod/db/password" that is "password".
func lastName(name string) string {
	return strings.TrimSpace(name[strings.LastIndexAny(name, "/")+1:])
}

// A framed is a value with what stands around it.
type framed struct{ before, value, after string }

// named puts around a text what the rules that go by names want, as it would stand in a
// file of variables. The lines that end before and after it are none of the value: a
// program that reads it from a file leaves them there. What has lines of its own is no
// value.
func named(name, text string) framed {
	text = strings.Trim(text, "\r\n")
	switch {
	case name == "" || len(name) > 256 || strings.ContainsAny(text, "\r\n"):
		return framed{}
	case strings.ContainsAny(text, " \t#;&|<>()'") && !strings.ContainsAny(text, "\"\\"):
		return framed{name + "=\"", text, "\"\n"}
	}
	return framed{name + "=", text, "\n"}
}

// look searches a value, which is text or what is left of it between ends of lines. What
// lies where something was found before is the same credential.
func (m *matching) look(f framed, text string) {
	if f.value == "" {
		return
	}
	shift := strings.Index(text, f.value)
	data := []byte(f.before + f.value + f.after)
	for _, match := range m.set.Find(nil, data) {
		from, to := match.Start-len(f.before)+shift, min(match.End-len(f.before), len(f.value))+shift
		overlaps := func(p [2]int) bool { return p[0] < to && from < p[1] }
		if match.Confidence < report.ConfidenceMedium || from < shift || from >= to || slices.ContainsFunc(m.places, overlaps) {
			continue
		}
		m.places = append(m.places, [2]int{from, to})
		m.found = append(m.found, Exposure{
			Rule: match.Rule.ID, Confidence: match.Confidence, Excerpt: m.excerpt(text, from, to, match.Public),
			Fingerprint: m.fingerprint(match.Rule.ID, text[from:to]),
		})
	}
}

// excerpt shows of a text no more than the public beginning of the credential: what
// stands around it may be another one that no rule knows.
func (m *matching) excerpt(text string, from, to, public int) string {
	var b strings.Builder
	if strings.Contains(strings.Trim(text, "\r\n"), "\n") {
		fmt.Fprintf(&b, "line %d: ", 1+strings.Count(text[:from], "\n"))
	} else if m.name != "" {
		b.WriteString(m.set.Mask(m.name) + "=")
	}
	if from > 0 {
		b.WriteString("...")
	}
	fmt.Fprintf(&b, "%s<%d characters>", text[from:from+public], utf8.RuneCountInString(text[from+public:to]))
	if to < len(text) {
		b.WriteString("...")
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// fingerprint is what package scan makes of the same rule and credential.
func (m *matching) fingerprint(rule, credential string) string {
	mac := hmac.New(sha256.New, m.salt)
	fmt.Fprintf(mac, "%s\x00%s", rule, credential)
	return "assay/v1:" + hex.EncodeToString(mac.Sum(nil))
}

func compareExposures(a, b Exposure) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Fingerprint, b.Fingerprint))
}
