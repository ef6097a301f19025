package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Ignore is one line of a file such as .assayignore: somebody's decision to
// leave something as it is. What it names has to hold all together.
//
//	assay/v1:3c…f0 expires=2027-01-31 owner=@payments reason="key of the vendor's sandbox"
//	path=test/fixtures/** reason="made up" rule=generic-password
//	gap=vendor/model.bin expires=2027-06-30 reason="examined by its vendor"
type Ignore struct {
	Fingerprint string // of one credential
	Rule        string // the id of a rule, or a family of rules ("generic")
	Path        string // a pattern for the places that are meant, see globPattern
	Gap         string // a pattern for the subjects of notices; it stands alone
	Expires     string // the last day on which it holds, "2027-01-31"; "" for no end
	Owner       string // who answers for it
	Reason      string // never empty
	Line        int    // in its file, from 1

	path, gap *regexp.Regexp
	at        *spot // of an entry that another program's file has
}

// Ignores is a file of suppressions, one on each line, sorted by tools and read
// in any order. Comments and lines that are not touched stay as they are.
type Ignores struct {
	Name    string // as messages show it
	Entries []*Ignore
	// Below is put before a path of a report, and Strip taken off it first, where
	// the file stands in another folder than paths are relative to.
	Below, Strip string

	lines   []string
	ending  string // of lines
	foreign bool   // not written for assay, see NewIgnores
}

// maxPatterns bounds the lines with a pattern: each costs memory, and some time
// for each finding.
const maxPatterns = 10_000

// ParseIgnores reads a file of suppressions. Blank lines and lines that begin
// with "#" say nothing. The error names file and line, and quotes nothing that
// could be a credential.
func ParseIgnores(name string, data []byte) (*Ignores, error) {
	f := &Ignores{Name: name, ending: "\n"}
	text := strings.TrimPrefix(string(data), "\ufeff")
	patterns := 0
	if strings.Contains(text, "\r\n") {
		f.ending = "\r\n"
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		f.lines = append(f.lines, line)
		if silent(line) {
			continue
		}
		e, err := parseIgnore(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, len(f.lines), err)
		}
		if e.Path+e.Gap != "" {
			patterns++
		}
		if patterns > maxPatterns {
			return nil, fmt.Errorf("%s:%d: more than %d lines with a pattern", name, len(f.lines), maxPatterns)
		}
		e.Line = len(f.lines)
		f.Entries = append(f.Entries, e)
	}
	return f, nil
}

// silent reports whether a line is blank or a comment.
func silent(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

func parseIgnore(line string) (*Ignore, error) {
	if isConflictMarker(line) {
		return nil, errors.New("a merge left its marker here; keep the lines of both sides and remove the markers")
	}
	e := &Ignore{}
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		var err error
		if rest, err = e.parseWord(rest); err != nil {
			return nil, err
		}
	}
	return e, e.settle()
}

// isConflictMarker reports whether git merge wrote the line.
func isConflictMarker(line string) bool {
	for _, m := range [...]string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if strings.HasPrefix(line, m) {
			return true
		}
	}
	return false
}

// parseWord takes one word off the line.
func (e *Ignore) parseWord(line string) (rest string, err error) {
	end := strings.IndexAny(line, " \t=")
	if end < 0 || line[end] != '=' {
		if end < 0 {
			end = len(line)
		}
		return line[end:], set(&e.Fingerprint, line[:end], "fingerprint")
	}
	key, value := line[:end], line[end+1:]
	if strings.HasPrefix(value, `"`) {
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return "", fmt.Errorf("%s: a quotation that does not end", shownKey(key))
		}
		rest = value[len(quoted):]
		value, err = strconv.Unquote(quoted)
		if err != nil || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			return "", fmt.Errorf("%s: a quotation that is not well formed", shownKey(key))
		}
	} else {
		n := strings.IndexAny(value, " \t")
		if n < 0 {
			n = len(value)
		}
		value, rest = value[:n], value[n:]
	}
	for _, k := range e.keys() {
		if k.name == key {
			return rest, set(k.value, value, key)
		}
	}
	return "", fmt.Errorf("unknown key %s; there are rule, path, gap, expires, owner, reason", shownKey(key))
}

// shownKey is a key as a message may show it: whatever does not look like one
// might be a credential.
func shownKey(key string) string {
	if len(key) > 12 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "(not shown)"
	}
	return strconv.Quote(key)
}

func set(field *string, value, key string) error {
	if *field != "" {
		return fmt.Errorf("two values for %s", key)
	}
	if value == "" {
		return fmt.Errorf("%s: no value", key)
	}
	*field = value
	return nil
}

type ignoreKey struct {
	name  string
	value *string
}

// keys are the keys of a line in the order in which they are written. The rule
// comes last: "rule=generic-password reason=" would read like a password itself.
func (e *Ignore) keys() []ignoreKey {
	return []ignoreKey{
		{"path", &e.Path}, {"gap", &e.Gap}, {"expires", &e.Expires}, {"owner", &e.Owner}, {"reason", &e.Reason}, {"rule", &e.Rule},
	}
}

// settle checks what the entry says and makes its patterns ready.
func (e *Ignore) settle() (err error) {
	switch {
	case e.Fingerprint != "" && !IsFingerprint(e.Fingerprint):
		return errors.New("a word that is neither a fingerprint (assay/v1: and 64 hex digits) nor KEY=VALUE")
	case e.Fingerprint+e.Rule+e.Path+e.Gap == "":
		return errors.New("nothing is named: give a fingerprint, rule=, path= or gap=")
	case e.Gap != "" && e.Fingerprint+e.Rule+e.Path != "":
		return errors.New("gap= is about what was not examined, and stands without fingerprint, rule= and path=")
	case strings.TrimSpace(e.Reason) == "":
		return errors.New("no reason is given: add reason=\"...\"")
	}
	if e.Expires != "" {
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			return errors.New("expires: not a day such as 2027-01-31")
		}
	}
	if e.Path != "" {
		if e.path, err = globPattern(e.Path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	if e.Gap != "" {
		if e.gap, err = globPattern(e.Gap); err != nil {
			return fmt.Errorf("gap: %w", err)
		}
	}
	return nil
}

// fingerprintPrefix is the version of fingerprints.
const fingerprintPrefix = "assay/v1:"

// IsFingerprint reports whether text has the form of a fingerprint.
func IsFingerprint(text string) bool {
	digits, ok := strings.CutPrefix(text, fingerprintPrefix)
	return ok && len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == ""
}

// String is the line that says e.
func (e *Ignore) String() string {
	words := make([]string, 0, 7)
	if e.Fingerprint != "" {
		words = append(words, e.Fingerprint)
	}
	for _, k := range e.keys() {
		if *k.value != "" {
			words = append(words, k.name+"="+word(*k.value, k.name == "reason"))
		}
	}
	return strings.Join(words, " ")
}

// word quotes a value that would not be read back as it is.
func word(value string, always bool) string {
	if always || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r > '~' }) {
		return strconv.Quote(value)
	}
	return value
}

// Expired reports whether the last day of e is before today, a day such as
// "2027-01-31".
func (e *Ignore) Expired(today string) bool { return e.Expires != "" && e.Expires < today }

// Wide says why e hides more than anybody has looked at, "" if it does not.
func (e *Ignore) Wide() string {
	switch {
	case e.Fingerprint != "":
		return ""
	case e.Gap != "" && matchesAnything(e.Gap):
		return "its pattern accepts whatever is not examined"
	case e.Gap != "":
		return ""
	case e.Path == "":
		return "it names a rule and no path, so that it hides every credential that the rule ever finds"
	case matchesAnything(e.Path):
		return "its pattern names no part of a path, so that it hides credentials everywhere"
	}
	return ""
}

// covers reports whether e is about a finding at l, whose path it knows as path.
func (e *Ignore) covers(f *Finding, path string, l *Location) bool {
	return e.Gap == "" &&
		(e.at == nil || e.at.covers(f.RuleID, path, l)) &&
		(e.Fingerprint == "" || e.Fingerprint == f.Fingerprint) &&
		(e.Rule == "" || e.Rule == f.RuleID || strings.HasPrefix(f.RuleID, e.Rule+"-")) &&
		(e.path == nil || e.path.MatchString(path))
}

// Add puts an entry where it belongs among the sorted lines. It reports false
// where the file has the very line. Of an entry that Bytes did not write yet Line
// is what it will be.
func (f *Ignores) Add(e Ignore) (added bool, err error) {
	if err := e.settle(); err != nil {
		return false, err
	}
	line := e.String()
	if slices.Contains(f.lines, line) {
		return false, nil
	}
	at := len(f.lines)
	for _, other := range f.Entries {
		if f.lines[other.Line-1] > line {
			at = f.above(other.Line - 1)
			break
		}
	}
	f.lines = slices.Insert(f.lines, at, line)
	return true, f.again()
}

// above returns where the comments begin that stand right above a line.
func (f *Ignores) above(line int) int {
	for line > 0 && strings.HasPrefix(strings.TrimSpace(f.lines[line-1]), "#") {
		line--
	}
	if line == 0 { // the comment at the top is the file's own
		for line < len(f.lines) && silent(f.lines[line]) {
			line++
		}
	}
	return line
}

// Remove takes entries out. Comments stay: they may be about more than the entry.
func (f *Ignores) Remove(entries []*Ignore) error {
	gone := map[int]bool{}
	for _, e := range entries {
		gone[e.Line] = true
	}
	kept := f.lines[:0:0]
	for i, line := range f.lines {
		if !gone[i+1] {
			kept = append(kept, line)
		}
	}
	f.lines = kept
	return f.again()
}

// again reads the lines anew.
func (f *Ignores) again() error {
	next, err := ParseIgnores(f.Name, f.Bytes())
	if err == nil {
		f.Entries = next.Entries
	}
	return err
}

// Bytes is the file's text.
func (f *Ignores) Bytes() []byte {
	var b strings.Builder
	for _, line := range f.lines {
		b.WriteString(line)
		b.WriteString(f.ending)
	}
	return []byte(b.String())
}
