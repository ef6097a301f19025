package rules

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/assayhq/assay/report"
)

// A Companion says what stands beside a credential and makes a pair with it: the
// key id of a secret key, the user of a password. The pair is one finding.
type Companion struct {
	// Rules are the ids of rules whose match is the companion. Such a match is no
	// finding of its own then.
	Rules []string
	// Pattern, RE2, finds a companion that no rule finds, such as a name. It is
	// tried only around a credential that was found, and excludes Rules.
	Pattern string
	// Title says what the companion is; by default the title of the rule that
	// found it.
	Title string
	// Within is how many lines may end between the two.
	Within int
	// Required says that without its companion the credential is none.
	Required bool
}

func (c *Companion) none() bool { return len(c.Rules) == 0 && c.Pattern == "" }

const (
	// defaultWithin is the lines between the fields of one record, with comments.
	defaultWithin = 10
	maxWithin     = 100
	// companionReach bounds the bytes between the two, on whatever lines. It is well
	// below what windows of long content have in common.
	companionReach = 2 << 10
	// patternReach is the same for what a pattern finds. It is searched once for every
	// credential, also where a line of megabytes holds thousands.
	patternReach = 256
	// companionTries bounds how many matches are looked at for each.
	companionTries = 64
)

// A Beside is where the companion of a match stands.
type Beside struct {
	Title      string // what it is, "" where there is no companion
	Start, End int
}

// Half reports whether the match is the companion of another, and no finding of
// its own.
func (m Match) Half() bool { return m.half }

// accompanied leaves out of found the matches of rules that require a companion
// and have none. The order of found changes.
func (s *Set) accompanied(data []byte, found []Match) []Match {
	requires := func(m Match) bool { return m.Rule.Companion.Required }
	if !slices.ContainsFunc(found, requires) {
		return found
	}
	slices.SortStableFunc(found, func(a, b Match) int { return a.Start - b.Start })
	alone := make([]bool, len(found))
	for i := range found {
		alone[i] = requires(found[i]) && !s.hasCompanion(data, found, i)
	}
	kept := found[:0]
	for i, m := range found {
		if !alone[i] {
			kept = append(kept, m)
		}
	}
	return kept
}

// hasCompanion reports whether a companion of found[i] stands near it.
func (s *Set) hasCompanion(data []byte, found []Match, i int) bool {
	m := &found[i]
	for _, step := range [...]int{-1, 1} {
		for k, n := i+step, 0; k >= 0 && k < len(found) && n < companionTries; k, n = k+step, n+1 {
			if o := &found[k]; slices.Contains(m.Rule.Companion.Rules, o.Rule.ID) && certain(o) && near(data, m, o, m.Rule.Companion.Within) {
				return true
			}
		}
	}
	_, ok := s.besidePattern(data, *m)
	return ok
}

// certain reports whether nothing speaks against a match.
func certain(m *Match) bool { return m.Doubt == "" && m.Confidence > report.ConfidencePlaceholder }

// near reports whether at most so many lines end between two matches.
func near(data []byte, a, b *Match, within int) bool {
	between, ok := gap(data, a, b)
	return ok && bytes.Count(between, newline) <= within
}

var newline = []byte{'\n'}

// gap returns the text between two matches, if it is not out of reach.
func gap(data []byte, a, b *Match) ([]byte, bool) {
	from, to := min(a.End, b.End), max(a.Start, b.Start)
	if a.Start == b.Start && a.End == b.End && a.wrap != nil && b.wrap != nil {
		return nil, true // in one packed text
	}
	if to < from || to-from > companionReach {
		return nil, false
	}
	return data[from:to], true
}

// pair finds the companions among the matches, which are ordered by Start and do
// not overlap. Halves of one line belong together first, then those with no end of
// a record between them, then any that are near. Within each of these the first
// half takes the next: records that follow each other are written alike.
func (s *Set) pair(data []byte, found []Match) {
	if !slices.ContainsFunc(found, func(m Match) bool { return len(m.Rule.Companion.Rules) > 0 }) {
		return
	}
	for _, together := range [...]func([]byte) bool{sameLine, sameRecord, anywhere} {
		for i := range found {
			if free(&found[i]) {
				s.pairWithEarlier(data, found, i, together)
			}
		}
	}
}

func sameLine(between []byte) bool { return bytes.IndexByte(between, '\n') < 0 }
func anywhere([]byte) bool         { return true }

// sameRecord reports whether no end of a record stands in the text: an empty line,
// a closing brace, a heading, a line of hyphens.
func sameRecord(between []byte) bool { return !recordEnd().Match(between) }

var recordEnd = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[}]|\n[ \t\r]*\n|\n[ \t]*\[[\w."' -]+\]|\n---`)
})

// free reports whether a match can become a half of a pair.
func free(m *Match) bool { return certain(m) && m.typed && !m.half && m.Beside.Title == "" }

// pairWithEarlier makes a pair of found[i] and the nearest match before that goes
// with it.
func (s *Set) pairWithEarlier(data []byte, found []Match, i int, together func([]byte) bool) {
	for k := i - 1; k >= max(0, i-companionTries); k-- {
		between, ok := gap(data, &found[k], &found[i])
		if !ok {
			return
		}
		secret, other := &found[i], &found[k]
		if !slices.Contains(secret.Rule.Companion.Rules, other.Rule.ID) {
			secret, other = other, secret
		}
		if !slices.Contains(secret.Rule.Companion.Rules, other.Rule.ID) || !free(&found[k]) || !together(between) {
			continue
		}
		if bytes.Count(between, newline) <= secret.Rule.Companion.Within {
			title := secret.Rule.Companion.Title
			if title == "" {
				title = other.Rule.Title
			}
			other.half = true
			secret.join(Beside{title, other.Start, other.End})
			return
		}
	}
}

// join notes the companion. What has a vendor's format is then sure.
func (m *Match) join(b Beside) {
	m.Beside = b
	if m.typed {
		m.Confidence = report.ConfidenceHigh
	}
}

// Accompany returns the match m in data with the companion that the pattern of
// its rule finds beside it, if there is one. Find leaves that to its caller, who
// knows which matches were looked at before.
func (s *Set) Accompany(data []byte, m Match) Match {
	if m.Rule.Companion.Pattern == "" || m.half || m.Beside.Title != "" || !certain(&m) || m.Confidence < report.ConfidenceMedium {
		return m
	}
	if at, ok := s.besidePattern(data, m); ok {
		m.join(at)
	}
	return m
}

// besidePattern returns the place that the pattern of a companion finds next to m,
// in the same record if it can be.
func (s *Set) besidePattern(data []byte, m Match) (best Beside, ok bool) {
	c := &m.Rule.Companion
	if c.Pattern == "" {
		return best, false
	}
	re, group := s.lookup(m.Rule.ID).beside()
	from, to := c.Around(data, m.Start, m.End)
	least := 0
	for _, loc := range re.FindAllSubmatchIndex(data[from:to], companionTries) {
		b := Beside{c.Title, from + loc[2*group], from + loc[2*group+1]}
		if loc[2*group] < 0 || b.Start == b.End || b.Start < m.End && m.Start < b.End || isCode(data, b) {
			continue
		}
		between := data[min(m.End, b.End):max(m.Start, b.Start)]
		distance := len(between)
		if !sameRecord(between) {
			distance += patternReach
		}
		if !ok || distance < least {
			best, least, ok = b, distance, true
		}
	}
	return best, ok
}

// isCode reports whether what a pattern took is a call or a word of the language
// that it stands in.
func isCode(data []byte, b Beside) bool {
	if at(data, b.End) == '(' {
		return true
	}
	for _, word := range [...]string{"true", "false", "null", "none", "nil", "undefined"} {
		if strings.EqualFold(string(data[b.Start:b.End]), word) {
			return true
		}
	}
	return false
}

// Around returns the part of data in which the pattern of the companion of a
// credential at data[start:end] is searched.
func (c *Companion) Around(data []byte, start, end int) (from, to int) {
	from, to = max(0, start-patternReach), min(len(data), end+patternReach)
	at := start
	for n := 0; n <= c.Within; n++ {
		i := bytes.LastIndexByte(data[from:at], '\n')
		if at = from + i; i < 0 {
			break
		}
	}
	from = max(from, at+1)
	at = end
	for n := 0; n <= c.Within; n++ {
		i := bytes.IndexByte(data[at:to], '\n')
		if i < 0 {
			return from, to
		}
		at += i + 1
	}
	return from, at - 1
}
